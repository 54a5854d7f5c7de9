//! Authorizes changes of groups and memberships, because users get licenses and roles through groups.
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
mod authority;
pub mod group_licenses;
pub mod groups;
pub mod memberships;
pub mod rules;
pub mod users;

pub use authority::{Approved, Authority, DeniedChange, GroupChangeError};

use crate::{commit_hooks::Wake, journal::Journal, seats::Seats};
use std::ops::Deref;

/// What decides who may have what: the database, the seats, and the tasks that reconcile them. Clones share all.
#[derive(Clone)]
pub struct Entitlements {
    pub journal: Journal,
    pub seats: Seats,
    /// Woken when assignments that groups give may have to be reconciled.
    pub reconcile_requested: Wake,
    /// Woken when what had to wait for a seat or an admin can be tried again.
    pub seat_freed: Wake,
}

impl Deref for Entitlements {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}
