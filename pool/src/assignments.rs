//! Changes to a license by admins: assignments, seats, rules and group limits.

use super::{EndCause, Pool};
use crate::changes::{PoolUser, RevocationCause, SeatChange};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::UserId,
    license::{GroupLimit, Model, Rules},
    people::UserStatus,
    problem::Code,
    ticket::TicketEnd,
};
use std::collections::BTreeSet;

impl Pool {
    /// Assigns the license to a user for as long as nobody revokes it, see [`Pool::grant_until`].
    ///
    /// # Errors
    /// Returns the same errors.
    pub fn grant(&mut self, user: UserId) -> Result<bool, Code> {
        self.grant_until(user, None)
    }

    /// Assigns the license to a user, until `ends_at` if that is given. Returns whether they did not have it before; if
    /// they did, its end does not change. A named license never has more assignments than seats; a user whose
    /// assignment was revoked keeps the seat until their sessions end.
    ///
    /// # Errors
    /// Returns an error if there is no such user, they are suspended, the license is archived, or all named seats are
    /// taken.
    pub fn grant_until(&mut self, user: UserId, ends_at: Option<DateTime<Utc>>) -> Result<bool, Code> {
        let is_named = self.terms.model == Model::Named;
        let is_full = is_named
            && self.assigned_count.unwrap_or(i64::MAX).saturating_add(self.finishing_users(user)) >= self.terms.seats;
        match self.users.get_mut(&user) {
            None => Err(Code::NotFound),
            Some(user) if user.assigned => Ok(false),
            Some(_) if self.terms.archived => Err(Code::Archived),
            Some(user) if user.status == UserStatus::Suspended => Err(Code::UserSuspended),
            Some(_) if is_full => Err(Code::NamedSeatsTaken),
            Some(pool_user) => {
                pool_user.assigned = true;
                pool_user.grant_ends_at = ends_at;
                self.assigned_count = self.assigned_count.map(|count| count + 1);
                // A cool-down ends with the assignment in which it began.
                self.cool_downs.remove(&user);
                ends_at.into_iter().for_each(|at| self.settle_by(at));
                self.record(SeatChange::Granted { user, ends_at });
                Ok(true)
            }
        }
    }

    /// Changes when the assignment of a user ends by itself; `None` means never. Returns whether it changed.
    ///
    /// # Errors
    /// Returns an error if there is no such user or the license is not assigned to them.
    pub fn set_grant_end(&mut self, user: UserId, ends_at: Option<DateTime<Utc>>) -> Result<bool, Code> {
        let pool_user = self.users.get_mut(&user).ok_or(Code::NotFound)?;
        if !pool_user.assigned {
            return Err(Code::NotAssigned);
        }
        let from = std::mem::replace(&mut pool_user.grant_ends_at, ends_at);
        if from != ends_at {
            ends_at.into_iter().for_each(|at| self.settle_by(at));
            self.record(SeatChange::GrantEndChanged { user, from, to: ends_at });
        }
        Ok(from != ends_at)
    }

    /// Revokes the assignments whose end was reached, in the order of the users. Sessions may finish.
    pub(super) fn settle_grants(&mut self, now: DateTime<Utc>) {
        let has_ended = |user: &&PoolUser| user.grant_end().is_some_and(|end| end <= now);
        let mut ended: Vec<_> = self.users.values().filter(has_ended).map(|user| user.id).collect();
        ended.sort_unstable();
        for user in ended {
            self.remove_assignment(user, RevocationCause::EndReached);
            self.remove_ticket_of(user, TicketEnd::AssignmentRevoked, None, now);
        }
    }

    /// The number of users, except this one, who have live sessions although their assignment was revoked.
    fn finishing_users(&self, except: UserId) -> i64 {
        let users = self.sessions_by_user.keys().filter(|user| **user != except && !self.is_assigned(**user));
        i64::try_from(users.collect::<BTreeSet<_>>().len()).unwrap_or(i64::MAX)
    }

    /// Revokes the user's assignment and removes their ticket. Their sessions may finish, unless `cause` is given to
    /// end them.
    ///
    /// # Errors
    /// Returns an error if there is no such user.
    pub fn revoke(&mut self, user: UserId, cause: Option<&EndCause>, now: DateTime<Utc>) -> Result<bool, Code> {
        if self.user(user).is_none() {
            return Err(Code::NotFound);
        }
        let changed = self.unassign(user);
        self.remove_ticket_of(user, TicketEnd::AssignmentRevoked, None, now);
        if let Some(cause) = cause {
            self.end_all(user, cause, now);
        }
        Ok(changed)
    }

    /// Revokes the user's assignment and changes nothing else. Returns whether they had one.
    pub fn unassign(&mut self, user: UserId) -> bool {
        self.remove_assignment(user, RevocationCause::Request)
    }

    fn remove_assignment(&mut self, user: UserId, cause: RevocationCause) -> bool {
        let Some(pool_user) = self.users.get_mut(&user).filter(|user| user.assigned) else { return false };
        (pool_user.assigned, pool_user.grant_ends_at) = (false, None);
        self.assigned_count = self.assigned_count.map(|count| count - 1);
        self.cool_downs.remove(&user);
        self.record(SeatChange::Revoked { user, cause });
        true
    }

    fn end_all(&mut self, user: UserId, cause: &EndCause, now: DateTime<Utc>) {
        for session in self.sessions_of(user) {
            self.end(session, cause, now);
        }
    }

    /// Suspends a user: their sessions end, their ticket is removed, and a named seat is no longer assigned to them.
    pub fn suspend(&mut self, user: UserId, cause: &EndCause, now: DateTime<Utc>) {
        if let Some(pool_user) = self.users.get_mut(&user) {
            pool_user.status = UserStatus::Suspended;
        }
        if self.terms.model == Model::Named {
            self.unassign(user);
        }
        self.remove_ticket_of(user, TicketEnd::UserDeactivated, None, now);
        self.end_all(user, cause, now);
    }

    /// Changes the number of seats. It may be lower than the number in use: the license is over capacity then, until
    /// sessions end.
    ///
    /// # Errors
    /// Returns an error if more seats are reserved for groups.
    pub fn resize(&mut self, seats: i64) -> Result<(), Code> {
        if floors(&self.terms.groups) > seats {
            return Err(Code::FloorsExceedSeats);
        }
        let from = std::mem::replace(&mut self.terms.seats, seats);
        if from != seats {
            self.record(SeatChange::Resized { from, to: seats });
        }
        Ok(())
    }

    /// Changes the rules. A new seat rule recounts the holders of the same sessions, which may put the license over
    /// capacity.
    pub fn change_rules(&mut self, rules: Rules, now: DateTime<Utc>) {
        if self.terms.rules == rules {
            return;
        }
        let from = std::mem::replace(&mut self.terms.rules, rules);
        let sessions = std::mem::take(&mut self.sessions);
        self.holders.clear();
        self.sessions_by_user.clear();
        for session in sessions.into_values() {
            self.insert(session);
        }
        self.settle_by(now);
        self.record(SeatChange::RulesChanged { from, to: rules });
        self.cancel_idle_warnings();
    }

    /// Cancels all idle warnings, so that no session ends by a warning that was given under the old rules.
    fn cancel_idle_warnings(&mut self) {
        let warned: Vec<_> =
            self.sessions.values().filter(|live| live.warned_at.is_some()).map(|l| (l.id, l.user)).collect();
        for (session, user) in warned {
            if let Some(live) = self.sessions.get_mut(&session) {
                live.warned_at = None;
            }
            self.record(SeatChange::Warned { session, user, ends_at: None });
        }
    }

    /// Replaces the group limits.
    ///
    /// # Errors
    /// Returns an error if they reserve more seats than there are.
    pub fn limit_groups(&mut self, limits: &[GroupLimit]) -> Result<(), Code> {
        if floors(limits) > self.terms.seats {
            return Err(Code::FloorsExceedSeats);
        }
        if self.terms.groups != limits {
            let from = std::mem::replace(&mut self.terms.groups, limits.to_vec());
            self.record(SeatChange::GroupLimitsChanged { from, to: limits.to_vec() });
        }
        Ok(())
    }
}

/// The number of seats that are reserved for groups.
fn floors(limits: &[GroupLimit]) -> i64 {
    limits.iter().map(|limit| limit.floor).fold(0, i64::saturating_add)
}
