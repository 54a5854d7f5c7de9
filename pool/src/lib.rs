//! The pool of seats of one license: decides on requests by the license's rules and records what changed.
//!
//! This crate performs no I/O: no SQL, no clock. So it can be replayed and checked on its own. The caller has locked
//! the license, so that concurrent requests are decided one after another, each on the result of the one before. A
//! decision has three steps: [`Pool::settle`] ends what has expired; one call of [`admission`], [`queue`] or
//! [`assignments`] decides; then [`Pool::offer_seats`] offers free seats to the queue.
//!
//! How many seats a license needs is told by [`replay`], [`models`] and [`advice`].

mod admission;
pub mod advice;
mod assignments;
mod borrowing;
pub mod changes;
pub mod license_terms;
pub mod models;
mod queue;
pub mod replay;
mod savepoint;
mod seating;
mod session;
mod terms;
mod ticket_queue;

pub use savepoint::Savepoint;
pub use seating::Holder;
pub use session::{NewSession, ScheduledEnd, SeatRequest, Session, Ticket, ViewContext};
pub use terms::{EndCause, Refusal, Terms};

use changes::{PoolUser, SeatChange};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    problem::{Code, RefusalFacts},
    session::{EndReason, SessionState},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use ticket_queue::TicketQueue;

/// The seats of one license, and its queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub terms: Terms,
    sessions: BTreeMap<SessionId, Session>,
    sessions_by_user: HashMap<UserId, BTreeSet<SessionId>>,
    /// The holders of occupied seats, with the number of their sessions.
    holders: HashMap<Holder, u32>,
    queue: TicketQueue,
    /// How many users a named license is assigned to. Set only if assignments are to be made.
    assigned_count: Option<i64>,
    users: HashMap<UserId, PoolUser>,
    cool_downs: HashMap<UserId, DateTime<Utc>>,
    /// Nothing expires before this time. `None` if nothing ever does.
    next_expiry: Option<DateTime<Utc>>,
    changes: Vec<(SeatChange, i64)>,
}

impl Pool {
    /// A pool as it was read: the terms, the live sessions, and the tickets in the queue.
    pub fn new(
        terms: Terms,
        sessions: impl IntoIterator<Item = Session>,
        tickets: impl IntoIterator<Item = Ticket>,
    ) -> Self {
        let mut pool = Self {
            terms,
            sessions: BTreeMap::new(),
            sessions_by_user: HashMap::new(),
            holders: HashMap::new(),
            queue: TicketQueue::default(),
            assigned_count: None,
            users: HashMap::new(),
            cool_downs: HashMap::new(),
            next_expiry: Some(DateTime::<Utc>::MIN_UTC),
            changes: Vec::new(),
        };
        for session in sessions {
            pool.insert(session);
        }
        for ticket in tickets {
            pool.queue.insert(ticket);
        }
        pool
    }

    /// Adds or replaces a user that decisions will refer to.
    pub fn set_user(&mut self, user: PoolUser) {
        if let Some(until) = user.cool_until {
            self.cool_downs.insert(user.id, until);
        }
        user.grant_end().into_iter().for_each(|at| self.settle_by(at));
        self.users.insert(user.id, user);
    }

    /// Removes all users, which will be set again.
    pub fn clear_users(&mut self) {
        self.users.clear();
        self.cool_downs.clear();
    }

    /// Sets how many users a named license is assigned to.
    pub fn set_assigned_count(&mut self, count: i64) {
        self.assigned_count = Some(count);
    }

    /// A user that was set.
    pub fn user(&self, user: UserId) -> Option<&PoolUser> {
        self.users.get(&user)
    }

    /// Whether the license is assigned to a user that was set.
    pub fn is_assigned(&self, user: UserId) -> bool {
        self.user(user).is_some_and(|user| user.assigned)
    }

    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// All live sessions, in the order of their ids.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// A ticket in the queue.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.queue.get(id)
    }

    /// The tickets in the queue, the head first.
    pub fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.queue.iter()
    }

    /// The position of a ticket in the queue: 1 is the head, 0 means that it is not in the queue.
    pub fn position(&self, id: TicketId) -> i64 {
        self.queue.position(id)
    }

    /// The number of tickets in the queue.
    pub fn waiting(&self) -> i64 {
        self.queue.len()
    }

    /// The users who have live sessions or tickets.
    pub fn active_users(&self) -> impl Iterator<Item = UserId> {
        self.sessions_by_user.keys().copied().chain(self.queue.iter().map(|ticket| ticket.user))
    }

    pub fn has_sessions(&self, user: UserId) -> bool {
        self.sessions_by_user.contains_key(&user)
    }

    /// Whether a user has a ticket in the queue.
    pub fn is_waiting(&self, user: UserId) -> bool {
        self.queue.of_user(user).is_some()
    }

    /// The ticket of a user in the queue; of several, the first.
    pub fn ticket_of(&self, user: UserId) -> Option<&Ticket> {
        self.queue.of_user(user)
    }

    /// The live sessions of a user.
    pub fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.sessions_by_user.get(&user).map(|sessions| sessions.iter().copied().collect()).unwrap_or_default()
    }

    /// Takes the changes of all decisions so far, each with the number of occupied seats after it.
    pub fn take_changes(&mut self) -> Vec<(SeatChange, i64)> {
        std::mem::take(&mut self.changes)
    }

    /// Whether there are changes that were not taken yet.
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether nothing has expired at this time.
    pub fn is_settled(&self, now: DateTime<Utc>) -> bool {
        self.next_expiry.is_none_or(|expiry| now < expiry)
    }

    /// Ends what has expired: leases, unused support keys, idle sessions, scheduled ends, offers and tickets, the
    /// assignments of the users that were set, and everything when the license has ended.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        if self.is_settled(now) {
            return;
        }
        for session in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.settle_session(session, now);
        }
        self.settle_grants(now);
        self.settle_queue(now);
        self.next_expiry = self.expiry_after(now);
    }

    fn settle_session(&mut self, id: SessionId, now: DateTime<Utc>) {
        let Some(live) = self.sessions.get(&id) else { return };
        let cause = if live.lease_until <= now {
            EndCause::automatic(EndReason::LeaseExpired)
        } else if live.borrowed_until.is_some() {
            return;
        } else if live.key_expires_at.is_some_and(|at| at <= now) {
            EndCause::automatic(EndReason::KeyExpired)
        } else if self.terms.ends_at.is_some_and(|end| end <= now) {
            EndCause::automatic(EndReason::LicenseEnded)
        } else if let Some(scheduled) = live.ending.as_ref().filter(|ending| ending.at <= now) {
            let scheduled = scheduled.clone();
            let (by, by_name, message) = (scheduled.by, scheduled.by_name, scheduled.message);
            EndCause { reason: EndReason::EndedByAdmin, by, by_name, message }
        } else if self.idle_ends_at(live).is_some_and(|at| at <= now) {
            EndCause::automatic(EndReason::Idle)
        } else {
            return self.warn_if_idle(id, now);
        };
        self.end(id, &cause, now);
    }

    fn warn_if_idle(&mut self, id: SessionId, now: DateTime<Utc>) {
        let Some(live) = self.sessions.get(&id).filter(|live| self.idle_warns_at(live).is_some_and(|at| at <= now))
        else {
            return;
        };
        let (user, ends_at) = (live.user, now + self.terms.idle_warning());
        if let Some(live) = self.sessions.get_mut(&id) {
            live.warned_at = Some(now);
        }
        self.record(SeatChange::Warned { session: id, user, ends_at: Some(ends_at) });
    }

    /// When the agent is to be warned that the session will end because of idleness. `None` if they were warned or it
    /// will not end.
    fn idle_warns_at(&self, live: &Session) -> Option<DateTime<Utc>> {
        let rules = &self.terms.rules;
        if rules.idle_seconds == 0 || self.is_exempt_from_idle_end(live) || live.warned_at.is_some() {
            return None;
        }
        let idle = TimeDelta::seconds((rules.idle_seconds - rules.idle_warning_seconds).max(0));
        Some(live.active_at + idle)
    }

    /// When a session ends because of idleness. `None` until its agent was warned, so that it never ends before the
    /// whole warning time has passed.
    pub fn idle_ends_at(&self, live: &Session) -> Option<DateTime<Utc>> {
        let warned =
            live.warned_at.filter(|_| self.terms.rules.idle_seconds > 0 && !self.is_exempt_from_idle_end(live));
        warned.map(|at| at + self.terms.idle_warning())
    }

    /// Whether idleness does not end the session.
    fn is_exempt_from_idle_end(&self, live: &Session) -> bool {
        let connected = live.state == SessionState::Connected && !self.terms.rules.idle_ends_connected;
        live.protected || live.borrowed_until.is_some() || connected
    }

    fn expiry_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let sessions = self.sessions.values().flat_map(|live| self.deadlines(live)).flatten();
        let tickets = self.queue.iter().flat_map(|t| [Some(t.lease_until), t.offer_until]).flatten();
        let cool_downs = self.cool_downs.values().copied().filter(|until| *until > now && !self.queue.is_empty());
        let license = [self.terms.starts_at, self.terms.ends_at].into_iter().flatten().filter(|at| *at > now);
        let grants = self.users.values().filter_map(PoolUser::grant_end);
        sessions.chain(tickets).chain(cool_downs).chain(license).chain(grants).min()
    }

    fn deadlines(&self, live: &Session) -> [Option<DateTime<Utc>>; 5] {
        let ending = live.ending.as_ref().map(|ending| ending.at);
        [Some(live.lease_until), live.key_expires_at, ending, self.idle_warns_at(live), self.idle_ends_at(live)]
    }

    /// Records that something may expire at this time.
    fn settle_by(&mut self, at: DateTime<Utc>) {
        self.next_expiry = Some(self.next_expiry.map_or(at, |expiry| expiry.min(at)));
    }

    fn insert(&mut self, live: Session) {
        let holder = self.holder(live.user, &live.device, live.id);
        *self.holders.entry(holder).or_default() += 1;
        self.sessions_by_user.entry(live.user).or_default().insert(live.id);
        if let Some(at) = self.deadlines(&live).into_iter().flatten().min() {
            self.settle_by(at);
        }
        self.sessions.insert(live.id, live);
    }

    fn remove(&mut self, id: SessionId) -> Option<Session> {
        let live = self.sessions.remove(&id)?;
        let holder = self.holder(live.user, &live.device, live.id);
        if let Some(sessions) = self.holders.get_mut(&holder) {
            *sessions -= 1;
            if *sessions == 0 {
                self.holders.remove(&holder);
            }
        }
        if let Some(sessions) = self.sessions_by_user.get_mut(&live.user) {
            sessions.remove(&id);
            if sessions.is_empty() {
                self.sessions_by_user.remove(&live.user);
            }
        }
        Some(live)
    }

    /// A refusal with the numbers of this license.
    pub fn refusal(&self, code: Code, at: Option<DateTime<Utc>>) -> Refusal {
        let facts = RefusalFacts {
            license_id: self.terms.license,
            seats: self.terms.seats,
            occupied: self.occupied(),
            waiting: self.waiting(),
            expected_at: None,
            at,
            borrow_seconds: None,
        };
        Refusal { code, facts: Some(facts) }
    }

    fn record(&mut self, change: SeatChange) {
        let occupied = self.occupied();
        self.changes.push((change, occupied));
    }
}

// `tests` has a test for each rule, `property_test` runs random sequences of all commands, and `model_check` explores
// every state that three agents and two seats can reach.
#[cfg(test)]
mod model_check;
#[cfg(test)]
mod property_test;
#[cfg(test)]
mod tests;
