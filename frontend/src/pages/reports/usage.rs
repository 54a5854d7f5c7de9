//! The report on usage: what happened, in a sentence and as steps; figures, peaks, efficiency, the hours of the week,
//! lengths of sessions, and waits.

mod efficiency;
mod figures;
mod lengths;
mod moment;
mod peaks;
mod sentence;
mod timeline_card;
mod waits;
mod week;

use super::{
    ReportTab,
    head::ReportPage,
    report_body::ReportBody,
    state::{Loading, ReportState},
};
use crate::{text::text, ui::show::Show};
use efficiency::EfficiencyCard;
use figures::Figures;
pub use figures::{people_per_seat, seat_hours};
use lengths::LengthsCard;
use leptos::prelude::*;
use moment::MomentCard;
use peaks::PeaksCard;
use seatkeeper_shared::{endpoints, wire::reports::UsageReport};
use timeline_card::TimelineCard;
use waits::WaitsCard;
use week::WeekCard;

#[component]
pub fn UsagePage() -> impl IntoView {
    view! { <ReportPage tab=ReportTab::Usage content=|page| view! { <Usage page /> }.into_any() /> }.into_any()
}

/// The report and the state of its page.
#[derive(Clone, Copy)]
pub struct UsageState {
    page: ReportState,
    report: Loading<UsageReport>,
}

#[component]
fn Usage(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let request = move || Some(page.request(endpoints::reports::usage)?.with("peaks", page.peaks().as_str()));
    let usage = UsageState { page, report: Loading::new(request) };
    let report = usage.report;
    let is_empty = Memo::new(move |_| report.value.with(|report| report.as_deref().is_some_and(is_empty)));
    let has_value = Memo::new(move |_| report.value.with(Option::is_some));
    let has_failed = Memo::new(move |_| report.has_failed());
    let has_waits = Memo::new(move |_| report.with(|report| !report.waits.is_empty()));
    view! {
        <ReportBody
            page
            status=report.status
            has_value
            has_failed
            is_empty
            empty_title=text!(reports.no_usage)
        >
            <TimelineCard usage />
            <MomentCard page />
            <Figures usage />
            <PeaksCard usage />
            <div class="report-pair">
                <EfficiencyCard usage />
                <LengthsCard usage />
            </div>
            <WeekCard usage />
            <Show when=move || has_waits.get()>
                <WaitsCard usage />
            </Show>
        </ReportBody>
    }
}

/// Whether nothing happened.
fn is_empty(report: &UsageReport) -> bool {
    let figures = &report.figures;
    figures.occupied_seat_seconds == 0 && figures.sessions == 0 && figures.refusals == 0 && figures.waited == 0
}
