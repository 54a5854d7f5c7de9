//! What a replay changes, and what it assumes where the record is silent.

use super::demand::{Limit, Micros};
use seatkeeper_shared::{
    license::RuleOverrides,
    wire::reports::{RefusedAssumption, SizingAssumptions},
};
use serde::{Deserialize, Serialize};

/// The settings that differ from the recorded ones. The default differs in nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The number of seats in the whole period. `None`: as recorded, with all changes.
    pub seats: Option<i64>,
    /// The rules that differ, in the whole period. Sessions that ended by their lease or by idleness end earlier or
    /// later with another lease or idle time.
    pub rules: RuleOverrides,
    /// The limits of groups in the whole period. `None`: as recorded, with all changes.
    pub limits: Option<Vec<Limit>>,
    /// The most seats that one person may occupy. Requests beyond are refused and do not wait.
    pub person_cap: Option<usize>,
    /// Whether people may wait in the queue.
    pub queue: bool,
    pub growth: Growth,
}

impl Default for Settings {
    fn default() -> Self {
        let (rules, growth) = (RuleOverrides::default(), Growth::default());
        Self { seats: None, rules, limits: None, person_cap: None, queue: true, growth }
    }
}

impl Settings {
    /// The settings of these assumptions, with the recorded number of seats.
    pub fn of(assumptions: &SizingAssumptions) -> Self {
        let growth = assumptions.growth;
        Self {
            rules: RuleOverrides {
                seat_rule: assumptions.seat_rule,
                second_device: assumptions.second_device,
                lease_seconds: assumptions.lease_seconds,
                idle_seconds: assumptions.idle_seconds,
                ..RuleOverrides::default()
            },
            person_cap: assumptions.person_cap.map(|cap| usize::try_from(cap).unwrap_or_default()),
            queue: assumptions.queue,
            growth: Growth {
                light: assumptions.growth_light.unwrap_or(growth),
                middle: assumptions.growth_middle.unwrap_or(growth),
                heavy: assumptions.growth_heavy.unwrap_or(growth),
                ..Growth::default()
            },
            ..Self::default()
        }
    }

    /// The recorded settings with another number of seats.
    pub fn with_seats(seats: i64) -> Self {
        Self { seats: Some(seats), ..Self::default() }
    }
}

/// How many more or fewer people there are, by how much they work: 1.0 means as many as recorded, 1.5 half as many
/// again, who work like people of the same third, at shifted times. Sessions and tickets from before the beginning stay
/// as they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Of the third that works least.
    pub light: f64,
    pub middle: f64,
    /// Of the third that works most.
    pub heavy: f64,
    /// Decides who is cloned or left out, and by how much the times are shifted.
    pub seed: u64,
}

impl Default for Growth {
    fn default() -> Self {
        Self { light: 1.0, middle: 1.0, heavy: 1.0, seed: 0 }
    }
}

/// What people would have done who were refused, or who were seated in truth and are not in the replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusedBehavior {
    /// Look for another way, so that they do not come back for the same matter.
    GoAway,
    /// Wait in the queue for up to [`Assumptions::patience`], then give up.
    Wait,
    /// What they did in truth: who was refused and asked again within [`Assumptions::patience`] does so.
    AsRecorded,
}

/// What is assumed where the record is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumptions {
    pub refused: RefusedBehavior,
    /// How long people wait of whom it is not known. Who waited for longer in truth waits that long.
    pub patience: Micros,
    /// A refused request and the next one of the same person at the same device within this time are one attempt.
    pub attempt: Micros,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { refused: RefusedBehavior::Wait, patience: Micros::seconds(900), attempt: Micros::seconds(10) }
    }
}

impl Assumptions {
    /// What is assumed by a report.
    pub fn of(assumptions: &SizingAssumptions) -> Self {
        Self {
            refused: match assumptions.refused {
                RefusedAssumption::Wait => RefusedBehavior::Wait,
                RefusedAssumption::GoAway => RefusedBehavior::GoAway,
                RefusedAssumption::AsRecorded => RefusedBehavior::AsRecorded,
            },
            patience: Micros::seconds(assumptions.patience_seconds),
            attempt: Micros::seconds(assumptions.attempt_seconds),
        }
    }

    /// How soon the next request belongs to the same attempt.
    pub(super) fn attempt_gap(&self) -> Micros {
        match self.refused {
            RefusedBehavior::AsRecorded => self.attempt.max(self.patience),
            RefusedBehavior::GoAway | RefusedBehavior::Wait => self.attempt,
        }
    }
}
