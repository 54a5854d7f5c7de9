//! Users, and adding and changing them.

use crate::{
    ids::{GroupId, LicenseId, ProductId, UserId},
    named::named,
    people::{Permission, Role, Source, UserStatus},
    problem::Code,
    wire::account::{SignInView, TokenView},
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
    /// Where the user came from.
    pub source: Source,
    /// Whether a manager sees only the people in the groups that he manages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub limited_to_groups: bool,
    /// The groups that the user manages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manages: Vec<GroupId>,
    /// The groups that the user is in, as far as the viewer may see them.
    pub group_ids: Vec<GroupId>,
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

/// How somebody gets in: for those who may take it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserAccess {
    /// The browsers in which he is signed in, the last used first.
    pub sign_ins: Vec<SignInView>,
    /// His API tokens.
    pub tokens: Vec<TokenView>,
    /// Whether his password takes a code, too.
    pub second_factor: bool,
    /// How many passkeys he has.
    pub passkeys: i64,
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
    /// The groups that he is put in. A manager who is limited to groups names at least one of his own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_ids: Vec<GroupId>,
}

/// Changes a user; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeUser {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Suspending ends the user's sessions in the same transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// A new role; takes an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// New permissions; takes an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeSet<Permission>>,
    /// Whether a manager sees only the people in the groups that he manages; takes an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_to_groups: Option<bool>,
    /// The groups that he manages from now on, at most 1,000; takes an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manages: Option<Vec<GroupId>>,
}

/// Which users a list shows, and which a bulk request is about. What is absent does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct UserFilter {
    /// To whom this license is assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseId>,
    /// To whom any license of this product is assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Of this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Of this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// In this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Who came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Who signed in, or was added, after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_after: Option<DateTime<Utc>>,
    /// Who neither signed in nor was added since this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_before: Option<DateTime<Utc>>,
    /// With this in name or e-mail, whatever case and accents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// One thing done to many users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum BulkAction {
    /// Assigns a license.
    Grant {
        /// Which.
        license_id: LicenseId,
    },
    /// Takes a license away.
    Revoke {
        /// Which.
        license_id: LicenseId,
        /// End the sessions on it too; else they may finish.
        end_now: bool,
    },
    /// Puts them into a group.
    AddToGroup {
        /// Which.
        group_id: GroupId,
    },
    /// Takes them out of a group.
    RemoveFromGroup {
        /// Which.
        group_id: GroupId,
    },
    /// Gives them a role; takes an admin.
    SetRole {
        /// Which.
        role: Role,
    },
    /// Suspends them and ends their sessions.
    Suspend,
    /// Lets them in again.
    Reactivate,
    /// Deletes them; the history keeps their names.
    Delete,
}

/// Does one thing to many users, or says what that would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkUsers {
    /// To these, at most 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<Vec<UserId>>,
    /// Or to all whom a list with this filter shows: to the first 1,000 by name, and then to those after `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<UserFilter>,
    /// With a filter: the `next` of the answer before, of the same kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What is done.
    #[serde(flatten)]
    pub action: BulkAction,
    /// Only say what would happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What became of many users, or what would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkResults {
    /// Whether this is only what would happen.
    pub dry_run: bool,
    /// One for each user: in the order of the request, or by name if a filter was given.
    pub results: Vec<BulkResult>,
    /// How many seats of a named license were free before, where one is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats_free: Option<i64>,
    /// With a filter: how many users it lets through now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// With a filter: where to go on, if these were not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What became of one user, or what would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkResult {
    /// The user.
    pub user_id: UserId,
    /// His name; absent if there is no such user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether this changes something: if not, it was so before, or was refused.
    pub changed: bool,
    /// Why it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
    /// How many of his live sessions end with it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ends_sessions: i64,
    /// When he is suspended: the licenses on which a named seat is free then. Those that a group or a rule gave are not among them: they
    /// come back by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frees: Vec<LicenseId>,
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this"))]
fn is_zero(number: &i64) -> bool {
    *number == 0
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
