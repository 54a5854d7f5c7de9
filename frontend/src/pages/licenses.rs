//! Products & licenses page: what the organisation has bought, how much of it is in use, and the dialogs to change it.

mod add_license;
mod add_product;
mod card;
mod catalog;
mod change_product;
mod change_rules;
mod change_seats;
mod change_terms;
pub mod days;
mod expiring;
mod form_values;
mod group_limits;
mod integration_fields;
mod license_fields;
mod model_choice;
mod product;
mod rule_fields;
mod rule_summary;
mod rule_values;
mod seat_change_effect;
mod seat_preview;
mod state;
mod term_values;
mod terms_summary;
mod validity;

use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    shell::RequirePermission,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        export::Export,
        icon::{Glyph, Icon},
        live_status::LiveStatus,
        page_head::PageHead,
    },
};
use add_license::AddLicense;
use add_product::AddProduct;
use catalog::{Catalog, CatalogStatus};
use change_product::ChangeProductDialog;
use change_rules::ChangeRulesDialog;
use change_seats::ChangeSeatsDialog;
use change_terms::ChangeTermsDialog;
use expiring::ExpiringLicenses;
use group_limits::GroupLimitsDialog;
use leptos::prelude::*;
use leptos_router::components::A;
use product::Product;
use seatkeeper_shared::permissions::Action;
use state::LicensesPageState;

#[component]
pub fn LicensesPage() -> impl IntoView {
    view! {
        <div class="page licenses-page">
            <RequirePermission action=Action::ViewUsers>
                <Licenses />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Licenses() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (catalog, page) = (Catalog::open(), LicensesPageState::default());
    let line = Signal::derive(move || {
        let (products, licenses) =
            catalog.entries.with(|all| (all.len(), all.iter().map(|entry| entry.licenses.len()).sum()));
        let products = t_string!(i18n, licenses.summary, count = products, n = format.number(products));
        let licenses: usize = licenses;
        let licenses = t_string!(i18n, licenses.count, count = licenses, n = format.number(licenses));
        format!("{products}{}{licenses}", t_string!(i18n, common.dot))
    });
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, licenses.title).to_owned())
            line=move || view! { <LiveStatus text=line /> }
        >
            <HeadActions catalog page />
        </PageHead>
        {move || match catalog.status.get() {
            CatalogStatus::Loading => view! { <div class="list"><Skeleton rows=6 /></div> }.into_any(),
            CatalogStatus::Failed(failure) => {
                let retry = move |()| catalog.load();
                view! { <div class="list"><LoadError failure=Signal::stored(failure) retry /></div> }.into_any()
            }
            CatalogStatus::Empty => view! { <NoProducts page /> <ArchiveSwitch catalog /> }.into_any(),
            CatalogStatus::Full => view! { <Products catalog page /> }.into_any(),
        }}
        <ChangeSeatsDialog catalog page />
        <ChangeRulesDialog catalog page />
        <ChangeTermsDialog catalog page />
        <GroupLimitsDialog catalog page />
        <ChangeProductDialog catalog page />
        <AddProduct catalog page />
        <AddLicense catalog page />
    }
}

/// Export and add buttons, depending on the permissions of the user.
#[component]
fn HeadActions(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let full = move || catalog.status.with(|status| *status == CatalogStatus::Full);
    let archived = catalog.with_archived;
    let address = move || format!("/api/v1/licenses/export{}", if archived.get() { "?archived=true" } else { "" });
    view! {
        <Show when=full>
            <Export address=Signal::derive(address) />
        </Show>
        <Show when=move || full() && caller.may(Action::ManageProducts)>
            <button type="button" class="button" on:click=move |_| page.add_product()>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, licenses.add_product)}
            </button>
        </Show>
        <Show when=move || full() && caller.may(Action::ChangeSeats)>
            <button type="button" class="button primary" on:click=move |_| page.add_license(None)>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, licenses.add_license)}
            </button>
        </Show>
    }
}

#[component]
fn Products(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let ids = Memo::new(move |_| catalog.entries.with(|all| all.iter().map(|entry| entry.id).collect::<Vec<_>>()));
    view! {
        <Show when=move || !caller.may(Action::ChangeSeats)>
            <p class="permission-hint">
                <Icon glyph=Glyph::Lock />
                {t!(i18n, licenses.not_billing)}
            </p>
        </Show>
        <ExpiringLicenses catalog page />
        <div class="products">
            <For each=move || ids.get() key=|id| *id let:id>
                <Product id catalog page />
            </For>
        </div>
        <ArchiveSwitch catalog />
    }
}

/// Link that shows or hides archived products and licenses.
#[component]
fn ArchiveSwitch(
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let number = Memo::new(move |_| catalog.archived());
    let shows = catalog.with_archived;
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

/// Empty state: no products yet.
#[component]
fn NoProducts(
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let may = Memo::new(move |_| caller.may(Action::ManageProducts));
    let text =
        move || if may.get() { t_string!(i18n, licenses.empty_text) } else { t_string!(i18n, licenses.empty_ask) };
    view! {
        <div class="list">
            <EmptyState
                glyph=Glyph::Box
                title=Signal::derive(move || t_string!(i18n, licenses.empty_title).to_owned())
                text=Signal::derive(move || text().to_owned())
            >
                <Show when=move || may.get()>
                    <button type="button" class="button primary" on:click=move |_| page.add_product()>
                        <Icon glyph=Glyph::Plus />
                        {t!(i18n, licenses.add_product)}
                    </button>
                </Show>
            </EmptyState>
        </div>
    }
}
