//! The report on sizing: how many seats would have been enough, what models expect, what could be done, and where the
//! peak is going.

mod advice;
mod assumptions;
mod computation;
mod model;
mod sizes;
mod trend;
mod what_if;

use super::{
    ReportTab,
    filter::Scope,
    head::ReportPage,
    report_body::ReportBody,
    state::{Loading, ReportState},
};
use crate::{i18n::*, lazy_part, text::text, ui::show::Show};
use advice::AdviceCard;
use assumptions::AssumptionsCard;
use computation::{Computation, ComputationCard};
use leptos::prelude::*;
use model::ModelCard;
use seatkeeper_shared::{endpoints::Endpoint, license::Model, wire::reports::SizingReport};
use sizes::SizesCard;
use trend::TrendCard;
use what_if::WhatIf;

#[component]
pub fn SizingPage() -> impl IntoView {
    view! { <ReportPage tab=ReportTab::Sizing content=|page| view! { <Sizing page /> }.into_any() /> }.into_any()
}

/// The report and the state of its page.
#[derive(Clone, Copy)]
pub struct SizingState {
    page: ReportState,
    computation: Computation,
    report: Loading<SizingReport>,
}

#[component]
fn Sizing(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_concurrent = Memo::new(move |_| match page.scope.get() {
        Some(Scope::License(id)) => page.live.license(id).is_none_or(|license| license.model == Model::Concurrent),
        Some(Scope::Product(_)) => false,
        Some(Scope::All) | None => true,
    });
    let computation = Computation::new(move |report: fn() -> Endpoint<SizingReport>| {
        let is_known = is_concurrent.get() && matches!(page.scope.get(), Some(Scope::License(_)));
        let request = page.request(report).filter(|_| is_known)?;
        Some(page.filter.with(|filter| filter.assume(request)))
    });
    let report = computation.report();
    let state = SizingState { page, computation, report };
    let is_empty =
        Memo::new(move |_| report.value.with(|report| report.as_deref().is_some_and(|report| report.attempts == 0)));
    let has_value = Memo::new(move |_| report.value.with(Option::is_some));
    let has_failed = Memo::new(move |_| report.has_failed());
    // In place of the report if there is none yet, otherwise above it.
    let is_in_place = move || computation.is_shown() && !has_value.get() && !page.has_no_license();
    view! {
        <Show
            when=move || is_concurrent.get()
            fallback=move || view! {
                <section class="card">
                    <p class="say">{t!(i18n, sizing.concurrent_only)}</p>
                </section>
            }
        >
            <ComputationCard state />
            <Show when=move || !is_in_place()>
                <ReportBody
                    page
                    status=report.status
                    is_busy=Signal::derive(move || computation.is_running())
                    has_value
                    has_failed
                    is_empty
                    empty_title=text!(sizing.no_requests)
                >
                    <SizesCard state />
                    <AssumptionsCard state />
                    {lazy_part!(what_if(state: SizingState) { view! { <WhatIf state /> } })}
                    <AdviceCard state />
                    <div class="report-pair">
                        <ModelCard state />
                        <TrendCard state />
                    </div>
                </ReportBody>
            </Show>
        </Show>
    }
}
