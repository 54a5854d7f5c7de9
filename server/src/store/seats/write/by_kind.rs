//! The changes of a batch by kind, as the rows that are written.

use super::super::{
    batch_writes::BatchWrites,
    row_mapping::{session_end_fields, session_fields, ticket_end_fields, ticket_fields},
};
use crate::{
    db::{Fields, fields},
    pool::{Session, Ticket, changes::SeatChange},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId, UserId},
    license::{GroupLimit, Rules},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The rows to write, by kind of change. Each session and ticket is written by one of three statements, in its final
/// state.
#[derive(Default)]
pub(super) struct ChangesByKind {
    created: BTreeMap<SessionId, (LicenseId, Session)>,
    changed: BTreeSet<(LicenseId, SessionId)>,
    ended: BTreeMap<SessionId, Fields>,
    queued: BTreeMap<TicketId, (LicenseId, Ticket)>,
    moved: BTreeSet<(LicenseId, TicketId)>,
    ended_tickets: BTreeMap<TicketId, Fields>,
    cool_downs: BTreeMap<(LicenseId, UserId), DateTime<Utc>>,
    /// Whether each changed assignment was finally granted or revoked.
    assignments: BTreeMap<(LicenseId, UserId), AssignmentState>,
    /// The new ends of assignments that existed before.
    grant_ends: BTreeMap<(LicenseId, UserId), Option<DateTime<Utc>>>,
    resized: BTreeMap<LicenseId, i64>,
    rules: BTreeMap<LicenseId, Rules>,
    group_limits: BTreeMap<LicenseId, Vec<GroupLimit>>,
}

/// What finally became of an assignment.
enum AssignmentState {
    Granted { ends_at: Option<DateTime<Utc>> },
    Revoked,
}

impl ChangesByKind {
    /// Groups the changes of a batch.
    pub fn of(batch: &BatchWrites<'_>) -> Self {
        let mut rows = Self::default();
        for (license, change) in batch.changes {
            let license = *license;
            match change {
                SeatChange::Created(live) => drop(rows.created.insert(live.id, (license, live.clone()))),
                SeatChange::Connected { session, .. }
                | SeatChange::Warned { session, .. }
                | SeatChange::EndScheduled { session, .. }
                | SeatChange::Borrowed { session, .. }
                | SeatChange::Protected { session, .. }
                | SeatChange::Continued { session, .. } => drop(rows.changed.insert((license, *session))),
                SeatChange::Ended { session, end, by, .. } => {
                    drop(rows.ended.insert(*session, session_end_fields(*session, end, *by)));
                }
                SeatChange::Queued(ticket) => drop(rows.queued.insert(ticket.id, (license, ticket.clone()))),
                SeatChange::Offered { ticket, .. } | SeatChange::Moved { ticket, .. } => {
                    rows.moved.insert((license, *ticket));
                }
                SeatChange::TicketEnded { ticket, reason, session, at, .. } => {
                    drop(rows.ended_tickets.insert(*ticket, ticket_end_fields(*ticket, *reason, *session, *at)));
                }
                SeatChange::CoolDownStarted { user, until } => drop(rows.cool_downs.insert((license, *user), *until)),
                SeatChange::Granted { user, ends_at } => {
                    rows.assignments.insert((license, *user), AssignmentState::Granted { ends_at: *ends_at });
                }
                SeatChange::GrantEndChanged { user, to, .. } => rows.change_grant_end((license, *user), *to),
                SeatChange::Revoked { user, .. } => {
                    // The cool-down ends with the assignment, and a new assignment begins without one.
                    rows.cool_downs.remove(&(license, *user));
                    rows.grant_ends.remove(&(license, *user));
                    rows.assignments.insert((license, *user), AssignmentState::Revoked);
                }
                SeatChange::Resized { to, .. } => drop(rows.resized.insert(license, *to)),
                SeatChange::RulesChanged { to, .. } => drop(rows.rules.insert(license, *to)),
                SeatChange::GroupLimitsChanged { to, .. } => drop(rows.group_limits.insert(license, to.clone())),
                SeatChange::Refused { .. } => {}
            }
        }
        rows
    }

    fn change_grant_end(&mut self, pair: (LicenseId, UserId), to: Option<DateTime<Utc>>) {
        match self.assignments.get_mut(&pair) {
            Some(AssignmentState::Granted { ends_at }) => *ends_at = to,
            _ => drop(self.grant_ends.insert(pair, to)),
        }
    }

    /// Whether the batch only created and ended sessions.
    pub fn are_sessions_only(&self) -> bool {
        let Self {
            created: _,
            ended: _,
            changed,
            queued,
            moved,
            ended_tickets,
            cool_downs,
            assignments,
            grant_ends,
            resized,
            rules,
            group_limits,
        } = self;
        changed.is_empty()
            && queued.is_empty()
            && moved.is_empty()
            && ended_tickets.is_empty()
            && cool_downs.is_empty()
            && assignments.is_empty()
            && grant_ends.is_empty()
            && resized.is_empty()
            && rules.is_empty()
            && group_limits.is_empty()
    }

    pub fn sessions_to_end(&self) -> Vec<Fields> {
        self.ended.iter().filter(|(id, _)| !self.created.contains_key(id)).map(|(_, row)| row.clone()).collect()
    }

    pub fn changed_sessions(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let changed = self.changed.iter().filter(|(_, id)| !self.created.contains_key(id));
        let row = |(license, id): &(LicenseId, SessionId)| {
            Some(session_fields(*license, batch.pools.get(license)?.session(*id)?))
        };
        changed.filter_map(row).collect()
    }

    pub fn new_sessions(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let row = |(id, (license, first)): (&SessionId, &(LicenseId, Session))| {
            let last = batch.pools.get(license).and_then(|pool| pool.session(*id)).unwrap_or(first);
            let row = session_fields(*license, last);
            match self.ended.get(id) {
                Some(end) => row.with(end.clone()),
                None => row,
            }
        };
        self.created.iter().map(row).collect()
    }

    pub fn tickets_to_end(&self) -> Vec<Fields> {
        self.ended_tickets.iter().filter(|(id, _)| !self.queued.contains_key(id)).map(|(_, row)| row.clone()).collect()
    }

    pub fn changed_tickets(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let changed = self.moved.iter().filter(|(_, id)| !self.queued.contains_key(id));
        let row = |(license, id): &(LicenseId, TicketId)| {
            Some(ticket_fields(*license, batch.pools.get(license)?.ticket(*id)?))
        };
        changed.filter_map(row).collect()
    }

    pub fn new_tickets(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let row = |(id, (license, first)): (&TicketId, &(LicenseId, Ticket))| {
            let last = batch.pools.get(license).and_then(|pool| pool.ticket(*id)).unwrap_or(first);
            let row = ticket_fields(*license, last);
            match self.ended_tickets.get(id) {
                Some(end) => row.with(end.clone()),
                None => row,
            }
        };
        self.queued.iter().map(row).collect()
    }

    /// All changed assignments: those that are revoked, and those that are made, which may exist already.
    pub fn assignments_to_delete(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        self.assignments.keys().map(|pair| assignment_row(*pair, None, batch)).collect()
    }

    pub fn new_assignments(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let row = |(pair, state): (&(LicenseId, UserId), &AssignmentState)| match state {
            AssignmentState::Granted { ends_at } => Some(assignment_row(*pair, *ends_at, batch)),
            AssignmentState::Revoked => None,
        };
        self.assignments.iter().filter_map(row).collect()
    }

    /// The assignments that were made.
    pub fn granted(&self) -> impl Iterator<Item = (LicenseId, UserId)> {
        let is_granted = |state: &AssignmentState| matches!(state, AssignmentState::Granted { .. });
        self.assignments.iter().filter(move |(_, state)| is_granted(state)).map(|(pair, _)| *pair)
    }

    pub fn changed_grant_ends(&self) -> Vec<Fields> {
        let row = |((license, user), ends_at): (&(LicenseId, UserId), &Option<DateTime<Utc>>)| {
            fields! { "license_id": license, "user_id": user, "ends_at": *ends_at }
        };
        self.grant_ends.iter().map(row).collect()
    }

    pub fn cool_downs(&self) -> Vec<Fields> {
        let row = |((license, user), until): (&(LicenseId, UserId), &DateTime<Utc>)| {
            fields! { "license_id": license, "user_id": user, "until": *until }
        };
        self.cool_downs.iter().map(row).collect()
    }

    pub fn resized_licenses(&self) -> Vec<Fields> {
        self.resized.iter().map(|(id, seats)| fields! { "id": id, "seats": *seats }).collect()
    }

    pub fn changed_rules(&self) -> Vec<Fields> {
        self.rules.iter().map(rules_row).collect()
    }

    pub fn changed_group_limits(&self) -> Vec<Fields> {
        let row = |(license, limits): (&LicenseId, &Vec<GroupLimit>)| {
            fields! { "id": license, "group_limits": json!(limits).to_string() }
        };
        self.group_limits.iter().map(row).collect()
    }
}

fn assignment_row(
    (license, user): (LicenseId, UserId),
    ends_at: Option<DateTime<Utc>>,
    batch: &BatchWrites<'_>,
) -> Fields {
    let rule = batch.granting_rules.get(&(license, user)).copied();
    fields! {
        "license_id": license, "user_id": user, "created_at": batch.now, "rule_id": rule, "ends_at": ends_at,
    }
}

fn rules_row((license, rules): (&LicenseId, &Rules)) -> Fields {
    fields! {
        "id": license, "seat_rule": rules.seat_rule, "second_device": rules.second_device,
        "lease_seconds": rules.lease_seconds, "overdraft": rules.overdraft, "offer_seconds": rules.offer_seconds,
        "idle_seconds": rules.idle_seconds, "idle_warning_seconds": rules.idle_warning_seconds,
        "idle_ends_connected": rules.idle_ends_connected, "cool_down_seconds": rules.cool_down_seconds,
        "borrow_seconds": rules.borrow_seconds, "borrow_seats": rules.borrow_seats,
    }
}
