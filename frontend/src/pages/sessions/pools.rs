//! The licenses with their live counters; a click on one shows its sessions alone.

use super::{board::Board, filter::Which};
use crate::{
    format::Format,
    i18n::*,
    ui::seats::{SeatFigure, Seats},
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::LicenseId, license::Model, wire::licenses::LicenseView};

/// All licenses in a row.
#[component]
pub fn Pools(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = Memo::new(move |_| {
        board.live.state.with(|state| {
            // An archived one is shown until the last session on it is over.
            let shown = |l: &&LicenseView| l.archived_at.is_none() || l.usage.sessions > 0;
            let of = |model| state.licenses.iter().filter(shown).filter(move |l| l.model == model).map(|l| l.id);
            // Shared ones first: they are what this page is about.
            of(Model::Concurrent).chain(of(Model::Named)).collect::<Vec<_>>()
        })
    });
    view! {
        <section class="pools" aria-label=move || t_string!(i18n, seats.pools)>
            <For each=move || ids.get() key=|id| *id let:id>
                <Pool board id />
            </For>
        </section>
    }
}

#[component]
fn Pool(
    /// The page.
    board: Board,
    /// The license.
    id: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let known = Memo::new(move |before: Option<&Option<LicenseView>>| {
        board.live.license(id).or_else(|| before.cloned().flatten())
    });
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let license = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let chosen = Memo::new(move |_| board.filter.with(|filter| filter.which == Which::One(id)));
    let toggle = move |_| {
        let which = if chosen.get_untracked() { Which::Shared } else { Which::One(id) };
        board.narrow(|filter| filter.which = which);
    };
    let full = Memo::new(move |_| license.with(|l| l.model == Model::Concurrent && l.free() == 0));
    let name = move || license.with(|l| t_string!(i18n, seats.show, license = words::license(i18n, l)));
    view! {
        <article class="pool" class:full=move || full.get() class:chosen=move || chosen.get()>
            <h2>
                <button type="button" aria-pressed=move || chosen.get().to_string() title=name on:click=toggle>
                    {move || license.with(|l| l.product_name.clone())}
                    <span>{move || license.with(|l| words::model_short(i18n, l.model))}</span>
                </button>
            </h2>
            <SeatFigure license />
            <Seats license />
            <PoolNote license />
        </article>
    }
    .into_any()
}

/// The one sentence that says what the numbers mean.
#[component]
fn PoolNote(
    /// The license.
    #[prop(into)]
    license: Signal<LicenseView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let note = move || {
        let license = license.get();
        let usage = &license.usage;
        match (license.over(), usage.full_since, usage.peak) {
            (over, ..) if over > license.rules.overdraft => t_string!(i18n, seats.draining).to_owned(),
            (over, ..) if over > 0 => t_string!(i18n, seats.overdrawn, n = format.number(license.rules.overdraft)),
            _ if license.model == Model::Named => t_string!(i18n, seats.in_session, count = usage.occupied),
            (_, Some(since), _) => t_string!(i18n, seats.full_since, span = format.since(since)),
            (_, None, Some(peak)) => {
                t_string!(i18n, seats.peak, n = format.number(peak.occupied), time = format.time(peak.at))
            }
            (_, None, None) => t_string!(i18n, seats.no_peak).to_owned(),
        }
    };
    let waiting = Memo::new(move |_| license.with(|license| (license.usage.waiting, license.usage.offered)));
    view! {
        <p class="pool-note">
            {note}
            <Show when=move || { waiting.get().0 > 0 }>
                <Waiting waiting />
            </Show>
        </p>
    }
}

/// "3 warten, 1 Platz wird freigehalten"
#[component]
fn Waiting(
    /// How many wait, and for how many of them a seat is kept.
    waiting: Memo<(i64, i64)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = move || {
        let (waiting, _) = waiting.get();
        t_string!(i18n, queue.count, count = waiting, n = format.number(waiting))
    };
    let kept = move || match waiting.get().1 {
        0 => String::new(),
        kept => {
            t_string!(i18n, common.dot).to_owned() + &t_string!(i18n, seats.kept, count = kept, n = format.number(kept))
        }
    };
    view! { <strong class="pool-waiting">{count} {kept}</strong> }
}
