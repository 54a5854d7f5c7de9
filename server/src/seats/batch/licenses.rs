//! What admins decide on licenses and users: assignments, seats, rules, what is kept for groups, suspension.

use super::{Batch, ending};
use crate::{
    events::Event,
    seats::{
        command::{Actor, Outcome},
        pool::Pool,
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, RuleId, UserId},
    license::{ChosenRules, GroupLimit},
    problem::Code,
    session::EndReason,
    wire::licenses::AssignmentResult,
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

    pub(super) fn change(&mut self, license: LicenseId, seats: Option<i64>, rules: &ChosenRules) -> Outcome {
        let now = self.now;
        let Some(pool) = self.pool(license) else { return Outcome::Failed(Code::NotFound) };
        if let Some(Err(code)) = seats.map(|seats| pool.resize(seats)) {
            return Outcome::Failed(code);
        }
        let rules = rules.on(pool.terms.rules);
        pool.rule(rules, now);
        Outcome::Done
    }

    pub(super) fn limit_groups(&mut self, license: LicenseId, limits: &[GroupLimit]) -> Outcome {
        match self.pool(license).map(|pool| pool.limit_groups(limits)) {
            None => Outcome::Failed(Code::NotFound),
            Some(Err(code)) => Outcome::Failed(code),
            Some(Ok(())) => Outcome::Done,
        }
    }

    pub(super) fn suspend(&mut self, actor: &Actor, user: UserId) -> Outcome {
        if self.out.contains(&user) && self.known.contains(&user) {
            return Outcome::Done;
        }
        self.put_out(actor, user, "user_suspended")
    }

    pub(super) fn delete(&mut self, actor: &Actor, user: UserId) -> Outcome {
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
