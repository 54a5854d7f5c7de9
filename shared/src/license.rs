//! Licenses: the model, and the rules by which seats are shared, kept and given back.

use crate::{
    named::named,
    validate::{FieldError, MAX_SEATS, within},
};
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
        }
    }
}

impl Rules {
    /// The fields that cannot be accepted, with what is wrong.
    pub fn wrong(&self) -> Vec<(&'static str, FieldError)> {
        let idle = if self.idle_seconds == 0 { Ok(0) } else { within(self.idle_seconds, 60, 604_800) };
        let checked = [
            ("lease_seconds", within(self.lease_seconds, 10, 86_400)),
            ("overdraft", within(self.overdraft, 0, MAX_SEATS)),
            ("offer_seconds", within(self.offer_seconds, 5, 3_600)),
            ("idle_seconds", idle),
            ("idle_warning_seconds", within(self.idle_warning_seconds, 0, 3_600)),
            ("cool_down_seconds", within(self.cool_down_seconds, 0, 86_400)),
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
        }
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
