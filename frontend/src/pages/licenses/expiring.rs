//! Note at the top of the page about licenses that end within 60 days.

use super::{
    catalog::Catalog,
    license_dialog::{LicensePart, change_license},
    validity::{ValidityStatus, last_day},
};
use crate::{
    caller::Caller,
    clock::Clock,
    format::Format,
    i18n::*,
    labels,
    ui::{
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::licenses::LicenseView};

/// The note; nothing if no license ends soon.
#[component]
pub fn ExpiringLicenses(
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, clock, format, dialogs) = (Caller::get(), Clock::get(), Format::get(), Dialogs::get());
    let expiring = Memo::new(move |_| {
        let now = clock.now();
        let mut expiring = catalog.licenses.with(|all| {
            all.iter()
                .filter(|l| matches!(ValidityStatus::of(l, now), ValidityStatus::EndsSoon(_)))
                .cloned()
                .collect::<Vec<_>>()
        });
        expiring.sort_by_key(|license| license.ends_at);
        expiring
    });
    let text = move |license: &LicenseView| {
        let (name, end) = (labels::license(i18n, license), license.ends_at.unwrap_or_default());
        let (days, date) = (clock.until(end).num_days(), format.date(last_day(end)));
        t_string!(i18n, licenses.ending, count = days, license = name, date = date)
    };
    let item = move |license: LicenseView| {
        let id = license.id;
        let label = text(&license);
        let change = dialogs.opens(change_license(catalog, id, LicensePart::Terms));
        let button = view! {
            <button type="button" class="button small" on:click=change>
                {t!(i18n, licenses.renew)} " " <span class="vh">{labels::license(i18n, &license)}</span>
            </button>
        };
        view! {
            <li>
                <span>{label}</span>
                {caller.may(Action::ManageProducts).then_some(button)}
            </li>
        }
    };
    view! {
        <Show when=move || !expiring.with(Vec::is_empty)>
            <div class="note expiring">
                <Icon glyph=Glyph::Warning />
                <ul>{move || expiring.get().into_iter().map(item).collect_view()}</ul>
            </div>
        </Show>
    }
}
