//! A valid request for a sizing report, and its answer.

use super::{LicensePeriodQuery, TrialQuery, advisor::Advisor, count, query, seconds};
use crate::{
    app::App,
    auth::Caller,
    http::problem::{ApiError, FieldErrors},
    pool::replay::{Assumptions, Settings},
    sizing::{AdmittedReport, ProgressReporter, SizedSeats, SizingQuery},
    store::reports::{ReportScope, ScopeLicense},
};
use seatkeeper_shared::{
    license::{Model, Price},
    permissions::Action,
    problem::Code,
    validate::FieldError,
    wire::reports::{ReportPeriod, SizeOutcome, SizingAssumptions, SizingReport},
};

/// The longest period, in days.
const MAX_PERIOD_DAYS: i64 = 400;
/// How many fewer and more seats than today are tried unless others are given.
const DEFAULT_DISTANCE: i64 = 5;

/// A valid request for a report.
pub struct RequestedReport {
    query: SizingQuery,
    assumptions: SizingAssumptions,
    license: ScopeLicense,
    advisor: Advisor,
}

impl RequestedReport {
    /// Validates a request, and reads what the computation needs besides the record.
    pub async fn check(
        app: &App,
        caller: &Caller,
        query: &LicensePeriodQuery,
        trial: &TrialQuery,
    ) -> Result<Self, ApiError> {
        let mut fields = FieldErrors::default();
        let period = query.check(&mut fields, app.clock.now(), MAX_PERIOD_DAYS);
        let assumptions = trial.assumptions(&mut fields);
        let sizes = trial.sizes(&mut fields);
        let ((id, from, to), (assumptions, sizes)) = fields.finish(period.zip(assumptions.zip(sizes)))?;
        let mut licenses = query::licenses_of(app, ReportScope::License(id)).await?;
        let license = licenses.pop().ok_or_else(|| ApiError::new(Code::NotFound))?;
        if license.view.model == Model::Named {
            return Err(ApiError::field("license", FieldError::Unknown));
        }
        let (zone, seats) = (query::time_zone(app).await?, license.view.seats);
        let advisor = Advisor::read(app, caller, &license).await?;
        let query = SizingQuery {
            license: id,
            from,
            to,
            zone,
            current_seats: seats,
            sizes: sizes.unwrap_or_else(|| (seats - DEFAULT_DISTANCE).max(1)..=seats + DEFAULT_DISTANCE),
            settings: Settings::of(&assumptions),
            assumptions: Assumptions::of(&assumptions),
            groups: advisor.groups(),
        };
        Ok(Self { query, assumptions, license, advisor })
    }

    /// Computes the report.
    pub async fn compute(
        self,
        app: &App,
        caller: &Caller,
        admitted: AdmittedReport,
        reporter: ProgressReporter,
    ) -> Result<SizingReport, ApiError> {
        let SizingQuery { to, zone, sizes, current_seats: seats, .. } = self.query.clone();
        let figures = admitted.compute(&app.db, self.query, reporter).await?;
        let advice = self.advisor.advice(app, caller, &figures).await?;
        let price = self.license.view.price_per_seat.as_ref().filter(|_| caller.may(Action::ManageProducts));
        let current = figures.sizes.iter().find(|size| size.seats == seats);
        let length = (to - figures.from).num_microseconds().unwrap_or(i64::MAX);
        let requested = figures.sizes.iter().filter(|size| sizes.contains(&size.seats));
        Ok(SizingReport {
            period: ReportPeriod {
                from: figures.from,
                to,
                time_zone: zone.name().to_owned(),
                recorded_from: figures.recorded_from,
            },
            license: query::license_as_seen_by(caller, &self.license),
            assumptions: self.assumptions,
            attempts: current.map_or(0, |size| count(size.totals.attempts)),
            unexplained: figures.unexplained,
            sizes: requested.map(|size| outcome(size, seats, length, price)).collect(),
            model: figures.model,
            advice,
            trend: figures.trend,
        })
    }
}

/// What a number of seats leads to in a period of this length, in microseconds.
fn outcome(size: &SizedSeats, current: i64, length: i64, price: Option<&Price>) -> SizeOutcome {
    let (seats, totals) = (size.seats, &size.totals);
    let available = seats as f64 * length as f64;
    SizeOutcome {
        seats,
        is_current: seats == current,
        seated_at_once: count(totals.seated_at_once),
        seated_later: count(totals.seated_later),
        refused: count(totals.refused),
        gave_up: count(totals.gave_up + totals.removed + totals.still_waiting),
        longest_wait_seconds: seconds(totals.longest_wait),
        mean_wait_seconds: seconds(totals.total_wait).checked_div(count(totals.waited())).unwrap_or_default(),
        peak: i64::try_from(totals.peak).unwrap_or(i64::MAX),
        time_weighted_use: (available > 0.0).then(|| totals.seat_time().0 as f64 / available),
        monthly_cost: price.map(|price| Price { minor: price.minor.saturating_mul(seats), ..price.clone() }),
    }
}
