//! Reports: usage over time, and who had seats at one moment.

pub mod demand;
pub mod exports;
mod query;
pub mod refusals;
pub mod seat_time;
pub mod sizing;
pub mod unused_seats;

use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    store, usage_history,
    usage_history::{HistoryQuery, PeopleFilter, UsageHistory},
};
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
pub use query::time_zone;
use query::{PeopleQuery, Period, PlatformQuery, ReportQuery, ScopeQuery};
use seatkeeper_shared::{
    permissions::Action,
    validate::FieldError,
    wire::reports::{PeakPeriod, UsageMoment, UsageReport},
};
use serde::Deserialize;

/// The most sessions of a moment.
const MAX_MOMENT_SESSIONS: i64 = 1_000;

/// The peaks of the usage report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// The periods whose peaks are listed: `hour`, `day`, `week`, `month`; `day` if absent.
    peaks: Option<String>,
}

/// Returns the usage of a license, or of all licenses of a product together, in a period.
///
/// With a user, a group or a platform, seats are counted from the sessions of these people, by the current seat rule of
/// each license.
#[utoipa::path(
    get, path = "/reports/usage", tag = "reports",
    params(ReportQuery, PeopleQuery, PlatformQuery, UsageQuery),
    responses((status = 200, body = UsageReport)),
)]
pub async fn usage(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<ReportQuery>,
    ValidQuery(people): ValidQuery<PeopleQuery>,
    ValidQuery(platform): ValidQuery<PlatformQuery>,
    ValidQuery(limits): ValidQuery<UsageQuery>,
) -> Result<Json<UsageReport>, ApiError> {
    caller.require(Action::ViewReports)?;
    let mut fields = FieldErrors::default();
    let peaks = query::parsed(&mut fields, "peaks", limits.peaks.as_deref());
    let peaks = fields.finish(peaks)?;
    let platform = platform.platform()?;
    let period = query.period(&app).await?;
    let filter = PeopleFilter { users: people.users(&app, &caller).await?, platform };
    let peaks = peaks.unwrap_or(PeakPeriod::Day);
    let usage = usage_history::usage(&app.db, &period.recorded, &filter, peaks).await?;
    Ok(Json(report(&caller, &period, usage)))
}

fn report(caller: &Caller, period: &Period, usage: UsageHistory) -> UsageReport {
    let UsageHistory { merged, timeline } = usage;
    UsageReport {
        licenses: query::licenses_as_seen_by(caller, &period.history.licenses),
        period: period.view(),
        figures: merged.figures,
        timeline,
        peaks: merged.peaks,
        efficiency: merged.efficiency,
        weekly_hours: merged.weekly_hours,
        session_lengths: merged.session_lengths,
        waits: merged.waits,
    }
}

/// The moment of a report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MomentQuery {
    /// The moment, not later than now.
    at: Option<DateTime<Utc>>,
}

/// Returns who had seats of a license or product at a moment. Of users whom the caller does not see, only their number.
#[utoipa::path(
    get, path = "/reports/moment", tag = "reports",
    params(ScopeQuery, MomentQuery),
    responses((status = 200, body = UsageMoment)),
)]
pub async fn moment(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(scope): ValidQuery<ScopeQuery>,
    ValidQuery(moment): ValidQuery<MomentQuery>,
) -> Result<Json<UsageMoment>, ApiError> {
    caller.require(Action::ViewReports)?;
    let mut fields = FieldErrors::default();
    let scope = scope.check(&mut fields);
    let at = fields.check("at", moment.at.ok_or(FieldError::Required));
    let at = at.and_then(|at| query::check_year(&mut fields, "at", at));
    let (scope, at) = fields.finish(scope.zip(at))?;
    let at = at.min(app.clock.now());
    let licenses = query::licenses_of(&app, scope).await?;
    let zone = query::time_zone(&app).await?;
    let history = HistoryQuery { scope, licenses, from: at, to: at, zone, cache: app.usage_pieces.clone() };
    let state = usage_history::state_at_end(&app.db, &history).await?;
    let (ids, manager) = (history.license_ids(), Scope::of(&caller).manager());
    let sessions = store::reports::sessions::live_at(&app.db, &ids, at, manager, MAX_MOMENT_SESSIONS).await?;
    let live = store::reports::sessions::count_live_at(&app.db, &ids, at).await?;
    let level = state.level();
    Ok(Json(UsageMoment {
        at,
        occupied: level.occupied,
        seats: level.seats,
        waiting: level.waiting,
        further_sessions: live - i64::try_from(sessions.len()).unwrap_or(live),
        sessions,
    }))
}
