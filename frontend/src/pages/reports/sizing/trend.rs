//! Where the daily peak is going.

use super::SizingState;
use crate::{format::Format, i18n::*, ui::show::Show};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::PeakTrend;

/// Where the daily peak is going; nothing with too few days.
#[component]
pub fn TrendCard(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (state.report, state.page.format);
    let trend = Memo::new(move |_| report.with(|report| report.trend));
    let text = move || trend.get().map(|trend| sentences(format, &trend)).unwrap_or_default();
    view! {
        <Show when=move || trend.with(Option::is_some)>
            <section class="card">
                <h2>{t!(i18n, sizing.trend)}</h2>
                {move || text().into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                <p class="muted">{t!(i18n, sizing.trend_note)}</p>
            </section>
        </Show>
    }
}

fn sentences(format: Format, trend: &PeakTrend) -> Vec<String> {
    let i18n = format.texts();
    let growth = trend.growth_per_month;
    let direction = if growth.abs() < 0.05 {
        t_string!(i18n, sizing.trend_flat, n = format.number(trend.days))
    } else if growth > 0.0 {
        t_string!(i18n, sizing.trend_up, n = format.number(trend.days), seats = format.decimal(growth))
    } else {
        t_string!(i18n, sizing.trend_down, n = format.number(trend.days), seats = format.decimal(-growth))
    };
    let ahead = t_string!(
        i18n,
        sizing.trend_ahead,
        date = format.date(trend.at),
        expected = format.decimal(trend.expected.max(0.0)),
        from = format.decimal(trend.from.max(0.0)),
        to = format.decimal(trend.to.max(0.0))
    );
    let above = t_string!(i18n, sizing.trend_above, n = format.decimal(trend.above_all.max(0.0)));
    vec![direction, ahead, above]
}
