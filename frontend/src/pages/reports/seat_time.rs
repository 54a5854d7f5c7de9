//! Who used the seats: seat-hours by person, group, product or platform, with the parts of that time, and its cost.

use super::{
    person_filter::PersonName,
    report_body::ReportBody,
    state::{Loading, ReportState},
    usage::seat_hours,
};
use crate::{
    charts::parts_bar::{BarPart, PartsBar, share},
    format::Format,
    i18n::*,
    labels,
    text::text,
    ui::{
        segmented_control::{Segment, SegmentedControl},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    permissions::Action,
    session::Platform,
    wire::reports::{SeatTime, SeatTimeGrouping, SeatTimeReport, SeatTimeRow},
};

/// The report and the state of its page.
#[derive(Clone, Copy)]
struct SeatTimeState {
    page: ReportState,
    report: Loading<SeatTimeReport>,
    /// Whether the cost is shown.
    with_cost: bool,
}

/// Who used the seats, in all and row by row.
#[component]
pub fn SeatTimeReportView(
    /// Shared state of the report.
    page: ReportState,
    /// Whether the cost is shown.
    with_cost: bool,
) -> impl IntoView {
    let request = move || {
        let by = page.filter.with(|filter| filter.by);
        Some(page.request(endpoints::reports::seat_time)?.with("by", by.as_str()))
    };
    let state = SeatTimeState { page, report: Loading::new(request), with_cost };
    let report = state.report;
    let is_empty = Memo::new(move |_| {
        report.value.with(|report| report.as_deref().is_some_and(|report| report.total.seat_seconds == 0))
    });
    let has_value = Memo::new(move |_| report.value.with(Option::is_some));
    let has_failed = Memo::new(move |_| report.has_failed());
    view! {
        <ReportBody
            page
            status=report.status
            has_value
            has_failed
            is_empty
            empty_title=text!(reports.no_usage)
        >
            <Summary state />
            <Rows state />
        </ReportBody>
    }
}

/// The whole seat time with its parts, and how many people share the seats.
#[component]
fn Summary(
    /// The report and the state of its page.
    state: SeatTimeState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (state.page, state.report);
    let format = page.format;
    let said = move || {
        report.with(|report| {
            let hours = format.decimal(seat_hours(report.total.seat_seconds));
            let (users, seats) = (format.number(report.users), format.number(report.seats));
            t_string!(i18n, reports.say_seat_time, count = report.users, hours = hours, users = users, seats = seats)
        })
    };
    let ratio = move || {
        report.with(|report| {
            let ratio = super::usage::people_per_seat(format, report.users, report.seats);
            t_string!(i18n, reports.say_ratio, ratio = ratio)
        })
    };
    let bar = move || {
        report.with(|report| Some(view! { <PartsBar parts=parts(&report.total) whole=report.total.seat_seconds /> }))
    };
    let part = move |name: &'static str, seconds: fn(&SeatTime) -> i64| {
        report.with(|report| {
            let part = seconds(&report.total);
            let share = format.percent(share(part, report.total.seat_seconds));
            t_string!(i18n, reports.part, name = name, hours = format.decimal(seat_hours(part)), share = share)
        })
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{move || page.subject()} <small>{move || page.period_text()}</small></h2>
            </div>
            <p class="say">{said} " " {ratio}</p>
            <div class="fold-bar">{bar}</div>
            <p class="legend">
                <span class="legend-connected">
                    {move || part(t_string!(i18n, reports.part_connected), active_seconds)}
                </span>
                <span class="legend-idle">
                    {move || part(t_string!(i18n, reports.part_idle), |time| time.idle_seconds)}
                </span>
                <span class="legend-wait">
                    {move || part(t_string!(i18n, reports.part_waiting), |time| time.waiting_seconds)}
                </span>
            </p>
        </section>
    }
}

/// The connected time without that after the last activity.
fn active_seconds(time: &SeatTime) -> i64 {
    (time.connected_seconds - time.idle_seconds).max(0)
}

fn parts(time: &SeatTime) -> Vec<BarPart> {
    vec![
        BarPart { class: "part-connected", amount: active_seconds(time) },
        BarPart { class: "part-idle", amount: time.idle_seconds },
        BarPart { class: "part-wait", amount: time.waiting_seconds },
    ]
}

/// A row for each person, group, product or platform.
#[component]
fn Rows(
    /// The report and the state of its page.
    state: SeatTimeState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (state.page, state.report);
    let format = page.format;
    let segments = Signal::derive(move || {
        let segment =
            |by: &SeatTimeGrouping| Segment { value: by.as_str(), text: grouping(format, *by).to_owned(), glyph: None };
        SeatTimeGrouping::ALL.iter().map(segment).collect::<Vec<_>>()
    });
    let choose = move |name: &'static str| {
        page.update_filter(|filter| filter.by = name.parse().unwrap_or(SeatTimeGrouping::User));
    };
    let rows = move || {
        report.with(|report| {
            let most = report.rows.iter().map(|row| row.time.seat_seconds).max().unwrap_or(0);
            let row = |row: &SeatTimeRow| {
                let whole = report.total.seat_seconds;
                time_row(state, row.clone(), report.grouping, most, whole)
            };
            report.rows.iter().map(row).collect::<Vec<_>>()
        })
    };
    let is_group = move || report.with(|report| report.grouping == SeatTimeGrouping::Group);
    view! {
        <section class="card">
            <div class="card-head">
                <h2 id="seat-time">{t!(i18n, reports.seat_time)}</h2>
                <SegmentedControl
                    label=text!(reports.group_by)
                    bare=true
                    segments
                    value=page.chosen(|filter| filter.by.to_string())
                    choose
                />
            </div>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="seat-time">
                <table class="seat-time">
                    <caption class="vh">{t!(i18n, reports.seat_time)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">
                                {move || page.filter.with(|filter| grouping(format, filter.by))}
                            </th>
                            <th scope="col">{t!(i18n, reports.column_seat_hours)}</th>
                            <th scope="col">{t!(i18n, reports.column_share_short)}</th>
                            <th scope="col">{t!(i18n, reports.sessions)}</th>
                            {state
                                .with_cost
                                .then(|| view! { <th scope="col">{t!(i18n, reports.column_cost)}</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <Show when=is_group>
                <p class="muted">{t!(i18n, reports.groups_overlap)}</p>
            </Show>
            {state.with_cost.then(|| view! { <CostMethod state /> })}
        </section>
    }
}

fn grouping(format: Format, by: SeatTimeGrouping) -> &'static str {
    let i18n = format.texts();
    match by {
        SeatTimeGrouping::User => t_string!(i18n, reports.person),
        SeatTimeGrouping::Group => t_string!(i18n, reports.group),
        SeatTimeGrouping::Product => t_string!(i18n, reports.product),
        SeatTimeGrouping::Platform => t_string!(i18n, reports.platform),
    }
}

/// A row. Its bar is filled by `most` seat seconds; `whole` are those of all rows together.
fn time_row(state: SeatTimeState, row: SeatTimeRow, grouping: SeatTimeGrouping, most: i64, whole: i64) -> AnyView {
    let (page, format) = (state.page, state.page.format);
    let i18n = format.texts();
    let time = row.time;
    let cost = row.cost.map_or_else(|| t_string!(i18n, common.dash).to_owned(), |cost| format.money(&cost));
    let name = match (grouping, row.id.as_deref(), row.name) {
        (SeatTimeGrouping::User, Some(id), Some(name)) => match id.parse() {
            Ok(id) => view! { <PersonName page id name /> }.into_any(),
            Err(_) => name.into_any(),
        },
        (SeatTimeGrouping::Platform, id, _) => match id.and_then(|id| id.parse::<Platform>().ok()) {
            Some(platform) => labels::platform(i18n, platform).into_any(),
            None => t_string!(i18n, reports.unknown_platform).into_any(),
        },
        (SeatTimeGrouping::Group, None, _) => t_string!(i18n, reports.without_group).into_any(),
        (_, _, Some(name)) => name.into_any(),
        (_, _, None) => t_string!(i18n, audit.unknown).into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="num with-bar">
                {format.decimal(seat_hours(time.seat_seconds))} <PartsBar parts=parts(&time) whole=most />
                <span class="vh">{parts_text(format, &time)}</span>
            </td>
            <td class="num">{format.percent(share(time.seat_seconds, whole))}</td>
            <td class="num">{format.number(time.sessions)}</td>
            {state.with_cost.then(|| view! { <td class="num nowrap">{cost}</td> })}
        </tr>
    }
    .into_any()
}

/// The parts of a bar in words, for screen readers.
fn parts_text(format: Format, time: &SeatTime) -> String {
    let hours = |seconds| format.decimal(seat_hours(seconds));
    t_string!(
        format.texts(),
        reports.parts_text,
        connected = hours(active_seconds(time)),
        idle = hours(time.idle_seconds),
        waiting = hours(time.waiting_seconds)
    )
}

/// How the cost is computed, or why there is none.
#[component]
fn CostMethod(
    /// The report and the state of its page.
    state: SeatTimeState,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        let has_cost = state.report.with(|report| report.rows.iter().any(|row| row.cost.is_some()));
        match (has_cost, state.page.may(Action::ManageProducts)) {
            (true, _) => t_string!(i18n, reports.cost_method),
            (false, true) => t_string!(i18n, reports.no_prices),
            (false, false) => t_string!(i18n, reports.prices_hidden),
        }
    };
    view! { <p class="muted">{text}</p> }
}
