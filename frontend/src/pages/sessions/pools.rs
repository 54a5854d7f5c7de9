//! The licenses with their live counts; a click on one filters the table by it.

use super::{filter::LicenseScope, state::SessionsPageState};
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        keyed_list::For,
        seats::{SeatChart, SeatCount},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::LicenseId, license::Model, wire::licenses::LicenseView};

/// All licenses, concurrent ones first.
#[component]
pub fn Pools(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = Memo::new(move |_| {
        page.live.state.with(|state| {
            // An archived license is shown until its last session has ended.
            let shown = |l: &&LicenseView| l.archived_at.is_none() || l.usage.sessions > 0;
            let of = |model| state.licenses.iter().filter(shown).filter(move |l| l.model == model).map(|l| l.id);
            of(Model::Concurrent).chain(of(Model::Named)).collect::<Vec<_>>()
        })
    });
    view! {
        <section class="pools" aria-label=move || t_string!(i18n, seats.pools)>
            <For each=move || ids.get() key=|id| *id let:id>
                <Pool page id />
            </For>
        </section>
    }
}

#[component]
fn Pool(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The license shown.
    id: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let known = Memo::new(move |before: Option<&Option<LicenseView>>| {
        page.live.license(id).or_else(|| before.cloned().flatten())
    });
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let license = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let chosen = Memo::new(move |_| page.filter.with(|filter| filter.scope == LicenseScope::One(id)));
    let toggle = move |_| {
        let scope = if chosen.get_untracked() { LicenseScope::Shared } else { LicenseScope::One(id) };
        page.update_filter(|filter| filter.scope = scope);
    };
    let full = Memo::new(move |_| license.with(|l| l.model == Model::Concurrent && l.free() == 0));
    let name = move || license.with(|l| t_string!(i18n, seats.show, license = labels::license(i18n, l)));
    view! {
        <article class="pool" class:full=move || full.get() class:chosen=move || chosen.get()>
            <h2>
                <button type="button" aria-pressed=move || chosen.get().to_string() title=name on:click=toggle>
                    {move || license.with(|l| l.product_name.clone())}
                    <span>{move || license.with(|l| labels::model_short(i18n, l.model))}</span>
                </button>
            </h2>
            <SeatCount license />
            <SeatChart license />
            <PoolNote license />
        </article>
    }
    .into_any()
}

/// One sentence that explains the numbers.
#[component]
fn PoolNote(
    /// The license shown.
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
            _ if license.model == Model::Named => {
                t_string!(i18n, seats.in_session, count = usage.occupied, n = format.number(usage.occupied))
            }
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
                <WaitingCount waiting />
            </Show>
        </p>
    }
}

/// "3 warten, 1 Platz wird freigehalten"
#[component]
fn WaitingCount(
    /// Number of waiting agents, and of offered seats.
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
