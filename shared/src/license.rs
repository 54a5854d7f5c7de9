//! Licenses: the model, and the rules by which seats are shared, kept and given back.

use crate::{
    named::named,
    validate::{FieldError, MAX_PRICE, MAX_SEATS, borrow_seconds, within},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

named! {
    /// How the seats of a license are given out.
    Model {
        /// One person, always (benutzergebunden): the assignment occupies the seat.
        Named = "named",
        /// Shared (gemeinsam genutzt): a session occupies the seat, the assignment only admits to the pool.
        Concurrent = "concurrent",
    }
}

named! {
    /// What occupies one seat of a license.
    SeatRule {
        /// All sessions of one agent share a seat.
        Agent = "agent",
        /// The sessions of one agent on one device share a seat.
        Device = "device",
        /// Each session takes a seat of its own.
        Session = "session",
    }
}

named! {
    /// What happens when an agent who has a session asks for one at another device.
    SecondDevice {
        /// Both go on; they share a seat as far as the seat rule lets them.
        Share = "share",
        /// The sessions at the other devices end; the new one goes on with their seat.
        TakeOver = "take_over",
        /// Both go on, each device with a seat of its own. A named seat is one person's at all devices.
        SecondSeat = "second_seat",
        /// The new one is refused.
        Refuse = "refuse",
    }
}

/// The rules of a license. Numbers of seconds are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rules {
    /// What occupies one seat.
    pub seat_rule: SeatRule,
    /// What happens at a second device.
    pub second_device: SecondDevice,
    /// How long a session, or a ticket in the queue, lives without a sign of life, in seconds.
    pub lease_seconds: i64,
    /// How many seats may be occupied beyond those that were bought.
    pub overdraft: i64,
    /// How long a freed seat is kept for the head of the queue, in seconds.
    pub offer_seconds: i64,
    /// After how many seconds without activity a session ends; 0: never.
    pub idle_seconds: i64,
    /// How many seconds before that the agent is warned.
    pub idle_warning_seconds: i64,
    /// Whether that also ends sessions that are connected.
    pub idle_ends_connected: bool,
    /// For how many seconds an agent whose session an admin ended gets no seat; 0: he may ask at once.
    pub cool_down_seconds: i64,
    /// The longest time for which a seat can be borrowed for work offline, in seconds; 0: not at all.
    pub borrow_seconds: i64,
    /// How many seats may be borrowed at once; 0: all of them.
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
    /// The fields that cannot be accepted, with what is wrong.
    pub fn wrong(&self) -> Vec<(&'static str, FieldError)> {
        let idle = if self.idle_seconds == 0 { Ok(0) } else { within(self.idle_seconds, 60, 604_800) };
        let borrow = if self.borrow_seconds == 0 { Ok(0) } else { borrow_seconds(self.borrow_seconds) };
        let checked = [
            ("lease_seconds", within(self.lease_seconds, 10, 86_400)),
            ("overdraft", within(self.overdraft, 0, MAX_SEATS)),
            ("offer_seconds", within(self.offer_seconds, 5, 3_600)),
            ("idle_seconds", idle),
            ("idle_warning_seconds", within(self.idle_warning_seconds, 0, 3_600)),
            ("cool_down_seconds", within(self.cool_down_seconds, 0, 86_400)),
            ("borrow_seconds", borrow),
            ("borrow_seats", within(self.borrow_seats, 0, MAX_SEATS)),
        ];
        checked.into_iter().filter_map(|(field, result)| Some((field, result.err()?))).collect()
    }
}

/// Rules that are chosen; the others stay as they are, or as they are by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChosenRules {
    /// What occupies one seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat_rule: Option<SeatRule>,
    /// What happens at a second device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_device: Option<SecondDevice>,
    /// How long a session or a ticket lives without a sign of life, 10 to 86,400 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<i64>,
    /// How many seats may be occupied beyond those that were bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdraft: Option<i64>,
    /// How long a freed seat is kept for the head of the queue, 5 to 3,600 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_seconds: Option<i64>,
    /// After how many seconds without activity a session ends, 60 to 604,800; 0: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<i64>,
    /// How many seconds before that the agent is warned, 0 to 3,600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_warning_seconds: Option<i64>,
    /// Whether that also ends sessions that are connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ends_connected: Option<bool>,
    /// For how many seconds an agent whose session an admin ended gets no seat, 0 to 86,400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_down_seconds: Option<i64>,
    /// The longest time for which a seat can be borrowed for work offline, 60 to 2,592,000 seconds (30 days); 0: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seconds: Option<i64>,
    /// How many seats may be borrowed at once; 0: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seats: Option<i64>,
}

impl ChosenRules {
    /// These rules, with what was chosen.
    pub fn on(&self, rules: Rules) -> Rules {
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

/// How many days before its end a license is warned of, the first time first.
pub const WARNING_DAYS: [i64; 3] = [60, 30, 7];

/// The warning under which a license stands that ends then: the fewest of [`WARNING_DAYS`] that are not left any more.
/// Nothing if there is more time, or none.
pub fn expiry_warning(ends_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<i64> {
    let left = ends_at? - now;
    let near = |days: &i64| left <= TimeDelta::days(*days);
    WARNING_DAYS.into_iter().filter(near).min().filter(|_| left > TimeDelta::zero())
}

/// What a seat costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Price {
    /// The amount in the smallest unit of the currency, for example cents.
    pub minor: i64,
    /// The currency by its three letters (ISO 4217), for example `EUR`.
    pub currency: String,
}

impl Price {
    /// How many digits of the amount are behind the point.
    pub fn decimals(&self) -> u8 {
        match self.currency.as_str() {
            "JPY" | "KRW" | "VND" | "CLP" | "ISK" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// An amount as it is written by hand, with a point or a comma and nothing between thousands.
    pub fn read(amount: &str, currency: &str) -> Option<Self> {
        let mut price = Self { minor: 0, currency: currency.trim().to_uppercase() };
        let digits = usize::from(price.decimals());
        let amount = amount.trim().replace(',', ".");
        let (whole, part) = amount.split_once('.').unwrap_or((&amount, ""));
        let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all(whole) || !all(part) || part.len() > digits {
            return None;
        }
        price.minor = format!("{whole}{part:0<digits$}").parse().ok()?;
        Some(price)
    }

    /// The amount as [`Price::read`] takes it, with this sign before the part that is less than one.
    pub fn written(&self, point: char) -> String {
        let digits = usize::from(self.decimals());
        if digits == 0 {
            return self.minor.to_string();
        }
        let all = format!("{:0>1$}", self.minor, digits + 1);
        let (whole, part) = all.split_at(all.len() - digits);
        format!("{whole}{point}{part}")
    }

    /// The fields that cannot be accepted, with what is wrong. Of a currency only the shape is checked.
    pub fn wrong(&self) -> Vec<(&'static str, FieldError)> {
        let letters = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        let currency = if letters { Ok(()) } else { Err(FieldError::Unknown) };
        let checked = [("price_per_seat", within(self.minor, 0, MAX_PRICE).map(drop)), ("currency", currency)];
        checked.into_iter().filter_map(|(field, result)| Some((field, result.err()?))).collect()
    }
}

/// What a license keeps for a group, and how much of it the group may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLimit {
    /// The group.
    pub group_id: crate::ids::GroupId,
    /// Seats that only its members can have (Mindestplätze); 0 for none.
    pub floor: i64,
    /// The most seats its members can have at once; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_is_warned_of_at_60_30_and_7_days_and_not_after_its_end() {
        let now = DateTime::UNIX_EPOCH;
        let warning =
            |days: i64, hours: i64| expiry_warning(Some(now + TimeDelta::days(days) + TimeDelta::hours(hours)), now);
        assert_eq!([warning(60, 1), warning(60, 0), warning(31, 0)], [None, Some(60), Some(60)]);
        assert_eq!([warning(30, 0), warning(7, 1), warning(7, 0)], [Some(30), Some(30), Some(7)]);
        assert_eq!([warning(0, 1), warning(0, 0), warning(-3, 0)], [Some(7), None, None]);
        assert_eq!(expiry_warning(None, now), None);
    }

    #[test]
    fn prices_are_read_as_they_are_written() {
        let read = |amount: &str, currency: &str| Price::read(amount, currency).map(|price| price.minor);
        assert_eq!(
            [read("49", "EUR"), read("49,9", "EUR"), read(" 49.90 ", "eur")],
            [Some(4_900), Some(4_990), Some(4_990)]
        );
        assert_eq!([read("1.500", "KWD"), read("1500", "JPY"), read("1.5", "JPY")], [Some(1_500), Some(1_500), None]);
        for bad in ["", "-1", "1.000,00", "1.234", "x", "99999999999999999999"] {
            assert_eq!(read(bad, "EUR"), None, "{bad}");
        }
        for (minor, currency, text) in [(4_990, "EUR", "49,90"), (5, "EUR", "0,05"), (1_500, "JPY", "1500")] {
            assert_eq!(Price { minor, currency: currency.to_owned() }.written(','), text);
        }
    }

    #[test]
    fn a_price_is_not_negative_and_has_a_currency() {
        let price = |minor, currency: &str| Price { minor, currency: currency.to_owned() }.wrong();
        assert_eq!(price(0, "EUR"), []);
        assert_eq!(price(-1, "EUR"), [("price_per_seat", FieldError::OutOfRange { min: 0, max: MAX_PRICE })]);
        for bad in ["", "eur", "EURO", "E1R", "€"] {
            assert_eq!(price(1, bad), [("currency", FieldError::Unknown)], "{bad}");
        }
    }
}
