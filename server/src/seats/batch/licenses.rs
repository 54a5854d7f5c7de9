//! What admins decide on licenses and users: assignments, seats, rules, what is kept for groups, suspension.

use super::{Batch, Group, ending};
use crate::{
    events::{self, Event, member_events},
    seats::{
        command::{Actor, KeepIf, Outcome, Whom},
        paper::{Bought, Paper},
        pool::Pool,
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, RuleId, UserId},
    license::GroupLimit,
    problem::Code,
    session::EndReason,
    wire::licenses::{AssignmentResult, ChangeLicense},
};
use serde_json::json;

impl Batch {
    pub(super) fn grant(&mut self, license: LicenseId, users: &[UserId], rule: Option<RuleId>) -> Outcome {
        let outcome = self.assign(license, users, |pool, user, _| pool.grant(user));
        if let Outcome::Assignments(results) = &outcome {
            for result in results.iter().filter(|result| result.changed) {
                // The last word counts: he may have been given it by another a moment ago, and lost it.
                match rule {
                    Some(rule) => drop(self.rules.insert((license, result.user_id), rule)),
                    None => drop(self.rules.remove(&(license, result.user_id))),
                }
            }
        }
        outcome
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

    /// Of what is asked for, all is done or nothing.
    pub(super) fn change(
        &mut self,
        actor: &Actor,
        license: LicenseId,
        change: &ChangeLicense,
        expected: Option<&Bought>,
    ) -> Outcome {
        let now = self.now;
        let (Some(pool), Some(paper)) = (self.pools.get(&license), self.papers.get(&license)) else {
            return Outcome::Failed(Code::NotFound);
        };
        let before = Bought { seats: pool.terms.seats, rules: pool.terms.rules, paper: paper.clone() };
        let after = before.paper.changed(change, now);
        // Of two who change one date each, the second may find that his no longer fits.
        if expected.is_some_and(|seen| !before.is_as_seen(seen, pool.terms.archived)) || !after.is_sound() {
            return Outcome::Failed(Code::ChangedMeanwhile);
        }
        let Some(pool) = self.pool(license) else { return Outcome::Failed(Code::NotFound) };
        if let Some(Err(code)) = change.seats.map(|seats| pool.resize(seats)) {
            return Outcome::Failed(code);
        }
        pool.rule(change.rules.on(before.rules), now);
        (pool.terms.starts_at, pool.terms.ends_at) = (after.starts_at, after.ends_at);
        pool.terms.archived |= after.archived_at.is_some();
        self.rewrite(actor, license, &before.paper, after);
        Outcome::Done
    }

    fn rewrite(&mut self, actor: &Actor, license: LicenseId, before: &Paper, after: Paper) {
        if *before == after {
            return;
        }
        let facts = events::changes(&before.facts(), &after.facts());
        self.events.push(Event::of_license("license_terms_changed", actor.clone(), license, facts));
        *self.rewritten.entry(license).or_default() |= before.ends_at != after.ends_at;
        self.papers.insert(license, after);
    }

    /// What licenses keep for it goes with it: it would be kept for nobody.
    pub(super) fn delete_group(&mut self, actor: &Actor, group: GroupId, keep_if: KeepIf) -> Outcome {
        if let Some(code) = self.groups.get(&group).and_then(|found| keep_if.refuses(found.uses)) {
            return Outcome::Failed(code);
        }
        let Some(Group { name, members, .. }) = self.groups.remove(&group) else {
            return Outcome::Failed(Code::NotFound);
        };
        let licenses: Vec<_> = self.pools.keys().copied().collect();
        for license in licenses {
            let Some(mut limits) = self.pools.get(&license).map(|pool| pool.terms.groups.clone()) else { continue };
            let all = limits.len();
            limits.retain(|limit| limit.group_id != group);
            if limits.len() < all
                && let Some(Err(code)) = self.pool(license).map(|pool| pool.limit_groups(&limits))
            {
                return Outcome::Failed(code);
            }
        }
        self.events.extend(member_events(actor, group, &name, &members, &[]));
        self.events.push(Event::new("group_deleted", actor.clone(), None, json!({})).about(group.0, name));
        self.limitable.remove(&group);
        self.deleted_groups.push(group);
        Outcome::Deleted(members)
    }

    pub(super) fn limit_groups(
        &mut self,
        license: LicenseId,
        limits: &[GroupLimit],
        expected: Option<&[GroupLimit]>,
    ) -> Outcome {
        if limits.iter().any(|limit| !self.limitable.contains(&limit.group_id)) {
            return Outcome::Failed(Code::NotFound);
        }
        let now = self.pools.get(&license).map(|pool| &*pool.terms.groups);
        if expected.is_some() && now != expected {
            return Outcome::Failed(Code::ChangedMeanwhile);
        }
        match self.pool(license).map(|pool| pool.limit_groups(limits)) {
            None => Outcome::Failed(Code::NotFound),
            Some(Err(code)) => Outcome::Failed(code),
            Some(Ok(())) => Outcome::Done,
        }
    }

    pub(in crate::seats) fn suspend(&mut self, actor: &Actor, user: UserId, whom: Whom) -> Outcome {
        // They may have been given another role since it was looked who they are.
        if whom == Whom::Agents && self.elevated.contains(&user) {
            return Outcome::Failed(Code::Forbidden);
        }
        if self.out.contains(&user) && self.known.contains(&user) {
            return Outcome::Done;
        }
        self.put_out(actor, user, "user_suspended")
    }

    pub(super) fn delete(&mut self, actor: &Actor, user: UserId, whom: Whom) -> Outcome {
        if whom == Whom::Agents && self.elevated.contains(&user) {
            return Outcome::Failed(Code::Forbidden);
        }
        let outcome = self.put_out(actor, user, "user_deleted");
        if let Outcome::Done = outcome {
            for pool in self.pools.values_mut() {
                pool.unassign(user);
            }
            self.known.remove(&user);
            self.deleted.push(user);
        }
        outcome
    }

    /// Ends all that a user does and may do here; `kind` is how the log names it.
    fn put_out(&mut self, actor: &Actor, user: UserId, kind: &'static str) -> Outcome {
        if !self.known.contains(&user) {
            return Outcome::Failed(Code::NotFound);
        }
        // Of two admins who suspend each other in one batch, the second finds himself the last.
        if self.admins.remove(&user) && self.admins.is_empty() {
            self.admins.insert(user);
            return Outcome::Failed(Code::LastAdmin);
        }
        self.touched = self.pools.keys().copied().collect();
        for pool in self.pools.values_mut() {
            pool.suspend(user, &ending(actor, EndReason::UserDeactivated, None), self.now);
        }
        self.out.insert(user);
        self.suspended.push(user);
        self.events.push(Event::new(kind, actor.clone(), Some(user), json!({})));
        Outcome::Done
    }
}
