//! The rules of a license as they are entered, and which of them that changes.

use super::entered::whole;
use crate::ui::form::Checked;
use leptos::prelude::*;
use seatkeeper_shared::{
    license::{ChosenRules, Model, Rules, SeatRule, SecondDevice},
    validate::{FieldError, LONGEST_BORROW, MAX_SEATS},
};

/// The most minutes without activity that can be entered.
const IDLE_MINUTES: (i64, i64) = (0, 10_080);
/// The most hours for which a seat can be borrowed.
const BORROW_HOURS: (i64, i64) = (0, LONGEST_BORROW / 3_600);

/// Rules as they are entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredRules {
    /// What occupies a seat.
    pub seat_rule: SeatRule,
    /// What happens at a second device.
    pub second_device: SecondDevice,
    /// The lease in seconds.
    pub lease: String,
    /// Seats beyond those that were bought.
    pub overdraft: String,
    /// For how many seconds a free seat is kept.
    pub offer: String,
    /// After how many minutes without activity a session ends.
    pub idle: String,
    /// How many seconds before that the agent is warned.
    pub warning: String,
    /// Whether that ends connected sessions too.
    pub connected: bool,
    /// For how many seconds nobody whose session was ended gets a seat.
    pub cool_down: String,
    /// For how many hours a seat can be borrowed at most.
    pub borrow: String,
    /// How many seats may be borrowed at once.
    pub borrow_seats: String,
}

impl From<Rules> for EnteredRules {
    fn from(rules: Rules) -> Self {
        Self {
            seat_rule: rules.seat_rule,
            second_device: rules.second_device,
            lease: rules.lease_seconds.to_string(),
            overdraft: rules.overdraft.to_string(),
            offer: rules.offer_seconds.to_string(),
            // Whole minutes; what is not entered anew is not sent, so nothing is rounded by accident.
            idle: (rules.idle_seconds + 59).div_euclid(60).to_string(),
            warning: rules.idle_warning_seconds.to_string(),
            connected: rules.idle_ends_connected,
            cool_down: rules.cool_down_seconds.to_string(),
            borrow: (rules.borrow_seconds + 3_599).div_euclid(3_600).to_string(),
            borrow_seats: rules.borrow_seats.to_string(),
        }
    }
}

impl EnteredRules {
    /// What is other than before. Of a named license nobody waits for a seat, and its seats are the users'.
    ///
    /// # Errors
    /// What is wrong with each field.
    pub fn changed(&self, before: &Self, model: Model) -> Result<ChosenRules, Vec<Checked>> {
        let pool = model == Model::Concurrent;
        let mut wrong: Vec<Checked> = Vec::new();
        let mut number = |field: &'static str, now: &str, before: &str, range: (i64, i64)| {
            let checked: Result<i64, FieldError> = (now != before).then(|| whole(now, range))?;
            checked.map_err(|error| wrong.push((field, Some(error)))).ok()
        };
        let chosen = ChosenRules {
            seat_rule: other(self.seat_rule, before.seat_rule).filter(|_| pool),
            second_device: other(self.second_device, before.second_device),
            lease_seconds: number("lease_seconds", &self.lease, &before.lease, (10, 86_400)),
            overdraft: pool.then(|| number("overdraft", &self.overdraft, &before.overdraft, (0, MAX_SEATS))).flatten(),
            offer_seconds: pool.then(|| number("offer_seconds", &self.offer, &before.offer, (5, 3_600))).flatten(),
            idle_seconds: number("idle_seconds", &self.idle, &before.idle, IDLE_MINUTES).map(|minutes| minutes * 60),
            idle_warning_seconds: number("idle_warning_seconds", &self.warning, &before.warning, (0, 3_600)),
            idle_ends_connected: other(self.connected, before.connected),
            cool_down_seconds: pool
                .then(|| number("cool_down_seconds", &self.cool_down, &before.cool_down, (0, 86_400)))
                .flatten(),
            borrow_seconds: number("borrow_seconds", &self.borrow, &before.borrow, BORROW_HOURS)
                .map(|hours| hours * 3_600),
            borrow_seats: pool
                .then(|| number("borrow_seats", &self.borrow_seats, &before.borrow_seats, (0, MAX_SEATS)))
                .flatten(),
        };
        if wrong.is_empty() { Ok(chosen) } else { Err(wrong) }
    }
}

fn other<T: PartialEq>(now: T, before: T) -> Option<T> {
    (now != before).then_some(now)
}

/// The fields of the rules.
#[derive(Clone, Copy)]
pub struct RuleFields {
    /// What occupies a seat.
    pub seat_rule: RwSignal<SeatRule>,
    /// What happens at a second device.
    pub second_device: RwSignal<SecondDevice>,
    /// The lease in seconds.
    pub lease: RwSignal<String>,
    /// Seats beyond those that were bought.
    pub overdraft: RwSignal<String>,
    /// For how many seconds a free seat is kept.
    pub offer: RwSignal<String>,
    /// After how many minutes without activity a session ends.
    pub idle: RwSignal<String>,
    /// How many seconds before that the agent is warned.
    pub warning: RwSignal<String>,
    /// Whether that ends connected sessions too.
    pub connected: RwSignal<bool>,
    /// For how many seconds nobody whose session was ended gets a seat.
    pub cool_down: RwSignal<String>,
    /// For how many hours a seat can be borrowed at most.
    pub borrow: RwSignal<String>,
    /// How many seats may be borrowed at once.
    pub borrow_seats: RwSignal<String>,
}

impl RuleFields {
    /// The names of the fields in a request, for the problems with them.
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

    /// Fields that hold these rules.
    pub fn of(rules: EnteredRules) -> Self {
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

    /// What they hold at this moment.
    pub fn once(self) -> EnteredRules {
        EnteredRules {
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

    fn usual() -> EnteredRules {
        EnteredRules::from(Rules::default())
    }

    #[wasm_bindgen_test]
    fn only_what_is_entered_anew_is_sent() {
        assert_eq!(usual().changed(&usual(), Model::Concurrent), Ok(ChosenRules::default()));
        let entered = EnteredRules { idle: "30".to_owned(), second_device: SecondDevice::Refuse, ..usual() };
        let chosen = entered.changed(&usual(), Model::Concurrent).unwrap();
        assert_eq!((chosen.idle_seconds, chosen.second_device), (Some(1_800), Some(SecondDevice::Refuse)));
        assert_eq!(chosen.lease_seconds, None);
    }

    #[wasm_bindgen_test]
    fn ninety_seconds_are_not_rounded_by_looking_at_them() {
        let odd = EnteredRules::from(Rules { idle_seconds: 90, ..Rules::default() });
        assert_eq!(odd.idle, "2");
        assert_eq!(odd.changed(&odd, Model::Concurrent), Ok(ChosenRules::default()));
    }

    #[wasm_bindgen_test]
    fn seats_are_lent_by_the_hour() {
        let entered = EnteredRules { borrow: "72".to_owned(), borrow_seats: "2".to_owned(), ..usual() };
        let chosen = entered.changed(&usual(), Model::Concurrent).unwrap();
        assert_eq!((chosen.borrow_seconds, chosen.borrow_seats), (Some(259_200), Some(2)));
        assert_eq!(entered.changed(&usual(), Model::Named).unwrap().borrow_seats, None, "a named seat is one person's");
        let longer = EnteredRules { borrow: "721".to_owned(), ..usual() };
        let range = FieldError::OutOfRange { min: 0, max: 720 };
        assert_eq!(longer.changed(&usual(), Model::Named), Err(vec![("borrow_seconds", Some(range))]));
    }

    #[wasm_bindgen_test]
    fn each_field_has_its_mistake() {
        let entered = EnteredRules { lease: "9".to_owned(), offer: String::new(), ..usual() };
        let wrong = entered.changed(&usual(), Model::Concurrent).unwrap_err();
        let range = FieldError::OutOfRange { min: 10, max: 86_400 };
        assert_eq!(wrong, [("lease_seconds", Some(range)), ("offer_seconds", Some(FieldError::Required))]);
        assert!(entered.changed(&usual(), Model::Named).unwrap_err().len() == 1, "nobody waits for a named seat");
    }
}
