//! Products & licenses: what the organisation has bought, how much of it is in use, and how to change that.

mod add_license;
mod add_product;
mod card;
mod change_product;
mod change_rules;
mod change_seats;
mod change_terms;
pub mod days;
mod desk;
mod effect;
mod ending;
mod entered;
mod facts;
mod license_fields;
mod limits;
mod models;
mod preview;
mod product;
mod product_doors;
mod rule_facts;
mod rule_fields;
mod rules;
mod stock;
mod terms;
mod validity;

use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    shell::Only,
    ui::{
        export::Export,
        face::{Empty, Failed, Skeleton},
        head::PageHead,
        icon::{Glyph, Icon},
        live_line::LiveLine,
    },
};
use add_license::AddLicense;
use add_product::AddProduct;
use change_product::ChangeProductDialog;
use change_rules::ChangeRulesDialog;
use change_seats::ChangeSeatsDialog;
use change_terms::ChangeTermsDialog;
use desk::Desk;
use ending::Ending;
use leptos::prelude::*;
use leptos_router::components::A;
use limits::LimitsDialog;
use product::Product;
use seatkeeper_shared::permissions::Action;
use stock::{Stock, Stocked};

/// The page.
#[component]
pub fn LicensesPage() -> impl IntoView {
    view! {
        <Only action=Action::ViewUsers>
            <Licenses />
        </Only>
    }
    .into_any()
}

#[component]
fn Licenses() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (stock, desk) = (Stock::open(), Desk::default());
    let line = Signal::derive(move || {
        let (products, licenses) =
            stock.shelves.with(|all| (all.len(), all.iter().map(|shelf| shelf.licenses.len()).sum()));
        let products = t_string!(i18n, licenses.summary, count = products, n = format.number(products));
        let licenses: usize = licenses;
        let licenses = t_string!(i18n, licenses.count, count = licenses, n = format.number(licenses));
        format!("{products}{}{licenses}", t_string!(i18n, common.dot))
    });
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, licenses.title).to_owned())
            line=move || view! { <LiveLine text=line /> }
        >
            <Tools stock desk />
        </PageHead>
        {move || match stock.stocked.get() {
            Stocked::Loading => view! { <div class="list"><Skeleton rows=6 /></div> }.into_any(),
            Stocked::Failed(failure) => {
                let retry = move |()| stock.load();
                view! { <div class="list"><Failed failure=Signal::stored(failure) retry /></div> }.into_any()
            }
            Stocked::Empty => view! { <Nothing desk /> <ArchiveSwitch stock /> }.into_any(),
            Stocked::Full => view! { <Products stock desk /> }.into_any(),
        }}
        <ChangeSeatsDialog stock desk />
        <ChangeRulesDialog stock desk />
        <ChangeTermsDialog stock desk />
        <LimitsDialog stock desk />
        <ChangeProductDialog stock desk />
        <AddProduct stock desk />
        <AddLicense stock desk />
    }
}

/// What can be added, by those who may.
#[component]
fn Tools(
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let full = move || stock.stocked.with(|stocked| *stocked == Stocked::Full);
    let archived = stock.with_archived;
    let address = move || format!("/api/v1/licenses/export{}", if archived.get() { "?archived=true" } else { "" });
    view! {
        <Show when=full>
            <Export address=Signal::derive(address) />
        </Show>
        <Show when=move || full() && caller.may(Action::ManageProducts)>
            <button type="button" class="button" on:click=move |_| desk.add_product()>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, licenses.add_product)}
            </button>
        </Show>
        <Show when=move || full() && caller.may(Action::ChangeSeats)>
            <button type="button" class="button primary" on:click=move |_| desk.add_license(None)>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, licenses.add_license)}
            </button>
        </Show>
    }
}

#[component]
fn Products(
    /// The products.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let ids = Memo::new(move |_| stock.shelves.with(|all| all.iter().map(|shelf| shelf.id).collect::<Vec<_>>()));
    view! {
        <Show when=move || !caller.may(Action::ChangeSeats)>
            <p class="why-not">
                <Icon glyph=Glyph::Lock />
                {t!(i18n, licenses.not_billing)}
            </p>
        </Show>
        <Ending stock desk />
        <div class="products">
            <For each=move || ids.get() key=|id| *id let:id>
                <Product id stock desk />
            </For>
        </div>
        <ArchiveSwitch stock />
    }
}

/// The way to what is archived, and back.
#[component]
fn ArchiveSwitch(
    /// The products.
    stock: Stock,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let number = Memo::new(move |_| stock.archived());
    let shows = stock.with_archived;
    let address = move || format!("/licenses{}", if shows.get() { "" } else { "?archived=true" });
    let text = move || {
        if shows.get() {
            t_string!(i18n, licenses.hide_archived).to_owned()
        } else {
            t_string!(i18n, licenses.show_archived, count = number.get(), n = format.number(number.get()))
        }
    };
    view! {
        <Show when=move || shows.get() || number.get() != 0>
            <p class="archive-switch">
                <A href=address>{text}</A>
            </p>
        </Show>
    }
}

/// No products yet, and who may add the first.
#[component]
fn Nothing(
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let may = Memo::new(move |_| caller.may(Action::ManageProducts));
    let text =
        move || if may.get() { t_string!(i18n, licenses.empty_text) } else { t_string!(i18n, licenses.empty_ask) };
    view! {
        <div class="list">
            <Empty
                glyph=Glyph::Box
                title=Signal::derive(move || t_string!(i18n, licenses.empty_title).to_owned())
                text=Signal::derive(move || text().to_owned())
            >
                <Show when=move || may.get()>
                    <button type="button" class="button primary" on:click=move |_| desk.add_product()>
                        <Icon glyph=Glyph::Plus />
                        {t!(i18n, licenses.add_product)}
                    </button>
                </Show>
            </Empty>
        </div>
    }
}
