//! The report on costs: what each person, group or product costs, and which named seats nobody uses.

use super::{ReportTab, head::ReportPage, seat_time::SeatTimeReportView, unused_seats::UnusedSeatsCard};
use leptos::prelude::*;

#[component]
pub fn CostsPage() -> impl IntoView {
    view! {
        <ReportPage
            tab=ReportTab::Costs
            content=|page| {
                view! {
                    <SeatTimeReportView page with_cost=true />
                    <UnusedSeatsCard page />
                }
                    .into_any()
            }
        />
    }
    .into_any()
}
