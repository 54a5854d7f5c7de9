//! Form values of the rules of a license, and their conversion to a change.

use super::form_values::parse_integer;
use crate::ui::form::FieldCheck;
use leptos::prelude::*;
use seatkeeper_shared::{
    license::{Model, RuleOverrides, Rules, SeatRule, SecondDevice},
    validate::{FieldError, MAX_BORROW_SECONDS, MAX_SEATS},
};

/// Range for the minutes without activity after which a session ends.
const IDLE_MINUTES_RANGE: (i64, i64) = (0, 10_080);
/// Range for the hours for which a seat can be borrowed.
const BORROW_HOURS_RANGE: (i64, i64) = (0, MAX_BORROW_SECONDS / 3_600);

/// Form values of the rules, as entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleValues {
    pub seat_rule: SeatRule,
    pub second_device: SecondDevice,
    /// Lease in seconds.
    pub lease: String,
    /// Seats granted beyond the purchased ones.
    pub overdraft: String,
    /// Validity of an offer in seconds.
    pub offer: String,
    /// Minutes without activity after which a session ends.
    pub idle: String,
    /// Seconds before that at which the agent is warned.
    pub warning: String,
    /// Whether inactivity also ends connected sessions.
    pub connected: bool,
    /// Seconds for which an agent whose session was ended gets no seat.
    pub cool_down: String,
    /// Maximum hours for which a seat can be borrowed.
    pub borrow: String,
    /// Maximum number of seats borrowed at the same time.
    pub borrow_seats: String,
}

impl From<Rules> for RuleValues {
    fn from(rules: Rules) -> Self {
        Self {
            seat_rule: rules.seat_rule,
            second_device: rules.second_device,
            lease: rules.lease_seconds.to_string(),
            overdraft: rules.overdraft.to_string(),
            offer: rules.offer_seconds.to_string(),
            // Shown in whole minutes. An unchanged field is not sent, so that its value is not rounded.
            idle: (rules.idle_seconds + 59).div_euclid(60).to_string(),
            warning: rules.idle_warning_seconds.to_string(),
            connected: rules.idle_ends_connected,
            cool_down: rules.cool_down_seconds.to_string(),
            borrow: (rules.borrow_seconds + 3_599).div_euclid(3_600).to_string(),
            borrow_seats: rules.borrow_seats.to_string(),
        }
    }
}

impl RuleValues {
    /// The changed rules. Rules about the queue and shared seats are left out for a named license.
    ///
    /// # Errors
    /// Returns the error of each changed field that is not valid.
    pub fn changed(&self, before: &Self, model: Model) -> Result<RuleOverrides, Vec<FieldCheck>> {
        let shared = model == Model::Concurrent;
        let mut errors: Vec<FieldCheck> = Vec::new();
        let mut number = |field: &'static str, now: &str, before: &str, range: (i64, i64)| {
            let checked: Result<i64, FieldError> = (now != before).then(|| parse_integer(now, range))?;
            checked.map_err(|error| errors.push((field, Some(error)))).ok()
        };
        let chosen = RuleOverrides {
            seat_rule: if_changed(self.seat_rule, before.seat_rule).filter(|_| shared),
            second_device: if_changed(self.second_device, before.second_device),
            lease_seconds: number("lease_seconds", &self.lease, &before.lease, (10, 86_400)),
            overdraft: shared
                .then(|| number("overdraft", &self.overdraft, &before.overdraft, (0, MAX_SEATS)))
                .flatten(),
            offer_seconds: shared.then(|| number("offer_seconds", &self.offer, &before.offer, (5, 3_600))).flatten(),
            idle_seconds: number("idle_seconds", &self.idle, &before.idle, IDLE_MINUTES_RANGE)
                .map(|minutes| minutes * 60),
            idle_warning_seconds: number("idle_warning_seconds", &self.warning, &before.warning, (0, 3_600)),
            idle_ends_connected: if_changed(self.connected, before.connected),
            cool_down_seconds: shared
                .then(|| number("cool_down_seconds", &self.cool_down, &before.cool_down, (0, 86_400)))
                .flatten(),
            borrow_seconds: number("borrow_seconds", &self.borrow, &before.borrow, BORROW_HOURS_RANGE)
                .map(|hours| hours * 3_600),
            borrow_seats: shared
                .then(|| number("borrow_seats", &self.borrow_seats, &before.borrow_seats, (0, MAX_SEATS)))
                .flatten(),
        };
        if errors.is_empty() { Ok(chosen) } else { Err(errors) }
    }
}

fn if_changed<T: PartialEq>(now: T, before: T) -> Option<T> {
    (now != before).then_some(now)
}

/// Signals of the form fields.
#[derive(Clone, Copy)]
pub struct RuleFields {
    pub seat_rule: RwSignal<SeatRule>,
    pub second_device: RwSignal<SecondDevice>,
    /// Lease in seconds.
    pub lease: RwSignal<String>,
    /// Seats granted beyond the purchased ones.
    pub overdraft: RwSignal<String>,
    /// Validity of an offer in seconds.
    pub offer: RwSignal<String>,
    /// Minutes without activity after which a session ends.
    pub idle: RwSignal<String>,
    /// Seconds before that at which the agent is warned.
    pub warning: RwSignal<String>,
    /// Whether inactivity also ends connected sessions.
    pub connected: RwSignal<bool>,
    /// Seconds for which an agent whose session was ended gets no seat.
    pub cool_down: RwSignal<String>,
    /// Maximum hours for which a seat can be borrowed.
    pub borrow: RwSignal<String>,
    /// Maximum number of seats borrowed at the same time.
    pub borrow_seats: RwSignal<String>,
}

impl RuleFields {
    /// Names of the fields in a request, to look up their errors.
    pub const NAMES: [&'static str; 8] = [
        "lease_seconds",
        "overdraft",
        "offer_seconds",
        "idle_seconds",
        "idle_warning_seconds",
        "cool_down_seconds",
        "borrow_seconds",
        "borrow_seats",
    ];

    pub fn of(rules: RuleValues) -> Self {
        Self {
            seat_rule: RwSignal::new(rules.seat_rule),
            second_device: RwSignal::new(rules.second_device),
            lease: RwSignal::new(rules.lease),
            overdraft: RwSignal::new(rules.overdraft),
            offer: RwSignal::new(rules.offer),
            idle: RwSignal::new(rules.idle),
            warning: RwSignal::new(rules.warning),
            connected: RwSignal::new(rules.connected),
            cool_down: RwSignal::new(rules.cool_down),
            borrow: RwSignal::new(rules.borrow),
            borrow_seats: RwSignal::new(rules.borrow_seats),
        }
    }

    /// The current values.
    pub fn values(self) -> RuleValues {
        RuleValues {
            seat_rule: self.seat_rule.get_untracked(),
            second_device: self.second_device.get_untracked(),
            lease: self.lease.get_untracked(),
            overdraft: self.overdraft.get_untracked(),
            offer: self.offer.get_untracked(),
            idle: self.idle.get_untracked(),
            warning: self.warning.get_untracked(),
            connected: self.connected.get_untracked(),
            cool_down: self.cool_down.get_untracked(),
            borrow: self.borrow.get_untracked(),
            borrow_seats: self.borrow_seats.get_untracked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn default_values() -> RuleValues {
        RuleValues::from(Rules::default())
    }

    #[wasm_bindgen_test]
    fn only_changed_fields_are_sent() {
        assert_eq!(default_values().changed(&default_values(), Model::Concurrent), Ok(RuleOverrides::default()));
        let values = RuleValues { idle: "30".to_owned(), second_device: SecondDevice::Refuse, ..default_values() };
        let chosen = values.changed(&default_values(), Model::Concurrent).unwrap();
        assert_eq!((chosen.idle_seconds, chosen.second_device), (Some(1_800), Some(SecondDevice::Refuse)));
        assert_eq!(chosen.lease_seconds, None);
    }

    #[wasm_bindgen_test]
    fn an_unchanged_value_is_not_rounded() {
        let odd = RuleValues::from(Rules { idle_seconds: 90, ..Rules::default() });
        assert_eq!(odd.idle, "2");
        assert_eq!(odd.changed(&odd, Model::Concurrent), Ok(RuleOverrides::default()));
    }

    #[wasm_bindgen_test]
    fn borrowing_is_entered_in_hours() {
        let values = RuleValues { borrow: "72".to_owned(), borrow_seats: "2".to_owned(), ..default_values() };
        let chosen = values.changed(&default_values(), Model::Concurrent).unwrap();
        assert_eq!((chosen.borrow_seconds, chosen.borrow_seats), (Some(259_200), Some(2)));
        assert_eq!(
            values.changed(&default_values(), Model::Named).unwrap().borrow_seats,
            None,
            "does not apply to named licenses"
        );
        let longer = RuleValues { borrow: "721".to_owned(), ..default_values() };
        let range = FieldError::OutOfRange { min: 0, max: 720 };
        assert_eq!(longer.changed(&default_values(), Model::Named), Err(vec![("borrow_seconds", Some(range))]));
    }

    #[wasm_bindgen_test]
    fn errors_are_reported_per_field() {
        let values = RuleValues { lease: "9".to_owned(), offer: String::new(), ..default_values() };
        let errors = values.changed(&default_values(), Model::Concurrent).unwrap_err();
        let range = FieldError::OutOfRange { min: 10, max: 86_400 };
        assert_eq!(errors, [("lease_seconds", Some(range)), ("offer_seconds", Some(FieldError::Required))]);
        assert!(
            values.changed(&default_values(), Model::Named).unwrap_err().len() == 1,
            "a named license has no queue"
        );
    }
}
