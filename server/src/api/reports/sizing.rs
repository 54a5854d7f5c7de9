//! The report of how many seats a license needs.

mod advisor;
mod conversions;

use super::query::{self, LicensePeriodQuery};
use crate::{
    app::App,
    auth::Caller,
    http::{
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    pool::replay::{Assumptions, Settings, demand::Micros},
    sizing::{SizedSeats, SizingQuery},
    store::reports::ReportScope,
};
use advisor::Advisor;
use axum::{Json, extract::State};
use seatkeeper_shared::{
    license::{Model, Price},
    permissions::Action,
    problem::Code,
    validate::{FieldError, MAX_SEATS, in_range},
    wire::reports::{RefusedAssumption, ReportPeriod, SizeOutcome, SizingAssumptions, SizingReport},
};
use serde::Deserialize;
use std::ops::RangeInclusive;

/// The longest period, in days.
const MAX_PERIOD_DAYS: i64 = 400;
/// The most numbers of seats of a report.
const MAX_SIZES: i64 = 40;
/// How many fewer and more seats than today are tried unless others are given.
const DEFAULT_DISTANCE: i64 = 5;
const DEFAULT_PATIENCE_SECONDS: i64 = 900;
const DEFAULT_ATTEMPT_SECONDS: i64 = 10;

/// What is tried, and what is assumed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrialQuery {
    /// The numbers of seats, as `8-12` or `8`, at most 40 of them. If absent, from five fewer than today to five more.
    seats: Option<String>,
    /// What refused people would have done: `wait`, `go_away`, `as_recorded`; `wait` if absent.
    refused: Option<String>,
    /// How long people wait, in seconds, 1 to 86,400; 900 if absent.
    patience: Option<i64>,
    /// Within how many seconds a repeated request belongs to the same attempt, 0 to 3,600; 10 if absent.
    attempt: Option<i64>,
    /// Whether people may wait in the queue; `true` if absent.
    queue: Option<bool>,
    /// How many people there are for each recorded one, 0.1 to 10; 1.0 if absent.
    growth: Option<f64>,
    /// The same for the third of the people who work least; as `growth` if absent.
    growth_light: Option<f64>,
    /// The same for the middle third; as `growth` if absent.
    growth_middle: Option<f64>,
    /// The same for the third who work most; as `growth` if absent.
    growth_heavy: Option<f64>,
    /// What occupies one seat: `agent`, `device`, `session`; as recorded if absent.
    seat_rule: Option<String>,
    /// What happens on a second device: one of the values of the license's rule; as recorded if absent.
    second_device: Option<String>,
    /// How long a session stays without a heartbeat, 10 to 86,400 seconds; as recorded if absent.
    lease: Option<i64>,
    /// The most seats that one person may occupy, 1 to 1,000; no limit if absent.
    person_cap: Option<i64>,
    /// The idle time that ends sessions, 60 to 604,800 seconds; 0: none; as recorded if absent.
    idle: Option<i64>,
}

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
    let mut fields = FieldErrors::default();
    let period = query.check(&mut fields, app.clock.now(), MAX_PERIOD_DAYS);
    let assumptions = trial.assumptions(&mut fields);
    let sizes = trial.sizes(&mut fields);
    let ((id, from, to), (assumptions, sizes)) = fields.finish(period.zip(assumptions.zip(sizes)))?;
    let licenses = query::licenses_of(&app, ReportScope::License(id)).await?;
    let Some(license) = licenses.first() else { return Err(ApiError::new(Code::NotFound)) };
    if license.view.model == Model::Named {
        return Err(ApiError::field("license", FieldError::Unknown));
    }
    let (zone, seats) = (query::time_zone(&app).await?, license.view.seats);
    let sizes = sizes.unwrap_or_else(|| (seats - DEFAULT_DISTANCE).max(1)..=seats + DEFAULT_DISTANCE);
    let advisor = Advisor::read(&app, &caller, license).await?;
    let query = SizingQuery {
        license: id,
        from,
        to,
        zone,
        current_seats: seats,
        sizes: sizes.clone(),
        settings: Settings::of(&assumptions),
        assumptions: Assumptions::of(&assumptions),
        groups: advisor.groups(),
    };
    let figures = app.sizing.compute(&app.db, query).await?;
    let advice = advisor.advice(&app, &caller, &figures).await?;
    let price = license.view.price_per_seat.as_ref().filter(|_| caller.may(Action::ManageProducts));
    let current = figures.sizes.iter().find(|size| size.seats == seats);
    Ok(Json(SizingReport {
        period: ReportPeriod {
            from: figures.from,
            to,
            time_zone: zone.name().to_owned(),
            recorded_from: figures.recorded_from,
        },
        license: query::licenses_as_seen_by(&caller, &licenses).swap_remove(0),
        assumptions,
        attempts: current.map_or(0, |size| count(size.totals.attempts)),
        unexplained: figures.unexplained,
        sizes: figures
            .sizes
            .iter()
            .filter(|size| sizes.contains(&size.seats))
            .map(|size| outcome(size, seats, (to - figures.from).num_microseconds().unwrap_or(i64::MAX), price))
            .collect(),
        model: figures.model,
        advice,
        trend: figures.trend,
    }))
}

impl TrialQuery {
    fn assumptions(&self, fields: &mut FieldErrors) -> Option<SizingAssumptions> {
        let refused = query::parsed(fields, "refused", self.refused.as_deref());
        let patience = in_range(self.patience.unwrap_or(DEFAULT_PATIENCE_SECONDS), 1, 86_400);
        let patience_seconds = fields.check("patience", patience);
        let attempt = in_range(self.attempt.unwrap_or(DEFAULT_ATTEMPT_SECONDS), 0, 3_600);
        let attempt_seconds = fields.check("attempt", attempt);
        let all = growth(fields, "growth", self.growth);
        let growth_light = growth(fields, "growth_light", self.growth_light);
        let growth_middle = growth(fields, "growth_middle", self.growth_middle);
        let growth_heavy = growth(fields, "growth_heavy", self.growth_heavy);
        let seat_rule = query::parsed(fields, "seat_rule", self.seat_rule.as_deref());
        let second_device = query::parsed(fields, "second_device", self.second_device.as_deref());
        let lease = fields.check("lease", self.lease.map(|lease| in_range(lease, 10, 86_400)).transpose());
        let cap = fields.check("person_cap", self.person_cap.map(|cap| in_range(cap, 1, 1_000)).transpose());
        let idle = self.idle.map(|idle| if idle == 0 { Ok(0) } else { in_range(idle, 60, 604_800) }).transpose();
        let idle_seconds = fields.check("idle", idle);
        Some(SizingAssumptions {
            refused: refused?.unwrap_or(RefusedAssumption::Wait),
            patience_seconds: patience_seconds?,
            attempt_seconds: attempt_seconds?,
            queue: self.queue.unwrap_or(true),
            growth: all?.unwrap_or(1.0),
            growth_light: growth_light?,
            growth_middle: growth_middle?,
            growth_heavy: growth_heavy?,
            seat_rule: seat_rule?,
            second_device: second_device?,
            lease_seconds: lease?,
            person_cap: cap?,
            idle_seconds: idle_seconds?,
        })
    }

    /// The numbers of seats; `None` within if they are not given.
    fn sizes(&self, fields: &mut FieldErrors) -> Option<query::Given<RangeInclusive<i64>>> {
        let Some(text) = self.seats.as_deref().filter(|text| !text.is_empty()) else { return Some(None) };
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number).ok_or(FieldError::Unknown)
        };
        let range = number(low).and_then(|low| {
            let low = in_range(low, 0, MAX_SEATS)?;
            let high = in_range(number(high)?, low, MAX_SEATS.min(low + MAX_SIZES - 1))?;
            Ok(low..=high)
        });
        fields.check("seats", range).map(Some)
    }
}

/// How many people there are for each recorded one, if it is given.
fn growth(fields: &mut FieldErrors, name: &'static str, growth: Option<f64>) -> Option<query::Given<f64>> {
    let is_possible = growth.is_none_or(|growth| (0.1..=10.0).contains(&growth));
    fields.check(name, is_possible.then_some(growth).ok_or(FieldError::OutOfRange { min: 0, max: 10 }))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whole seconds.
fn seconds(time: Micros) -> i64 {
    time.0 / 1_000_000
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
