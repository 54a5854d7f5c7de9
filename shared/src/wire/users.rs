//! Users, and adding and changing them.

use crate::{
    ids::{LicenseId, UserId},
    named::named,
    people::{Permission, Role, UserStatus},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserView {
    /// The user's id.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Admin, manager or agent.
    pub role: Role,
    /// What a manager was allowed.
    pub permissions: BTreeSet<Permission>,
    /// Whether the user is the billing contact.
    pub billing_contact: bool,
    /// Active or suspended.
    pub status: UserStatus,
    /// The licenses assigned to the user.
    pub license_ids: Vec<LicenseId>,
    /// How many live sessions the user has.
    pub sessions: i64,
    /// When the user last signed in; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<DateTime<Utc>>,
    /// When the user was added.
    pub created_at: DateTime<Utc>,
}

/// Adds a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewUser {
    /// Name.
    pub name: String,
    /// E-mail address; no two users have the same, whatever the case of its letters.
    pub email: String,
    /// The first password; without one the user is invited by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Admin, manager or agent; anything but agent takes an admin.
    pub role: Role,
    /// What a manager is allowed.
    #[serde(default)]
    pub permissions: BTreeSet<Permission>,
}

/// Changes a user; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeUser {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Suspending ends the user's sessions in the same transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// A new role; takes an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// New permissions; takes an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeSet<Permission>>,
}

named! {
    /// By what a list of users is sorted.
    UserSort {
        /// By name.
        Name = "name",
        /// By e-mail address.
        Email = "email",
        /// By the last sign-in; those who never signed in by when they were added.
        LastActive = "last_active_at",
        /// By when they were added.
        Created = "created_at",
    }
}
