//! What the facts say, and what follows from it by the rules of design, counted without any of the pool's own code.

use super::super::{tests::*, *};
use proptest::prelude::*;
use seatkeeper_shared::{
    license::{GroupLimit, Model, SeatRule, SecondDevice},
    people::UserStatus,
    session::SessionState,
};
use std::collections::{BTreeMap, BTreeSet};

/// A license as somebody sees it who hears all facts and nothing else.
#[derive(Clone)]
pub(super) struct Told {
    terms: Terms,
    people: BTreeMap<UserId, Person>,
    live: BTreeMap<SessionId, Live>,
    ever: BTreeSet<SessionId>,
    line: BTreeMap<i64, Ticket>,
}

impl Told {
    pub fn new(terms: Terms, people: impl Iterator<Item = Person>) -> Self {
        let people = people.map(|person| (person.id, person)).collect();
        Self { terms, people, live: BTreeMap::new(), ever: BTreeSet::new(), line: BTreeMap::new() }
    }

    /// The pool as another process would read it: with the same heartbeats, and all else from what was told.
    pub fn read_anew(&self, kept: &Pool) -> Pool {
        let mut pool = Pool::new(self.terms.clone(), kept.sessions().cloned(), kept.tickets().cloned());
        self.people.values().for_each(|person| pool.know(person.clone()));
        pool.know_assigned(count(self.people.values().filter(|person| person.assigned)));
        pool
    }

    pub fn suspended(&mut self, user: UserId) {
        self.people.get_mut(&user).unwrap().status = UserStatus::Suspended;
    }

    pub fn hear(&mut self, fact: Fact, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        let before_lent = self.lent();
        match fact {
            Fact::Created(live) => {
                prop_assert!(self.ever.insert(live.id), "a session begins once");
                self.live.insert(live.id, live);
            }
            Fact::Ended { session, end, .. } => {
                let ended = self.live.remove(&session);
                prop_assert!(ended.is_some(), "ended twice");
                self.was_not_out_of_reach(&ended.unwrap(), end.reason, at)?;
            }
            Fact::Borrowed { session, until, .. } => {
                let longest = at + TimeDelta::seconds(self.terms.rules.borrow_seconds);
                let live = self.live.get_mut(&session).unwrap();
                prop_assert!(at < until && until <= longest, "borrowed for longer than the license allows");
                prop_assert!(
                    self.terms.ends_at.is_none_or(|end| until <= end),
                    "borrowed beyond the end of the license"
                );
                prop_assert!(live.borrowed_until.is_none_or(|before| before < until), "shortened");
                live.borrowed_until = Some(until);
                let most = self.terms.rules.borrow_seats;
                prop_assert!(most == 0 || self.lent() <= most.max(before_lent), "more seats borrowed than may be");
            }
            Fact::Connected { session, platform, at, .. } => {
                let live = self.live.get_mut(&session).unwrap();
                (live.state, live.platform, live.connected_at) = (SessionState::Connected, Some(platform), Some(at));
                (live.support_key, live.key_expires_at) = (None, None);
            }
            Fact::Announced { session, ending, .. } => self.live.get_mut(&session).unwrap().ending = ending,
            Fact::Protected { session, protected, .. } => self.live.get_mut(&session).unwrap().protected = protected,
            Fact::Continued { session, to, .. } => {
                let live = self.live.get_mut(&session).unwrap();
                prop_assert!(live.borrowed_until.is_none(), "its lease names the other device");
                live.device = to;
            }
            Fact::Granted(user) => prop_assert!(self.assign(user, true), "granted twice"),
            Fact::Revoked(user) => prop_assert!(self.assign(user, false), "revoked twice"),
            Fact::Cooling { user, until } if self.people[&user].assigned => {
                self.people.get_mut(&user).unwrap().cool_until = Some(until);
            }
            Fact::Resized { to, .. } => self.terms.seats = to,
            Fact::Ruled { to, .. } => self.terms.rules = to,
            Fact::Limited { to, .. } => self.terms.groups = to,
            Fact::Warned { .. } | Fact::Cooling { .. } | Fact::Refused { .. } => {}
            Fact::Queued(_) | Fact::Offered { .. } | Fact::Moved { .. } | Fact::Left { .. } => {
                self.hear_line(fact, at)?
            }
        }
        Ok(())
    }

    fn hear_line(&mut self, fact: Fact, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        match fact {
            Fact::Queued(ticket) => {
                prop_assert!(self.line.values().all(|other| other.user != ticket.user), "one ticket each");
                prop_assert!(self.line.last_key_value().is_none_or(|(last, _)| *last < ticket.place), "at the end");
                self.line.insert(ticket.place, ticket);
            }
            Fact::Offered { ticket, until, .. } => {
                if until.is_some() {
                    let first = self.line.values().find(|waiting| self.could_have(waiting, at)).map(|t| t.id);
                    prop_assert_eq!(first, Some(ticket), "an offer goes to the first who may have it");
                }
                self.line.values_mut().find(|t| t.id == ticket).unwrap().offer_until = until;
            }
            Fact::Moved { ticket, place, .. } => {
                // The others that move say so next; until then, two may have the same place.
                let (old, _) = self.line.iter().find(|(_, t)| t.id == ticket).map(|(old, t)| (*old, t.id)).unwrap();
                let mut moved = self.line.remove(&old).unwrap();
                moved.place = place;
                if let Some(mut other) = self.line.insert(place, moved) {
                    other.place = old;
                    self.line.insert(old, other);
                }
            }
            Fact::Left { ticket, .. } => {
                let before = self.line.len();
                self.line.retain(|_, other| other.id != ticket);
                prop_assert_eq!(self.line.len() + 1, before, "left twice");
            }
            _ => {}
        }
        Ok(())
    }

    /// Why a user cannot borrow a seat for so long.
    fn not_lent(&self, user: UserId, device: &str, borrow: Option<TimeDelta>) -> Option<Code> {
        let rules = &self.terms.rules;
        let offline = self.live.values().filter(|live| live.borrowed_until.is_some());
        let own = self.holder(user, device, None);
        let again = offline.map(|live| self.holder(live.user, &live.device, Some(live.id))).any(|holder| holder == own);
        let codes = [
            (rules.borrow_seconds == 0, Code::NotLendable),
            (borrow? > TimeDelta::seconds(rules.borrow_seconds), Code::BorrowTooLong),
            (rules.borrow_seats > 0 && self.lent() >= rules.borrow_seats && !again, Code::BorrowLimit),
        ];
        codes.into_iter().find_map(|(holds, code)| holds.then_some(code))
    }

    /// Who is offline keeps his seat until he gives it back, its time is over, or he may have none at all any more.
    fn was_not_out_of_reach(&self, live: &Live, reason: EndReason, at: DateTime<Utc>) -> Result<(), TestCaseError> {
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

    /// How many seats are borrowed.
    fn lent(&self) -> i64 {
        let lent = self.live.values().filter(|live| live.borrowed_until.is_some());
        count(lent.map(|live| self.holder(live.user, &live.device, Some(live.id))).collect::<BTreeSet<_>>())
    }

    /// Whether that is new. A cool-down belongs to the assignment.
    fn assign(&mut self, user: UserId, assigned: bool) -> bool {
        let person = self.people.get_mut(&user).unwrap();
        person.cool_until = None;
        std::mem::replace(&mut person.assigned, assigned) != assigned
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
        self.live.values().map(|live| (self.holder(live.user, &live.device, Some(live.id)), live.user)).collect()
    }

    pub fn occupied(&self) -> i64 {
        count(self.holders())
    }

    fn offers(&self) -> i64 {
        count(self.line.values().filter(|ticket| ticket.offer_until.is_some()))
    }

    fn limit(&self) -> i64 {
        self.terms.seats + if self.terms.model == Model::Named { 0 } else { self.terms.rules.overdraft }
    }

    fn free(&self) -> i64 {
        self.limit() - self.occupied() - self.offers()
    }

    /// Whether a free seat could be kept for somebody who waits without one.
    fn could_have(&self, ticket: &Ticket, at: DateTime<Utc>) -> bool {
        ticket.offer_until.is_none()
            && self.barred(ticket.user, &ticket.device, at).is_none()
            && self.no_seat(ticket.user).is_none()
    }

    /// What keeps a user from any seat.
    fn barred(&self, user: UserId, device: &str, at: DateTime<Utc>) -> Option<Code> {
        let person = &self.people[&user];
        let elsewhere = self.live.values().any(|live| live.user == user && live.device != device);
        let offline = |live: &Live| live.user == user && live.device != device && live.borrowed_until.is_some();
        let offline = self.live.values().any(offline);
        let cooling = person.cool_until.is_some_and(|until| at < until) && self.terms.model == Model::Concurrent;
        let rules = [
            (person.status == UserStatus::Suspended, Code::UserSuspended),
            (!person.assigned, Code::NotAssigned),
            (self.terms.starts_at.is_some_and(|start| at < start), Code::LicenseNotStarted),
            (self.terms.ends_at.is_some_and(|end| at >= end), Code::LicenseEnded),
            (cooling, Code::CoolingDown),
            (elsewhere && self.terms.rules.second_device == SecondDevice::Refuse, Code::OtherDevice),
            (offline && self.terms.rules.second_device == SecondDevice::TakeOver, Code::OtherDevice),
        ];
        rules.into_iter().find_map(|(holds, code)| holds.then_some(code))
    }

    /// Why there is no seat for one more holder of this user's.
    fn no_seat(&self, user: UserId) -> Option<Code> {
        if self.terms.model == Model::Named {
            return (self.free() < 1).then_some(Code::OverCapacity);
        }
        let member = |user: &UserId, limit: &GroupLimit| self.people[user].groups.contains(&limit.group_id);
        let offered = || self.line.values().filter(|ticket| ticket.offer_until.is_some()).map(|ticket| ticket.user);
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

    /// The facts replay to what the pool says, but for heartbeats and warnings, which heartbeats call off.
    pub fn agrees_with(&self, pool: &Pool) -> Result<(), TestCaseError> {
        let still = |live: &Live| Live {
            last_seen_at: now(),
            lease_until: now(),
            active_at: now(),
            warned_at: None,
            ..live.clone()
        };
        let waits = |ticket: &Ticket| Ticket { last_seen_at: now(), lease_until: now(), ..ticket.clone() };
        prop_assert!(
            self.live.values().map(still).eq(pool.sessions().map(still)),
            "the sessions follow from the facts"
        );
        prop_assert!(self.line.values().map(waits).eq(pool.tickets().map(waits)), "the line follows from the facts");
        prop_assert_eq!(&self.terms, &pool.terms);
        prop_assert_eq!(self.occupied(), pool.occupied());
        Ok(())
    }

    /// Invariants 1, 2 and 6 of design.
    pub fn keeps_the_rules(&self, before: &Self, at: DateTime<Utc>, recounted: bool) -> Result<(), TestCaseError> {
        if self.terms.model == Model::Named {
            let more = self.entitled() > before.entitled();
            prop_assert!(!more || self.entitled() <= self.terms.seats, "a named license assigned beyond its seats");
        }
        let within = self.free() >= 0;
        prop_assert!(within || self.offers() == 0, "a seat is offered that is not there");
        prop_assert!(within || recounted || self.occupied() <= before.occupied(), "one seat too many");
        let first = self.line.values().find(|ticket| self.could_have(ticket, at));
        prop_assert!(first.is_none(), "a seat is free although somebody in the line could have it: {:?}", first);
        let floors: i64 = self.terms.groups.iter().map(|limit| limit.floor).sum();
        prop_assert!(floors <= self.terms.seats, "more is kept for groups than there is");
        Ok(())
    }

    /// Invariant 5, and that a vanished waiter never blocks: what is over is gone.
    pub fn nothing_is_over(&self, pool: &Pool, at: DateTime<Utc>) -> Result<(), TestCaseError> {
        let over = |until: Option<DateTime<Utc>>| until.is_some_and(|until| until <= at);
        for live in pool.sessions() {
            prop_assert!(!over(Some(live.lease_until)) && !over(live.key_expires_at), "it has expired: {:?}", live);
            prop_assert!(live.borrowed_until.is_none_or(|until| until == live.lease_until), "its lease is another");
            prop_assert!(!over(self.terms.ends_at), "it outlives its license: {:?}", live);
        }
        for ticket in pool.tickets() {
            prop_assert!(!over(Some(ticket.lease_until)) && !over(ticket.offer_until), "it has lapsed: {:?}", ticket);
        }
        Ok(())
    }

    /// Invariants 4 and 7: a holder who asks again occupies nothing more; a refusal names the rule and how things stand.
    pub fn was_right(
        &self,
        before: &Self,
        (by, device, borrow): (UserId, &str, Option<TimeDelta>),
        result: Result<Live, Refusal>,
        at: DateTime<Utc>,
    ) -> Result<(), TestCaseError> {
        match result {
            Ok(live) => {
                let again = before.holders().contains_key(&self.holder(by, device, Some(live.id)));
                prop_assert!(!again || self.occupied() <= before.occupied(), "a second seat for the same holder");
                let ticket = before.line.values().find(|ticket| ticket.user == by && ticket.device == device);
                let left = !self.line.values().any(|ticket| ticket.user == by && ticket.device == device);
                prop_assert!(ticket.is_none() || left, "whoever is seated leaves the line");
            }
            Err(refusal) => {
                let full = self.no_seat(by);
                let borrows = matches!(refusal.code, Code::NotLendable | Code::BorrowTooLong | Code::BorrowLimit);
                if borrows {
                    prop_assert_eq!(Some(refusal.code), self.not_lent(by, device, borrow), "why nothing is borrowed");
                } else {
                    prop_assert_eq!(Some(refusal.code), self.barred(by, device, at).or(full), "the rule that refused");
                }
                let facts = refusal.facts.unwrap();
                prop_assert_eq!((facts.seats, facts.occupied), (self.terms.seats, self.occupied()));
            }
        }
        Ok(())
    }

    /// Who has a named seat: by assignment, or by a session that he may finish.
    fn entitled(&self) -> i64 {
        let assigned = self.people.values().filter(|person| person.assigned).map(|person| person.id);
        count(assigned.chain(self.live.values().map(|live| live.user)).collect::<BTreeSet<_>>())
    }
}

fn count<T>(items: impl IntoIterator<Item = T>) -> i64 {
    i64::try_from(items.into_iter().count()).unwrap()
}
