//! The rules of the seats of one license: what is there, a request and the time give an outcome and facts.
//!
//! There is no SQL and no clock here, so it can be replayed and checked by itself. The caller has locked the license, so
//! two people who ask at once are decided one after the other, the second on what the first left. Each decision goes:
//! [`Pool::settle`] ends what is over; one call of [`admission`], [`queue`] or [`assignments`] decides; then
//! [`Pool::offer_seats`] keeps what is free for those who wait.

mod admission;
mod assignments;
mod borrowing;
mod line;
mod queue;
mod seating;
mod terms;

pub use seating::Holder;
pub use terms::{Ask, Ending, Refusal, Terms};

use super::facts::{Fact, Live, Person, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use line::Line;
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    problem::{Code, RefusalFacts},
    session::{EndReason, SessionState},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The seats of one license, and the line in front of them.
#[derive(Clone, Debug)]
pub struct Pool {
    /// What was bought, and its rules.
    pub terms: Terms,
    live: BTreeMap<SessionId, Live>,
    of_user: HashMap<UserId, BTreeSet<SessionId>>,
    /// Who occupies a seat, and with how many sessions.
    holders: HashMap<Holder, u32>,
    line: Line,
    /// Users to whom a named license is assigned; known only if somebody is to be added.
    assigned: Option<i64>,
    people: HashMap<UserId, Person>,
    cooling: HashMap<UserId, DateTime<Utc>>,
    /// Nothing is over before this moment; absent if nothing ever is.
    due: Option<DateTime<Utc>>,
    facts: Vec<(Fact, i64)>,
}

impl Pool {
    /// A pool as it was read: the terms, the sessions that have not ended, and the tickets in the line.
    pub fn new(terms: Terms, live: impl IntoIterator<Item = Live>, line: impl IntoIterator<Item = Ticket>) -> Self {
        let mut pool = Self {
            terms,
            live: BTreeMap::new(),
            of_user: HashMap::new(),
            holders: HashMap::new(),
            line: Line::default(),
            assigned: None,
            people: HashMap::new(),
            cooling: HashMap::new(),
            due: Some(DateTime::<Utc>::MIN_UTC),
            facts: Vec::new(),
        };
        for session in live {
            pool.insert(session);
        }
        for ticket in line {
            pool.line.insert(ticket);
        }
        pool
    }

    /// Makes a user known to whom decisions will refer.
    pub fn know(&mut self, person: Person) {
        if let Some(until) = person.cool_until {
            self.cooling.insert(person.id, until);
        }
        self.people.insert(person.id, person);
    }

    /// Makes all users unknown, who will be made known anew.
    pub fn know_nobody(&mut self) {
        self.people.clear();
        self.cooling.clear();
    }

    /// Makes known how many users a named license is assigned to.
    pub fn know_assigned(&mut self, number: i64) {
        self.assigned = Some(number);
    }

    /// A user that was made known.
    pub fn person(&self, user: UserId) -> Option<&Person> {
        self.people.get(&user)
    }

    /// Whether the license is assigned to a user that was made known.
    pub fn is_assigned(&self, user: UserId) -> bool {
        self.person(user).is_some_and(|person| person.assigned)
    }

    /// A live session.
    pub fn session(&self, id: SessionId) -> Option<&Live> {
        self.live.get(&id)
    }

    /// All live sessions.
    pub fn sessions(&self) -> impl Iterator<Item = &Live> {
        self.live.values()
    }

    /// A ticket in the line.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.line.get(id)
    }

    /// The line, the head first.
    pub fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.line.iter()
    }

    /// Which place in the line a ticket has: 1 is the head.
    pub fn position(&self, id: TicketId) -> i64 {
        self.line.position(id)
    }

    /// How many tickets there are in the line.
    pub fn waiting(&self) -> i64 {
        self.line.len()
    }

    /// The users who have live sessions or wait.
    pub fn users(&self) -> impl Iterator<Item = UserId> {
        self.of_user.keys().copied().chain(self.line.iter().map(|ticket| ticket.user))
    }

    /// Whether a user has live sessions.
    pub fn is_at_work(&self, user: UserId) -> bool {
        self.of_user.contains_key(&user)
    }

    /// Whether a user has a ticket in the line.
    pub fn waits(&self, user: UserId) -> bool {
        self.line.of(user).is_some()
    }

    /// The live sessions of a user.
    pub fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.of_user.get(&user).map(|sessions| sessions.iter().copied().collect()).unwrap_or_default()
    }

    /// The facts of all decisions so far, each with the seats that were occupied after it.
    pub fn take_facts(&mut self) -> Vec<(Fact, i64)> {
        std::mem::take(&mut self.facts)
    }

    /// Whether something was decided whose facts were not taken yet.
    pub fn has_facts(&self) -> bool {
        !self.facts.is_empty()
    }

    /// Whether nothing is over at this time.
    pub fn is_settled(&self, now: DateTime<Utc>) -> bool {
        self.due.is_none_or(|due| now < due)
    }

    /// Ends what is over at this time: leases, unused keys, idleness, announced ends, offers and tickets, and everything
    /// when the license has ended.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        if self.is_settled(now) {
            return;
        }
        for session in self.live.keys().copied().collect::<Vec<_>>() {
            self.settle_session(session, now);
        }
        self.settle_line(now);
        self.due = self.next_due(now);
    }

    fn settle_session(&mut self, id: SessionId, now: DateTime<Utc>) {
        let Some(live) = self.live.get(&id) else { return };
        let ending = if live.lease_until <= now {
            Ending::by_itself(EndReason::LeaseExpired)
        } else if live.borrowed_until.is_some() {
            return;
        } else if live.key_expires_at.is_some_and(|at| at <= now) {
            Ending::by_itself(EndReason::KeyExpired)
        } else if self.terms.ends_at.is_some_and(|end| end <= now) {
            Ending::by_itself(EndReason::LicenseEnded)
        } else if let Some(announced) = live.ending.as_ref().filter(|ending| ending.at <= now) {
            let announced = announced.clone();
            let (by, by_name, message) = (announced.by, announced.by_name, announced.message);
            Ending { reason: EndReason::EndedByAdmin, by, by_name, message }
        } else if self.idle_ends_at(live).is_some_and(|at| at <= now) {
            Ending::by_itself(EndReason::Idle)
        } else {
            return self.warn_if_idle(id, now);
        };
        self.end(id, &ending, now);
    }

    fn warn_if_idle(&mut self, id: SessionId, now: DateTime<Utc>) {
        let Some(live) = self.live.get(&id).filter(|live| self.idle_warns_at(live).is_some_and(|at| at <= now)) else {
            return;
        };
        let (user, ends_at) = (live.user, now + self.terms.idle_warning());
        if let Some(live) = self.live.get_mut(&id) {
            live.warned_at = Some(now);
        }
        self.note(Fact::Warned { session: id, user, ends_at: Some(ends_at) });
    }

    /// When the agent is to be warned that the session ends for lack of activity; nothing if he has been, or it does not.
    fn idle_warns_at(&self, live: &Live) -> Option<DateTime<Utc>> {
        let rules = &self.terms.rules;
        if rules.idle_seconds == 0 || self.is_spared(live) || live.warned_at.is_some() {
            return None;
        }
        let idle = TimeDelta::seconds((rules.idle_seconds - rules.idle_warning_seconds).max(0));
        Some(live.active_at + idle)
    }

    /// When a session ends for lack of activity, once its agent is warned: never without the whole warning.
    pub fn idle_ends_at(&self, live: &Live) -> Option<DateTime<Utc>> {
        let warned = live.warned_at.filter(|_| self.terms.rules.idle_seconds > 0 && !self.is_spared(live));
        warned.map(|at| at + self.terms.idle_warning())
    }

    /// Whether lack of activity does not end it.
    fn is_spared(&self, live: &Live) -> bool {
        let connected = live.state == SessionState::Connected && !self.terms.rules.idle_ends_connected;
        live.protected || live.borrowed_until.is_some() || connected
    }

    fn next_due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let sessions = self.live.values().flat_map(|live| self.deadlines(live)).flatten();
        let tickets = self.line.iter().flat_map(|t| [Some(t.lease_until), t.offer_until]).flatten();
        let cooling = self.cooling.values().copied().filter(|until| *until > now && !self.line.is_empty());
        let license = [self.terms.starts_at, self.terms.ends_at].into_iter().flatten().filter(|at| *at > now);
        sessions.chain(tickets).chain(cooling).chain(license).min()
    }

    fn deadlines(&self, live: &Live) -> [Option<DateTime<Utc>>; 5] {
        let ending = live.ending.as_ref().map(|ending| ending.at);
        [Some(live.lease_until), live.key_expires_at, ending, self.idle_warns_at(live), self.idle_ends_at(live)]
    }

    /// Something may be over at this moment.
    fn due_by(&mut self, at: DateTime<Utc>) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    fn insert(&mut self, live: Live) {
        let holder = self.holder(live.user, &live.device, live.id);
        *self.holders.entry(holder).or_default() += 1;
        self.of_user.entry(live.user).or_default().insert(live.id);
        if let Some(at) = self.deadlines(&live).into_iter().flatten().min() {
            self.due_by(at);
        }
        self.live.insert(live.id, live);
    }

    fn remove(&mut self, id: SessionId) -> Option<Live> {
        let live = self.live.remove(&id)?;
        let holder = self.holder(live.user, &live.device, live.id);
        if let Some(sessions) = self.holders.get_mut(&holder) {
            *sessions -= 1;
            if *sessions == 0 {
                self.holders.remove(&holder);
            }
        }
        if let Some(sessions) = self.of_user.get_mut(&live.user) {
            sessions.remove(&id);
            if sessions.is_empty() {
                self.of_user.remove(&live.user);
            }
        }
        Some(live)
    }

    fn refusal(&self, code: Code, at: Option<DateTime<Utc>>) -> Refusal {
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

    fn note(&mut self, fact: Fact) {
        let occupied = self.occupied();
        self.facts.push((fact, occupied));
    }
}

// `tests` has each rule by name, `model` random days with all commands, `worlds` everything that can become of three agents
// and two seats.
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worlds;
