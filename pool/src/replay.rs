//! Replays recorded demand at other settings: what would have happened with eight seats, without a queue, or with twice
//! as many people?
//!
//! Requests come when they came in truth. The real pool decides on them, and on the queue. What became of a request,
//! its session and its ticket in truth says how people behave: how long they work, how soon they take an offer, when
//! they give up. Where nobody knows, because the truth never led there, [`Assumptions`] tell. At the recorded settings,
//! with refused people who do what they did ([`RefusedBehavior::AsRecorded`]), the
//! replay reproduces the record exactly, which the property test checks with random histories.
//!
//! Each license is replayed by itself: a request that another license of the same product has served is not in its
//! record.

mod consistency;
pub mod demand;
mod derive;
mod engine;
pub mod history;
mod outcome;
mod plan;
mod settings;
mod stage;

pub use derive::DerivedDemand;
pub use outcome::{Fate, Outcome, RequestOutcome, Totals};
pub use settings::{Assumptions, Growth, RefusedBehavior, Settings};

use crate::changes::SeatChange;
use demand::{ChangeKind, Demand, GroupIndex, Limit, Micros, PersonIndex};
use engine::{Engine, number_of};
use plan::Plan;
use seatkeeper_shared::ids::SessionId;
use std::{collections::BTreeSet, ops::ControlFlow};

/// How far a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub requests: usize,
    pub of: usize,
}

/// Why there is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// The progress callback has cancelled the replay.
    Cancelled,
    /// The demand is no record: an index has no person or device, a time is out of order or absurd.
    Inconsistent,
}

/// Replays a demand at other settings, whose rules must be valid. `progress` is told every few thousand requests, and
/// can cancel.
///
/// The time is proportional to the number of requests, times the length of the queue while there is one.
///
/// # Errors
/// Returns an error if `progress` has cancelled it, or if the demand, which may have been stored, is inconsistent.
pub fn replay(
    demand: &Demand,
    settings: &Settings,
    assumptions: &Assumptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, ReplayError> {
    if !consistency::is_consistent(demand) {
        return Err(ReplayError::Inconsistent);
    }
    let plan = Plan::new(demand, settings, assumptions);
    Engine::new(demand, &plan, settings, assumptions, |_, _, _| ()).run(&mut progress)
}

/// A session that begins or ends in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStep {
    pub at: Micros,
    /// The agent. People beyond the recorded ones are clones.
    pub person: PersonIndex,
    /// Identifies the session within the replay.
    pub session: SessionId,
    /// Whether it begins; otherwise it ends.
    pub begins: bool,
    /// The seats that are occupied afterwards.
    pub occupied: i64,
}

/// Like [`replay`]; also returns the sessions in the order of time. Those that were live at the beginning begin then.
///
/// # Errors
/// Returns an error if `progress` has cancelled it.
pub fn replay_sessions(
    demand: &Demand,
    settings: &Settings,
    assumptions: &Assumptions,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<(Outcome, Vec<SessionStep>), ReplayError> {
    let plan = Plan::new(demand, settings, assumptions);
    let mut steps = Vec::new();
    let observe = |at: Micros, change: &SeatChange, occupied: i64| {
        let (session, user, begins) = match change {
            SeatChange::Created(live) => (live.id, live.user, true),
            SeatChange::Ended { session, user, .. } => (*session, *user, false),
            _ => return,
        };
        steps.push(SessionStep { at, person: PersonIndex(number_of(user.0)), session, begins, occupied });
    };
    let engine = Engine::new(demand, &plan, settings, assumptions, observe);
    let mut all = engine.earlier_steps();
    let outcome = engine.run(&mut progress)?;
    all.append(&mut steps);
    Ok((outcome, all))
}

impl Demand {
    /// The length of the period.
    pub fn length(&self) -> Micros {
        Micros::of(self.until - self.from)
    }

    /// The limits of groups at the end of the period.
    pub fn last_limits(&self) -> &[Limit] {
        let changed = self.changes.iter().rev().find_map(|change| match &change.kind {
            ChangeKind::LimitsChanged(limits) => Some(limits),
            _ => None,
        });
        changed.unwrap_or(&self.terms.limits)
    }

    /// Makes people the members of a new group for the whole period. As long as there is no limit for it, that changes
    /// nothing.
    pub fn add_group(&mut self, group: GroupIndex, members: &BTreeSet<PersonIndex>) {
        for (person, recorded) in (0..).map(PersonIndex).zip(&mut self.people) {
            if members.contains(&person) {
                recorded.groups.push(group);
            }
        }
        for change in &mut self.changes {
            if let ChangeKind::GroupsChanged { person, groups } = &mut change.kind
                && members.contains(person)
            {
                groups.push(group);
            }
        }
    }
}

#[cfg(test)]
mod property_test;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod what_if_test;
