//! Named seats that nobody uses, and the exceptions: seats that are kept nevertheless.

use crate::{
    app::App,
    auth::{Caller, Scope},
    events::Event,
    http::{
        extract::{PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use seatkeeper_shared::{
    audit::EventData,
    ids::{LicenseId, UserId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, in_range},
    wire::reports::{UnusedSeat, UnusedSeatException, UnusedSeats},
};
use serde::Deserialize;

const DEFAULT_DAYS: i64 = 45;
/// The longest reason of an exception.
const MAX_REASON_CHARS: usize = 200;

/// Which seats count as unused.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UnusedSeatsQuery {
    /// The days without a session, 1 to 3,650; 45 if absent.
    days: Option<i64>,
    /// Only seats of this license.
    license: Option<LicenseId>,
}

/// Lists the named seats that were assigned at least some days ago and not used since, the longest unused first; of
/// users whom the caller sees.
#[utoipa::path(
    get, path = "/reports/unused-seats", tag = "reports",
    params(UnusedSeatsQuery),
    responses((status = 200, body = UnusedSeats)),
)]
pub async fn unused_seats(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<UnusedSeatsQuery>,
) -> Result<Json<UnusedSeats>, ApiError> {
    let (days, items) = read(&app, &caller, &query).await?;
    Ok(Json(UnusedSeats { days, items }))
}

/// Checks the right and the parameters; returns the days and the seats.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    query: &UnusedSeatsQuery,
) -> Result<(i64, Vec<UnusedSeat>), ApiError> {
    caller.require(Action::ViewReports)?;
    let mut fields = FieldErrors::default();
    let days = fields.check("days", in_range(query.days.unwrap_or(DEFAULT_DAYS), 1, 3_650));
    let days = fields.finish(days)?;
    let now = app.clock.now();
    let (since, manager) = (now - TimeDelta::days(days), Scope::of(caller).manager());
    let mut seats = store::reports::unused_seats::unused(&app.db, since, now, manager, query.license).await?;
    if !caller.may(Action::ManageProducts) {
        seats.iter_mut().for_each(|seat| seat.price_per_seat = None);
    }
    Ok((days, seats))
}

/// Keeps a named seat although it is not used, with a reason. Replaces an earlier exception.
#[utoipa::path(
    put, path = "/reports/unused-seats/{license}/{user}/exception", tag = "reports",
    params(("license" = LicenseId, Path), ("user" = UserId, Path)),
    request_body = UnusedSeatException,
    responses((status = 204)),
)]
pub async fn keep(
    State(app): State<App>,
    caller: Caller,
    PathParam((license, user)): PathParam<(LicenseId, UserId)>,
    ValidJson(exception): ValidJson<UnusedSeatException>,
) -> Result<StatusCode, ApiError> {
    require_may_change(&app, &caller, user).await?;
    let exception = validate_exception(&app, exception)?;
    let mut tx = app.db.begin().await?;
    if !store::reports::unused_seats::lock_named_seat(&mut tx, license, user).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    store::reports::unused_seats::set_exception(&mut tx, license, user, &exception).await?;
    // Not the reason: it may say something about the user's health or family, and the log keeps everything.
    let data = EventData::UnusedSeatKept { until: exception.until };
    let event = Event { user: Some(user), ..Event::of_license(data, caller.actor(), license) };
    app.commit(tx, &[event]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the exception of a named seat. Does nothing if there is none.
#[utoipa::path(
    delete, path = "/reports/unused-seats/{license}/{user}/exception", tag = "reports",
    params(("license" = LicenseId, Path), ("user" = UserId, Path)),
    responses((status = 204)),
)]
pub async fn remove_exception(
    State(app): State<App>,
    caller: Caller,
    PathParam((license, user)): PathParam<(LicenseId, UserId)>,
) -> Result<StatusCode, ApiError> {
    require_may_change(&app, &caller, user).await?;
    let mut tx = app.db.begin().await?;
    if !store::reports::unused_seats::lock_named_seat(&mut tx, license, user).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    if store::reports::unused_seats::remove_exception(&mut tx, license, user).await? {
        let data = EventData::UnusedSeatExceptionRemoved {};
        let event = Event { user: Some(user), ..Event::of_license(data, caller.actor(), license) };
        app.commit(tx, &[event]).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who may assign and revoke the license of a user decides whether the user keeps it.
async fn require_may_change(app: &App, caller: &Caller, user: UserId) -> Result<(), ApiError> {
    caller.require(Action::Assign)?;
    if Scope::of(caller).visible_users(&app.db, &[user]).await?.is_empty() {
        return Err(ApiError::new(Code::NotFound));
    }
    Ok(())
}

fn validate_exception(app: &App, exception: UnusedSeatException) -> Result<UnusedSeatException, ApiError> {
    let mut fields = FieldErrors::default();
    let reason = fields.check("reason", validate_reason(&exception.reason));
    if let Some(until) = exception.until.and_then(|until| super::query::check_year(&mut fields, "until", until))
        && until <= app.clock.now()
    {
        fields.add("until", FieldError::EndBeforeStart);
    }
    let reason = fields.finish(reason)?;
    Ok(UnusedSeatException { reason, until: exception.until })
}

fn validate_reason(reason: &str) -> Result<String, FieldError> {
    let reason = validate::message(Some(reason))?.ok_or(FieldError::Required)?;
    if reason.chars().count() > MAX_REASON_CHARS {
        return Err(FieldError::TooLong { max: MAX_REASON_CHARS });
    }
    Ok(reason)
}
