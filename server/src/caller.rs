//! The authenticated caller of a request.

use crate::{
    actor::{Actor, Origin, RemovableUsers},
    secret_hash::Digest,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SignInId, UserId},
    people::Locale,
    permissions::{Action, Rights, may},
    scope::Scope,
};
use std::net::IpAddr;

/// The credential of a request, as the digest of its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A browser's cookie.
    Cookie(Digest),
    /// A program's token.
    Token(Digest),
}

/// A caller as read from the database.
#[derive(Clone, Debug)]
pub struct CachedCaller {
    pub caller: Caller,
    /// When the cookie or token expires.
    pub expires_at: DateTime<Utc>,
    /// When the credential was last used, as stored.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An authenticated user, with the credential's restrictions.
#[derive(Clone, Debug)]
pub struct Caller {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub locale: Option<Locale>,
    pub rights: Rights,
    /// Which interface the request came through.
    pub origin: Origin,
    /// The client's IP address.
    pub address: Option<IpAddr>,
    /// The browser session, if the request has a session cookie.
    pub sign_in: Option<SignInId>,
    /// When the user last verified their identity by password, code, passkey or provider. Always `None` for tokens.
    pub verified_at: Option<DateTime<Utc>>,
    /// What the token may be used for.
    pub scope: Scope,
    /// Whether the user is in a browser and must set up a second factor before doing anything else.
    pub needs_second_factor: bool,
}

/// The caller may not perform this action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the caller may not {0:?}")]
pub struct Forbidden(pub Action);

impl Caller {
    pub fn may(&self, action: Action) -> bool {
        may(&self.rights, action)
    }

    /// Checks that the caller may perform an action.
    ///
    /// # Errors
    /// Returns an error if the caller may not.
    pub fn require(&self, action: Action) -> Result<(), Forbidden> {
        if self.may(action) { Ok(()) } else { Err(Forbidden(action)) }
    }

    /// Which users this caller may suspend and delete, given `manage_users`.
    pub fn removable_users(&self) -> RemovableUsers {
        if self.may(Action::ManageRoles) { RemovableUsers::Anybody } else { RemovableUsers::Agents }
    }

    /// The caller as the actor of audit log entries.
    pub fn actor(&self) -> Actor {
        Actor { id: Some(self.id), name: Some(self.name.clone()), origin: self.origin, address: self.address }
    }
}
