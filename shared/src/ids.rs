//! Typed ids, so that no function can be called with the wrong kind of id.

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
    /// A user.
    UserId
    /// A session: the work of an agent with a product, from creation to end.
    SessionId
    /// An API token.
    TokenId
    /// A signed-in browser.
    SignInId
    /// A sign-in provider (OpenID Connect).
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
    /// A saved view: the filters of a page under a name.
    SavedViewId
    /// A user's request for a license.
    LicenseRequestId
    /// A rule by which members of a directory's group get licenses and a role.
    RuleId
}

/// A position in the event log. The first event has 1, and no number is skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Position(pub i64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
