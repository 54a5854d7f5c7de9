//! A replica of a license, built only from the changes that the pool reports. It checks the rules without using the
//! pool's code.

use super::super::{changes::RevocationCause, tests::*, *};
use proptest::prelude::*;
use seatkeeper_shared::{
    license::{GroupLimit, Model, SeatRule, SecondDevice},
    people::UserStatus,
    session::SessionState,
};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a license as it follows from all changes.
#[derive(Clone)]
pub(super) struct Replica {
    terms: Terms,
    users: BTreeMap<UserId, PoolUser>,
    sessions: BTreeMap<SessionId, Session>,
    all_sessions: BTreeSet<SessionId>,
    queue: BTreeMap<i64, Ticket>,
}

impl Replica {
    pub fn new(terms: Terms, users: impl Iterator<Item = PoolUser>) -> Self {
        let users = users.map(|user| (user.id, user)).collect();
        let all_sessions = BTreeSet::new();
        Self { terms, users, sessions: BTreeMap::new(), all_sessions, queue: BTreeMap::new() }
    }

    /// The pool as another process would read it, with the heartbeats of the cached pool.
    pub fn read_pool(&self, cached: &Pool) -> Pool {
        let mut pool = Pool::new(self.terms.clone(), cached.sessions().cloned(), cached.tickets().cloned());
        self.users.values().for_each(|user| pool.set_user(user.clone()));
        pool.set_assigned_count(count(self.users.values().filter(|user| user.assigned)));
        pool
    }

    pub fn set_suspended(&mut self, user: UserId) {
        self.users.get_mut(&user).unwrap().status = UserStatus::Suspended;
    }

    pub fn apply(&mut self, change: SeatChange, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        let borrowed_before = self.borrowed_seats();
        match change {
            SeatChange::Created(live) => {
                prop_assert!(self.all_sessions.insert(live.id), "a session is created once");
                self.sessions.insert(live.id, live);
            }
            SeatChange::Ended { session, end, .. } => {
                let ended = self.sessions.remove(&session);
                prop_assert!(ended.is_some(), "ended twice");
                self.check_borrowed_end(&ended.unwrap(), end.reason, at)?;
            }
            SeatChange::Borrowed { session, until, .. } => {
                let longest = at + TimeDelta::seconds(self.terms.rules.borrow_seconds);
                let live = self.sessions.get_mut(&session).unwrap();
                prop_assert!(at < until && until <= longest, "borrowed for longer than the license allows");
                prop_assert!(
                    self.terms.ends_at.is_none_or(|end| until <= end),
                    "borrowed beyond the end of the license"
                );
                let grant_end = self.users[&live.user].grant_ends_at;
                prop_assert!(grant_end.is_none_or(|end| until <= end), "borrowed beyond the end of the assignment");
                prop_assert!(live.borrowed_until.is_none_or(|before| before < until), "shortened");
                live.borrowed_until = Some(until);
                let max = self.terms.rules.borrow_seats;
                prop_assert!(
                    max == 0 || self.borrowed_seats() <= max.max(borrowed_before),
                    "more seats borrowed than the license allows"
                );
            }
            SeatChange::Connected { session, platform, at, .. } => {
                let live = self.sessions.get_mut(&session).unwrap();
                (live.state, live.platform, live.connected_at) = (SessionState::Connected, Some(platform), Some(at));
                (live.support_key, live.key_expires_at) = (None, None);
            }
            SeatChange::EndScheduled { session, ending, .. } => {
                self.sessions.get_mut(&session).unwrap().ending = ending
            }
            SeatChange::Protected { session, protected, .. } => {
                self.sessions.get_mut(&session).unwrap().protected = protected
            }
            SeatChange::Continued { session, to, .. } => {
                let live = self.sessions.get_mut(&session).unwrap();
                prop_assert!(live.borrowed_until.is_none(), "a borrowed session was moved");
                live.device = to;
            }
            SeatChange::Granted { user, ends_at } => {
                prop_assert!(self.assign(user, true), "granted twice");
                self.users.get_mut(&user).unwrap().grant_ends_at = ends_at;
            }
            SeatChange::GrantEndChanged { user, from, to } => {
                let user = self.users.get_mut(&user).unwrap();
                prop_assert!(user.assigned && from != to, "the end of no assignment changed");
                prop_assert_eq!(std::mem::replace(&mut user.grant_ends_at, to), from);
            }
            SeatChange::Revoked { user, cause } => {
                let end = self.users[&user].grant_ends_at;
                let is_over = end.is_some_and(|end| end <= at);
                prop_assert_eq!(cause == RevocationCause::EndReached, is_over, "revoked for another reason");
                prop_assert!(self.assign(user, false), "revoked twice");
            }
            SeatChange::CoolDownStarted { user, until } if self.users[&user].assigned => {
                self.users.get_mut(&user).unwrap().cool_until = Some(until);
            }
            SeatChange::Resized { to, .. } => self.terms.seats = to,
            SeatChange::RulesChanged { to, .. } => self.terms.rules = to,
            SeatChange::GroupLimitsChanged { to, .. } => self.terms.groups = to,
            SeatChange::Warned { .. } | SeatChange::CoolDownStarted { .. } | SeatChange::Refused { .. } => {}
            SeatChange::Queued(_)
            | SeatChange::Offered { .. }
            | SeatChange::Moved { .. }
            | SeatChange::TicketEnded { .. } => self.apply_to_queue(change, at)?,
        }
        Ok(())
    }

    fn apply_to_queue(&mut self, change: SeatChange, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        match change {
            SeatChange::Queued(ticket) => {
                prop_assert!(self.queue.values().all(|other| other.user != ticket.user), "a user has two tickets");
                prop_assert!(
                    self.queue.last_key_value().is_none_or(|(last, _)| *last < ticket.place),
                    "a new ticket is not at the end"
                );
                self.queue.insert(ticket.place, ticket);
            }
            SeatChange::Offered { ticket, until, .. } => {
                if until.is_some() {
                    let first = self.queue.values().find(|waiting| self.could_have(waiting, at)).map(|t| t.id);
                    prop_assert_eq!(first, Some(ticket), "an offer skips an earlier ticket");
                }
                self.queue.values_mut().find(|t| t.id == ticket).unwrap().offer_until = until;
            }
            SeatChange::Moved { ticket, place, .. } => {
                // Swaps the two tickets: the changes of the others follow, and until then two would have the same
                // place.
                let (old, _) = self.queue.iter().find(|(_, t)| t.id == ticket).map(|(old, t)| (*old, t.id)).unwrap();
                let mut moved = self.queue.remove(&old).unwrap();
                moved.place = place;
                if let Some(mut other) = self.queue.insert(place, moved) {
                    other.place = old;
                    self.queue.insert(old, other);
                }
            }
            SeatChange::TicketEnded { ticket, .. } => {
                let before = self.queue.len();
                self.queue.retain(|_, other| other.id != ticket);
                prop_assert_eq!(self.queue.len() + 1, before, "left twice");
            }
            _ => {}
        }
        Ok(())
    }

    /// Why a user cannot borrow a seat for this time.
    fn borrow_refusal(&self, user: UserId, device: &str, borrow: Option<TimeDelta>) -> Option<Code> {
        let rules = &self.terms.rules;
        let offline = self.sessions.values().filter(|live| live.borrowed_until.is_some());
        let own = self.holder(user, device, None);
        let again = offline.map(|live| self.holder(live.user, &live.device, Some(live.id))).any(|holder| holder == own);
        let codes = [
            (rules.borrow_seconds == 0, Code::NotLendable),
            (borrow? > TimeDelta::seconds(rules.borrow_seconds), Code::BorrowTooLong),
            (rules.borrow_seats > 0 && self.borrowed_seats() >= rules.borrow_seats && !again, Code::BorrowLimit),
        ];
        codes.into_iter().find_map(|(holds, code)| holds.then_some(code))
    }

    /// Checks that a borrowed seat is freed only by its agent, by the end of its time, or by suspending the user.
    fn check_borrowed_end(&self, live: &Session, reason: EndReason, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        use EndReason::{Finished, LeaseExpired, UserDeactivated};
        let Some(until) = live.borrowed_until else { return Ok(()) };
        prop_assert!(
            matches!(reason, Finished | LeaseExpired | UserDeactivated),
            "ended although borrowed: {}",
            reason
        );
        prop_assert!(reason != LeaseExpired || until <= at, "ended before its time");
        Ok(())
    }

    /// The number of borrowed seats.
    fn borrowed_seats(&self) -> i64 {
        let borrowed = self.sessions.values().filter(|live| live.borrowed_until.is_some());
        count(borrowed.map(|live| self.holder(live.user, &live.device, Some(live.id))).collect::<BTreeSet<_>>())
    }

    /// Returns whether the assignment changed. A cool-down ends with the assignment.
    fn assign(&mut self, user: UserId, assigned: bool) -> bool {
        let user = self.users.get_mut(&user).unwrap();
        user.cool_until = None;
        user.grant_ends_at = None;
        std::mem::replace(&mut user.assigned, assigned) != assigned
    }

    fn holder(&self, user: UserId, device: &str, session: Option<SessionId>) -> String {
        match (self.terms.model, self.terms.rules.seat_rule, self.terms.rules.second_device) {
            (Model::Named, ..) => format!("{user}"),
            (_, SeatRule::Session, _) => format!("{user} {session:?}"),
            (_, SeatRule::Agent, SecondDevice::SecondSeat) | (_, SeatRule::Device, _) => format!("{user} {device}"),
            (_, SeatRule::Agent, _) => format!("{user}"),
        }
    }

    fn holders(&self) -> BTreeMap<String, UserId> {
        self.sessions.values().map(|live| (self.holder(live.user, &live.device, Some(live.id)), live.user)).collect()
    }

    pub fn occupied(&self) -> i64 {
        count(self.holders())
    }

    fn offers(&self) -> i64 {
        count(self.queue.values().filter(|ticket| ticket.offer_until.is_some()))
    }

    fn limit(&self) -> i64 {
        self.terms.seats + if self.terms.model == Model::Named { 0 } else { self.terms.rules.overdraft }
    }

    fn free(&self) -> i64 {
        self.limit() - self.occupied() - self.offers()
    }

    /// Whether a free seat could be offered to a ticket that has no offer.
    fn could_have(&self, ticket: &Ticket, at: DateTime<Utc>) -> bool {
        ticket.offer_until.is_none()
            && self.ineligibility(ticket.user, &ticket.device, at).is_none()
            && self.no_seat(ticket.user).is_none()
    }

    /// Why a user may not have any seat.
    fn ineligibility(&self, user: UserId, device: &str, at: DateTime<Utc>) -> Option<Code> {
        let pool_user = &self.users[&user];
        let elsewhere = self.sessions.values().any(|live| live.user == user && live.device != device);
        let offline = |live: &Session| live.user == user && live.device != device && live.borrowed_until.is_some();
        let offline = self.sessions.values().any(offline);
        let cooling = pool_user.cool_until.is_some_and(|until| at < until) && self.terms.model == Model::Concurrent;
        let rules = [
            (pool_user.status == UserStatus::Suspended, Code::UserSuspended),
            (!pool_user.assigned || pool_user.grant_ends_at.is_some_and(|end| end <= at), Code::NotAssigned),
            (self.terms.starts_at.is_some_and(|start| at < start), Code::LicenseNotStarted),
            (self.terms.ends_at.is_some_and(|end| at >= end), Code::LicenseEnded),
            (cooling, Code::CoolingDown),
            (elsewhere && self.terms.rules.second_device == SecondDevice::Refuse, Code::OtherDevice),
            (offline && self.terms.rules.second_device == SecondDevice::TakeOver, Code::OtherDevice),
        ];
        rules.into_iter().find_map(|(holds, code)| holds.then_some(code))
    }

    /// Why there is no seat for one more holder of this user.
    fn no_seat(&self, user: UserId) -> Option<Code> {
        if self.terms.model == Model::Named {
            return (self.free() < 1).then_some(Code::OverCapacity);
        }
        let member = |user: &UserId, limit: &GroupLimit| self.users[user].groups.contains(&limit.group_id);
        let offered = || self.queue.values().filter(|ticket| ticket.offer_until.is_some()).map(|ticket| ticket.user);
        let held =
            |limit: &GroupLimit| count(self.holders().into_values().chain(offered()).filter(|u| member(u, limit)));
        let (mine, others): (Vec<&GroupLimit>, Vec<&GroupLimit>) =
            self.terms.groups.iter().partition(|limit| member(&user, limit));
        let missing: i64 = others.iter().map(|limit| (limit.floor - held(limit)).max(0)).sum();
        let rules = [
            (self.occupied() > self.limit(), Code::OverCapacity),
            (self.free() < 1, Code::PoolFull),
            (mine.iter().any(|limit| limit.cap.is_some_and(|cap| held(limit) >= cap)), Code::GroupLimit),
            (self.free() - missing < 1, Code::ReservedForGroup),
        ];
        rules.into_iter().find_map(|(holds, code)| holds.then_some(code))
    }

    /// Checks that the pool has the state that follows from the changes, except for heartbeats and the warnings that
    /// they cancel.
    pub fn agrees_with(&self, pool: &Pool) -> Result<(), TestCaseError> {
        let without_heartbeat = |live: &Session| Session {
            last_seen_at: now(),
            lease_until: now(),
            active_at: now(),
            warned_at: None,
            ..live.clone()
        };
        let without_renewal = |ticket: &Ticket| Ticket { last_seen_at: now(), lease_until: now(), ..ticket.clone() };
        prop_assert!(
            self.sessions.values().map(without_heartbeat).eq(pool.sessions().map(without_heartbeat)),
            "the sessions follow from the changes"
        );
        prop_assert!(
            self.queue.values().map(without_renewal).eq(pool.tickets().map(without_renewal)),
            "the queue follows from the changes"
        );
        prop_assert_eq!(&self.terms, &pool.terms);
        prop_assert_eq!(self.occupied(), pool.occupied());
        Ok(())
    }

    /// Checks invariants 1, 2 and 6 of the design.
    pub fn keeps_the_rules(&self, before: &Self, at: DateTime<Utc>, recounted: bool) -> Result<(), TestCaseError> {
        if self.terms.model == Model::Named {
            let more = self.seat_owners() > before.seat_owners();
            prop_assert!(!more || self.seat_owners() <= self.terms.seats, "a named license assigned beyond its seats");
        }
        let within = self.free() >= 0;
        prop_assert!(within || self.offers() == 0, "more seats are offered than are free");
        prop_assert!(
            within || recounted || self.occupied() <= before.occupied(),
            "more seats are occupied than there are"
        );
        let first = self.queue.values().find(|ticket| self.could_have(ticket, at));
        prop_assert!(first.is_none(), "a seat is free although a waiter could have it: {:?}", first);
        let floors: i64 = self.terms.groups.iter().map(|limit| limit.floor).sum();
        prop_assert!(floors <= self.terms.seats, "more seats are reserved for groups than there are");
        Ok(())
    }

    /// Checks invariant 5, and that vanished waiters never block the queue: whatever has expired is gone.
    pub fn nothing_has_expired(&self, pool: &Pool, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        let has_expired = |until: Option<DateTime<Utc>>| until.is_some_and(|until| until <= at);
        for live in pool.sessions() {
            prop_assert!(
                !has_expired(Some(live.lease_until)) && !has_expired(live.key_expires_at),
                "a session has expired: {:?}",
                live
            );
            prop_assert!(
                live.borrowed_until.is_none_or(|until| until == live.lease_until),
                "the lease differs from the borrowed time"
            );
            prop_assert!(!has_expired(self.terms.ends_at), "a session outlives its license: {:?}", live);
        }
        for user in self.users.values().filter(|user| user.assigned) {
            prop_assert!(!has_expired(user.grant_ends_at), "an assignment outlives its end: {:?}", user);
        }
        for ticket in pool.tickets() {
            prop_assert!(
                !has_expired(Some(ticket.lease_until)) && !has_expired(ticket.offer_until),
                "a ticket or offer has expired: {:?}",
                ticket
            );
        }
        Ok(())
    }

    /// Checks invariants 4 and 7: a holder who asks again occupies no more seats, and a refusal names the rule and the
    /// numbers.
    pub fn result_is_right(
        &self,
        before: &Self,
        (by, device, borrow): (UserId, &str, Option<TimeDelta>),
        result: Result<Session, Refusal>,
        at: DateTime<Utc>,
    ) -> Result<(), TestCaseError> {
        match result {
            Ok(live) => {
                let again = before.holders().contains_key(&self.holder(by, device, Some(live.id)));
                prop_assert!(!again || self.occupied() <= before.occupied(), "the same holder occupies a second seat");
                let ticket = before.queue.values().find(|ticket| ticket.user == by && ticket.device == device);
                let left = !self.queue.values().any(|ticket| ticket.user == by && ticket.device == device);
                prop_assert!(ticket.is_none() || left, "a user with a seat is still in the queue");
            }
            Err(refusal) => {
                let full = self.no_seat(by);
                let borrows = matches!(refusal.code, Code::NotLendable | Code::BorrowTooLong | Code::BorrowLimit);
                if borrows {
                    prop_assert_eq!(
                        Some(refusal.code),
                        self.borrow_refusal(by, device, borrow),
                        "the rule that refused to lend"
                    );
                } else {
                    prop_assert_eq!(
                        Some(refusal.code),
                        self.ineligibility(by, device, at).or(full),
                        "the rule that refused"
                    );
                }
                let facts = refusal.facts.unwrap();
                prop_assert_eq!((facts.seats, facts.occupied), (self.terms.seats, self.occupied()));
            }
        }
        Ok(())
    }

    /// Checks that a session is exchanged for another one, or nothing happens.
    pub fn exchange_is_right(
        &self,
        before: &Self,
        (by, device, borrow): (UserId, &str, Option<TimeDelta>),
        in_place_of: Option<SessionId>,
        result: Result<Session, Refusal>,
        at: DateTime<Utc>,
    ) -> Result<(), TestCaseError> {
        let Some(given_up) = in_place_of else { return self.result_is_right(before, (by, device, borrow), result, at) };
        // Before it, what has expired has ended.
        let Some(own) = self.sessions.get(&given_up).filter(|_| result.is_err()) else {
            prop_assert!(result.is_ok(), "a session ended although it was not exchanged");
            let ending = |id: &SessionId| before.sessions.get(id).and_then(|live| live.ending.clone());
            let is_kept = result.as_ref().is_ok_and(|live| live.ending == ending(&given_up));
            prop_assert!(is_kept, "an exchange called off a scheduled end");
            prop_assert!(!self.sessions.contains_key(&given_up), "an exchanged session goes on");
            let mut without = before.clone();
            without.sessions.remove(&given_up);
            prop_assert!(without.ineligibility(by, device, at).is_none(), "granted against a rule");
            let is_freed = without.occupied() < before.occupied();
            prop_assert!(!is_freed || self.occupied() <= before.occupied(), "an exchange occupies one more seat");
            return Ok(());
        };
        match result.map_err(|refusal| refusal.code) {
            Err(Code::NotFound) => prop_assert!(own.user != by),
            Err(Code::Borrowed) => prop_assert!(own.borrowed_until.is_some()),
            Err(Code::WrongState) => prop_assert!(own.ending.is_some() && borrow.is_some()),
            Err(code) => {
                prop_assert!(own.user == by && own.borrowed_until.is_none());
                let mut without = self.clone();
                without.sessions.remove(&given_up);
                let rule = self.ineligibility(by, device, at).or(self.no_seat(by));
                let borrows = self.borrow_refusal(by, device, borrow).filter(|_| borrow.is_some());
                prop_assert!(rule == Some(code) || borrows == Some(code), "the rule that refused: {}", code);
                let is_freed = without.occupied() < self.occupied();
                let by_seats = without.ineligibility(by, device, at).is_none() && borrows != Some(code);
                prop_assert!(!by_seats || !is_freed, "refused the seat that was given up");
            }
            Ok(_) => {}
        }
        Ok(())
    }

    /// The number of users who have a named seat: by assignment, or by a session that may finish.
    fn seat_owners(&self) -> i64 {
        let assigned = self.users.values().filter(|user| user.assigned).map(|user| user.id);
        count(assigned.chain(self.sessions.values().map(|live| live.user)).collect::<BTreeSet<_>>())
    }
}

fn count<T>(items: impl IntoIterator<Item = T>) -> i64 {
    i64::try_from(items.into_iter().count()).unwrap()
}
