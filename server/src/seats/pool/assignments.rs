//! What an admin changes about a license: to whom it is assigned, its seats, its rules, and what it keeps for groups.

use super::{Ending, Pool};
use crate::seats::facts::Fact;
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
    /// Assigns the license to a user. A named license never has more assignments than seats; whoever was revoked and may
    /// finish still occupies his.
    ///
    /// # Errors
    /// No such user, the license is archived, or all named seats are assigned.
    pub fn grant(&mut self, user: UserId) -> Result<bool, Code> {
        let named = self.terms.model == Model::Named;
        let full = named && self.assigned.unwrap_or(i64::MAX).saturating_add(self.finishing(user)) >= self.terms.seats;
        match self.people.get_mut(&user) {
            None => Err(Code::NotFound),
            Some(person) if person.assigned => Ok(false),
            Some(_) if self.terms.archived => Err(Code::Archived),
            Some(person) if person.status == UserStatus::Suspended => Err(Code::UserSuspended),
            Some(_) if full => Err(Code::NamedSeatsTaken),
            Some(person) => {
                person.assigned = true;
                self.assigned = self.assigned.map(|number| number + 1);
                // A cool-down belongs to the assignment that it began in.
                self.cooling.remove(&user);
                self.note(Fact::Granted(user));
                Ok(true)
            }
        }
    }

    /// Other users than this one who have live sessions although the license is no longer assigned to them.
    fn finishing(&self, besides: UserId) -> i64 {
        let still = self.of_user.keys().filter(|user| **user != besides && !self.is_assigned(**user));
        i64::try_from(still.collect::<BTreeSet<_>>().len()).unwrap_or(i64::MAX)
    }

    /// Takes the license from a user, who may finish his sessions unless `ending` says otherwise.
    ///
    /// # Errors
    /// No such user.
    pub fn revoke(&mut self, user: UserId, ending: Option<&Ending>, now: DateTime<Utc>) -> Result<bool, Code> {
        if self.person(user).is_none() {
            return Err(Code::NotFound);
        }
        let changed = self.unassign(user);
        self.leave_if_waiting(user, TicketEnd::AssignmentRevoked, None, now);
        if let Some(ending) = ending {
            self.end_all(user, ending, now);
        }
        Ok(changed)
    }

    /// Takes the license from a user and nothing else; whether he had it.
    pub fn unassign(&mut self, user: UserId) -> bool {
        let changed = self.people.get_mut(&user).is_some_and(|person| std::mem::replace(&mut person.assigned, false));
        if changed {
            self.assigned = self.assigned.map(|number| number - 1);
            self.cooling.remove(&user);
            self.note(Fact::Revoked(user));
        }
        changed
    }

    fn end_all(&mut self, user: UserId, ending: &Ending, now: DateTime<Utc>) {
        for session in self.sessions_of(user) {
            self.end(session, ending, now);
        }
    }

    /// The user may no longer hold seats; his sessions end, he leaves the line, and a named seat is free for somebody else.
    pub fn suspend(&mut self, user: UserId, ending: &Ending, now: DateTime<Utc>) {
        if let Some(person) = self.people.get_mut(&user) {
            person.status = UserStatus::Suspended;
        }
        if self.terms.model == Model::Named {
            self.unassign(user);
        }
        self.leave_if_waiting(user, TicketEnd::UserDeactivated, None, now);
        self.end_all(user, ending, now);
    }

    /// Changes the number of seats. Fewer than are in use is allowed: the license is over capacity until it drains.
    ///
    /// # Errors
    /// Fewer than are kept for groups.
    pub fn resize(&mut self, seats: i64) -> Result<(), Code> {
        if floors(&self.terms.groups) > seats {
            return Err(Code::FloorsExceedSeats);
        }
        let from = std::mem::replace(&mut self.terms.seats, seats);
        if from != seats {
            self.note(Fact::Resized { from, to: seats });
        }
        Ok(())
    }

    /// Changes the rules. Another seat rule counts the same sessions anew, which may put the license over capacity.
    pub fn rule(&mut self, rules: Rules, now: DateTime<Utc>) {
        if self.terms.rules == rules {
            return;
        }
        let from = std::mem::replace(&mut self.terms.rules, rules);
        let live = std::mem::take(&mut self.live);
        self.holders.clear();
        self.of_user.clear();
        for session in live.into_values() {
            self.insert(session);
        }
        self.due_by(now);
        self.note(Fact::Ruled { from, to: rules });
        self.call_warnings_off();
    }

    /// Under other rules nobody ends on a warning that he was given under the old ones.
    fn call_warnings_off(&mut self) {
        let warned: Vec<_> =
            self.live.values().filter(|live| live.warned_at.is_some()).map(|l| (l.id, l.user)).collect();
        for (session, user) in warned {
            if let Some(live) = self.live.get_mut(&session) {
                live.warned_at = None;
            }
            self.note(Fact::Warned { session, user, ends_at: None });
        }
    }

    /// Changes what is kept for groups.
    ///
    /// # Errors
    /// More than there are seats.
    pub fn limit_groups(&mut self, limits: &[GroupLimit]) -> Result<(), Code> {
        if floors(limits) > self.terms.seats {
            return Err(Code::FloorsExceedSeats);
        }
        if self.terms.groups != limits {
            let from = std::mem::replace(&mut self.terms.groups, limits.to_vec());
            self.note(Fact::Limited { from, to: limits.to_vec() });
        }
        Ok(())
    }
}

fn floors(limits: &[GroupLimit]) -> i64 {
    limits.iter().map(|limit| limit.floor).fold(0, i64::saturating_add)
}
