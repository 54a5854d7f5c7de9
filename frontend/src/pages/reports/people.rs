//! The report on people and groups: who used the seats, and how much of that time was work.

use super::{ReportTab, head::ReportPage, seat_time::SeatTimeReportView};
use leptos::prelude::*;

#[component]
pub fn PeoplePage() -> impl IntoView {
    view! {
        <ReportPage
            tab=ReportTab::People
            content=|page| view! { <SeatTimeReportView page with_cost=false /> }.into_any()
        />
    }
    .into_any()
}
