//! Who does something.

use seatkeeper_shared::ids::UserId;
use std::net::IpAddr;

pub use seatkeeper_shared::audit::Origin;

/// Who does something, as the event log records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user. `None` for the system, a directory or a customer.
    pub id: Option<UserId>,
    /// The name at that time.
    pub name: Option<String>,
    pub origin: Origin,
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The same request, made by this user.
    #[must_use]
    pub fn identified_as(self, id: UserId, name: &str) -> Self {
        Self { id: Some(id), name: Some(name.to_owned()), ..self }
    }

    /// Seatkeeper itself, for changes without a request.
    pub fn system() -> Self {
        Self { id: None, name: None, origin: Origin::System, address: None }
    }
}

/// Which users a caller may suspend or delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovableUsers {
    /// Only agents; managers and admins require an admin.
    Agents,
    Anybody,
}
