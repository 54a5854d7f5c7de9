//! What a request for a sizing report tries and assumes.

use super::query;
use crate::http::problem::FieldErrors;
use seatkeeper_shared::{
    validate::{FieldError, MAX_SEATS, in_range},
    wire::reports::{RefusedAssumption, SizingAssumptions},
};
use serde::Deserialize;
use std::ops::RangeInclusive;

/// The most numbers of seats of a report.
const MAX_SIZES: i64 = 40;
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

impl TrialQuery {
    /// What is assumed.
    pub fn assumptions(&self, fields: &mut FieldErrors) -> Option<SizingAssumptions> {
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
    pub fn sizes(&self, fields: &mut FieldErrors) -> Option<query::Given<RangeInclusive<i64>>> {
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
