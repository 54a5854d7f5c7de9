//! The report of refused requests.

use super::query::{self, PeopleQuery, Period, ReportQuery};
use crate::{
    app::App,
    auth::Caller,
    http::{
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    reports::{
        SECOND,
        attempts::{SeatAttempt, Target},
        local_time::time,
        record::UsageRecord,
        refusals::{self, FoldedRefusals},
    },
    store::{self, reports::ReportScope},
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::{Position, UserId},
    permissions::Action,
    validate::in_range,
    wire::reports::{RefusalReport, RefusedAttempt, RuleRefusals, UserRefusals},
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const DEFAULT_WINDOW_SECONDS: i64 = 10;
/// The most rows of a report.
const MAX_USERS: usize = 100;
const MAX_ATTEMPTS: usize = 200;

/// How requests are folded.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WindowQuery {
    /// Within how many seconds a repeated request belongs to the same attempt, 0 to 3,600; 10 if absent.
    window: Option<i64>,
}

/// Returns who was turned away in a period. A manager who is limited to groups sees the numbers of all, but names only
/// of the users in their groups.
#[utoipa::path(
    get, path = "/reports/refusals", tag = "reports",
    params(ReportQuery, PeopleQuery, WindowQuery),
    responses((status = 200, body = RefusalReport)),
)]
pub async fn refusals(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<ReportQuery>,
    ValidQuery(people): ValidQuery<PeopleQuery>,
    ValidQuery(window): ValidQuery<WindowQuery>,
) -> Result<Json<RefusalReport>, ApiError> {
    let (period, folded) = read(&app, &caller, &query, &people, &window).await?;
    let visible = VisibleNames::read(&app, &caller, &folded).await?;
    let attempts = folded.attempts.iter().rev();
    let attempts = attempts.filter_map(|(attempt, after)| visible.attempt(attempt, *after)).take(MAX_ATTEMPTS);
    Ok(Json(RefusalReport {
        window_seconds: window.window.unwrap_or(DEFAULT_WINDOW_SECONDS),
        requests: folded.requests,
        repeated: folded.repeated,
        soon_seated: folded.soon_seated,
        attempts: i64::try_from(folded.attempts.len()).unwrap_or(i64::MAX),
        by_rule: by_rule(&folded),
        by_user: visible.by_user(&folded),
        by_hour: folded.by_hour.to_vec(),
        latest: attempts.collect(),
        sensitivity: folded.sensitivity.clone(),
        licenses: query::licenses_as_seen_by(&caller, &period.history.licenses),
        period: period.view(),
    }))
}

/// Checks the right and the parameters, and folds the requests of the period.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    query: &ReportQuery,
    people: &PeopleQuery,
    window: &WindowQuery,
) -> Result<(Period, FoldedRefusals), ApiError> {
    caller.require(Action::ViewReports)?;
    let mut fields = FieldErrors::default();
    let window = fields.check("window", in_range(window.window.unwrap_or(DEFAULT_WINDOW_SECONDS), 0, 3_600));
    let window = fields.finish(window)?;
    let period = query.period(app).await?;
    let users = people.users(app, caller).await?;
    let records = records(app, &period, users.as_ref()).await?;
    let folded = refusals::fold(period.history.zone, &records, window);
    Ok((period, folded))
}

/// The refused requests, and the sessions that the refused users created, in order of time.
async fn records(app: &App, period: &Period, users: Option<&BTreeSet<UserId>>) -> Result<Vec<UsageRecord>, ApiError> {
    let history = &period.history;
    let (from, to) = (history.from, history.to);
    let positions = store::reports::records::positions(&app.db, from, to).await?;
    let mut records = Vec::new();
    for license in history.license_ids() {
        records.extend(store::reports::records::refused(&app.db, license, positions).await?);
    }
    if let ReportScope::Product(product) = history.scope {
        records.extend(store::reports::records::refused_without_license(&app.db, product, positions).await?);
    }
    let is_included = |user: Option<UserId>| user.is_some_and(|user| users.is_none_or(|users| users.contains(&user)));
    records.retain(|record| record.at >= from && record.at < to && is_included(record.user));
    let refused: BTreeSet<_> = records.iter().filter_map(|record| record.user).collect();
    records.extend(store::reports::sessions::created(&app.db, &history.license_ids(), &refused, (from, to)).await?);
    // A session without a position stands after the requests of the same time.
    records.sort_by_key(|record| (record.at, record.position == Position(0), record.position));
    for (record, number) in records.iter_mut().zip(1..) {
        record.position = Position(number);
    }
    Ok(records)
}

fn by_rule(folded: &FoldedRefusals) -> Vec<RuleRefusals> {
    let mut rules: Vec<_> = folded
        .by_rule
        .iter()
        .map(|(code, counts)| RuleRefusals { code: *code, requests: counts.requests, attempts: counts.attempts })
        .collect();
    rules.sort_by_key(|rule| (-rule.attempts, -rule.requests));
    rules
}

/// The names of the users whom the caller sees.
pub(super) struct VisibleNames(BTreeMap<UserId, String>);

impl VisibleNames {
    pub(super) async fn read(app: &App, caller: &Caller, folded: &FoldedRefusals) -> Result<Self, ApiError> {
        let users = query::visible_among(app, caller, folded.by_user.keys().copied()).await?;
        Ok(Self(store::reports::sessions::names(&app.db, users).await?))
    }

    fn by_user(&self, folded: &FoldedRefusals) -> Vec<UserRefusals> {
        let visible = folded.by_user.iter().filter(|(_, counts)| counts.attempts > 0);
        let visible = visible.filter_map(|(user, counts)| Some((user, self.0.get(user)?, counts)));
        let mut rows: Vec<_> = visible
            .map(|(user, name, counts)| UserRefusals {
                user_id: *user,
                user_name: name.clone(),
                requests: counts.requests,
                attempts: counts.attempts,
            })
            .collect();
        rows.sort_by(|one, other| {
            (-one.attempts, -one.requests, &one.user_name, one.user_id).cmp(&(
                -other.attempts,
                -other.requests,
                &other.user_name,
                other.user_id,
            ))
        });
        rows.truncate(MAX_USERS);
        rows
    }

    /// The attempt as the report shows it; `None` if the caller does not see its user.
    pub(super) fn attempt(&self, attempt: &SeatAttempt, seated_after: Option<i64>) -> Option<RefusedAttempt> {
        let (license_id, product_id) = match attempt.key.target {
            Target::License(license) => (Some(license), None),
            Target::Product(product) => (None, Some(product)),
            Target::Nothing => (None, None),
        };
        Some(RefusedAttempt {
            first_at: time(attempt.first_at),
            last_at: time(attempt.last_at),
            requests: attempt.requests,
            user_id: attempt.key.user,
            user_name: self.0.get(&attempt.key.user)?.clone(),
            device: attempt.key.device.clone(),
            license_id,
            product_id,
            code: attempt.code,
            seated_after_seconds: seated_after.map(|after| after / SECOND),
        })
    }
}
