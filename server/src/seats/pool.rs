//! The rules of the seats of one license: what is there, a request and the time give an outcome and facts.
//!
//! There is no SQL and no clock here, so it can be replayed and checked by itself. The caller has locked the license, so
//! two people who ask at once are decided one after the other, the second on what the first left.

use super::facts::{Fact, Live, Person};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::{Model, SeatRule},
    people::UserStatus,
    problem::{Code, End, RefusalFacts},
    session::{EndReason, Mode, Platform, SessionState},
};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// What was bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The license.
    pub license: LicenseId,
    /// For which product.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// How long an unused support key lives.
    pub key_life: TimeDelta,
    /// Named or concurrent.
    pub model: Model,
    /// How many seats.
    pub seats: i64,
    /// From when it counts.
    pub starts_at: Option<DateTime<Utc>>,
    /// From when it no longer counts.
    pub ends_at: Option<DateTime<Utc>>,
    /// What occupies one seat.
    pub seat_rule: SeatRule,
    /// How long a session lives without a heartbeat.
    pub lease: TimeDelta,
}

/// A request for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The id that the session will have.
    pub session: SessionId,
    /// The agent's device.
    pub device: String,
    /// Attended, unattended, application.
    pub mode: Mode,
    /// What the other side runs on, if known.
    pub platform: Option<Platform>,
    /// The support key that the session will have if it waits for a customer.
    pub support_key: String,
    /// What makes a repeated request recognisable.
    pub idempotency_key: Option<String>,
}

/// No seat: which rule refused, and how things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub code: Code,
    /// How things stand; absent if there is no license to speak of.
    pub facts: Option<RefusalFacts>,
}

/// Who ends sessions, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub reason: EndReason,
    /// The id of who does it; nobody for what happens by itself.
    pub by: Option<UserId>,
    /// The name of who does it.
    pub by_name: Option<String>,
    /// What the agent is told.
    pub message: Option<String>,
}

impl Ending {
    /// An end that comes by itself.
    pub fn by_itself(reason: EndReason) -> Self {
        Self { reason, by: None, by_name: None, message: None }
    }
}

/// What occupies a seat, by the license's seat rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An agent.
    Agent(UserId),
    /// An agent at a device.
    Device(UserId, String),
    /// A session.
    Session(SessionId),
}

/// The seats of one license.
#[derive(Clone, Debug)]
pub struct Pool {
    /// What was bought.
    pub terms: Terms,
    live: BTreeMap<SessionId, Live>,
    /// Who occupies a seat, and with how many sessions.
    holders: HashMap<Holder, u32>,
    assigned: i64,
    people: BTreeMap<UserId, (Person, bool)>,
    facts: Vec<(Fact, i64)>,
}

impl Pool {
    /// A pool as it was read: the terms, the sessions that have not ended, and how many users are assigned.
    pub fn new(terms: Terms, live: impl IntoIterator<Item = Live>, assigned: i64) -> Self {
        let mut pool = Self {
            terms,
            live: BTreeMap::new(),
            holders: HashMap::new(),
            assigned,
            people: BTreeMap::new(),
            facts: Vec::new(),
        };
        for session in live {
            pool.insert(session);
        }
        pool
    }

    /// Makes a user known to whom decisions will refer, and whether the license is assigned to him.
    pub fn know(&mut self, person: Person, assigned: bool) {
        self.people.insert(person.id, (person, assigned));
    }

    /// A user that was made known.
    pub fn person(&self, user: UserId) -> Option<&Person> {
        self.people.get(&user).map(|(person, _)| person)
    }

    /// Whether the license is assigned to a user that was made known.
    pub fn is_assigned(&self, user: UserId) -> bool {
        self.people.get(&user).is_some_and(|(_, assigned)| *assigned)
    }

    /// A live session.
    pub fn session(&self, id: SessionId) -> Option<&Live> {
        self.live.get(&id)
    }

    /// The users who have live sessions.
    pub fn users(&self) -> impl Iterator<Item = UserId> {
        self.live.values().map(|live| live.user)
    }

    /// The live sessions of a user.
    pub fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.live.values().filter(|l| l.user == user).map(|l| l.id).collect()
    }

    /// The facts of all decisions so far, each with the seats that were occupied after it.
    pub fn take_facts(&mut self) -> Vec<(Fact, i64)> {
        std::mem::take(&mut self.facts)
    }

    /// What the session occupies a seat as. A named seat is one person's, however many devices and sessions he has.
    fn holder(&self, user: UserId, device: &str, session: SessionId) -> Holder {
        match (self.terms.model, self.terms.seat_rule) {
            (Model::Named, _) | (_, SeatRule::Agent) => Holder::Agent(user),
            (_, SeatRule::Device) => Holder::Device(user, device.to_owned()),
            (_, SeatRule::Session) => Holder::Session(session),
        }
    }

    fn insert(&mut self, live: Live) {
        *self.holders.entry(self.holder(live.user, &live.device, live.id)).or_default() += 1;
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
        Some(live)
    }

    /// Seats that are occupied by live sessions. Call [`Pool::settle`] first: an expired lease occupies nothing.
    pub fn occupied(&self) -> i64 {
        i64::try_from(self.holders.len()).unwrap_or(i64::MAX)
    }

    /// Ends what is over at this time: leases, unused keys, and everything when the license has ended.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        let license_over = self.terms.ends_at.is_some_and(|end| end <= now);
        let over: Vec<_> = self
            .live
            .values()
            .filter_map(|l| {
                let reason = if l.lease_until <= now {
                    EndReason::LeaseExpired
                } else if l.key_expires_at.is_some_and(|at| at <= now) {
                    EndReason::KeyExpired
                } else if license_over {
                    EndReason::LicenseEnded
                } else {
                    return None;
                };
                Some((l.id, reason))
            })
            .collect();
        for (id, reason) in over {
            self.end(id, &Ending::by_itself(reason), now);
        }
    }

    /// Admission: gives the user a session with a seat, or says which rule refuses.
    ///
    /// The seat of a holder who has one already is shared. Of two who ask at once for the last seat, the second finds it
    /// occupied by the first.
    ///
    /// # Errors
    /// The refusal, with the facts that the agent is told.
    pub fn admit(&mut self, user: UserId, ask: Ask, now: DateTime<Utc>) -> Result<Live, Refusal> {
        self.may_admit(user, &ask, now)?;
        let waits = ask.mode == Mode::Attended;
        let live = Live {
            id: ask.session,
            user,
            device: ask.device,
            state: if waits { SessionState::Waiting } else { SessionState::Connected },
            mode: ask.mode,
            platform: ask.platform,
            support_key: waits.then_some(ask.support_key),
            key_expires_at: waits.then(|| now + self.terms.key_life),
            idempotency_key: ask.idempotency_key,
            created_at: now,
            connected_at: (!waits).then_some(now),
            last_seen_at: now,
            lease_until: now + self.terms.lease,
        };
        self.insert(live.clone());
        self.note(Fact::Created(live.clone()));
        Ok(live)
    }

    /// Notes that a user got no seat here.
    pub fn refuse(&mut self, user: UserId, code: Code) {
        self.note(Fact::Refused { user, code });
    }

    fn may_admit(&self, user: UserId, ask: &Ask, now: DateTime<Utc>) -> Result<(), Refusal> {
        let terms = &self.terms;
        let (suspended, assigned) = match self.people.get(&user) {
            Some((person, assigned)) => (person.status == UserStatus::Suspended, *assigned),
            None => (false, false),
        };
        if suspended {
            return Err(self.refusal(Code::UserSuspended, None));
        }
        if !assigned {
            return Err(self.refusal(Code::NotAssigned, None));
        }
        if let Some(start) = terms.starts_at.filter(|start| *start > now) {
            return Err(self.refusal(Code::LicenseNotStarted, Some(start)));
        }
        if let Some(end) = terms.ends_at.filter(|end| *end <= now) {
            return Err(self.refusal(Code::LicenseEnded, Some(end)));
        }
        // A named seat belongs to the user by assignment; nobody else can be in it.
        if terms.model == Model::Named || self.holders.contains_key(&self.holder(user, &ask.device, ask.session)) {
            return Ok(());
        }
        match self.occupied().cmp(&terms.seats) {
            Ordering::Less => Ok(()),
            Ordering::Equal => Err(self.refusal(Code::PoolFull, None)),
            Ordering::Greater => Err(self.refusal(Code::OverCapacity, None)),
        }
    }

    fn refusal(&self, code: Code, at: Option<DateTime<Utc>>) -> Refusal {
        Refusal { code, facts: Some(RefusalFacts { seats: self.terms.seats, occupied: self.occupied(), at }) }
    }

    /// A customer connected. Doing it again changes nothing.
    ///
    /// # Errors
    /// No such live session.
    pub fn connect(&mut self, id: SessionId, platform: Platform, now: DateTime<Utc>) -> Result<Live, Code> {
        let lease = self.terms.lease;
        let live = self.live.get_mut(&id).ok_or(Code::NotFound)?;
        if live.state == SessionState::Connected {
            return Ok(live.clone());
        }
        live.state = SessionState::Connected;
        live.platform = Some(platform);
        live.support_key = None;
        live.key_expires_at = None;
        live.connected_at = Some(now);
        live.last_seen_at = now;
        live.lease_until = now + lease;
        let live = live.clone();
        self.note(Fact::Connected { session: id, user: live.user, platform, at: now });
        Ok(live)
    }

    /// Starts the lease anew. An expired lease is not revived: [`Pool::settle`] has ended it.
    ///
    /// # Errors
    /// No such live session.
    pub fn renew(&mut self, id: SessionId, now: DateTime<Utc>) -> Result<DateTime<Utc>, Code> {
        let until = now + self.terms.lease;
        let live = self.live.get_mut(&id).ok_or(Code::NotFound)?;
        // A clock that was set back must not shorten what was promised.
        live.lease_until = live.lease_until.max(until);
        live.last_seen_at = live.last_seen_at.max(now);
        Ok(live.lease_until)
    }

    /// Ends a session. Ending what is not there changes nothing.
    pub fn end(&mut self, id: SessionId, ending: &Ending, now: DateTime<Utc>) -> Option<End> {
        let live = self.remove(id)?;
        let end = End { reason: ending.reason, at: now, by: ending.by_name.clone(), message: ending.message.clone() };
        self.note(Fact::Ended { session: id, user: live.user, end: end.clone(), by: ending.by });
        Some(end)
    }

    /// Assigns the license to a user. A named license never has more assignments than seats; whoever was revoked and may
    /// finish still occupies his.
    ///
    /// # Errors
    /// No such user, or all named seats are assigned.
    pub fn grant(&mut self, user: UserId) -> Result<bool, Code> {
        let full = self.terms.model == Model::Named && self.assigned + self.finishing(user) >= self.terms.seats;
        match self.people.get_mut(&user) {
            None => Err(Code::NotFound),
            Some((_, true)) => Ok(false),
            Some((person, _)) if person.status == UserStatus::Suspended => Err(Code::UserSuspended),
            Some(_) if full => Err(Code::NamedSeatsTaken),
            Some((_, assigned)) => {
                *assigned = true;
                self.assigned += 1;
                self.note(Fact::Granted(user));
                Ok(true)
            }
        }
    }

    /// Other users than this one who have live sessions although the license is no longer assigned to them.
    fn finishing(&self, besides: UserId) -> i64 {
        let still =
            self.live.values().map(|live| live.user).filter(|user| *user != besides && !self.is_assigned(*user));
        i64::try_from(still.collect::<BTreeSet<_>>().len()).unwrap_or(i64::MAX)
    }

    /// Takes the license from a user, who may finish his sessions unless `ending` says otherwise.
    ///
    /// # Errors
    /// No such user.
    pub fn revoke(&mut self, user: UserId, ending: Option<&Ending>, now: DateTime<Utc>) -> Result<bool, Code> {
        let changed = match self.people.get_mut(&user) {
            None => return Err(Code::NotFound),
            Some((_, assigned)) => std::mem::replace(assigned, false),
        };
        if changed {
            self.assigned -= 1;
            self.note(Fact::Revoked(user));
        }
        if let Some(ending) = ending {
            for session in self.sessions_of(user) {
                self.end(session, ending, now);
            }
        }
        Ok(changed)
    }

    /// The user may no longer hold seats; his sessions end, and a named seat is free for somebody else.
    pub fn suspend(&mut self, user: UserId, ending: &Ending, now: DateTime<Utc>) {
        let named = self.terms.model == Model::Named;
        if let Some((person, assigned)) = self.people.get_mut(&user) {
            person.status = UserStatus::Suspended;
            if named && std::mem::replace(assigned, false) {
                self.assigned -= 1;
                self.note(Fact::Revoked(user));
            }
        }
        for session in self.sessions_of(user) {
            self.end(session, ending, now);
        }
    }

    /// Changes the number of seats. Fewer than are in use is allowed: the license is over capacity until it drains.
    pub fn resize(&mut self, seats: i64) {
        let from = std::mem::replace(&mut self.terms.seats, seats);
        if from != seats {
            self.note(Fact::Resized { from, to: seats });
        }
    }

    fn note(&mut self, fact: Fact) {
        let occupied = self.occupied();
        self.facts.push((fact, occupied));
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
