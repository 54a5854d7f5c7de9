//! Who may have what, and why: users' roles and status, memberships, assignments and their sources.
//!
//! Requests, directories, sign-in providers and imports all call this module, and have no rules of their own. What
//! follows from a change is reconciled in its commit, see [`consequences`].
//!
//! *No user can use a group to grant or revoke what they could not grant or revoke directly.* Each change of a group
//! names the [`Authority`] that makes it. A user's rights are read in the transaction of the change, so that neither a
//! request authorized a moment ago nor an import that has run for an hour uses rights that were revoked meanwhile. The
//! store writes memberships only with an [`Approved`] token, which only this module can create.
//!
//! - A membership added by a user, an import or a sign-in provider never grants a role: the role of a directory's rule
//!   follows the memberships that this directory itself has provisioned (`group_members.directory_id`).
//! - Changing the members of a group that gives licenses requires the right to assign licenses.
//! - Removing a user from a group whose rule gives them their role requires the right to change roles.
//! - Renaming such a group requires the same: directories and providers match groups by name. Deleting it requires this
//!   too, and in addition the rights to change what is deleted with it: seats reserved for it, and which users managers
//!   see.

pub mod assignment_source;
pub mod assignments;
mod authority;
pub mod consequences;
pub mod group_licenses;
pub mod groups;
pub mod license_requests;
pub mod memberships;
pub mod rules;

pub use authority::{Approved, Authority, DeniedChange, GroupChangeError};

use crate::{
    clock::Clock,
    commit_hooks::Wake,
    db::{Db, DbError, Tx},
    events::Event,
    journal::Journal,
    seats::Seats,
    tasks::Tasks,
};
use std::sync::Arc;

/// What decides who may have what: the database, the seats, and the tasks that reconcile them. Clones share all.
#[derive(Clone)]
pub struct Entitlements {
    pub db: Db,
    pub clock: Clock,
    pub tasks: Tasks,
    pub seats: Seats,
    /// Woken when assignments that groups give may have to be reconciled.
    reconcile_requested: Wake,
    /// Woken when what had to wait for a seat or an admin can be tried again.
    seat_freed: Wake,
    /// Its commits have no consequences: reconciling would otherwise reconcile what it has just changed.
    journal: Journal,
}

impl Entitlements {
    /// The entitlements in the database of this journal, whose commits have no consequences yet.
    pub fn new(journal: Journal, seats: Seats, reconcile_requested: Wake, seat_freed: Wake) -> Self {
        let Journal { db, clock, tasks, .. } = journal.clone();
        Self { db, clock, tasks, seats, reconcile_requested, seat_freed, journal }
    }

    /// The journal for everyone else: each commit is followed by its consequences.
    pub fn journal(&self) -> Journal {
        let entitlements = self.clone();
        self.journal.with_consequences(Arc::new(move |events| consequences::follow(&entitlements, events)))
    }

    /// Writes the events of a transaction, commits it, and reconciles what they concern.
    ///
    /// # Errors
    /// Returns an error if the transaction was not committed or its outcome is unknown.
    pub async fn commit(&self, tx: Tx, events: &[Event]) -> Result<(), DbError> {
        self.journal().commit(tx, events).await
    }
}
