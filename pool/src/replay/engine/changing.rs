//! What admins, the account and the calendar change in a replay, unless the settings replace it.

use super::{Engine, Micros, PersonIndex, group_id, ticket_id, user_id};
use crate::{
    EndCause,
    changes::{PoolUser, SeatChange},
    replay::demand::{ChangeKind, Limit},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{ids::UserId, license::GroupLimit, people::UserStatus, session::EndReason};

impl<F: FnMut(Micros, &SeatChange, i64)> Engine<'_, F> {
    /// A person, and their clones.
    fn with_clones(&self, person: PersonIndex) -> Vec<UserId> {
        let clones = self.plan.clones.get(&person).into_iter().flatten();
        std::iter::once(&person).chain(clones).map(|person| user_id(*person)).collect()
    }

    /// A change by an admin or of the account.
    pub(super) fn change(&mut self, number: usize) {
        let demand = self.demand;
        let change = &demand.changes[number];
        if let ChangeKind::Moved { .. } | ChangeKind::Swept = change.kind {
            self.catch_up_if_due();
        }
        let now = self.time(self.now);
        match &change.kind {
            ChangeKind::Granted(person) => {
                for user in self.with_clones(*person) {
                    // Of a named license that is replayed with fewer seats, there may be none left.
                    let _ = self.stage.pool.grant(user);
                }
            }
            ChangeKind::Revoked { person, end_sessions } => {
                let cause = EndCause::automatic(EndReason::AssignmentRevoked);
                for user in self.with_clones(*person) {
                    let _ = self.stage.pool.revoke(user, end_sessions.then_some(&cause), now);
                }
            }
            ChangeKind::Suspended(person) => {
                for user in self.with_clones(*person) {
                    self.stage.pool.suspend(user, &EndCause::automatic(EndReason::UserDeactivated), now);
                }
            }
            ChangeKind::Activated(person) => {
                self.change_users(*person, |user| user.status = UserStatus::Active);
            }
            ChangeKind::GroupsChanged { person, groups } => {
                let groups: Vec<_> = groups.iter().map(|group| group_id(*group)).collect();
                self.change_users(*person, |user| user.groups.clone_from(&groups));
            }
            kind => self.change_license(kind, now),
        }
        self.after_change(change.offers_after);
        if let ChangeKind::Moved { .. } | ChangeKind::Swept = change.kind {
            self.catch_up();
        }
    }

    fn change_users(&mut self, person: PersonIndex, change: impl Fn(&mut PoolUser)) {
        for user in self.with_clones(person) {
            self.stage.pool.users.get_mut(&user).into_iter().for_each(&change);
        }
    }

    /// A change of the license, unless the settings replace what it changes.
    fn change_license(&mut self, kind: &ChangeKind, now: DateTime<Utc>) {
        match kind {
            // Fails only if more seats are reserved for groups, by the limits of the settings.
            ChangeKind::Resized(seats) if self.settings.seats.is_none() => {
                let _ = self.stage.pool.resize(*seats);
            }
            ChangeKind::RulesChanged(rules) => {
                self.stage.pool.change_rules(self.settings.rules.apply_to(*rules), now);
            }
            ChangeKind::LimitsChanged(limits) if self.settings.limits.is_none() => {
                let _ = self.stage.pool.limit_groups(&group_limits(limits));
            }
            ChangeKind::PeriodChanged(period) => {
                let time = |at: Option<Micros>| at.map(|at| self.demand.from + at.length());
                let (starts_at, ends_at, noticed) =
                    (time(period.starts_at), time(period.ends_at), time(period.end_noticed_at));
                (self.stage.pool.terms.starts_at, self.stage.pool.terms.ends_at) = (starts_at, ends_at);
                self.stage.end_noticed_at = noticed;
                self.wake_at_end_of_license();
            }
            ChangeKind::Archived(archived) => self.stage.pool.terms.archived = *archived,
            ChangeKind::Moved { ticket, position } => {
                let entry = self.entry_of_ticket(*ticket);
                self.stage.pool.move_ticket(ticket_id(entry), *position);
            }
            _ => {}
        }
    }
}

/// Limits as the pool knows them.
pub(super) fn group_limits(limits: &[Limit]) -> Vec<GroupLimit> {
    let limits = limits.iter();
    limits.map(|limit| GroupLimit { group_id: group_id(limit.group), floor: limit.floor, cap: limit.cap }).collect()
}
