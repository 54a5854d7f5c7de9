//! Products & licenses page: what the organisation has bought, how much of it is in use, and the dialogs to change it.

mod add_license;
mod card;
mod catalog;
mod collapsible;
pub mod days;
mod expiring;
mod form_values;
mod group_limits;
mod integration_fields;
mod license_dialog;
mod license_fields;
mod model_choice;
mod product;
mod product_dialogs;
mod rule_fields;
mod rule_summary;
mod rule_values;
mod rules_form;
mod seat_change_effect;
mod seat_preview;
mod seats_form;
mod term_values;
mod terms_form;
mod terms_summary;
mod validity;

pub use validity::last_day;

use crate::{
    caller::Caller,
    copy_view::CopyMenu,
    format::Format,
    i18n::*,
    saved_views::ViewsMenu,
    shell::RequirePermission,
    text::text,
    ui::{
        address_action::{LIMITS_ACTION, RULES_ACTION, SEATS_ACTION, on_address_action, on_targeted_action},
        empty_state::EmptyState,
        export::Export,
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        keyed_list::For,
        live_status::LiveStatus,
        page_head::PageHead,
        query::Loaded,
        show::Show,
    },
};
use add_license::add_license;
use catalog::Catalog;
use expiring::ExpiringLicenses;
use leptos::prelude::*;
use leptos_router::components::A;
use license_dialog::{LicensePart, change_license};
use product::Product;
use product_dialogs::add_product;
use seatkeeper_shared::{permissions::Action, wire::views::ViewPage};

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
    let (format, catalog) = (Format::get(), Catalog::open());
    let line = Signal::derive(move || {
        let (products, licenses) =
            catalog.entries.with(|all| (all.len(), all.iter().map(|entry| entry.licenses.len()).sum::<usize>()));
        let products = t_string!(i18n, licenses.summary, count = products, n = format.number(products));
        let licenses = t_string!(i18n, licenses.count, count = licenses, n = format.number(licenses));
        format!("{products}{}{licenses}", t_string!(i18n, common.dot))
    });
    let has_entries = Memo::new(move |_| catalog.has_entries());
    open_dialogs_of_address(catalog);
    view! {
        <PageHead title=text!(licenses.title) line=move || view! { <LiveStatus text=line /> }>
            <ViewsMenu page=ViewPage::Licenses />
            <CopyMenu request=move |()| catalog.status().request() />
            <Show when=move || has_entries.get()>
                <HeadActions catalog />
            </Show>
        </PageHead>
        <Loaded status=catalog.status() rows=6>
            <Show when=move || has_entries.get() fallback=move || view! { <NoProducts catalog /> }>
                <Products catalog />
            </Show>
            <ArchiveSwitch catalog />
        </Loaded>
    }
}

/// Opens the dialog that the address asks for.
fn open_dialogs_of_address(catalog: Catalog) {
    let (caller, dialogs) = (Caller::get(), Dialogs::get());
    let add = dialogs.opens(add_product(catalog));
    on_address_action("add-product", move || caller.may(Action::ManageProducts), move || add(()));
    let add = dialogs.opens(add_license(catalog, None));
    let can_add = move || caller.may(Action::ChangeSeats) && catalog.has_entries();
    on_address_action("add-license", can_add, move || add(()));
    let can_change = move |id| caller.may(Action::ChangeSeats) && catalog.license(id).is_some();
    on_targeted_action(SEATS_ACTION, can_change, move |id| {
        dialogs.open(change_license(catalog, id, LicensePart::Seats))
    });
    for (action, part) in [(RULES_ACTION, LicensePart::Rules), (LIMITS_ACTION, LicensePart::GroupLimits)] {
        let can_change = move |id| caller.may(Action::ManageProducts) && catalog.license(id).is_some();
        on_targeted_action(action, can_change, move |id| dialogs.open(change_license(catalog, id, part)));
    }
}

/// Export and add buttons, depending on the permissions of the user.
#[component]
fn HeadActions(
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, dialogs) = (Caller::get(), Dialogs::get());
    let address = move || match catalog.with_archived.get() {
        true => "/api/v1/licenses/export?archived=true".to_owned(),
        false => "/api/v1/licenses/export".to_owned(),
    };
    view! {
        <Export address=Signal::derive(address) />
        <Show when=move || caller.may(Action::ManageProducts)>
            <button type="button" class="button" on:click=dialogs.opens(add_product(catalog))>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, licenses.add_product)}
            </button>
        </Show>
        <Show when=move || caller.may(Action::ChangeSeats)>
            <button
                type="button"
                class="button primary"
                on:click=dialogs.opens(add_license(catalog, None))
            >
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
        <ExpiringLicenses catalog />
        <div class="products">
            <For each=move || ids.get() key=|id| *id let:id>
                <Product id catalog />
            </For>
        </div>
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
    let address = move || if shows.get() { "/licenses" } else { "/licenses?archived=true" }.to_owned();
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
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, dialogs) = (Caller::get(), Dialogs::get());
    let may = Memo::new(move |_| caller.may(Action::ManageProducts));
    let text = move || match may.get() {
        true => t_string!(i18n, licenses.empty_text).to_owned(),
        false => t_string!(i18n, licenses.empty_ask).to_owned(),
    };
    view! {
        <div class="list">
            <EmptyState glyph=Glyph::Box title=text!(licenses.empty_title) text=Signal::derive(text)>
                <Show when=move || may.get()>
                    <button
                        type="button"
                        class="button primary"
                        on:click=dialogs.opens(add_product(catalog))
                    >
                        <Icon glyph=Glyph::Plus />
                        {t!(i18n, licenses.add_product)}
                    </button>
                </Show>
            </EmptyState>
        </div>
    }
}
