//! Whether the user would get a seat now, and if not, which rule refuses and what would help.

use super::state::UserPageState;
use crate::{
    bulk_actions::job::BulkActionKind,
    format::{Format, Texts},
    i18n::*,
    labels,
    ui::{
        address_action::SEATS_ACTION,
        keyed_list::For,
        links::{Named, NamedLink},
        query::Loaded,
        show::Show,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    permissions::Action,
    problem::Code,
    wire::seat_check::{LicenseSeatCheck, RecentRefusal, SeatCheck, SeatCheckOutcome},
};

#[component]
pub fn SeatCheckCard(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let check = page.seat_check;
    let licenses = move || check.with(|check| check.licenses.clone()).unwrap_or_default();
    let refusals = move || check.with(numbered_refusals).unwrap_or_default();
    let as_of = move || check.with(|check| t_string!(i18n, audit.as_of, time = format.time(check.at)));
    let has_license = Memo::new(move |_| check.with(|check| !check.licenses.is_empty()).unwrap_or_default());
    let has_refusal = Memo::new(move |_| check.with(|check| !check.refusals.is_empty()).unwrap_or_default());
    view! {
        <section class="card wide seat-check">
            <div class="card-head">
                <h2>{t!(i18n, seat_check.title)}</h2>
                <small class="muted num">{as_of}</small>
                <button type="button" class="button small" on:click=move |_| check.reload()>
                    {t!(i18n, seat_check.again)}
                </button>
            </div>
            <Loaded status=check.status() rows=2>
                <Show when=move || has_license.get() fallback=move || view! { <NoLicense page /> }>
                    <ul class="lines">
                        <For each=licenses key=|license| serde_key(license) let:license>
                            <LicenseLine page license />
                        </For>
                    </ul>
                </Show>
                <Show when=move || has_refusal.get()>
                    <h3>{t!(i18n, seat_check.refusals)}</h3>
                    <ul class="lines">
                        <For each=refusals key=|(index, refusal)| (*index, refusal.at) let:refusal>
                            <li>
                                <span>
                                    {move || labels::refusal_rule(i18n, refusal.1.code)}
                                    <small class="num">{refusal_facts(format, &refusal.1)}</small>
                                </span>
                            </li>
                        </For>
                    </ul>
                </Show>
            </Loaded>
        </section>
    }
}

fn numbered_refusals(check: &SeatCheck) -> Vec<(usize, RecentRefusal)> {
    check.refusals.iter().cloned().enumerate().collect()
}

/// A line is drawn again when anything in it changes.
fn serde_key(license: &LicenseSeatCheck) -> String {
    serde_json::to_string(license).unwrap_or_default()
}

fn refusal_facts(format: Format, refusal: &RecentRefusal) -> String {
    let facts = [Some(format.date_time(refusal.at)), refusal.product_name.clone(), refusal.device.clone()];
    facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[component]
fn NoLicense(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <ul class="lines">
            <li>
                <span>{t!(i18n, seat_check.no_license)}</span>
                <GrantButton page />
            </li>
        </ul>
    }
}

#[component]
fn GrantButton(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Show when=move || page.may(Action::Assign)>
            <button type="button" class="button small" on:click=move |_| page.ask(BulkActionKind::Grant)>
                {t!(i18n, users.grant)}
            </button>
        </Show>
    }
}

#[component]
fn LicenseLine(
    /// The state of the page.
    page: UserPageState,
    /// The result for the license.
    license: LicenseSeatCheck,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let license = StoredValue::new(license);
    let name = move || license.with_value(|license| labels::license_name(i18n, &license.product_name, license.model));
    let outcome = move || license.with_value(|license| outcome_text(i18n, license));
    let facts = move || license.with_value(|license| facts_text(i18n, format, license));
    let is_refused = license.with_value(|license| license.outcome == SeatCheckOutcome::Refused);
    let id = license.with_value(|license| license.license_id);
    view! {
        <li>
            <span>
                <NamedLink to=Named::License(id)>{name}</NamedLink> {t!(i18n, common.dot)}
                <b class:refused=is_refused>{outcome}</b>
                <small class="num">{facts}</small>
            </span>
            <Remedy page license />
        </li>
    }
}

fn outcome_text(i18n: Texts, license: &LicenseSeatCheck) -> &'static str {
    match (license.outcome, license.code) {
        (SeatCheckOutcome::HasSession, _) => t_string!(i18n, seat_check.has_session),
        (SeatCheckOutcome::Refused, Some(code)) => labels::refusal_rule(i18n, code),
        (SeatCheckOutcome::Seat | SeatCheckOutcome::Refused, _) => t_string!(i18n, seat_check.seat),
    }
}

/// The occupied seats, until when the rule refuses, and the place in the queue.
fn facts_text(i18n: Texts, format: Format, license: &LicenseSeatCheck) -> String {
    let number = |n: i64| format.number(n);
    let refusal = license.refusal.as_ref();
    let occupied = refusal.map(|facts| {
        t_string!(i18n, seat_check.occupied, occupied = number(facts.occupied), seats = number(facts.seats))
    });
    let at = refusal.and_then(|facts| facts.at).map(|at| match license.code {
        Some(Code::LicenseEnded) => t_string!(i18n, seat_check.ended_at, time = format.date_time(at)),
        _ => t_string!(i18n, seat_check.until, time = format.date_time(at)),
    });
    let place = license.place.map(|place| {
        t_string!(i18n, seat_check.place, n = number(place.position), since = format.date_time(place.since))
    });
    [occupied, at, place].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What the caller can do so that the user gets a seat.
#[component]
fn Remedy(
    /// The state of the page.
    page: UserPageState,
    /// The result for the license.
    license: StoredValue<LicenseSeatCheck>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (id, code) = license.with_value(|license| (license.license_id, license.code));
    match code {
        Some(Code::UserSuspended) => view! {
            <Show when=move || page.may_change()>
                <button
                    type="button"
                    class="button small"
                    on:click=move |_| page.ask(BulkActionKind::Reactivate)
                >
                    {t!(i18n, bulk.reactivate)}
                </button>
            </Show>
        }
        .into_any(),
        Some(Code::NotAssigned) => view! { <GrantButton page /> }.into_any(),
        Some(Code::PoolFull | Code::OverCapacity | Code::ReservedForGroup | Code::GroupLimit) => view! {
            <span class="line-acts">
                <A href=format!("/sessions?license={id}") attr:class="button small">
                    {t!(i18n, seat_check.holders)}
                </A>
                <Show when=move || page.may(Action::ChangeSeats)>
                    <A href=format!("/licenses?do={SEATS_ACTION}&target={id}") attr:class="button small">
                        {t!(i18n, palette.change_seats)}
                    </A>
                </Show>
            </span>
        }
        .into_any(),
        Some(_) => view! {
            <A href="/licenses" attr:class="button small">
                {t!(i18n, seat_check.rules)}
            </A>
        }
        .into_any(),
        None => ().into_any(),
    }
}
