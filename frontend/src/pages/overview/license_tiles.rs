//! The seats of each license now, and its last 24 hours.

use super::{sparkline::Sparkline, state::OverviewState};
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
use leptos_router::components::A;
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    wire::{licenses::LicenseView, reports::LicenseDay},
};

/// One tile for each license, concurrent ones first.
#[component]
pub fn LicenseTiles(
    /// The state of the page.
    page: OverviewState,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = Memo::new(move |_| {
        page.live.state.with(|state| {
            let shown = |license: &&LicenseView| license.archived_at.is_none();
            let of = |model| state.licenses.iter().filter(shown).filter(move |l| l.model == model).map(|l| l.id);
            of(Model::Concurrent).chain(of(Model::Named)).collect::<Vec<_>>()
        })
    });
    view! {
        <section class="tiles" aria-label=move || t_string!(i18n, seats.pools)>
            <For each=move || ids.get() key=|id| *id let:id>
                <Tile page id />
            </For>
        </section>
    }
}

#[component]
fn Tile(
    /// The state of the page.
    page: OverviewState,
    /// The license shown.
    id: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let known =
        Memo::new(move |before: Option<&Option<LicenseView>>| page.license(id).or_else(|| before.cloned().flatten()));
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let license = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let day = Memo::new(move |_| {
        page.overview.with(|overview| overview.days.iter().find(|day| day.license_id == id).cloned()).flatten()
    });
    let name = move || license.with(|l| t_string!(i18n, seats.show, license = labels::license(i18n, l)));
    view! {
        <article class="tile">
            <h3>
                <A href=format!("/sessions?license={id}") attr:title=name>
                    {move || license.with(|l| l.product_name.clone())}
                    <span>{move || license.with(|l| labels::model_short(i18n, l.model))}</span>
                </A>
            </h3>
            <SeatCount license />
            <SeatChart license />
            <Show when=move || day.with(|day| day.as_ref().is_some_and(|day| !day.points.is_empty()))>
                <Sparkline day=Signal::derive(move || day.get().map(|day| day.points).unwrap_or_default()) />
            </Show>
            <Show when=move || day.with(Option::is_some)>
                <p class="tile-note">
                    <DayNote day />
                </p>
            </Show>
        </article>
    }
    .into_any()
}

/// "letzte 24 Stunden · 3 abgelehnt"
#[component]
fn DayNote(
    /// The last 24 hours.
    day: Memo<Option<LicenseDay>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let refusals = move || day.with(|day| day.as_ref().map_or(0, |day| day.refusals));
    let peak = move || day.with(|day| day.as_ref()?.points.iter().map(|point| point.occupied).max());
    let text = move || {
        let peak = t_string!(i18n, overview.day_peak, n = format.number(peak().unwrap_or_default()));
        match refusals() {
            0 => peak,
            count => {
                peak + t_string!(i18n, common.dot)
                    + &t_string!(i18n, overview.day_refused, count = count, n = format.number(count))
            }
        }
    };
    view! { {text} }
}
