//! The report on refusals: how many people were really turned away, by which rule, who, and when.

mod by_hour;
mod by_rule;
mod by_user;
mod fold;
mod latest;

use super::{
    ReportTab,
    head::ReportPage,
    report_body::ReportBody,
    state::{Loading, ReportState},
};
use crate::text::text;
use by_hour::HoursCard;
use by_rule::RulesCard;
use by_user::UsersCard;
use fold::FoldCard;
use latest::LatestCard;
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, wire::reports::RefusalReport};

#[component]
pub fn RefusalsPage() -> impl IntoView {
    view! { <ReportPage tab=ReportTab::Refusals content=|page| view! { <Refusals page /> }.into_any() /> }.into_any()
}

/// The report and the state of its page.
#[derive(Clone, Copy)]
pub struct RefusalState {
    page: ReportState,
    report: Loading<RefusalReport>,
}

#[component]
fn Refusals(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let request = move || {
        let window = page.filter.with(|filter| filter.window);
        Some(page.request(endpoints::reports::refusals)?.with("window", &window.to_string()))
    };
    let state = RefusalState { page, report: Loading::new(request) };
    let report = state.report;
    let is_empty =
        Memo::new(move |_| report.value.with(|report| report.as_deref().is_some_and(|report| report.requests == 0)));
    let has_value = Memo::new(move |_| report.value.with(Option::is_some));
    let has_failed = Memo::new(move |_| report.has_failed());
    view! {
        <ReportBody
            page
            status=report.status
            has_value
            has_failed
            is_empty
            empty_title=text!(reports.no_refusals)
        >
            <FoldCard state />
            <div class="report-pair">
                <RulesCard state />
                <UsersCard state />
            </div>
            <HoursCard state />
            <LatestCard state />
        </ReportBody>
    }
}
