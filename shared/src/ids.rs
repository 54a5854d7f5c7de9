//! Typed ids: no function can be called with the wrong one.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A product, for example "Remote Support v5".
    ProductId
    /// A purchased quantity of seats of one product in one model.
    LicenseId
    /// A person.
    UserId
    /// One piece of work by an agent with a product, from creation to end.
    SessionId
    /// An API token.
    TokenId
    /// A browser that is signed in.
    SignInId
    /// A provider of sign-ins by OpenID Connect.
    ProviderId
    /// A passkey.
    PasskeyId
    /// A place in the queue of a license.
    TicketId
    /// A group of users.
    GroupId
    /// An import of users.
    ImportId
    /// A directory that provisions users and groups.
    DirectoryId
    /// A rule by which members of a directory's group get licenses and a role.
    RuleId
}

/// A place in the event log; the first event is 1, and no number is ever skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Position(pub i64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
