//! How many seats would have been enough: a row for each number of seats, which is its own picture.

use super::SizingState;
use crate::{
    charts::parts_bar::{BarPart, PartsBar},
    format::Format,
    i18n::*,
    ui::show::Show,
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::{SizeOutcome, SizingReport};

/// How many seats would have been enough.
#[component]
pub fn SizesCard(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (state.page, state.report);
    let format = page.format;
    let has_prices = Memo::new(move |_| report.with(|r| r.sizes.iter().any(|size| size.monthly_cost.is_some())));
    let rows = move || {
        report.with(|report| {
            let most = report.sizes.iter().map(delayed).max().unwrap_or(0);
            let row = |size: &SizeOutcome| size_row(format, size, report.attempts, most, has_prices.get());
            report.sizes.iter().map(row).collect::<Vec<_>>()
        })
    };
    let unexplained = move || report.with(|report| report.unexplained);
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{move || page.subject()} <small>{move || page.period_text()}</small></h2>
            </div>
            <p class="say">{move || report.with(|report| sentence(format, report))}</p>
            <div class="scroll" tabindex="0" role="region" aria-label=move || t_string!(i18n, sizing.sizes)>
                <table class="sizes">
                    <caption class="vh">{t!(i18n, sizing.sizes)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{t!(i18n, sizing.column_seats)}</th>
                            <th scope="col">{t!(i18n, sizing.column_delayed)}</th>
                            <th scope="col">{t!(i18n, sizing.column_longest)}</th>
                            <th scope="col">{t!(i18n, sizing.column_lost)}</th>
                            <th scope="col">{t!(i18n, sizing.column_use)}</th>
                            <Show when=move || has_prices.get()>
                                <th scope="col">{t!(i18n, sizing.column_cost)}</th>
                            </Show>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <Show when=move || unexplained() != 0>
                <p class="muted">
                    {move || {
                        let count = unexplained();
                        t_string!(i18n, sizing.unexplained, count = count, n = format.number(count))
                    }}
                </p>
            </Show>
        </section>
    }
}

/// The attempts that would not have got a seat at once.
fn delayed(size: &SizeOutcome) -> i64 {
    size.seated_later + lost(size)
}

/// The attempts that would not have got a seat at all.
fn lost(size: &SizeOutcome) -> i64 {
    size.refused + size.gave_up
}

fn size_row(format: Format, size: &SizeOutcome, attempts: i64, most: i64, has_prices: bool) -> AnyView {
    let i18n = format.texts();
    let is_current = size.is_current;
    let count = delayed(size);
    let parts = vec![
        BarPart { class: "part-soon", amount: size.seated_later },
        BarPart { class: "part-refused", amount: lost(size) },
    ];
    let longest = match size.longest_wait_seconds {
        0 => t_string!(i18n, common.dash).to_owned(),
        seconds => format.duration(TimeDelta::seconds(seconds)),
    };
    let used =
        size.time_weighted_use.map_or_else(|| t_string!(i18n, common.dash).to_owned(), |share| format.percent(share));
    let cost = size.monthly_cost.as_ref().map(|price| format.money(price));
    view! {
        <tr class:picked=is_current aria-current=is_current.then_some("true")>
            <th scope="row">
                <b class="num">{format.number(size.seats)}</b>
                {is_current.then(|| view! { <span class="tag plain">{t_string!(i18n, sizing.today)}</span> })}
            </th>
            <td class="num with-bar">
                {t_string!(i18n, sizing.of_attempts, n = format.number(count), all = format.number(attempts))}
                <PartsBar parts whole=most />
            </td>
            <td class="num">{longest}</td>
            <td class="num">{format.number(lost(size))}</td>
            <td class="num">{used}</td>
            {has_prices.then(|| view! { <td class="num muted">{cost}</td> })}
        </tr>
    }
    .into_any()
}

/// "Mit 8 statt 10 Plätzen hätten 14 von 412 Anfragen gewartet, höchstens 5 min."
fn sentence(format: Format, report: &SizingReport) -> String {
    let i18n = format.texts();
    // The fewest seats with which nobody would have waited.
    let enough = report.sizes.iter().find(|size| delayed(size) == 0);
    let current = report.sizes.iter().find(|size| size.is_current);
    match (enough, current) {
        (Some(enough), Some(current)) if delayed(current) == 0 => t_string!(
            i18n,
            sizing.say_enough,
            count = enough.seats,
            n = format.number(enough.seats),
            seats = format.number(current.seats)
        ),
        (enough, Some(current)) => {
            let now = t_string!(
                i18n,
                sizing.say_now,
                count = current.seats,
                seats = format.number(current.seats),
                n = format.number(delayed(current)),
                all = format.number(report.attempts),
                longest = format.duration(TimeDelta::seconds(current.longest_wait_seconds))
            );
            let more = match enough {
                Some(enough) => {
                    t_string!(i18n, sizing.say_would, count = enough.seats, n = format.number(enough.seats))
                }
                None => t_string!(i18n, sizing.say_none).to_owned(),
            };
            format!("{now} {more}")
        }
        _ => String::new(),
    }
}
