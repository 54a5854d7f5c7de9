//! The query parameters that reports have in common.

use crate::{
    app::App,
    auth::{Caller, Scope},
    http::problem::{ApiError, FieldErrors},
    store::{
        self,
        reports::{ReportScope, ScopeLicense},
    },
    usage_history::HistoryQuery,
};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use chrono_tz::Tz;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, UserId},
    permissions::Action,
    problem::Code,
    session::Platform,
    validate::{FieldError, in_range},
    wire::reports::{ReportLicense, ReportPeriod},
};
use serde::Deserialize;
use std::{collections::BTreeSet, str::FromStr};

/// The longest period, in days: ten years.
const MAX_PERIOD_DAYS: i64 = 3_653;

/// The license or product of a report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScopeQuery {
    /// The license; either this or a product.
    license: Option<LicenseId>,
    /// The product, of which all licenses are counted together.
    product: Option<ProductId>,
}

/// The license or product, and the period of a report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// The license; either this or a product.
    license: Option<LicenseId>,
    /// The product, of which all licenses are counted together.
    product: Option<ProductId>,
    /// The beginning, inclusive.
    from: Option<DateTime<Utc>>,
    /// The end, exclusive; at most ten years after the beginning. Not later than now: otherwise now is taken.
    to: Option<DateTime<Utc>>,
}

/// The license and the period of a report that is about one license.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LicensePeriodQuery {
    /// The license, which must be a concurrent one.
    license: Option<LicenseId>,
    /// The beginning, inclusive.
    from: Option<DateTime<Utc>>,
    /// The end, exclusive; at most 400 days after the beginning. Not later than now: otherwise now is taken.
    to: Option<DateTime<Utc>>,
}

/// The people to whom a report is limited.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Only members of this group, as it is now.
    group: Option<GroupId>,
    /// Only this user.
    user: Option<UserId>,
}

/// The platform to which a report is limited.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlatformQuery {
    /// Only sessions on this platform. Refusals and waiting agents are then left out, as they belong to none.
    platform: Option<String>,
}

impl PlatformQuery {
    /// Validates the query.
    pub fn platform(&self) -> Result<Given<Platform>, ApiError> {
        let mut fields = FieldErrors::default();
        let platform = parsed(&mut fields, "platform", self.platform.as_deref());
        fields.finish(platform)
    }
}

/// What a report is about, and when.
pub struct Period {
    pub history: HistoryQuery,
    /// The same without the time of which nothing is known.
    pub recorded: HistoryQuery,
}

impl Period {
    /// The period as the report names it.
    pub fn view(&self) -> ReportPeriod {
        let HistoryQuery { from, to, zone, .. } = self.history;
        let recorded_from = Some(self.recorded.from).filter(|recorded| *recorded > from);
        ReportPeriod { from, to, time_zone: zone.name().to_owned(), recorded_from }
    }

    async fn new(app: &App, history: HistoryQuery) -> Result<Self, ApiError> {
        let recorded = history.recorded(&app.db).await?;
        Ok(Self { history, recorded })
    }
}

impl ScopeQuery {
    /// Exactly one of both.
    pub fn check(&self, fields: &mut FieldErrors) -> Option<ReportScope> {
        match (self.license, self.product) {
            (Some(license), None) => Some(ReportScope::License(license)),
            (None, Some(product)) => Some(ReportScope::Product(product)),
            (None, None) => {
                fields.add("license", FieldError::Required);
                None
            }
            (Some(_), Some(_)) => {
                fields.add("product", FieldError::Unknown);
                None
            }
        }
    }
}

impl ReportQuery {
    /// Validates the query.
    pub async fn period(&self, app: &App) -> Result<Period, ApiError> {
        let mut fields = FieldErrors::default();
        let scope = ScopeQuery { license: self.license, product: self.product }.check(&mut fields);
        let times = times(&mut fields, (self.from, self.to), app.clock.now(), MAX_PERIOD_DAYS);
        let (scope, (from, to)) = fields.finish(scope.zip(times))?;
        let licenses = licenses_of(app, scope).await?;
        Period::new(
            app,
            HistoryQuery { scope, licenses, from, to, zone: time_zone(app).await?, cache: app.usage_pieces.clone() },
        )
        .await
    }

    /// Validates a query in which the license and the product may be absent, which means all licenses.
    pub async fn period_of_any(&self, app: &App) -> Result<(Option<ReportScope>, Period), ApiError> {
        if self.license.is_some() || self.product.is_some() {
            let period = self.period(app).await?;
            return Ok((Some(period.history.scope), period));
        }
        let mut fields = FieldErrors::default();
        let times = times(&mut fields, (self.from, self.to), app.clock.now(), MAX_PERIOD_DAYS);
        let (from, to) = fields.finish(times)?;
        let licenses = store::reports::licenses(&app.db, None).await?;
        // Not used: each license is read by itself.
        let scope = ReportScope::License(LicenseId(uuid::Uuid::nil()));
        let history =
            HistoryQuery { scope, licenses, from, to, zone: time_zone(app).await?, cache: app.usage_pieces.clone() };
        Ok((None, Period::new(app, history).await?))
    }
}

impl LicensePeriodQuery {
    /// The license, the beginning and the end.
    pub fn check(
        &self,
        fields: &mut FieldErrors,
        now: DateTime<Utc>,
        max_days: i64,
    ) -> Option<(LicenseId, DateTime<Utc>, DateTime<Utc>)> {
        let license = fields.check("license", self.license.ok_or(FieldError::Required));
        let times = times(fields, (self.from, self.to), now, max_days);
        let (license, (from, to)) = license.zip(times)?;
        Some((license, from, to))
    }
}

/// The beginning and the end of a period.
fn times(
    fields: &mut FieldErrors,
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
    max_days: i64,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let from = fields.check("from", from.ok_or(FieldError::Required));
    let to = fields.check("to", to.ok_or(FieldError::Required));
    let from = from.and_then(|from| check_year(fields, "from", from));
    let to = to.and_then(|to| check_year(fields, "to", to));
    let (from, to) = from.zip(to)?;
    let end = to.min(now);
    if end <= from {
        fields.add("to", FieldError::EndBeforeStart);
        return None;
    }
    if end - from > TimeDelta::days(max_days) {
        // In days after the beginning.
        fields.add("to", FieldError::OutOfRange { min: 0, max: max_days });
        return None;
    }
    // The log has microseconds.
    let precise = |at: DateTime<Utc>| crate::reports::local_time::time(at.timestamp_micros());
    Some((precise(from), precise(end)))
}

impl PeopleQuery {
    /// The users whom the query selects; `None` if it selects all. Users and groups that the caller does not see do not
    /// exist.
    pub async fn users(&self, app: &App, caller: &Caller) -> Result<Option<BTreeSet<UserId>>, ApiError> {
        let not_found = || ApiError::new(Code::NotFound);
        let scope = Scope::of(caller);
        let mut users = None;
        if let Some(group) = self.group {
            store::groups::get(&app.db, group, scope.manager()).await?.ok_or_else(not_found)?;
            users = Some(store::reports::sessions::members(&app.db, group).await?);
        }
        if let Some(user) = self.user {
            if !scope.shows_work_of(&app.db, user).await? {
                return Err(not_found());
            }
            let is_included = users.is_none_or(|members| members.contains(&user));
            users = Some(is_included.then_some(user).into_iter().collect());
        }
        Ok(users)
    }
}

/// A parameter that may be left out.
pub type Given<T> = Option<T>;

/// An optional parameter that is one of some words; a blank one is absent. `None` if it is another word.
pub fn parsed<T: FromStr>(fields: &mut FieldErrors, name: &'static str, text: Option<&str>) -> Option<Given<T>> {
    let word = text.filter(|text| !text.is_empty()).map(str::parse).transpose();
    fields.check(name, word.map_err(|_| FieldError::Unknown))
}

/// Later years are out of PostgreSQL's range, and break the text order in SQLite.
pub fn check_year(fields: &mut FieldErrors, name: &'static str, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    fields.check(name, in_range(at.year().into(), 1, 9_999)).map(|_| at)
}

/// The licenses of a scope, of which there may be none if it is a product.
pub async fn licenses_of(app: &App, scope: ReportScope) -> Result<Vec<ScopeLicense>, ApiError> {
    let licenses = store::reports::licenses(&app.db, Some(scope)).await?;
    let exists = match scope {
        ReportScope::License(_) => !licenses.is_empty(),
        ReportScope::Product(product) => {
            !licenses.is_empty() || store::licenses::product(&app.db, &product.to_string()).await?.is_some()
        }
    };
    if exists { Ok(licenses) } else { Err(ApiError::new(Code::NotFound)) }
}

/// The time zone of the account.
pub async fn time_zone(app: &App) -> Result<Tz, ApiError> {
    let account = store::account::get(&app.db).await?;
    Ok(account.and_then(|account| account.time_zone.parse().ok()).unwrap_or(Tz::UTC))
}

/// Those of these users whom the caller sees, also if they are deleted.
pub async fn visible_among(
    app: &App,
    caller: &Caller,
    users: impl IntoIterator<Item = UserId>,
) -> Result<BTreeSet<UserId>, ApiError> {
    let users: BTreeSet<_> = users.into_iter().collect();
    Ok(match Scope::of(caller) {
        Scope::All => users,
        Scope::Own(own) => users.into_iter().filter(|user| *user == own).collect(),
        Scope::Groups(manager) => {
            let members = store::manager_scope::users_of(&app.db, manager).await?;
            users.into_iter().filter(|user| *user == manager || members.contains(user)).collect()
        }
    })
}

/// The licenses, without prices for callers who do not manage products.
pub fn licenses_as_seen_by(caller: &Caller, licenses: &[ScopeLicense]) -> Vec<ReportLicense> {
    licenses.iter().map(|license| license_as_seen_by(caller, license)).collect()
}

/// A license, without its price for callers who do not manage products.
pub fn license_as_seen_by(caller: &Caller, license: &ScopeLicense) -> ReportLicense {
    let price_per_seat = license.view.price_per_seat.clone().filter(|_| caller.may(Action::ManageProducts));
    ReportLicense { price_per_seat, ..license.view.clone() }
}
