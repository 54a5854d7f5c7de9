//! A license: numbers first, then its seats as squares, then its terms, then what can be done.

use super::{
    desk::Desk,
    facts::Facts,
    stock::Stock,
    validity::{Standing, last_day},
};
use crate::{
    caller::Caller,
    clock::Clock,
    format::{Format, Texts},
    i18n::*,
    ui::{
        field::fresh_id,
        menu::Menu,
        seats::{SeatFigure, Seats},
    },
    words,
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{ids::LicenseId, license::Model, permissions::Action, wire::licenses::LicenseView};

/// One license.
#[component]
pub fn LicenseCard(
    /// Which.
    id: LicenseId,
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let Some(first) = untrack(|| stock.license(id)) else { return ().into_any() };
    let known = Memo::new(move |_| stock.license(id));
    let license = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let standing = standing(license);
    let heading = fresh_id("license");
    let name = move || license.with(|license| words::license(i18n, license));
    view! {
        <article
            class="license"
            class:over=move || license.with(|license| license.over() > 0)
            class:idle=move || standing.get().idle()
            aria-labelledby=heading.clone()
        >
            <header class="license-head">
                <h3 id=heading.clone()>{move || words::model(i18n, license.with(|l| l.model))}</h3>
                <StandingTag standing />
            </header>
            <SeatFigure license />
            <Seats license />
            <NowLine license standing />
            <Facts license stock />
            <footer class="license-acts">
                <A href=format!("/sessions?license={id}")>
                    {t!(i18n, licenses.sessions)} " " <span class="vh">{name}</span>
                </A>
                <Show when=move || caller.may(Action::ManageProducts)>
                    <MoreActs id license desk />
                </Show>
                <Show when=move || caller.may(Action::ChangeSeats)>
                    <button type="button" class="button" on:click=move |_| desk.change_seats(id)>
                        {t!(i18n, licenses.change_seats)} " " <span class="vh">{name}</span>
                    </button>
                </Show>
            </footer>
        </article>
    }
    .into_any()
}

/// Everything that is changed seldom.
#[component]
fn MoreActs(
    /// Which license.
    id: LicenseId,
    /// The license.
    license: Signal<LicenseView>,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || license.with(|license| words::license(i18n, license));
    let pool = move || license.with(|license| license.model == Model::Concurrent);
    let face = move || t_string!(i18n, licenses.more_acts);
    let label = Signal::derive(move || t_string!(i18n, licenses.more_acts_of, license = name()));
    view! {
        <Menu label face=move || face.into_any()>
            <button type="button" class="menu-item" on:click=move |_| desk.change_rules(id)>
                {t!(i18n, licenses.change_rules)}
            </button>
            <button type="button" class="menu-item" on:click=move |_| desk.terms.set(Some(id))>
                {t!(i18n, licenses.change_terms)}
            </button>
            <Show when=pool>
                <button type="button" class="menu-item" on:click=move |_| desk.limiting.set(Some(id))>
                    {t!(i18n, licenses.change_limits)}
                </button>
            </Show>
        </Menu>
    }
}

fn standing(license: Signal<LicenseView>) -> Memo<Standing> {
    let clock = Clock::get();
    Memo::new(move |_| license.with(|license| Standing::of(license, clock.now())))
}

/// "Endet in 12 Tagen", "Abgelaufen"; nothing while the license simply counts.
#[component]
fn StandingTag(
    /// How the license stands.
    standing: Memo<Standing>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = Clock::get();
    move || {
        let (class, text) = match standing.get() {
            Standing::Valid => return None,
            Standing::EndsSoon(end) => ("tag warn", ends(i18n, clock.until(end).num_days())),
            Standing::NotYet(_) => ("tag plain", t_string!(i18n, licenses.not_yet).to_owned()),
            Standing::Ended(_) => ("tag warn", t_string!(i18n, licenses.is_over).to_owned()),
            Standing::Archived => ("tag plain", t_string!(i18n, licenses.is_archived).to_owned()),
        };
        Some(view! { <span class=class>{text}</span> })
    }
}

fn ends(i18n: Texts, days: i64) -> String {
    if days == 0 {
        t_string!(i18n, licenses.ends_now).to_owned()
    } else {
        t_string!(i18n, licenses.ends_in, count = days)
    }
}

/// The one sentence that says what the numbers mean.
#[component]
fn NowLine(
    /// The license.
    license: Signal<LicenseView>,
    /// How it stands.
    standing: Memo<Standing>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let line = move || match standing.get() {
        Standing::NotYet(start) => t_string!(i18n, licenses.grants_from, date = format.date(start)),
        Standing::Ended(end) => t_string!(i18n, licenses.granted_until, date = format.date(last_day(end))),
        Standing::Archived => t_string!(i18n, licenses.archived_line).to_owned(),
        Standing::Valid | Standing::EndsSoon(_) => license.with(|license| counts(i18n, format, license)),
    };
    view! { <p class="now-line">{line}</p> }
}

fn counts(i18n: Texts, format: Format, license: &LicenseView) -> String {
    let (over, usage) = (license.over(), &license.usage);
    let n = format.number(over);
    match (license.model, usage.full_since, usage.peak) {
        (Model::Concurrent, ..) if over > 0 && over <= license.rules.overdraft => {
            t_string!(i18n, seats.overdrawn, n = format.number(license.rules.overdraft))
        }
        (Model::Concurrent, ..) if over > 0 => t_string!(i18n, licenses.over_pool, count = over, n = n),
        (Model::Named, ..) if over > 0 => t_string!(i18n, licenses.over_named, count = over, n = n),
        (Model::Named, ..) => t_string!(i18n, seats.in_session, count = usage.occupied),
        (_, Some(since), _) => t_string!(i18n, seats.full_since, span = format.since(since)),
        (_, None, Some(peak)) => {
            t_string!(i18n, seats.peak, n = format.number(peak.occupied), time = format.time(peak.at))
        }
        (_, None, None) => t_string!(i18n, seats.no_peak).to_owned(),
    }
}
