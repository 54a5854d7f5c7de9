//! The commands that are committed together, decided one after the other on what was read under the locks. No SQL.

mod licenses;
mod line;

use super::{
    command::{Actor, Command, HowToEnd, KeepIf, Outcome, Reach, renewed, told, view},
    facts::{Announced, Fact, Live},
    paper::Paper,
    pool::{Ask, Ending, Pool, Refusal},
    user_changes::UserChanges,
};
use crate::events::Event;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, RuleId, SessionId, TicketId, UserId},
    license::Model,
    problem::Code,
    session::EndReason,
    ticket::TicketEnd,
    wire::sessions::EndResult,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything that the commands of a batch touch.
#[derive(Debug, Default)]
pub struct Batch {
    /// The time of all decisions.
    pub now: DateTime<Utc>,
    /// The locked licenses.
    pub pools: BTreeMap<LicenseId, Pool>,
    /// In which license a session is.
    pub license_of: HashMap<SessionId, LicenseId>,
    /// In which license's line a ticket is.
    pub line_of: HashMap<TicketId, LicenseId>,
    /// The licenses that users may take a seat from.
    pub candidates: HashMap<(UserId, ProductId), Vec<LicenseId>>,
    /// Sessions that were created with these idempotency keys, and for which product.
    pub repeats: HashMap<(UserId, String), (SessionId, ProductId)>,
    /// Users who are to be suspended and exist.
    pub known: BTreeSet<UserId>,
    /// Those of them who are suspended.
    pub out: BTreeSet<UserId>,
    /// All active admins, if somebody is to be suspended.
    pub admins: BTreeSet<UserId>,
    /// Those of the known who are admins or managers.
    pub elevated: BTreeSet<UserId>,
    /// What was decided, in order.
    pub facts: Vec<(LicenseId, Fact)>,
    /// The rules that assigned licenses.
    pub rules: BTreeMap<(LicenseId, UserId), RuleId>,
    /// Sessions whose lease was renewed.
    pub renewed: BTreeSet<SessionId>,
    /// Tickets whose client was heard of.
    pub kept: BTreeSet<TicketId>,
    /// Users who were suspended.
    pub suspended: Vec<UserId>,
    /// What else changes about them.
    pub user_changes: UserChanges,
    /// Those of them who were deleted.
    pub deleted: Vec<UserId>,
    /// What stands on paper about licenses that are to be changed.
    pub papers: BTreeMap<LicenseId, Paper>,
    /// Those on whose paper something else stands now, and whether that is another end.
    pub rewritten: BTreeMap<LicenseId, bool>,
    /// The groups that are to be deleted.
    pub groups: BTreeMap<GroupId, Group>,
    /// Those that were.
    pub deleted_groups: Vec<GroupId>,
    /// The groups that licenses may keep seats for, of those that they are to keep seats for.
    pub limitable: BTreeSet<GroupId>,
    /// What goes into the log.
    pub events: Vec<Event>,
    /// Licenses about which something was decided and not gathered yet.
    touched: BTreeSet<LicenseId>,
}

/// A group that is to be deleted.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Who is in it, in the order of their ids.
    pub members: Vec<UserId>,
    /// What would go with it.
    pub uses: KeepIf,
}

impl Batch {
    /// Nothing yet, at this time.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, ..Self::default() }
    }

    /// Whether it has changed more than what the pools themselves know.
    pub fn is_beyond_the_pools(&self) -> bool {
        let limited = |(_, fact): &(LicenseId, Fact)| matches!(fact, Fact::Limited { .. });
        !self.rewritten.is_empty()
            || !self.deleted_groups.is_empty()
            || !self.suspended.is_empty()
            || self.facts.iter().any(limited)
    }

    /// Ends what is over, before anything is decided.
    pub fn settle(&mut self) {
        self.touched = self.pools.keys().copied().collect();
        for pool in self.pools.values_mut() {
            pool.settle(self.now);
        }
        self.gather(&Actor::system());
    }

    /// Decides one command.
    pub fn decide(&mut self, actor: &Actor, command: &Command) -> Outcome {
        let outcome = match command {
            Command::Create { user, product, ask } => self.create(actor, *user, *product, ask),
            Command::Connect { session, user, platform } => {
                self.on_own(*session, *user, |pool, now| pool.connect(*session, *platform, now))
            }
            Command::Renew { session, user, active } => self.renew(*session, *user, *active),
            Command::Borrow { session, user, length } => self.borrow(*session, *user, *length),
            Command::End { sessions, reach, how } => {
                Outcome::Ended(sessions.iter().map(|id| self.end(actor, *id, *reach, how)).collect())
            }
            Command::CallOff { session } => self.on_any(*session, |pool, _| pool.announce(*session, None)),
            Command::Protect { session, protected } => {
                self.on_any(*session, |pool, now| pool.protect(*session, *protected, now))
            }
            Command::Continue { session, user, device } => {
                self.on_own(*session, *user, |pool, now| pool.go_on(*session, device, now))
            }
            Command::Keep { ticket, user } => {
                self.kept.insert(*ticket);
                self.on_ticket(*ticket, Reach::Own(*user), |pool, now| pool.keep(*ticket, now))
            }
            Command::Accept { ticket, user, ask } => self.accept(actor, *ticket, *user, ask),
            Command::Pass { ticket, user } => {
                self.on_ticket(*ticket, Reach::Own(*user), |pool, now| pool.pass(*ticket, now))
            }
            Command::Leave { ticket, reach } => self.leave(actor, *ticket, *reach),
            Command::Move { ticket, position } => {
                self.on_ticket(*ticket, Reach::All, |pool, _| pool.put(*ticket, *position).ok_or(Code::NotFound))
            }
            Command::Grant { license, users, rule } => self.grant(*license, users, *rule),
            Command::Revoke { license, users, end_now } => {
                let ending = end_now.then(|| ending(actor, EndReason::AssignmentRevoked, None));
                self.assign(*license, users, move |pool, user, now| pool.revoke(user, ending.as_ref(), now))
            }
            Command::Change { license, change, expected } => self.change(actor, *license, change, expected.as_deref()),
            Command::DeleteGroup { group, keep_if } => self.delete_group(actor, *group, *keep_if),
            Command::LimitGroups { license, limits, expected } => {
                self.limit_groups(*license, limits, expected.as_deref())
            }
            Command::Suspend { change: Some(change), whom, .. } => self.suspend_and_change(actor, change, *whom),
            Command::Suspend { user, whom, change: None } => self.suspend(actor, *user, *whom),
            Command::Delete { user, whom } => self.delete(actor, *user, *whom),
            Command::Sweep => Outcome::Done,
        };
        self.gather(actor);
        outcome
    }

    /// A pool that is about to be changed.
    fn pool(&mut self, license: LicenseId) -> Option<&mut Pool> {
        let pool = self.pools.get_mut(&license)?;
        self.touched.insert(license);
        Some(pool)
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
        let mut refusals = Vec::new();
        for license in self.admitting(user, product) {
            let Some(pool) = self.pool(license) else { continue };
            match pool.admit(user, ask.clone(), now) {
                Ok(live) => return self.created(license, &live, product),
                Err(refusal) => {
                    let at_another_device = refusal.code == Code::OtherDevice;
                    refusals.push((license, refusal));
                    // Another license of the product does not change that he works elsewhere already.
                    if at_another_device {
                        break;
                    }
                }
            }
        }
        match (self.line_for(user, &refusals), ask.ticket) {
            (Some(license), Some(ticket)) => self.queue(license, user, ticket, ask),
            _ => Outcome::Refused(self.refuse(actor, user, product, refusals)),
        }
    }

    /// The licenses of the product that are assigned to the user: first where he has sessions, since he may share a seat with them;
    /// then his own seat, then the shared ones.
    fn admitting(&self, user: UserId, product: ProductId) -> Vec<LicenseId> {
        let Some(candidates) = self.candidates.get(&(user, product)) else { return Vec::new() };
        let pools = candidates.iter().filter_map(|license| self.pools.get(license));
        let mut found: Vec<_> = pools
            .filter(|pool| pool.is_assigned(user))
            .map(|pool| (!pool.is_at_work(user), pool.terms.model != Model::Named, pool.terms.license))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., license)| license).collect()
    }

    fn created(&mut self, license: LicenseId, live: &Live, product: ProductId) -> Outcome {
        self.license_of.insert(live.id, license);
        self.leave_other_lines(license, live, product);
        if let Some(key) = &live.idempotency_key {
            self.repeats.insert((live.user, key.clone()), (live.id, product));
        }
        self.pools
            .get(&license)
            .map_or(Outcome::Failed(Code::NotFound), |pool| Outcome::Session(Box::new(view(pool, live))))
    }

    /// Whoever has a seat waits for no other of the same product.
    fn leave_other_lines(&mut self, license: LicenseId, live: &Live, product: ProductId) {
        let now = self.now;
        for other in self.candidates.get(&(live.user, product)).cloned().unwrap_or_default() {
            let waits = self.pools.get(&other).is_some_and(|pool| pool.waits(live.user));
            if let Some(pool) =
                Some(other).filter(|other| waits && *other != license).and_then(|other| self.pool(other))
            {
                pool.leave_if_waiting(live.user, TicketEnd::Seated, Some(live.id), now);
            }
        }
    }

    /// Where he waits already, or else where waiting promises most: the fewest in the line for each seat.
    fn line_for(&self, user: UserId, refusals: &[(LicenseId, Refusal)]) -> Option<LicenseId> {
        let worth_it = refusals.iter().filter(|(_, refusal)| refusal.may_pass());
        let pools = worth_it.filter_map(|(license, _)| self.pools.get(license));
        let crowd = |pool: &&Pool| {
            (!pool.waits(user), pool.waiting() * 1_000_000 / pool.terms.seats.max(1), pool.terms.license)
        };
        pools.min_by_key(crowd).map(|pool| pool.terms.license)
    }

    fn refuse(
        &mut self,
        actor: &Actor,
        user: UserId,
        product: ProductId,
        mut refusals: Vec<(LicenseId, Refusal)>,
    ) -> Refusal {
        // The one that may pass says most; of several, that of the last license tried.
        refusals.sort_by_key(|(_, refusal)| refusal.may_pass());
        match refusals.pop() {
            Some((license, refusal)) => {
                if let Some(pool) = self.pool(license) {
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

    /// Does something to a live session of this user's.
    fn on_own(
        &mut self,
        session: SessionId,
        user: UserId,
        change: impl FnOnce(&mut Pool, DateTime<Utc>) -> Result<Live, Code>,
    ) -> Outcome {
        let owner = self.live(session).map(|live| live.user);
        if owner == Some(user) { self.on_any(session, change) } else { Outcome::Failed(Code::NotFound) }
    }

    /// Does something to a live session.
    fn on_any(
        &mut self,
        session: SessionId,
        change: impl FnOnce(&mut Pool, DateTime<Utc>) -> Result<Live, Code>,
    ) -> Outcome {
        let now = self.now;
        let license = self.license_of.get(&session).copied();
        let Some(pool) = license.and_then(|license| self.pool(license)) else { return Outcome::Failed(Code::NotFound) };
        match change(pool, now) {
            Ok(live) => Outcome::Session(Box::new(view(pool, &live))),
            Err(code) => Outcome::Failed(code),
        }
    }

    fn live(&self, session: SessionId) -> Option<&Live> {
        self.pools.get(self.license_of.get(&session)?)?.session(session)
    }

    fn renew(&mut self, session: SessionId, user: UserId, active: bool) -> Outcome {
        let now = self.now;
        if self.live(session).is_none_or(|live| live.user != user) {
            return Outcome::Failed(Code::NotFound);
        }
        let license = self.license_of.get(&session).copied();
        let Some(pool) = license.and_then(|license| self.pools.get_mut(&license)) else {
            return Outcome::Failed(Code::NotFound);
        };
        match pool.renew(session, active, now) {
            Ok(live) => {
                self.renewed.insert(session);
                let outcome = Outcome::Renewed(renewed(pool, &live));
                // Most heartbeats change nothing that others see.
                let told = pool.has_facts();
                self.touched.extend(license.filter(|_| told));
                outcome
            }
            Err(code) => Outcome::Failed(code),
        }
    }

    fn borrow(&mut self, session: SessionId, user: UserId, length: TimeDelta) -> Outcome {
        let mut refusal = None;
        let outcome = self.on_own(session, user, |pool, now| {
            pool.borrow(session, length, now).map_err(|refused| {
                let code = refused.code;
                refusal = refused.facts.is_some().then_some(refused);
                code
            })
        });
        refusal.map_or(outcome, Outcome::Refused)
    }

    fn end(&mut self, actor: &Actor, id: SessionId, reach: Reach, how: &HowToEnd) -> EndResult {
        let now = self.now;
        let result = |ended, refused, ending| EndResult { id, ended, refused, ending };
        let standing = |live: &Live| (live.user, live.protected, live.borrowed_until.is_some());
        let Some((owner, protected, borrowed)) = self.live(id).map(standing) else {
            return result(None, Some(Code::NotFound), None);
        };
        if matches!(reach, Reach::Own(user) if user != owner) {
            return result(None, Some(Code::NotFound), None);
        }
        let own = actor.id == Some(owner);
        if protected && !own && !how.protected_too {
            return result(None, Some(Code::Protected), None);
        }
        if borrowed && !own {
            return result(None, Some(Code::Borrowed), None);
        }
        let license = self.license_of.get(&id).copied();
        let Some(pool) = license.and_then(|license| self.pool(license)) else {
            return result(None, Some(Code::NotFound), None);
        };
        if let Some(after) = how.after.filter(|_| !own) {
            let (by, by_name, message) = (actor.id, actor.name.clone(), how.message.clone());
            let announced = Announced { at: now + after, by, by_name, message };
            let ending = Some(told(&announced));
            return match pool.announce(id, Some(announced)) {
                Ok(_) => result(None, None, ending),
                Err(code) => result(None, Some(code), None),
            };
        }
        let reason = if own { EndReason::Finished } else { EndReason::EndedByAdmin };
        result(pool.end(id, &ending(actor, reason, how.message.as_deref()), now), None, None)
    }

    /// Offers what is free now, and moves the facts of the pools into the batch, in the name of whoever caused them.
    fn gather(&mut self, actor: &Actor) {
        for license in std::mem::take(&mut self.touched) {
            let Some(pool) = self.pools.get_mut(&license) else { continue };
            pool.offer_seats(self.now);
            let seats = pool.terms.seats;
            for (fact, occupied) in pool.take_facts() {
                self.events.push(Event::of_fact(actor.clone(), license, &fact, occupied, seats));
                self.facts.push((license, fact));
            }
        }
    }
}

fn ending(actor: &Actor, reason: EndReason, message: Option<&str>) -> Ending {
    Ending { reason, by: actor.id, by_name: actor.name.clone(), message: message.map(str::to_owned) }
}
