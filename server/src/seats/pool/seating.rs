//! Who occupies a seat, how many are free, and for whom.

use super::Pool;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, SessionId, UserId},
    license::{GroupLimit, Model, SeatRule, SecondDevice},
    problem::Code,
};

/// What occupies a seat, by the license's seat rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An agent.
    Agent(UserId),
    /// An agent at a device.
    Device(UserId, String),
    /// A session of an agent's.
    Session(UserId, SessionId),
}

impl Holder {
    /// The agent.
    pub fn user(&self) -> UserId {
        match self {
            Self::Agent(user) | Self::Device(user, _) | Self::Session(user, _) => *user,
        }
    }
}

impl Pool {
    /// What a session occupies a seat as. A named seat is one person's, however many devices and sessions he has.
    pub(super) fn holder(&self, user: UserId, device: &str, session: SessionId) -> Holder {
        let rules = &self.terms.rules;
        match (self.terms.model, rules.seat_rule, rules.second_device) {
            (Model::Named, ..) => Holder::Agent(user),
            (_, SeatRule::Session, _) => Holder::Session(user, session),
            (_, SeatRule::Device, _) | (_, _, SecondDevice::SecondSeat) => Holder::Device(user, device.to_owned()),
            (_, SeatRule::Agent, _) => Holder::Agent(user),
        }
    }

    /// Seats that are occupied by live sessions. Call [`Pool::settle`] first: an expired lease occupies nothing.
    pub fn occupied(&self) -> i64 {
        i64::try_from(self.holders.len()).unwrap_or(i64::MAX)
    }

    /// Seats that are neither occupied nor kept for somebody in the line; below zero when over capacity.
    pub(super) fn room(&self) -> i64 {
        self.terms.limit() - self.occupied() - self.line.offers()
    }

    /// Why there is no seat for one more holder, if there is none. On a named license that happens only while it is assigned to more
    /// people than it has seats: first come, first served, and the others may wait in line.
    pub(super) fn no_room(&self, user: UserId) -> Option<Code> {
        if self.terms.model == Model::Named {
            return (self.room() <= 0).then_some(Code::OverCapacity);
        }
        if self.occupied() > self.terms.limit() {
            return Some(Code::OverCapacity);
        }
        if self.room() <= 0 {
            return Some(Code::PoolFull);
        }
        self.group_refusal(user)
    }

    /// Whether the groups' floors and caps keep a user from a seat that is free. They divide a pool; a named seat is one person's.
    pub(super) fn group_refusal(&self, user: UserId) -> Option<Code> {
        if self.terms.groups.is_empty() || self.terms.model == Model::Named {
            return None;
        }
        let mine = |limit: &&GroupLimit| self.is_in(user, limit.group_id);
        let capped = |limit: &GroupLimit| limit.cap.is_some_and(|cap| self.held_by(limit.group_id) >= cap);
        if self.terms.groups.iter().filter(mine).any(capped) {
            return Some(Code::GroupLimit);
        }
        let others = self.terms.groups.iter().filter(|limit| !mine(limit));
        let kept: i64 = others.map(|limit| (limit.floor - self.held_by(limit.group_id)).max(0)).sum();
        (self.room() <= kept).then_some(Code::ReservedForGroup)
    }

    /// Seats that a group's members occupy, or that are kept for those of them who are in the line.
    fn held_by(&self, group: GroupId) -> i64 {
        let seated = self.holders.keys().filter(|holder| self.is_in(holder.user(), group)).count();
        let offered = self.line.iter().filter(|t| t.offer_until.is_some() && self.is_in(t.user, group)).count();
        i64::try_from(seated + offered).unwrap_or(i64::MAX)
    }

    fn is_in(&self, user: UserId, group: GroupId) -> bool {
        self.people.get(&user).is_some_and(|person| person.groups.contains(&group))
    }

    /// Until when a user gets no seat because an admin ended his session.
    pub(super) fn cooling(&self, user: UserId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cooling.get(&user).copied().filter(|until| *until > now)
    }
}
