//! Exports of reports.

use super::{
    query::{PeopleQuery, PlatformQuery, ReportQuery},
    refusals::{self, VisibleNames, WindowQuery},
    seat_time::{self, GroupingQuery},
    unused_seats::{self, UnusedSeatsQuery},
};
use crate::{
    api::exports::{ExportQuery, format_time},
    app::App,
    auth::StreamGuard,
    db::DbError,
    http::{
        export::{EXPORT_CHUNK_ROWS, Sheet},
        extract::ValidQuery,
        problem::ApiError,
    },
    usage_history::{PeopleFilter, StepReader},
};
use axum::{extract::State, response::Response};
use seatkeeper_shared::{
    permissions::Action,
    wire::reports::{RefusedAttempt, SeatTimeRow, TimelinePoint, UnusedSeat},
};
use std::{fmt::Display, sync::Arc};
use tokio::sync::Mutex;

fn text<T: Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

const USAGE_SHEET: Sheet<TimelinePoint> = Sheet {
    name: "usage",
    columns: &["at", "occupied", "waiting", "seats"],
    cells: |point| {
        vec![
            format_time(Some(point.at)),
            point.occupied.to_string(),
            point.waiting.to_string(),
            point.seats.to_string(),
        ]
    },
};

/// Exports each change of occupied seats, waiting agents and purchased seats in a period. The values apply until the
/// next row.
#[utoipa::path(
    get, path = "/reports/usage/export", tag = "reports",
    params(ReportQuery, PeopleQuery, PlatformQuery, ExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<TimelinePoint> = "application/json")),
        ),
    ),
)]
pub async fn usage(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<ReportQuery>,
    ValidQuery(people): ValidQuery<PeopleQuery>,
    ValidQuery(platform): ValidQuery<PlatformQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let caller = guard.caller();
    caller.require(Action::ViewReports)?;
    let platform = platform.platform()?;
    let period = query.period(&app).await?;
    let filter = PeopleFilter { users: people.users(&app, caller).await?, platform };
    let steps = Arc::new(Mutex::new(StepReader::new(&app.db, period.history, &filter).await?));
    let read = move |_: Option<()>| {
        let steps = steps.clone();
        async move {
            let mut steps = steps.lock().await;
            let points = steps.read(EXPORT_CHUNK_ROWS).await?;
            Ok((points, (!steps.is_finished()).then_some(())))
        }
    };
    USAGE_SHEET.send(guard, export.format(), app.clock.now(), read).await
}

const REFUSAL_SHEET: Sheet<RefusedAttempt> = Sheet {
    name: "refusals",
    columns: &[
        "first_at",
        "last_at",
        "requests",
        "user_id",
        "user_name",
        "device",
        "license_id",
        "product_id",
        "code",
        "seated_after_seconds",
    ],
    cells: |attempt| {
        vec![
            format_time(Some(attempt.first_at)),
            format_time(Some(attempt.last_at)),
            attempt.requests.to_string(),
            attempt.user_id.to_string(),
            attempt.user_name.clone(),
            text(attempt.device.as_ref()),
            text(attempt.license_id),
            text(attempt.product_id),
            attempt.code.to_string(),
            text(attempt.seated_after_seconds),
        ]
    },
};

/// Exports the attempts that were refused in a period, in order of time; of users whom the caller sees.
#[utoipa::path(
    get, path = "/reports/refusals/export", tag = "reports",
    params(ReportQuery, PeopleQuery, WindowQuery, ExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<RefusedAttempt> = "application/json")),
        ),
    ),
)]
pub async fn refusals(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<ReportQuery>,
    ValidQuery(people): ValidQuery<PeopleQuery>,
    ValidQuery(window): ValidQuery<WindowQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let caller = guard.caller();
    let (_, folded) = refusals::read(&app, caller, &query, &people, &window).await?;
    let visible = VisibleNames::read(&app, caller, &folded).await?;
    let rows = folded.attempts.iter().filter_map(|(attempt, after)| visible.attempt(attempt, *after)).collect();
    send_all(REFUSAL_SHEET, rows, &app, guard, &export).await
}

const SEAT_TIME_SHEET: Sheet<SeatTimeRow> = Sheet {
    name: "seat-time",
    columns: &[
        "id",
        "name",
        "seat_seconds",
        "connected_seconds",
        "waiting_seconds",
        "idle_seconds",
        "sessions",
        "cost_minor",
        "currency",
    ],
    cells: |row| {
        vec![
            text(row.id.as_ref()),
            text(row.name.as_ref()),
            row.time.seat_seconds.to_string(),
            row.time.connected_seconds.to_string(),
            row.time.waiting_seconds.to_string(),
            row.time.idle_seconds.to_string(),
            row.time.sessions.to_string(),
            text(row.cost.as_ref().map(|cost| cost.minor)),
            text(row.cost.as_ref().map(|cost| &cost.currency)),
        ]
    },
};

/// Exports who used the seats in a period: all rows that the caller sees.
#[utoipa::path(
    get, path = "/reports/seat-time/export", tag = "reports",
    params(ReportQuery, GroupingQuery, ExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<SeatTimeRow> = "application/json")),
        ),
    ),
)]
pub async fn seat_time(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<ReportQuery>,
    ValidQuery(grouping): ValidQuery<GroupingQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let report = seat_time::read(&app, guard.caller(), &query, &grouping).await?;
    send_all(SEAT_TIME_SHEET, report.rows, &app, guard, &export).await
}

const UNUSED_SEAT_SHEET: Sheet<UnusedSeat> = Sheet {
    name: "unused-seats",
    columns: &[
        "license_id",
        "product",
        "user_id",
        "user_name",
        "granted_at",
        "last_used_at",
        "price_minor",
        "currency",
        "exception_reason",
        "exception_until",
    ],
    cells: |seat| {
        let (price, exception) = (seat.price_per_seat.as_ref(), seat.exception.as_ref());
        vec![
            seat.license_id.to_string(),
            seat.product_name.clone(),
            seat.user_id.to_string(),
            seat.user_name.clone(),
            format_time(Some(seat.granted_at)),
            format_time(seat.last_used_at),
            text(price.map(|price| price.minor)),
            text(price.map(|price| &price.currency)),
            text(exception.map(|exception| &exception.reason)),
            format_time(exception.and_then(|exception| exception.until)),
        ]
    },
};

/// Exports the named seats that were not used for some days; of users whom the caller sees.
#[utoipa::path(
    get, path = "/reports/unused-seats/export", tag = "reports",
    params(UnusedSeatsQuery, ExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<UnusedSeat> = "application/json")),
        ),
    ),
)]
pub async fn unused_seats(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<UnusedSeatsQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let (_, seats) = unused_seats::read(&app, guard.caller(), &query).await?;
    send_all(UNUSED_SEAT_SHEET, seats, &app, guard, &export).await
}

/// Sends rows that are in memory.
async fn send_all<T: serde::Serialize + Clone + Send + Sync + 'static>(
    sheet: Sheet<T>,
    rows: Vec<T>,
    app: &App,
    guard: StreamGuard,
    export: &ExportQuery,
) -> Result<Response, ApiError> {
    let rows = Arc::new(rows);
    let read = move |start: Option<usize>| {
        let rows = rows.clone();
        async move {
            let start = start.unwrap_or_default();
            let end = (start + EXPORT_CHUNK_ROWS).min(rows.len());
            let chunk = rows.get(start..end).unwrap_or_default().to_vec();
            Ok::<_, DbError>((chunk, (end < rows.len()).then_some(end)))
        }
    };
    sheet.send(guard, export.format(), app.clock.now(), read).await
}
