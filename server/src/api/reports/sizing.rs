//! The report of how many seats a license needs.

mod advisor;
mod conversions;
pub mod progress;
mod requested;
mod trial;

use super::query::{self, LicensePeriodQuery};
use crate::{
    app::App,
    auth::Caller,
    http::{extract::ValidQuery, problem::ApiError},
    pool::replay::demand::Micros,
    sizing::ProgressReporter,
};
use axum::{Json, extract::State};
use requested::RequestedReport;
use seatkeeper_shared::{permissions::Action, wire::reports::SizingReport};
use trial::TrialQuery;

/// Returns what would have happened to the demand of a period with other numbers of seats of a concurrent license, what
/// queueing models say, and what that suggests.
///
/// The record is replayed through the same code that grants seats, which takes seconds for a long period. One report is
/// computed at a time; if too many wait, the answer is `too_many_requests`.
#[utoipa::path(
    get, path = "/reports/sizing", tag = "reports",
    params(LicensePeriodQuery, TrialQuery),
    responses((status = 200, body = SizingReport)),
)]
pub async fn sizing(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<LicensePeriodQuery>,
    ValidQuery(trial): ValidQuery<TrialQuery>,
) -> Result<Json<SizingReport>, ApiError> {
    caller.require(Action::ViewReports)?;
    let requested = RequestedReport::check(&app, &caller, &query, &trial).await?;
    let admitted = app.sizing.admit()?;
    Ok(Json(requested.compute(&app, &caller, admitted, ProgressReporter::silent()).await?))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whole seconds.
fn seconds(time: Micros) -> i64 {
    time.0 / 1_000_000
}
