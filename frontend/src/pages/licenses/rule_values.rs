//! Form values of the rules of a license, and their conversion to a change.

use super::form_values::parse_integer;
use crate::{
    text::{Text, text},
    ui::form::FieldCheck,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    license::{Model, RuleOverrides, Rules, SeatRule, SecondDevice},
    validate::{MAX_BORROW_SECONDS, MAX_SEATS},
};

/// To which licenses a rule applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleScope {
    /// All.
    Any,
    /// Those with shared seats.
    Shared,
    /// Those with shared seats; changing the rule is a purchase.
    SharedPurchase,
}

/// A rule with a numeric value: its field, the values that are valid, and where they are stored.
pub struct NumberRule {
    /// Its name in a request.
    pub name: &'static str,
    /// The label of its field.
    pub label: Text,
    /// The hint below the field.
    pub hint: Text,
    /// To which licenses it applies.
    pub scope: RuleScope,
    /// What can be entered.
    range: (i64, i64),
    /// What is entered as 1: 60 if minutes are entered for seconds.
    unit: i64,
    of: fn(&Rules) -> i64,
    change: fn(&mut RuleOverrides) -> &mut Option<i64>,
}

/// The rules that are numbers, in the order of their fields.
pub static NUMBER_RULES: [NumberRule; 8] = [
    NumberRule {
        name: "offer_seconds",
        label: text!(licenses.offer),
        hint: text!(licenses.offer_hint),
        scope: RuleScope::Shared,
        range: (5, 3_600),
        unit: 1,
        of: |rules| rules.offer_seconds,
        change: |rules| &mut rules.offer_seconds,
    },
    NumberRule {
        name: "cool_down_seconds",
        label: text!(licenses.cool_down),
        hint: text!(licenses.cool_down_hint),
        scope: RuleScope::Shared,
        range: (0, 86_400),
        unit: 1,
        of: |rules| rules.cool_down_seconds,
        change: |rules| &mut rules.cool_down_seconds,
    },
    NumberRule {
        name: "overdraft",
        label: text!(licenses.overdraft),
        hint: text!(licenses.overdraft_hint),
        scope: RuleScope::SharedPurchase,
        range: (0, MAX_SEATS),
        unit: 1,
        of: |rules| rules.overdraft,
        change: |rules| &mut rules.overdraft,
    },
    NumberRule {
        name: "idle_seconds",
        label: text!(licenses.idle),
        hint: text!(licenses.idle_hint),
        scope: RuleScope::Any,
        range: (0, 10_080),
        unit: 60,
        of: |rules| rules.idle_seconds,
        change: |rules| &mut rules.idle_seconds,
    },
    NumberRule {
        name: "idle_warning_seconds",
        label: text!(licenses.idle_warning),
        hint: Text::constant(|_| ""),
        scope: RuleScope::Any,
        range: (0, 3_600),
        unit: 1,
        of: |rules| rules.idle_warning_seconds,
        change: |rules| &mut rules.idle_warning_seconds,
    },
    NumberRule {
        name: "lease_seconds",
        label: text!(licenses.lease),
        hint: text!(licenses.lease_hint),
        scope: RuleScope::Any,
        range: (10, 86_400),
        unit: 1,
        of: |rules| rules.lease_seconds,
        change: |rules| &mut rules.lease_seconds,
    },
    NumberRule {
        name: "borrow_seconds",
        label: text!(licenses.borrow),
        hint: text!(licenses.borrow_hint),
        scope: RuleScope::Any,
        range: (0, MAX_BORROW_SECONDS / 3_600),
        unit: 3_600,
        of: |rules| rules.borrow_seconds,
        change: |rules| &mut rules.borrow_seconds,
    },
    NumberRule {
        name: "borrow_seats",
        label: text!(licenses.borrow_seats),
        hint: text!(licenses.borrow_seats_hint),
        scope: RuleScope::Shared,
        range: (0, MAX_SEATS),
        unit: 1,
        of: |rules| rules.borrow_seats,
        change: |rules| &mut rules.borrow_seats,
    },
];

/// Form values of the rules, as entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleValues {
    pub seat_rule: SeatRule,
    pub second_device: SecondDevice,
    /// Whether inactivity also ends connected sessions.
    pub connected: bool,
    /// In the order of [`NUMBER_RULES`].
    pub numbers: [String; NUMBER_RULES.len()],
}

impl From<Rules> for RuleValues {
    fn from(rules: Rules) -> Self {
        Self {
            seat_rule: rules.seat_rule,
            second_device: rules.second_device,
            connected: rules.idle_ends_connected,
            // Shown in whole units. An unchanged field is not sent, so that its value is not rounded.
            numbers: NUMBER_RULES
                .each_ref()
                .map(|rule| ((rule.of)(&rules) + rule.unit - 1).div_euclid(rule.unit).to_string()),
        }
    }
}

impl RuleValues {
    /// The changed rules, without those that do not apply to the model.
    ///
    /// # Errors
    /// Returns the error of each changed field that is not valid.
    pub fn changed(&self, before: &Self, model: Model) -> Result<RuleOverrides, Vec<FieldCheck>> {
        let shared = model == Model::Concurrent;
        let mut errors: Vec<FieldCheck> = Vec::new();
        let mut chosen = RuleOverrides {
            seat_rule: if_changed(self.seat_rule, before.seat_rule).filter(|_| shared),
            second_device: if_changed(self.second_device, before.second_device),
            idle_ends_connected: if_changed(self.connected, before.connected),
            ..RuleOverrides::default()
        };
        let numbers = NUMBER_RULES.iter().zip(self.numbers.iter().zip(&before.numbers));
        for (rule, (now, _)) in numbers.filter(|(_, (now, before))| now != before) {
            if !shared && rule.scope != RuleScope::Any {
                continue;
            }
            match parse_integer(now, rule.range) {
                Ok(number) => *(rule.change)(&mut chosen) = Some(number * rule.unit),
                Err(error) => errors.push((rule.name, Some(error))),
            }
        }
        if errors.is_empty() { Ok(chosen) } else { Err(errors) }
    }

    /// These values with another number.
    #[cfg(test)]
    pub fn with(mut self, name: &str, number: &str) -> Self {
        let index = NUMBER_RULES.iter().position(|rule| rule.name == name).unwrap();
        number.clone_into(&mut self.numbers[index]);
        self
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
    /// Whether inactivity also ends connected sessions.
    pub connected: RwSignal<bool>,
    /// In the order of [`NUMBER_RULES`].
    pub numbers: [RwSignal<String>; NUMBER_RULES.len()],
}

impl RuleFields {
    /// Fields with these values.
    pub fn of(rules: RuleValues) -> Self {
        Self {
            seat_rule: RwSignal::new(rules.seat_rule),
            second_device: RwSignal::new(rules.second_device),
            connected: RwSignal::new(rules.connected),
            numbers: rules.numbers.map(RwSignal::new),
        }
    }

    /// The current values.
    pub fn values(self) -> RuleValues {
        RuleValues {
            seat_rule: self.seat_rule.get_untracked(),
            second_device: self.second_device.get_untracked(),
            connected: self.connected.get_untracked(),
            numbers: self.numbers.map(|number| number.get_untracked()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::validate::FieldError;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn default_values() -> RuleValues {
        RuleValues::from(Rules::default())
    }

    #[wasm_bindgen_test]
    fn only_changed_fields_are_sent() {
        assert_eq!(default_values().changed(&default_values(), Model::Concurrent), Ok(RuleOverrides::default()));
        let values = RuleValues { second_device: SecondDevice::Refuse, ..default_values() }.with("idle_seconds", "30");
        let chosen = values.changed(&default_values(), Model::Concurrent).unwrap();
        assert_eq!((chosen.idle_seconds, chosen.second_device), (Some(1_800), Some(SecondDevice::Refuse)));
        assert_eq!(chosen.lease_seconds, None);
    }

    #[wasm_bindgen_test]
    fn an_unchanged_value_is_not_rounded() {
        let odd = RuleValues::from(Rules { idle_seconds: 90, ..Rules::default() });
        assert_eq!(odd, default_values().with("idle_seconds", "2"));
        assert_eq!(odd.changed(&odd, Model::Concurrent), Ok(RuleOverrides::default()));
    }

    #[wasm_bindgen_test]
    fn borrowing_is_entered_in_hours() {
        let values = default_values().with("borrow_seconds", "72").with("borrow_seats", "2");
        let chosen = values.changed(&default_values(), Model::Concurrent).unwrap();
        assert_eq!((chosen.borrow_seconds, chosen.borrow_seats), (Some(259_200), Some(2)));
        assert_eq!(
            values.changed(&default_values(), Model::Named).unwrap().borrow_seats,
            None,
            "does not apply to named licenses"
        );
        let longer = default_values().with("borrow_seconds", "721");
        let range = FieldError::OutOfRange { min: 0, max: 720 };
        assert_eq!(longer.changed(&default_values(), Model::Named), Err(vec![("borrow_seconds", Some(range))]));
    }

    #[wasm_bindgen_test]
    fn errors_are_reported_per_field() {
        let values = default_values().with("lease_seconds", "9").with("offer_seconds", "");
        let errors = values.changed(&default_values(), Model::Concurrent).unwrap_err();
        let range = FieldError::OutOfRange { min: 10, max: 86_400 };
        assert_eq!(errors, [("offer_seconds", Some(FieldError::Required)), ("lease_seconds", Some(range))]);
        assert!(
            values.changed(&default_values(), Model::Named).unwrap_err().len() == 1,
            "a named license has no queue"
        );
    }
}
