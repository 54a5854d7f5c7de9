//! Decisions on licenses and users: assignments, seats, rules, contracts, group limits, suspension.

use super::{Batch, Group, end_cause};
use crate::pool::{
    Pool,
    license_terms::{ContractTerms, LicenseTerms},
};
use crate::{
    events::{Event, member_events},
    seats::command::{Actor, DeletionBlockers, Outcome, RemovableUsers},
    user_changes::keeps_an_admin,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, LicenseId, LicenseRequestId, RuleId, UserId},
    license::GroupLimit,
    problem::Code,
    session::EndReason,
    wire::licenses::{AssignmentResult, ChangeLicense},
};

impl Batch {
    pub(super) fn grant(
        &mut self,
        license: LicenseId,
        users: &[UserId],
        rule: Option<RuleId>,
        ends_at: Option<DateTime<Utc>>,
    ) -> Outcome {
        let outcome = self.assign(license, users, |pool, user, _| pool.grant_until(user, ends_at));
        if let Outcome::Assignments(results) = &outcome {
            for result in results.iter().filter(|result| result.changed) {
                // The last change in the batch counts: another rule may have made the assignment before, and it was
                // revoked.
                match rule {
                    Some(rule) => drop(self.granting_rules.insert((license, result.user_id), rule)),
                    None => drop(self.granting_rules.remove(&(license, result.user_id))),
                }
            }
        }
        outcome
    }

    /// Of two decisions on the same request, the second finds it closed.
    pub(super) fn approve(
        &mut self,
        actor: &Actor,
        request: LicenseRequestId,
        ends_at: Option<DateTime<Utc>>,
    ) -> Outcome {
        let Some((license, user)) = self.open_requests.get(&request).copied() else {
            return Outcome::Failed(Code::RequestDecided);
        };
        match self.pool(license).map(|pool| pool.grant_until(user, ends_at)) {
            None => return Outcome::Failed(Code::NotFound),
            Some(Err(code)) => return Outcome::Failed(code),
            // Granted by another command of this batch, which closes the request.
            Some(Ok(false)) => return Outcome::Failed(Code::RequestDecided),
            Some(Ok(true)) => {}
        }
        self.granting_rules.remove(&(license, user));
        self.open_requests.remove(&request);
        self.approved_requests.push((license, user));
        let approved = Event::of_license(EventData::LicenseRequestApproved { ends_at }, actor.clone(), license);
        self.events.push(Event { user: Some(user), ..approved });
        Outcome::Done
    }

    pub(super) fn assign(
        &mut self,
        license: LicenseId,
        users: &[UserId],
        change: impl Fn(&mut Pool, UserId, DateTime<Utc>) -> Result<bool, Code>,
    ) -> Outcome {
        let now = self.now;
        let Some(pool) = self.pool(license) else { return Outcome::Failed(Code::NotFound) };
        let results = users.iter().map(|user| match change(pool, *user, now) {
            Ok(changed) => AssignmentResult { user_id: *user, changed, refused: None },
            Err(code) => AssignmentResult { user_id: *user, changed: false, refused: Some(code) },
        });
        Outcome::Assignments(results.collect())
    }

    /// Makes all of the requested changes or none.
    pub(super) fn change(
        &mut self,
        actor: &Actor,
        license: LicenseId,
        change: &ChangeLicense,
        expected: Option<&LicenseTerms>,
    ) -> Outcome {
        let now = self.now;
        let (Some(pool), Some(contract)) = (self.pools.get(&license), self.contracts.get(&license)) else {
            return Outcome::Failed(Code::NotFound);
        };
        let before = LicenseTerms { seats: pool.terms.seats, rules: pool.terms.rules, contract: contract.clone() };
        let after = before.contract.changed(change, now);
        // Of two changes of one date each, the second may no longer fit.
        if expected.is_some_and(|seen| !before.matches(seen, pool.terms.archived)) || !after.has_valid_period() {
            return Outcome::Failed(Code::ChangedMeanwhile);
        }
        let Some(pool) = self.pool(license) else { return Outcome::Failed(Code::NotFound) };
        if let Some(Err(code)) = change.seats.map(|seats| pool.resize(seats)) {
            return Outcome::Failed(code);
        }
        pool.change_rules(change.rules.apply_to(before.rules), now);
        (pool.terms.starts_at, pool.terms.ends_at) = (after.starts_at, after.ends_at);
        pool.terms.archived |= after.archived_at.is_some();
        self.change_contract(actor, license, &before.contract, after);
        Outcome::Done
    }

    fn change_contract(&mut self, actor: &Actor, license: LicenseId, before: &ContractTerms, after: ContractTerms) {
        if *before == after {
            return;
        }
        let changes = Box::new(before.logged().changes(after.logged()));
        self.events.push(Event::of_license(EventData::LicenseTermsChanged { changes }, actor.clone(), license));
        *self.changed_contracts.entry(license).or_default() |= before.ends_at != after.ends_at;
        self.contracts.insert(license, after);
    }

    /// Also removes the limits that licenses have for the group, which would reserve seats for no user.
    pub(super) fn delete_group(&mut self, actor: &Actor, group: GroupId, blockers: DeletionBlockers) -> Outcome {
        if let Some(code) = self.groups.get(&group).and_then(|found| blockers.refusal_for(found.uses)) {
            return Outcome::Failed(code);
        }
        let Some(Group { name, members, .. }) = self.groups.remove(&group) else {
            return Outcome::Failed(Code::NotFound);
        };
        let licenses: Vec<_> = self.pools.keys().copied().collect();
        for license in licenses {
            let Some(mut limits) = self.pools.get(&license).map(|pool| pool.terms.groups.clone()) else { continue };
            let limit_count = limits.len();
            limits.retain(|limit| limit.group_id != group);
            if limits.len() < limit_count
                && let Some(Err(code)) = self.pool(license).map(|pool| pool.limit_groups(&limits))
            {
                return Outcome::Failed(code);
            }
        }
        self.events.extend(member_events(actor, group, &name, &members, &[]));
        self.events.push(Event::new(EventData::GroupDeleted {}, actor.clone(), None).about(group.0, name));
        self.limitable_groups.remove(&group);
        self.deleted_groups.push(group);
        Outcome::Deleted(members)
    }

    pub(super) fn limit_groups(
        &mut self,
        license: LicenseId,
        limits: &[GroupLimit],
        expected: Option<&[GroupLimit]>,
    ) -> Outcome {
        if limits.iter().any(|limit| !self.limitable_groups.contains(&limit.group_id)) {
            return Outcome::Failed(Code::NotFound);
        }
        let current = self.pools.get(&license).map(|pool| &*pool.terms.groups);
        if expected.is_some() && current != expected {
            return Outcome::Failed(Code::ChangedMeanwhile);
        }
        match self.pool(license).map(|pool| pool.limit_groups(limits)) {
            None => Outcome::Failed(Code::NotFound),
            Some(Err(code)) => Outcome::Failed(code),
            Some(Ok(())) => Outcome::Done,
        }
    }

    pub(in crate::seats) fn suspend(&mut self, actor: &Actor, user: UserId, removable: RemovableUsers) -> Outcome {
        // The user's role may have changed since the caller checked it.
        if removable == RemovableUsers::Agents && self.elevated.contains(&user) {
            return Outcome::Failed(Code::Forbidden);
        }
        if self.suspended_users.contains(&user) && self.existing_users.contains(&user) {
            return Outcome::Done;
        }
        self.remove_from_pools(actor, user, EventData::UserSuspended {})
    }

    pub(super) fn delete(&mut self, actor: &Actor, user: UserId, removable: RemovableUsers) -> Outcome {
        if removable == RemovableUsers::Agents && self.elevated.contains(&user) {
            return Outcome::Failed(Code::Forbidden);
        }
        let outcome = self.remove_from_pools(actor, user, EventData::UserDeleted {});
        if let Outcome::Done = outcome {
            for pool in self.pools.values_mut() {
                pool.unassign(user);
            }
            self.existing_users.remove(&user);
            self.deleted_users.push(user);
        }
        outcome
    }

    /// Ends the user's sessions and tickets and their right to seats. `data` is what the event records.
    fn remove_from_pools(&mut self, actor: &Actor, user: UserId, data: EventData) -> Outcome {
        if !self.existing_users.contains(&user) {
            return Outcome::Failed(Code::NotFound);
        }
        // Of two admins who suspend each other in one batch, the second is the last admin.
        if !keeps_an_admin(self.admins.contains(&user), self.admins.len()) {
            return Outcome::Failed(Code::LastAdmin);
        }
        self.admins.remove(&user);
        self.touched = self.pools.keys().copied().collect();
        for pool in self.pools.values_mut() {
            pool.suspend(user, &end_cause(actor, EndReason::UserDeactivated, None), self.now);
        }
        self.suspended_users.insert(user);
        self.newly_suspended.push(user);
        self.events.push(Event::new(data, actor.clone(), Some(user)));
        Outcome::Done
    }
}
