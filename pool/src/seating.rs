//! Occupancy: who holds a seat, how many are free, and who may have them.

use super::Pool;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, SessionId, UserId},
    license::{GroupLimit, Model, SeatRule, SecondDevice},
    problem::Code,
};

/// What occupies a seat: an agent, an agent at a device, or a session, by the license's seat rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    Agent(UserId),
    Device(UserId, String),
    Session(UserId, SessionId),
}

impl Holder {
    pub fn user(&self) -> UserId {
        match self {
            Self::Agent(user) | Self::Device(user, _) | Self::Session(user, _) => *user,
        }
    }
}

impl Pool {
    /// The holder that a session counts for. A named seat belongs to one user, however many devices and sessions they
    /// have.
    pub(super) fn holder(&self, user: UserId, device: &str, session: SessionId) -> Holder {
        let rules = &self.terms.rules;
        match (self.terms.model, rules.seat_rule, rules.second_device) {
            (Model::Named, ..) => Holder::Agent(user),
            (_, SeatRule::Session, _) => Holder::Session(user, session),
            (_, SeatRule::Device, _) | (_, _, SecondDevice::SecondSeat) => Holder::Device(user, device.to_owned()),
            (_, SeatRule::Agent, _) => Holder::Agent(user),
        }
    }

    /// The number of occupied seats. Call [`Pool::settle`] first: an expired lease occupies nothing.
    pub fn occupied(&self) -> i64 {
        i64::try_from(self.holders.len()).unwrap_or(i64::MAX)
    }

    /// The number of seats that are neither occupied nor offered. Negative if the license is over capacity.
    pub(super) fn free_seats(&self) -> i64 {
        self.terms.max_occupied() - self.occupied() - self.queue.offers()
    }

    /// Why there is no seat for one more holder, if there is none. On a named license that happens only while it has
    /// more assignments than seats: seats are then given to the first who request them, and the others may wait in the
    /// queue.
    pub(super) fn seat_refusal(&self, user: UserId) -> Option<Code> {
        if self.terms.model == Model::Named {
            return (self.free_seats() <= 0).then_some(Code::OverCapacity);
        }
        if self.occupied() > self.terms.max_occupied() {
            return Some(Code::OverCapacity);
        }
        if self.free_seats() <= 0 {
            return Some(Code::PoolFull);
        }
        self.group_refusal(user)
    }

    /// Why the floors and caps of groups keep a user from a free seat, if they do. They do not apply to named licenses.
    pub(super) fn group_refusal(&self, user: UserId) -> Option<Code> {
        if self.terms.groups.is_empty() || self.terms.model == Model::Named {
            return None;
        }
        let is_own = |limit: &&GroupLimit| self.is_member(user, limit.group_id);
        let is_capped = |limit: &GroupLimit| limit.cap.is_some_and(|cap| self.group_occupancy(limit.group_id) >= cap);
        if self.terms.groups.iter().filter(is_own).any(is_capped) {
            return Some(Code::GroupLimit);
        }
        let others = self.terms.groups.iter().filter(|limit| !is_own(limit));
        // Counting who has a seat takes longer, and is needed only if few seats are free.
        let most: i64 = others.clone().map(|limit| limit.floor.max(0)).sum();
        if self.free_seats() > most {
            return None;
        }
        let reserved: i64 = others.map(|limit| (limit.floor - self.group_occupancy(limit.group_id)).max(0)).sum();
        (self.free_seats() <= reserved).then_some(Code::ReservedForGroup)
    }

    /// The number of seats that members of a group occupy or have offers for.
    fn group_occupancy(&self, group: GroupId) -> i64 {
        let seated = self.holders.keys().filter(|holder| self.is_member(holder.user(), group)).count();
        let offered = self.queue.iter().filter(|t| t.offer_until.is_some() && self.is_member(t.user, group)).count();
        i64::try_from(seated + offered).unwrap_or(i64::MAX)
    }

    fn is_member(&self, user: UserId, group: GroupId) -> bool {
        self.users.get(&user).is_some_and(|user| user.groups.contains(&group))
    }

    /// Until when a user gets no seat because an admin ended their session.
    pub(super) fn cool_down_until(&self, user: UserId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cool_downs.get(&user).copied().filter(|until| *until > now)
    }
}
