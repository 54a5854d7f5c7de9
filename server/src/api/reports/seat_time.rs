//! The report of who used the seats.

use super::query::{self, Period, ReportQuery};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    reports::seat_time::{self, LicenseCost, MeasuredTime, SeatSession},
    store::{
        self,
        reports::{ReportScope, ScopeLicense},
    },
    usage_history::{self, HistoryQuery},
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    permissions::Action,
    wire::reports::{SeatTimeGrouping, SeatTimeReport, SeatTimeRow},
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most rows of a report.
const MAX_ROWS: usize = 1_000;

/// What a row stands for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupingQuery {
    /// What a row stands for: `user`, `group`, `product`, `platform`; `user` if absent.
    by: Option<String>,
}

/// Returns who used the seats of a license, a product, or all licenses, in a period.
///
/// Rows of users and groups are those that the caller sees; the total is that of all.
#[utoipa::path(
    get, path = "/reports/seat-time", tag = "reports",
    params(ReportQuery, GroupingQuery),
    responses((status = 200, body = SeatTimeReport)),
)]
pub async fn seat_time(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<ReportQuery>,
    ValidQuery(grouping): ValidQuery<GroupingQuery>,
) -> Result<Json<SeatTimeReport>, ApiError> {
    let mut report = read(&app, &caller, &query, &grouping).await?;
    report.rows.truncate(MAX_ROWS);
    Ok(Json(report))
}

/// Checks the right and the parameters, and computes the report with all its rows.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    query: &ReportQuery,
    grouping: &GroupingQuery,
) -> Result<SeatTimeReport, ApiError> {
    caller.require(Action::ViewReports)?;
    let mut fields = FieldErrors::default();
    let grouping = query::parsed(&mut fields, "by", grouping.by.as_deref());
    let grouping = fields.finish(grouping)?.unwrap_or(SeatTimeGrouping::User);
    let (_, period) = query.period_of_any(app).await?;
    let history = &period.history;
    let sessions =
        store::reports::sessions::overlapping(&app.db, &history.license_ids(), (history.from, history.to), None, None)
            .await?;
    let range = (history.from.timestamp_micros(), history.to.timestamp_micros());
    let rules = history.licenses.iter().map(|license| (license.view.id, license.rule)).collect();
    let total = seat_time::seat_times(&sessions, &rules, range, |_| vec![()]).remove(&()).unwrap_or_default();
    let labels = Labels::read(app, caller, grouping, &sessions, &history.licenses).await?;
    let times = seat_time::seat_times(&sessions, &rules, range, |session| labels.keys(session));
    let costs = if caller.may(Action::ManageProducts) { Some(costs(app, &period, &total).await?) } else { None };
    let mut rows: Vec<_> = times.iter().filter_map(|(key, time)| labels.row(key.as_deref(), time, &costs)).collect();
    rows.sort_by(|one, other| (-one.time.seat_seconds, &one.name).cmp(&(-other.time.seat_seconds, &other.name)));
    Ok(SeatTimeReport {
        licenses: query::licenses_as_seen_by(caller, &history.licenses),
        grouping,
        rows,
        total: total.seconds(),
        users: seat_time::count_users(&sessions),
        seats: seats_at_end(app, history).await?,
        period: period.view(),
    })
}

/// Each license by itself.
fn each_license(history: &HistoryQuery) -> impl Iterator<Item = HistoryQuery> {
    history.licenses.iter().map(|license| HistoryQuery {
        scope: ReportScope::License(license.view.id),
        licenses: vec![license.clone()],
        ..history.clone()
    })
}

async fn seats_at_end(app: &App, history: &HistoryQuery) -> Result<i64, ApiError> {
    let mut seats = 0;
    for license in each_license(history) {
        seats += usage_history::state_at_end(&app.db, &license).await?.level().seats;
    }
    Ok(seats)
}

/// What the seats of each license with a price cost in the period.
async fn costs(app: &App, period: &Period, total: &MeasuredTime) -> Result<BTreeMap<LicenseId, LicenseCost>, ApiError> {
    let mut costs = BTreeMap::new();
    for history in each_license(&period.history) {
        let Some(ScopeLicense { view, .. }) = history.licenses.first() else { continue };
        let Some(price_per_seat) = view.price_per_seat.clone() else { continue };
        let available = usage_history::available_seat_time(&app.db, &history).await?;
        let occupied = total.by_license.get(&view.id).copied().unwrap_or_default();
        costs.insert(view.id, LicenseCost { price_per_seat, available, occupied });
    }
    Ok(costs)
}

/// The ids and names of the rows.
struct Labels {
    grouping: SeatTimeGrouping,
    names: BTreeMap<String, String>,
    groups_of: BTreeMap<UserId, Vec<GroupId>>,
    /// The rows that the caller sees; `None` if that is all of them.
    visible: Option<BTreeSet<String>>,
}

impl Labels {
    async fn read(
        app: &App,
        caller: &Caller,
        grouping: SeatTimeGrouping,
        sessions: &[SeatSession],
        licenses: &[ScopeLicense],
    ) -> Result<Self, ApiError> {
        let mut labels = Self { grouping, names: BTreeMap::new(), groups_of: BTreeMap::new(), visible: None };
        match grouping {
            SeatTimeGrouping::User => {
                let users = query::visible_among(app, caller, sessions.iter().map(|session| session.user)).await?;
                let names = store::reports::sessions::names(&app.db, users).await?;
                labels.names = names.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
                labels.visible = Some(labels.names.keys().cloned().collect());
            }
            SeatTimeGrouping::Group => {
                let (groups_of, names) = store::reports::sessions::groups(&app.db).await?;
                labels.groups_of = groups_of;
                labels.names = names.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
                let visible = Scope::of(caller).visible_groups(&app.db).await?;
                labels.visible = visible.map(|groups| groups.iter().map(ToString::to_string).collect());
            }
            SeatTimeGrouping::Product => {
                let names = licenses.iter().map(|license| &license.view);
                labels.names =
                    names.map(|license| (license.product_id.to_string(), license.product_name.clone())).collect();
            }
            SeatTimeGrouping::Platform => {}
        }
        Ok(labels)
    }

    fn keys(&self, session: &SeatSession) -> Vec<Option<String>> {
        match self.grouping {
            SeatTimeGrouping::User => vec![Some(session.user.to_string())],
            SeatTimeGrouping::Group => match self.groups_of.get(&session.user) {
                Some(groups) => groups.iter().map(|group| Some(group.to_string())).collect(),
                None => vec![None],
            },
            SeatTimeGrouping::Product => vec![Some(session.product.to_string())],
            SeatTimeGrouping::Platform => vec![session.platform.map(|platform| platform.to_string())],
        }
    }

    /// The row; `None` if the caller does not see it.
    fn row(
        &self,
        key: Option<&str>,
        time: &MeasuredTime,
        costs: &Option<BTreeMap<LicenseId, LicenseCost>>,
    ) -> Option<SeatTimeRow> {
        if let Some(visible) = &self.visible {
            // Users without a group are not those of any manager.
            key.filter(|key| visible.contains(*key))?;
        }
        Some(SeatTimeRow {
            id: key.map(str::to_owned),
            name: key.and_then(|key| self.names.get(key).cloned()),
            time: time.seconds(),
            cost: costs.as_ref().and_then(|costs| seat_time::cost(time, costs)),
        })
    }
}
