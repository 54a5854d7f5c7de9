//! Card of a license: numbers, seat squares, terms and actions.

use super::{
    catalog::Catalog,
    license_dialog::{LicensePart, change_license},
    terms_summary::TermsSummary,
    validity::{ValidityStatus, last_day},
};
use crate::{
    caller::Caller,
    clock::Clock,
    format::{Format, Texts},
    i18n::*,
    labels,
    ui::{
        form_dialog::Dialogs,
        links::{AuditLink, Named},
        menu::Menu,
        seats::{SeatChart, SeatCount},
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{ids::LicenseId, license::Model, permissions::Action, wire::licenses::LicenseView};

#[component]
pub fn LicenseCard(
    /// The license to show.
    id: LicenseId,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, dialogs) = (Caller::get(), Dialogs::get());
    let Some(first) = untrack(|| catalog.license(id)) else { return ().into_any() };
    let known = Memo::new(move |_| catalog.license(id));
    let license = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let validity = validity(license);
    let heading = format!("license-{id}");
    let change_seats = dialogs.opens(change_license(catalog, id, LicensePart::Seats));
    let name = move || license.with(|license| labels::license(i18n, license));
    let is_linked = Memo::new(move |_| catalog.linked.get() == Some(id));
    let title = NodeRef::<leptos::html::H3>::new();
    Effect::new(move |_| {
        if let Some(title) = title.get().filter(|_| is_linked.get()) {
            // After the title of the page, which takes the focus as well. Fails only if the card has been removed.
            request_animation_frame(move || drop(title.focus()));
        }
    });
    view! {
        <article
            class="license"
            class:linked=move || is_linked.get()
            class:over=move || license.with(|license| license.over() > 0)
            class:idle=move || validity.get().grants_no_seats()
            aria-labelledby=heading.clone()
        >
            <header class="license-head">
                <h3 id=heading.clone() node_ref=title tabindex="-1">
                    {move || labels::model(i18n, license.with(|l| l.model))}
                </h3>
                <ValidityTag validity />
            </header>
            <SeatCount license />
            <SeatChart license />
            <UsageLine license validity />
            <TermsSummary license catalog />
            <footer class="license-acts">
                <A href=format!("/sessions?license={id}")>
                    {t!(i18n, licenses.sessions)} " " <span class="vh">{name}</span>
                </A>
                <AuditLink of=Named::License(id) class="" name=Signal::derive(name) />
                <Show when=move || caller.may(Action::ManageProducts)>
                    <MoreActions id license catalog />
                </Show>
                <Show when=move || caller.may(Action::ChangeSeats)>
                    <button type="button" class="button" on:click=change_seats>
                        {t!(i18n, licenses.change_seats)} " " <span class="vh">{name}</span>
                    </button>
                </Show>
            </footer>
        </article>
    }
    .into_any()
}

/// Menu of the less frequent actions.
#[component]
fn MoreActions(
    /// Id for the dialogs.
    id: LicenseId,
    /// The license shown.
    license: Signal<LicenseView>,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let change = move |part| dialogs.opens(change_license(catalog, id, part));
    let name = move || license.with(|license| labels::license(i18n, license));
    let pool = move || license.with(|license| license.model == Model::Concurrent);
    let face = move || t_string!(i18n, licenses.more_acts);
    let label = Signal::derive(move || t_string!(i18n, licenses.more_acts_of, license = name()));
    view! {
        <Menu label trigger=move || face.into_any()>
            <button type="button" class="menu-item" on:click=change(LicensePart::Rules)>
                {t!(i18n, licenses.change_rules)}
            </button>
            <button type="button" class="menu-item" on:click=change(LicensePart::Terms)>
                {t!(i18n, licenses.change_terms)}
            </button>
            <Show when=pool>
                <button type="button" class="menu-item" on:click=change(LicensePart::GroupLimits)>
                    {t!(i18n, licenses.change_limits)}
                </button>
            </Show>
        </Menu>
    }
}

fn validity(license: Signal<LicenseView>) -> Memo<ValidityStatus> {
    let clock = Clock::get();
    Memo::new(move |_| license.with(|license| ValidityStatus::of(license, clock.now())))
}

/// "Endet in 12 Tagen", "Abgelaufen"; nothing while the license is valid.
#[component]
fn ValidityTag(
    /// Validity of the license.
    validity: Memo<ValidityStatus>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = Clock::get();
    move || {
        let (class, text) = match validity.get() {
            ValidityStatus::Valid => return None,
            ValidityStatus::EndsSoon(end) => ("tag warn", ends_in_text(i18n, clock.until(end).num_days())),
            ValidityStatus::NotYet(_) => ("tag plain", t_string!(i18n, licenses.not_yet).to_owned()),
            ValidityStatus::Ended(_) => ("tag warn", t_string!(i18n, licenses.is_over).to_owned()),
            ValidityStatus::Archived => ("tag plain", t_string!(i18n, licenses.is_archived).to_owned()),
        };
        Some(view! { <span class=class>{text}</span> })
    }
}

fn ends_in_text(i18n: Texts, days: i64) -> String {
    if days == 0 {
        t_string!(i18n, licenses.ends_now).to_owned()
    } else {
        t_string!(i18n, licenses.ends_in, count = days)
    }
}

/// One sentence that explains the numbers.
#[component]
fn UsageLine(
    /// The license shown.
    license: Signal<LicenseView>,
    /// Validity of the license.
    validity: Memo<ValidityStatus>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let line = move || match validity.get() {
        ValidityStatus::NotYet(start) => t_string!(i18n, licenses.grants_from, date = format.date(start)),
        ValidityStatus::Ended(end) => t_string!(i18n, licenses.granted_until, date = format.date(last_day(end))),
        ValidityStatus::Archived => t_string!(i18n, licenses.archived_note).to_owned(),
        ValidityStatus::Valid | ValidityStatus::EndsSoon(_) => {
            license.with(|license| usage_text(i18n, format, license))
        }
    };
    view! { <p class="now-line">{line}</p> }
}

fn usage_text(i18n: Texts, format: Format, license: &LicenseView) -> String {
    let (over, usage) = (license.over(), &license.usage);
    let n = format.number(over);
    match (license.model, usage.full_since, usage.peak) {
        (Model::Concurrent, ..) if over > 0 && over <= license.rules.overdraft => {
            t_string!(i18n, seats.overdrawn, n = format.number(license.rules.overdraft))
        }
        (Model::Concurrent, ..) if over > 0 => t_string!(i18n, licenses.over_pool, count = over, n = n),
        (Model::Named, ..) if over > 0 => t_string!(i18n, licenses.over_named, count = over, n = n),
        (Model::Named, ..) => {
            t_string!(i18n, seats.in_session, count = usage.occupied, n = format.number(usage.occupied))
        }
        (_, Some(since), _) => t_string!(i18n, seats.full_since, span = format.since(since)),
        (_, None, Some(peak)) => {
            t_string!(i18n, seats.peak, n = format.number(peak.occupied), time = format.time(peak.at))
        }
        (_, None, None) => t_string!(i18n, seats.no_peak).to_owned(),
    }
}
