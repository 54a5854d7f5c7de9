//! The commands that are committed together, decided one after the other on what was read under the locks. No SQL.

use super::{
    command::{Actor, Command, Outcome, Reach, renewed, view},
    facts::{Fact, Person},
    pool::{Ask, Ending, Pool, Refusal},
};
use crate::events::Event;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
    problem::Code,
    session::EndReason,
    wire::{licenses::AssignmentResult, sessions::EndResult},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything that the commands of a batch touch.
#[derive(Debug)]
pub struct Batch {
    /// The time of all decisions.
    pub now: DateTime<Utc>,
    /// The locked licenses.
    pub pools: BTreeMap<LicenseId, Pool>,
    /// In which license a session is.
    pub license_of: HashMap<SessionId, LicenseId>,
    /// Sessions that were created with these idempotency keys, and for which product.
    pub repeats: HashMap<(UserId, String), (SessionId, ProductId)>,
    /// Users who are to be suspended and exist.
    pub known: BTreeSet<UserId>,
    /// All active admins, if somebody is to be suspended.
    pub admins: BTreeSet<UserId>,
    /// What was decided, in order.
    pub facts: Vec<(LicenseId, Fact)>,
    /// Sessions whose lease was renewed.
    pub renewed: BTreeSet<SessionId>,
    /// Users who were suspended.
    pub suspended: Vec<UserId>,
    /// What goes into the log.
    pub events: Vec<Event>,
}

impl Batch {
    /// Ends what is over, before anything is decided.
    pub fn settle(&mut self) {
        let now = self.now;
        for pool in self.pools.values_mut() {
            pool.settle(now);
        }
        self.gather(&Actor::system());
    }

    /// Decides one command.
    pub fn decide(&mut self, actor: &Actor, command: &Command) -> Outcome {
        let outcome = match command {
            Command::Create { user, product, ask } => self.create(actor, *user, *product, ask),
            Command::Connect { session, user, platform } => {
                let now = self.now;
                match self.own(*session, *user) {
                    Some(pool) => match pool.connect(*session, *platform, now) {
                        Ok(live) => Outcome::Session(Box::new(view(pool, &live))),
                        Err(code) => Outcome::Failed(code),
                    },
                    None => Outcome::Failed(Code::NotFound),
                }
            }
            Command::Renew { session, user } => self.renew(*session, *user),
            Command::End { sessions, reach, message } => {
                Outcome::Ended(sessions.iter().map(|id| self.end(actor, *id, *reach, message.as_deref())).collect())
            }
            Command::Grant { license, users } => self.assign(*license, users, |pool, user, _| pool.grant(user)),
            Command::Revoke { license, users, end_now } => {
                let ending = end_now.then(|| ending(actor, EndReason::AssignmentRevoked, None));
                self.assign(*license, users, move |pool, user, now| pool.revoke(user, ending.as_ref(), now))
            }
            Command::Resize { license, seats } => match self.pools.get_mut(license) {
                Some(pool) => {
                    pool.resize(*seats);
                    Outcome::Done
                }
                None => Outcome::Failed(Code::NotFound),
            },
            Command::Suspend { user } => self.suspend(actor, *user),
            Command::Sweep => Outcome::Done,
        };
        self.gather(actor);
        outcome
    }

    fn create(&mut self, actor: &Actor, user: UserId, product: ProductId, ask: &Ask) -> Outcome {
        if let Some(key) = &ask.idempotency_key
            && let Some((session, of)) = self.repeats.get(&(user, key.clone()))
        {
            return if *of == product {
                Outcome::Repeated(*session)
            } else {
                Outcome::Failed(Code::IdempotencyMismatch)
            };
        }
        let now = self.now;
        let mut last = None;
        for license in self.candidates(user, product) {
            let Some(pool) = self.pools.get_mut(&license) else { continue };
            match pool.admit(user, ask.clone(), now) {
                Ok(live) => {
                    let session = Outcome::Session(Box::new(view(pool, &live)));
                    self.license_of.insert(live.id, license);
                    if let Some(key) = live.idempotency_key {
                        self.repeats.insert((user, key), (live.id, product));
                    }
                    return session;
                }
                Err(refusal) => last = Some((license, refusal)),
            }
        }
        Outcome::Refused(self.refuse(actor, user, product, last))
    }

    /// The licenses of the product that are assigned to the user: his own seat first, then the shared ones.
    fn candidates(&self, user: UserId, product: ProductId) -> Vec<LicenseId> {
        let mut found: Vec<_> = self
            .pools
            .values()
            .filter(|pool| pool.terms.product == product && pool.is_assigned(user))
            .map(|pool| (pool.terms.model != Model::Named, pool.terms.license))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, license)| license).collect()
    }

    fn refuse(
        &mut self,
        actor: &Actor,
        user: UserId,
        product: ProductId,
        last: Option<(LicenseId, Refusal)>,
    ) -> Refusal {
        match last {
            Some((license, refusal)) => {
                if let Some(pool) = self.pools.get_mut(&license) {
                    pool.refuse(user, refusal.code);
                }
                refusal
            }
            None => {
                let facts = json!({ "code": Code::NotAssigned, "product": product });
                self.events.push(Event::new("session_refused", actor.clone(), Some(user), facts));
                Refusal { code: Code::NotAssigned, facts: None }
            }
        }
    }

    fn renew(&mut self, session: SessionId, user: UserId) -> Outcome {
        let now = self.now;
        let Some(pool) = self.own(session, user) else { return Outcome::Failed(Code::NotFound) };
        match pool.renew(session, now) {
            Ok(until) => {
                let answer = renewed(until, pool.terms.lease);
                self.renewed.insert(session);
                Outcome::Renewed(answer)
            }
            Err(code) => Outcome::Failed(code),
        }
    }

    /// The pool of a live session, if it is this user's.
    fn own(&mut self, session: SessionId, user: UserId) -> Option<&mut Pool> {
        let pool = self.pools.get_mut(self.license_of.get(&session)?)?;
        (pool.session(session)?.user == user).then_some(pool)
    }

    fn end(&mut self, actor: &Actor, id: SessionId, reach: Reach, message: Option<&str>) -> EndResult {
        let now = self.now;
        let refused = EndResult { id, ended: None, refused: Some(Code::NotFound) };
        let Some(pool) = self.license_of.get(&id).and_then(|l| self.pools.get_mut(l)) else { return refused };
        let Some(owner) = pool.session(id).map(|live| live.user) else { return refused };
        if matches!(reach, Reach::Own(user) if user != owner) {
            return refused;
        }
        let reason = if actor.id == Some(owner) { EndReason::Finished } else { EndReason::EndedByAdmin };
        let ended = pool.end(id, &ending(actor, reason, message), now);
        EndResult { id, ended, refused: None }
    }

    fn assign(
        &mut self,
        license: LicenseId,
        users: &[UserId],
        change: impl Fn(&mut Pool, UserId, DateTime<Utc>) -> Result<bool, Code>,
    ) -> Outcome {
        let now = self.now;
        let Some(pool) = self.pools.get_mut(&license) else { return Outcome::Failed(Code::NotFound) };
        let results = users.iter().map(|user| match change(pool, *user, now) {
            Ok(changed) => AssignmentResult { user_id: *user, changed, refused: None },
            Err(code) => AssignmentResult { user_id: *user, changed: false, refused: Some(code) },
        });
        Outcome::Assignments(results.collect())
    }

    fn suspend(&mut self, actor: &Actor, user: UserId) -> Outcome {
        if !self.known.contains(&user) {
            return Outcome::Failed(Code::NotFound);
        }
        // Of two admins who suspend each other in one batch, the second finds himself the last.
        if self.admins.remove(&user) && self.admins.is_empty() {
            self.admins.insert(user);
            return Outcome::Failed(Code::LastAdmin);
        }
        let now = self.now;
        for pool in self.pools.values_mut() {
            pool.suspend(user, &ending(actor, EndReason::UserDeactivated, None), now);
        }
        self.suspended.push(user);
        self.events.push(Event::new("user_suspended", actor.clone(), Some(user), json!({})));
        Outcome::Done
    }

    /// Moves the facts of the pools into the batch, in the name of whoever caused them.
    fn gather(&mut self, actor: &Actor) {
        for (license, pool) in &mut self.pools {
            let seats = pool.terms.seats;
            for (fact, occupied) in pool.take_facts() {
                self.events.push(Event::of_fact(actor.clone(), *license, &fact, occupied, seats));
                self.facts.push((*license, fact));
            }
        }
    }

    /// Makes a user known to a pool.
    pub fn know(&mut self, license: LicenseId, person: Person, assigned: bool) {
        if let Some(pool) = self.pools.get_mut(&license) {
            pool.know(person, assigned);
        }
    }
}

fn ending(actor: &Actor, reason: EndReason, message: Option<&str>) -> Ending {
    Ending { reason, by: actor.id, by_name: actor.name.clone(), message: message.map(str::to_owned) }
}
