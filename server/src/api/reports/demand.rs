//! The recorded demand of a license, without names, for a replay in the browser.

use super::query::{self, LicensePeriodQuery};
use crate::{
    app::App,
    auth::Caller,
    http::{
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    store::reports::ReportScope,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    license::Model,
    permissions::Action,
    problem::Code,
    validate::FieldError,
    wire::reports::{ReportPeriod, SizingDemand},
};

/// The longest period, in days.
const MAX_PERIOD_DAYS: i64 = 400;

/// Returns what was asked of a concurrent license in a period, without names, in the form in which the replay of
/// `seatkeeper-pool` reads it: the latest 20,000 requests, if there were more.
#[utoipa::path(
    get, path = "/reports/sizing/demand", tag = "reports",
    params(LicensePeriodQuery),
    responses((status = 200, body = SizingDemand)),
)]
pub async fn demand(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<LicensePeriodQuery>,
) -> Result<Json<SizingDemand>, ApiError> {
    caller.require(Action::ViewReports)?;
    let mut fields = FieldErrors::default();
    let period = query.check(&mut fields, app.clock.now(), MAX_PERIOD_DAYS);
    let (id, from, to) = fields.finish(period)?;
    let licenses = query::licenses_of(&app, ReportScope::License(id)).await?;
    let license = licenses.first().ok_or_else(|| ApiError::new(Code::NotFound))?;
    if license.view.model == Model::Named {
        return Err(ApiError::field("license", FieldError::Unknown));
    }
    let zone = query::time_zone(&app).await?;
    let recorded = app.demand.read(&app.db, id, (from, to)).await?;
    Ok(Json(SizingDemand {
        period: ReportPeriod {
            from: recorded.from,
            to,
            time_zone: zone.name().to_owned(),
            recorded_from: recorded.recorded_from,
        },
        is_shortened: recorded.is_shortened,
        requests: i64::try_from(recorded.requests).unwrap_or(i64::MAX),
        demand: recorded.demand,
    }))
}
