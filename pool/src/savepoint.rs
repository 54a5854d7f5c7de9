//! Undoing requests for seats: what they can change is remembered before, and restored if another request that must be
//! granted together with them is refused.

use super::{Pool, Session, ticket_queue::TicketQueue};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;
use std::collections::BTreeSet;

/// What requests of some users can change in a pool.
#[derive(Debug)]
pub struct Savepoint {
    users: BTreeSet<UserId>,
    sessions: Vec<Session>,
    queue: TicketQueue,
    next_expiry: Option<DateTime<Utc>>,
    change_count: usize,
}

impl Pool {
    /// Remembers what requests of these users can change. Its cost does not depend on the sessions of others.
    pub fn savepoint(&self, users: &BTreeSet<UserId>) -> Savepoint {
        // Names all fields, so that a new one is considered.
        let Self {
            sessions,
            queue,
            next_expiry,
            changes,
            // These follow from the sessions.
            sessions_by_user: _,
            holders: _,
            // Requests do not change these.
            terms: _,
            assigned_count: _,
            users: _,
            cool_downs: _,
        } = self;
        let own = users.iter().flat_map(|user| self.sessions_of(*user));
        Savepoint {
            users: users.clone(),
            sessions: own.filter_map(|id| sessions.get(&id).cloned()).collect(),
            queue: queue.clone(),
            next_expiry: *next_expiry,
            change_count: changes.len(),
        }
    }

    /// Undoes all requests of the savepoint's users since it was made, and the offers that followed from them. Nothing
    /// else may have changed.
    pub fn roll_back(&mut self, savepoint: Savepoint) {
        let Savepoint { users, sessions, queue, next_expiry, change_count } = savepoint;
        for session in users.iter().flat_map(|user| self.sessions_of(*user)).collect::<Vec<_>>() {
            self.remove(session);
        }
        for session in sessions {
            self.insert(session);
        }
        self.queue = queue;
        self.next_expiry = next_expiry;
        self.changes.truncate(change_count);
    }
}
