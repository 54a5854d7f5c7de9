//! A batch: commands that are committed together and decided one after another on what was read under the locks. No
//! I/O.

mod licenses;
mod operations;
mod queue;

use super::{
    command::{
        Actor, DeletionBlockers, EndOptions, Outcome, OwnerFilter, SeatCommand, WantedSeat, renewal_view, session_view,
    },
    user_changes::UserChanges,
};
use crate::pool::{EndCause, Pool, Refusal, ScheduledEnd, Session, changes::SeatChange, license_terms::ContractTerms};
use crate::{events::Event, store::seats::batch_writes::BatchWrites};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, LicenseId, LicenseRequestId, ProductId, RuleId, SessionId, TicketId, UserId},
    license::Model,
    problem::Code,
    session::EndReason,
    ticket::TicketEnd,
    wire::sessions::EndResult,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The data that the commands of a batch use, and what they decided.
#[derive(Debug, Default)]
pub struct Batch {
    /// The time of all decisions.
    pub now: DateTime<Utc>,
    /// The locked licenses.
    pub pools: BTreeMap<LicenseId, Pool>,
    /// The licenses of sessions.
    pub license_of: HashMap<SessionId, LicenseId>,
    /// The licenses of tickets.
    pub queue_of: HashMap<TicketId, LicenseId>,
    /// The licenses of a product that are assigned to a user.
    pub candidates: HashMap<(UserId, ProductId), Vec<LicenseId>>,
    /// The sessions that were created with these idempotency keys, and their products.
    pub repeated_requests: HashMap<(UserId, String), (SessionId, ProductId)>,
    /// Users to be suspended or deleted who exist.
    pub existing_users: BTreeSet<UserId>,
    /// Users who are suspended.
    pub suspended_users: BTreeSet<UserId>,
    /// All active admins, if a user is to be suspended or deleted.
    pub admins: BTreeSet<UserId>,
    /// Users who are admins or managers.
    pub elevated: BTreeSet<UserId>,
    /// What was decided, in order.
    pub changes: Vec<(LicenseId, SeatChange)>,
    /// The rules that made assignments.
    pub granting_rules: BTreeMap<(LicenseId, UserId), RuleId>,
    /// Sessions whose lease was renewed.
    pub renewed_sessions: BTreeSet<SessionId>,
    /// Tickets whose lease was renewed.
    pub renewed_tickets: BTreeSet<TicketId>,
    /// Users who were suspended, including those who were deleted.
    pub newly_suspended: Vec<UserId>,
    /// Other changes to users who were suspended.
    pub user_changes: UserChanges,
    pub deleted_users: Vec<UserId>,
    /// The contracts of licenses that are to be changed.
    pub contracts: BTreeMap<LicenseId, ContractTerms>,
    /// Licenses whose contract changed, and whether its end date did.
    pub changed_contracts: BTreeMap<LicenseId, bool>,
    /// Groups to be deleted.
    pub groups: BTreeMap<GroupId, Group>,
    pub deleted_groups: Vec<GroupId>,
    /// The existing groups among those that new limits name.
    pub limitable_groups: BTreeSet<GroupId>,
    /// The open requests for licenses among those to be decided.
    pub open_requests: BTreeMap<LicenseRequestId, (LicenseId, UserId)>,
    /// The licenses and users whose requests were approved.
    pub approved_requests: Vec<(LicenseId, UserId)>,
    pub events: Vec<Event>,
    /// Licenses whose changes were not collected yet.
    touched: BTreeSet<LicenseId>,
}

/// A group to be deleted.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    /// In the order of their ids.
    pub members: Vec<UserId>,
    /// What its deletion would remove.
    pub uses: DeletionBlockers,
}

impl Batch {
    /// What is to be written.
    pub fn writes(&self) -> BatchWrites<'_> {
        BatchWrites {
            now: self.now,
            pools: &self.pools,
            changes: &self.changes,
            granting_rules: &self.granting_rules,
            newly_suspended: &self.newly_suspended,
            deleted_users: &self.deleted_users,
            deleted_groups: &self.deleted_groups,
            contracts: &self.contracts,
            changed_contracts: &self.changed_contracts,
            changes_more_than_pools: self.changes_more_than_pools(),
            approved_requests: &self.approved_requests,
            events: &self.events,
        }
    }

    /// An empty batch at this time.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, ..Self::default() }
    }

    /// Whether it made changes that the pools do not contain, so that cached pools are outdated.
    pub fn changes_more_than_pools(&self) -> bool {
        let limited = |(_, change): &(LicenseId, SeatChange)| matches!(change, SeatChange::GroupLimitsChanged { .. });
        !self.changed_contracts.is_empty()
            || !self.deleted_groups.is_empty()
            || !self.newly_suspended.is_empty()
            || self.changes.iter().any(limited)
    }

    /// Ends what has expired. Call it before the first decision.
    pub fn settle(&mut self) {
        self.touched = self.pools.keys().copied().collect();
        for pool in self.pools.values_mut() {
            pool.settle(self.now);
        }
        self.collect_changes(&Actor::system());
    }

    /// Decides one command.
    pub fn decide(&mut self, actor: &Actor, command: &SeatCommand) -> Outcome {
        let outcome = match command {
            SeatCommand::Create(wanted) => self.create(actor, wanted),
            SeatCommand::CreateAll(all) => Outcome::Operations(self.create_all(actor, all)),
            SeatCommand::Operate(operations) => Outcome::Operations(self.operate(actor, operations)),
            SeatCommand::Connect { session, user, platform } => {
                self.change_own_session(*session, *user, |pool, now| pool.connect(*session, *platform, now))
            }
            SeatCommand::Renew { session, user, active } => self.renew(*session, *user, *active),
            SeatCommand::Borrow { session, user, length } => self.borrow(*session, *user, *length),
            SeatCommand::End { sessions, owner, options } => {
                Outcome::Ended(sessions.iter().map(|id| self.end(actor, *id, *owner, options)).collect())
            }
            SeatCommand::CancelEnd { session } => {
                self.change_session(*session, |pool, _| pool.schedule_end(*session, None))
            }
            SeatCommand::Protect { session, protected } => {
                self.change_session(*session, |pool, now| pool.protect(*session, *protected, now))
            }
            SeatCommand::Continue { session, user, device } => {
                self.change_own_session(*session, *user, |pool, now| pool.continue_on_device(*session, device, now))
            }
            SeatCommand::RenewTicket { ticket, user } => {
                self.renewed_tickets.insert(*ticket);
                self.change_ticket(*ticket, OwnerFilter::Own(*user), |pool, now| pool.renew_ticket(*ticket, now))
            }
            SeatCommand::AcceptOffer { ticket, user, new } => self.accept(actor, *ticket, *user, new),
            SeatCommand::PassOffer { ticket, user } => {
                self.change_ticket(*ticket, OwnerFilter::Own(*user), |pool, now| pool.pass_offer(*ticket, now))
            }
            SeatCommand::LeaveQueue { ticket, owner } => self.leave(actor, *ticket, *owner),
            SeatCommand::MoveTicket { ticket, position } => self.change_ticket(*ticket, OwnerFilter::All, |pool, _| {
                pool.move_ticket(*ticket, *position).ok_or(Code::NotFound)
            }),
            SeatCommand::Grant { license, users, rule, ends_at } => self.grant(*license, users, *rule, *ends_at),
            SeatCommand::ApproveRequest { request, ends_at, .. } => self.approve(actor, *request, *ends_at),
            SeatCommand::SetGrantEnd { license, users, ends_at } => {
                self.assign(*license, users, |pool, user, _| pool.set_grant_end(user, *ends_at))
            }
            SeatCommand::Revoke { license, users, end_now } => {
                let cause = end_now.then(|| end_cause(actor, EndReason::AssignmentRevoked, None));
                self.assign(*license, users, move |pool, user, now| pool.revoke(user, cause.as_ref(), now))
            }
            SeatCommand::ChangeLicense { license, change, expected } => {
                self.change(actor, *license, change, expected.as_deref())
            }
            SeatCommand::DeleteGroup { group, blockers } => self.delete_group(actor, *group, *blockers),
            SeatCommand::LimitGroups { license, limits, expected } => {
                self.limit_groups(*license, limits, expected.as_deref())
            }
            SeatCommand::SuspendUser { change: Some(change), removable, .. } => {
                self.suspend_and_change(actor, change, *removable)
            }
            SeatCommand::SuspendUser { user, removable, change: None } => self.suspend(actor, *user, *removable),
            SeatCommand::DeleteUser { user, removable } => self.delete(actor, *user, *removable),
            SeatCommand::Sweep => Outcome::Done,
        };
        self.collect_changes(actor);
        outcome
    }

    /// A pool to be changed.
    fn pool(&mut self, license: LicenseId) -> Option<&mut Pool> {
        let pool = self.pools.get_mut(&license)?;
        self.touched.insert(license);
        Some(pool)
    }

    fn create(&mut self, actor: &Actor, wanted: &WantedSeat) -> Outcome {
        let WantedSeat { user, product, ref request } = *wanted;
        if let Some(key) = wanted.key()
            && let Some((session, of)) = self.repeated_requests.get(&key)
        {
            return if *of == product {
                Outcome::Repeated(*session)
            } else {
                Outcome::Failed(Code::IdempotencyMismatch)
            };
        }
        let now = self.now;
        let mut licenses = self.candidate_licenses(user, product);
        if let Some(own) = request.in_place_of {
            match self.license_to_exchange(own, wanted, &licenses) {
                Ok(license) => licenses = vec![license],
                Err(code) => return Outcome::Failed(code),
            }
        }
        let mut refusals = Vec::new();
        for license in licenses {
            let Some(pool) = self.pool(license) else { continue };
            match pool.admit(user, request.clone(), now) {
                Ok(live) => return self.created(license, &live, product),
                Err(refusal) => {
                    let is_at_other_device = refusal.code == Code::OtherDevice;
                    refusals.push((license, refusal));
                    // The refusal holds for every license of the product.
                    if is_at_other_device {
                        break;
                    }
                }
            }
        }
        match (self.queue_for(user, &refusals), request.ticket) {
            (Some(license), Some(ticket)) => self.enqueue(license, user, ticket, request),
            _ => Outcome::Refused(self.record_refusal(actor, user, product, &request.device, refusals)),
        }
    }

    /// The licenses of the product that are assigned to the user: first those where the user has sessions, whose seat a
    /// new one may share; then named licenses, then concurrent ones.
    fn candidate_licenses(&self, user: UserId, product: ProductId) -> Vec<LicenseId> {
        let Some(candidates) = self.candidates.get(&(user, product)) else { return Vec::new() };
        let pools = candidates.iter().filter_map(|license| self.pools.get(license));
        let mut found: Vec<_> = pools
            .filter(|pool| pool.is_assigned(user))
            .map(|pool| (!pool.has_sessions(user), pool.terms.model != Model::Named, pool.terms.license))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., license)| license).collect()
    }

    fn created(&mut self, license: LicenseId, live: &Session, product: ProductId) -> Outcome {
        self.license_of.insert(live.id, license);
        self.leave_other_queues(license, live, product);
        if let Some(key) = &live.idempotency_key {
            self.repeated_requests.insert((live.user, key.clone()), (live.id, product));
        }
        self.pools
            .get(&license)
            .map_or(Outcome::Failed(Code::NotFound), |pool| Outcome::Session(Box::new(session_view(pool, live))))
    }

    /// A user who has a seat no longer waits for another one of the same product.
    fn leave_other_queues(&mut self, license: LicenseId, live: &Session, product: ProductId) {
        let now = self.now;
        for other in self.candidates.get(&(live.user, product)).cloned().unwrap_or_default() {
            let waits = self.pools.get(&other).is_some_and(|pool| pool.is_waiting(live.user));
            if let Some(pool) =
                Some(other).filter(|other| waits && *other != license).and_then(|other| self.pool(other))
            {
                pool.remove_ticket_of(live.user, TicketEnd::Seated, Some(live.id), now);
            }
        }
    }

    /// The license whose queue the user is in already, or else the one with the fewest waiters per seat.
    fn queue_for(&self, user: UserId, refusals: &[(LicenseId, Refusal)]) -> Option<LicenseId> {
        let by_waiting = refusals.iter().filter(|(_, refusal)| refusal.can_wait());
        let pools = by_waiting.filter_map(|(license, _)| self.pools.get(license));
        let rank = |pool: &&Pool| {
            (!pool.is_waiting(user), pool.waiting() * 1_000_000 / pool.terms.seats.max(1), pool.terms.license)
        };
        pools.min_by_key(rank).map(|pool| pool.terms.license)
    }

    fn record_refusal(
        &mut self,
        actor: &Actor,
        user: UserId,
        product: ProductId,
        device: &str,
        mut refusals: Vec<(LicenseId, Refusal)>,
    ) -> Refusal {
        let device = device.to_owned();
        // A refusal that waiting can resolve is the most useful; of several, that of the last license tried.
        refusals.sort_by_key(|(_, refusal)| refusal.can_wait());
        match refusals.pop() {
            Some((license, refusal)) => {
                if let Some(pool) = self.pool(license) {
                    pool.record_refusal(user, device, refusal.code);
                }
                refusal
            }
            None => {
                let data =
                    EventData::SessionRefused { code: Code::NotAssigned, product: Some(product), device: Some(device) };
                self.events.push(Event::new(data, actor.clone(), Some(user)));
                Refusal { code: Code::NotAssigned, facts: None }
            }
        }
    }

    /// Changes a live session of this user.
    fn change_own_session(
        &mut self,
        session: SessionId,
        user: UserId,
        change: impl FnOnce(&mut Pool, DateTime<Utc>) -> Result<Session, Code>,
    ) -> Outcome {
        let owner = self.session(session).map(|live| live.user);
        if owner == Some(user) { self.change_session(session, change) } else { Outcome::Failed(Code::NotFound) }
    }

    /// Changes a live session.
    fn change_session(
        &mut self,
        session: SessionId,
        change: impl FnOnce(&mut Pool, DateTime<Utc>) -> Result<Session, Code>,
    ) -> Outcome {
        let now = self.now;
        let license = self.license_of.get(&session).copied();
        let Some(pool) = license.and_then(|license| self.pool(license)) else { return Outcome::Failed(Code::NotFound) };
        match change(pool, now) {
            Ok(live) => Outcome::Session(Box::new(session_view(pool, &live))),
            Err(code) => Outcome::Failed(code),
        }
    }

    fn session(&self, session: SessionId) -> Option<&Session> {
        self.pools.get(self.license_of.get(&session)?)?.session(session)
    }

    fn renew(&mut self, session: SessionId, user: UserId, active: bool) -> Outcome {
        let now = self.now;
        if self.session(session).is_none_or(|live| live.user != user) {
            return Outcome::Failed(Code::NotFound);
        }
        let license = self.license_of.get(&session).copied();
        let Some(pool) = license.and_then(|license| self.pools.get_mut(&license)) else {
            return Outcome::Failed(Code::NotFound);
        };
        match pool.renew(session, active, now) {
            Ok(live) => {
                self.renewed_sessions.insert(session);
                let outcome = Outcome::Renewed(renewal_view(pool, &live));
                // Most heartbeats cause no change to write.
                let has_changes = pool.has_changes();
                self.touched.extend(license.filter(|_| has_changes));
                outcome
            }
            Err(code) => Outcome::Failed(code),
        }
    }

    fn borrow(&mut self, session: SessionId, user: UserId, length: TimeDelta) -> Outcome {
        let mut refusal = None;
        let outcome = self.change_own_session(session, user, |pool, now| {
            pool.borrow(session, length, now).map_err(|refused| {
                let code = refused.code;
                refusal = refused.facts.is_some().then_some(refused);
                code
            })
        });
        refusal.map_or(outcome, Outcome::Refused)
    }

    fn end(&mut self, actor: &Actor, id: SessionId, owner: OwnerFilter, options: &EndOptions) -> EndResult {
        let now = self.now;
        let result = |ended, refused, ending| EndResult { id, ended, refused, ending };
        let state = |live: &Session| (live.user, live.protected, live.borrowed_until.is_some());
        let Some((user, protected, borrowed)) = self.session(id).map(state) else {
            return result(None, Some(Code::NotFound), None);
        };
        if matches!(owner, OwnerFilter::Own(own) if own != user) {
            return result(None, Some(Code::NotFound), None);
        }
        let is_own = actor.id == Some(user);
        if protected && !is_own && !options.protected_too {
            return result(None, Some(Code::Protected), None);
        }
        if borrowed && !is_own {
            return result(None, Some(Code::Borrowed), None);
        }
        let license = self.license_of.get(&id).copied();
        let Some(pool) = license.and_then(|license| self.pool(license)) else {
            return result(None, Some(Code::NotFound), None);
        };
        if let Some(after) = options.after.filter(|_| !is_own) {
            let (by, by_name, message) = (actor.id, actor.name.clone(), options.message.clone());
            let scheduled = ScheduledEnd { at: now + after, by, by_name, message };
            let view = scheduled.clone().into_view();
            return match pool.schedule_end(id, Some(scheduled)) {
                Ok(_) => result(None, None, Some(view)),
                Err(code) => result(None, Some(code), None),
            };
        }
        let reason = if is_own { EndReason::Finished } else { EndReason::EndedByAdmin };
        result(pool.end(id, &end_cause(actor, reason, options.message.as_deref()), now), None, None)
    }

    /// Offers free seats, and moves the changes of the touched pools into the batch, with the actor who caused them.
    fn collect_changes(&mut self, actor: &Actor) {
        for license in std::mem::take(&mut self.touched) {
            let Some(pool) = self.pools.get_mut(&license) else { continue };
            pool.offer_seats(self.now);
            let seats = pool.terms.seats;
            for (change, occupied) in pool.take_changes() {
                self.events.push(Event::of_change(actor.clone(), license, &change, occupied, seats));
                self.changes.push((license, change));
            }
        }
    }
}

fn end_cause(actor: &Actor, reason: EndReason, message: Option<&str>) -> EndCause {
    EndCause { reason, by: actor.id, by_name: actor.name.clone(), message: message.map(str::to_owned) }
}
