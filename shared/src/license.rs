//! Licenses: the model, the rules for sharing and freeing seats, prices, and limits for groups.

use crate::{
    string_enum::string_enum,
    validate::{FieldError, MAX_PRICE_MINOR, MAX_SEATS, borrow_seconds, in_range},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// How the seats of a license are assigned.
    Model {
        /// Bound to one user (benutzergebunden): the assignment occupies the seat.
        Named = "named",
        /// Shared (gemeinsam genutzt): a session occupies the seat; the assignment only permits the use of the pool.
        Concurrent = "concurrent",
    }
}

string_enum! {
    /// What occupies one seat of a license.
    SeatRule {
        /// All sessions of one agent share a seat.
        Agent = "agent",
        /// The sessions of one agent on one device share a seat.
        Device = "device",
        /// Each session occupies its own seat.
        Session = "session",
    }
}

string_enum! {
    /// What happens when an agent with a session requests another one on a different device.
    SecondDevice {
        /// Both sessions continue and share a seat if the seat rule permits.
        Share = "share",
        /// The sessions on the other devices end; the new one takes over their seat.
        TakeOver = "take_over",
        /// Both sessions continue, each device with its own seat. A named seat covers all devices of its user.
        SecondSeat = "second_seat",
        /// The new session is refused.
        Refuse = "refuse",
    }
}

/// The rules of a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rules {
    /// What occupies one seat.
    pub seat_rule: SeatRule,
    /// What happens on a second device.
    pub second_device: SecondDevice,
    /// How long a session or a ticket stays valid without a heartbeat, in seconds.
    pub lease_seconds: i64,
    /// How many seats may be occupied beyond the purchased ones.
    pub overdraft: i64,
    /// How long a freed seat is offered to the first waiter in the queue, in seconds.
    pub offer_seconds: i64,
    /// How long a session may be inactive before it ends, in seconds; 0: unlimited.
    pub idle_seconds: i64,
    /// How long before that end the agent is warned, in seconds.
    pub idle_warning_seconds: i64,
    /// Whether inactivity also ends connected sessions.
    pub idle_ends_connected: bool,
    /// How long an agent gets no seat after an admin has ended their session, in seconds; 0: no cool-down.
    pub cool_down_seconds: i64,
    /// The longest time for which a seat can be borrowed for work offline, in seconds; 0: borrowing is off.
    pub borrow_seconds: i64,
    /// The most seats that may be borrowed at once; 0: all of them.
    pub borrow_seats: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            seat_rule: SeatRule::Agent,
            second_device: SecondDevice::Share,
            lease_seconds: 120,
            overdraft: 0,
            offer_seconds: 60,
            idle_seconds: 0,
            idle_warning_seconds: 60,
            idle_ends_connected: false,
            cool_down_seconds: 0,
            borrow_seconds: 0,
            borrow_seats: 0,
        }
    }
}

impl Rules {
    /// The fields with invalid values, with the error of each.
    pub fn invalid_fields(&self) -> Vec<(&'static str, FieldError)> {
        let idle = if self.idle_seconds == 0 { Ok(0) } else { in_range(self.idle_seconds, 60, 604_800) };
        let borrow = if self.borrow_seconds == 0 { Ok(0) } else { borrow_seconds(self.borrow_seconds) };
        let checked = [
            ("lease_seconds", in_range(self.lease_seconds, 10, 86_400)),
            ("overdraft", in_range(self.overdraft, 0, MAX_SEATS)),
            ("offer_seconds", in_range(self.offer_seconds, 5, 3_600)),
            ("idle_seconds", idle),
            ("idle_warning_seconds", in_range(self.idle_warning_seconds, 0, 3_600)),
            ("cool_down_seconds", in_range(self.cool_down_seconds, 0, 86_400)),
            ("borrow_seconds", borrow),
            ("borrow_seats", in_range(self.borrow_seats, 0, MAX_SEATS)),
        ];
        checked.into_iter().filter_map(|(field, result)| Some((field, result.err()?))).collect()
    }
}

/// Changes to rules; absent ones keep their current or default value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleOverrides {
    /// What occupies one seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat_rule: Option<SeatRule>,
    /// What happens on a second device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_device: Option<SecondDevice>,
    /// How long a session or a ticket stays valid without a heartbeat, 10 to 86,400 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<i64>,
    /// How many seats may be occupied beyond the purchased ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdraft: Option<i64>,
    /// How long a freed seat is offered to the first waiter in the queue, 5 to 3,600 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_seconds: Option<i64>,
    /// How long a session may be inactive before it ends, 60 to 604,800 seconds; 0: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<i64>,
    /// How long before that end the agent is warned, 0 to 3,600 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_warning_seconds: Option<i64>,
    /// Whether inactivity also ends connected sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ends_connected: Option<bool>,
    /// How long an agent gets no seat after an admin has ended their session, 0 to 86,400 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_down_seconds: Option<i64>,
    /// The longest time for which a seat can be borrowed for work offline, 60 to 2,592,000 seconds (30 days); 0:
    /// borrowing is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seconds: Option<i64>,
    /// The most seats that may be borrowed at once; 0: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seats: Option<i64>,
}

impl RuleOverrides {
    /// Returns the rules with these changes.
    pub fn apply_to(&self, rules: Rules) -> Rules {
        Rules {
            seat_rule: self.seat_rule.unwrap_or(rules.seat_rule),
            second_device: self.second_device.unwrap_or(rules.second_device),
            lease_seconds: self.lease_seconds.unwrap_or(rules.lease_seconds),
            overdraft: self.overdraft.unwrap_or(rules.overdraft),
            offer_seconds: self.offer_seconds.unwrap_or(rules.offer_seconds),
            idle_seconds: self.idle_seconds.unwrap_or(rules.idle_seconds),
            idle_warning_seconds: self.idle_warning_seconds.unwrap_or(rules.idle_warning_seconds),
            idle_ends_connected: self.idle_ends_connected.unwrap_or(rules.idle_ends_connected),
            cool_down_seconds: self.cool_down_seconds.unwrap_or(rules.cool_down_seconds),
            borrow_seconds: self.borrow_seconds.unwrap_or(rules.borrow_seconds),
            borrow_seats: self.borrow_seats.unwrap_or(rules.borrow_seats),
        }
    }
}

/// How many days before the end of a license there is a warning, the earliest first.
pub const WARNING_DAYS: [i64; 3] = [60, 30, 7];

/// The warning that applies to a license that ends then: the smallest of [`WARNING_DAYS`] within which it ends. `None`
/// if there is more time, or the license has ended.
pub fn expiry_warning(ends_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<i64> {
    let left = ends_at? - now;
    let ends_within = |days: &i64| left <= TimeDelta::days(*days);
    WARNING_DAYS.into_iter().filter(ends_within).min().filter(|_| left > TimeDelta::zero())
}

/// The price of a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Price {
    /// The amount in the smallest unit of the currency, for example cents.
    pub minor: i64,
    /// The currency code (ISO 4217), for example `EUR`.
    pub currency: String,
}

impl Price {
    /// The number of decimal digits of the currency.
    pub fn decimals(&self) -> u8 {
        match self.currency.as_str() {
            "JPY" | "KRW" | "VND" | "CLP" | "ISK" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// Parses an amount typed by a user, with a decimal point or comma and without thousands separators. `None` if it
    /// is invalid.
    pub fn parse(amount: &str, currency: &str) -> Option<Self> {
        let mut price = Self { minor: 0, currency: currency.trim().to_uppercase() };
        let digits = usize::from(price.decimals());
        let amount = amount.trim().replace(',', ".");
        let (whole, part) = amount.split_once('.').unwrap_or((&amount, ""));
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(part) || part.len() > digits {
            return None;
        }
        price.minor = format!("{whole}{part:0<digits$}").parse().ok()?;
        Some(price)
    }

    /// Formats the amount with this decimal separator, as [`Price::parse`] accepts it.
    pub fn format(&self, decimal_separator: char) -> String {
        let digits = usize::from(self.decimals());
        if digits == 0 {
            return self.minor.to_string();
        }
        let all = format!("{:0>1$}", self.minor, digits + 1);
        let (whole, part) = all.split_at(all.len() - digits);
        format!("{whole}{decimal_separator}{part}")
    }

    /// The fields with invalid values, with the error of each. A currency is only checked for its form.
    pub fn invalid_fields(&self) -> Vec<(&'static str, FieldError)> {
        let letters = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        let currency = if letters { Ok(()) } else { Err(FieldError::Unknown) };
        let checked = [("price_per_seat", in_range(self.minor, 0, MAX_PRICE_MINOR).map(drop)), ("currency", currency)];
        checked.into_iter().filter_map(|(field, result)| Some((field, result.err()?))).collect()
    }
}

/// The seats that a license reserves for a group, and the most that the group may occupy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLimit {
    /// The group whose members the limits concern.
    pub group_id: crate::ids::GroupId,
    /// Seats reserved for its members (Mindestplätze); 0 for none.
    pub floor: i64,
    /// The most seats its members may occupy at once; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_warnings_come_at_60_30_and_7_days() {
        let now = DateTime::UNIX_EPOCH;
        let warning =
            |days: i64, hours: i64| expiry_warning(Some(now + TimeDelta::days(days) + TimeDelta::hours(hours)), now);
        assert_eq!([warning(60, 1), warning(60, 0), warning(31, 0)], [None, Some(60), Some(60)]);
        assert_eq!([warning(30, 0), warning(7, 1), warning(7, 0)], [Some(30), Some(30), Some(7)]);
        assert_eq!([warning(0, 1), warning(0, 0), warning(-3, 0)], [Some(7), None, None]);
        assert_eq!(expiry_warning(None, now), None);
    }

    #[test]
    fn prices_survive_formatting_and_parsing() {
        let read = |amount: &str, currency: &str| Price::parse(amount, currency).map(|price| price.minor);
        assert_eq!(
            [read("49", "EUR"), read("49,9", "EUR"), read(" 49.90 ", "eur")],
            [Some(4_900), Some(4_990), Some(4_990)]
        );
        assert_eq!([read("1.500", "KWD"), read("1500", "JPY"), read("1.5", "JPY")], [Some(1_500), Some(1_500), None]);
        for bad in ["", "-1", "1.000,00", "1.234", "x", "99999999999999999999"] {
            assert_eq!(read(bad, "EUR"), None, "{bad}");
        }
        for (minor, currency, text) in [(4_990, "EUR", "49,90"), (5, "EUR", "0,05"), (1_500, "JPY", "1500")] {
            assert_eq!(Price { minor, currency: currency.to_owned() }.format(','), text);
        }
    }

    #[test]
    fn a_price_is_not_negative_and_has_a_currency() {
        let price = |minor, currency: &str| Price { minor, currency: currency.to_owned() }.invalid_fields();
        assert_eq!(price(0, "EUR"), []);
        assert_eq!(price(-1, "EUR"), [("price_per_seat", FieldError::OutOfRange { min: 0, max: MAX_PRICE_MINOR })]);
        for bad in ["", "eur", "EURO", "E1R", "€"] {
            assert_eq!(price(1, bad), [("currency", FieldError::Unknown)], "{bad}");
        }
    }
}
