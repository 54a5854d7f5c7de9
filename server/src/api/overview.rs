//! The overview: the first page of admins and managers.

use super::{licenses::visible_licenses, reports::time_zone};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::problem::ApiError,
    overview,
    store::{self, audit::AuditFilter},
};
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    permissions::Action,
    wire::{
        licenses::LicenseView,
        reports::{LicenseDay, Overview},
    },
};

/// How many events are shown.
const LATEST_EVENTS: usize = 8;

/// Returns what needs action now, the last 24 hours of each license, and the latest events.
///
/// Managers who are limited to groups see tasks and events about the users in their groups, and the figures of all
/// licenses.
#[utoipa::path(get, path = "/overview", tag = "reports", responses((status = 200, body = Overview)))]
pub async fn overview(State(app): State<App>, caller: Caller) -> Result<Json<Overview>, ApiError> {
    caller.require(Action::ViewSessions)?;
    let now = app.clock.now();
    let licenses = visible_licenses(&app, &caller).await?;
    let tasks = overview::tasks(&app.db, &caller, &licenses, now).await?;
    let events = if caller.may(Action::ViewAudit) {
        let manager = Scope::of(&caller).manager();
        let without_contracts = !caller.may(Action::ManageProducts);
        let filter = AuditFilter { manager, without_contracts, ..AuditFilter::default() };
        store::audit::page(&app.db, &filter, None, LATEST_EVENTS).await?.0
    } else {
        Vec::new()
    };
    // History is a report, however short.
    let days = if caller.may(Action::ViewReports) { days(&app, &licenses, now).await? } else { Vec::new() };
    Ok(Json(Overview { setup: store::overview::setup(&app.db).await?, tasks, days, events }))
}

/// The last 24 hours of each license that is not archived.
async fn days(app: &App, licenses: &[LicenseView], now: DateTime<Utc>) -> Result<Vec<LicenseDay>, ApiError> {
    let zone = time_zone(app).await?;
    let is_open = |id| licenses.iter().any(|license| license.id == id && license.archived_at.is_none());
    let mut days = Vec::new();
    for license in store::reports::licenses(&app.db, None).await? {
        if is_open(license.view.id) {
            days.push(app.license_days.of(license, zone, now).await?);
        }
    }
    Ok(days)
}
