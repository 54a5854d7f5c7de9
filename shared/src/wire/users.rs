//! Users: views, changes, filters and bulk actions.

use crate::{
    ids::{GroupId, LicenseId, ProductId, UserId},
    people::{Permission, Role, Source, UserStatus},
    problem::Code,
    string_enum::string_enum,
    wire::{
        account::{SignInView, TokenView},
        licenses::GrantEnd,
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A user as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserView {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    pub email: String,
    /// The user's role.
    pub role: Role,
    /// The permissions of a manager.
    pub permissions: BTreeSet<Permission>,
    /// Whether the user is the billing contact.
    pub billing_contact: bool,
    /// The user's status.
    pub status: UserStatus,
    /// The origin of the user.
    pub source: Source,
    /// Whether a manager sees only the users in the groups they manage.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub limited_to_groups: bool,
    /// The groups that the user manages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manages: Vec<GroupId>,
    /// The groups of the user, as far as the viewer may see them.
    pub group_ids: Vec<GroupId>,
    /// The licenses assigned to the user.
    pub license_ids: Vec<LicenseId>,
    /// When assignments of the user end by themselves; those without an end are absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_ends: Vec<GrantEnd>,
    /// The number of the user's live sessions.
    pub sessions: i64,
    /// When the user last signed in; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<DateTime<Utc>>,
    /// When the user was added.
    pub created_at: DateTime<Utc>,
}

/// A user's sign-ins and credentials, for those who may revoke them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserAccess {
    /// The signed-in browsers, the last used first.
    pub sign_ins: Vec<SignInView>,
    /// The user's API tokens.
    pub tokens: Vec<TokenView>,
    /// Whether signing in with a password also requires a code.
    pub second_factor: bool,
    /// The number of passkeys.
    pub passkeys: i64,
}

impl UserView {
    /// When the assignment of a license to the user ends by itself.
    pub fn grant_end(&self, license: LicenseId) -> Option<DateTime<Utc>> {
        self.grant_ends.iter().find(|end| end.license_id == license).map(|end| end.ends_at)
    }
}

/// Adds a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewUser {
    /// The user's name.
    pub name: String,
    /// The e-mail address. It must be unique, compared without case.
    pub email: String,
    /// The initial password; without one, the user is invited by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The role; only an admin may add other roles than agent.
    pub role: Role,
    /// The permissions of a manager.
    #[serde(default)]
    pub permissions: BTreeSet<Permission>,
    /// The groups of the user. A manager limited to groups must name at least one they manage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_ids: Vec<GroupId>,
}

/// Changes a user; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeUser {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The new status. Suspending also ends the user's sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// The new role; only by an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The new permissions; only by an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeSet<Permission>>,
    /// Whether a manager sees only the users in the groups they manage; only by an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_to_groups: Option<bool>,
    /// The groups that the user manages from now on, at most 1,000; only by an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manages: Option<Vec<GroupId>>,
}

/// Filters a list of users, and selects the users of a bulk request. Absent fields do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct UserFilter {
    /// Only users with this license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseId>,
    /// Only users with any license of this product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Only users with this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Only users with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// Only members of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Only users of this origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Only users who signed in or were added after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_after: Option<DateTime<Utc>>,
    /// Only users who neither signed in nor were added since this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_before: Option<DateTime<Utc>>,
    /// Only users with this text in name or e-mail address, ignoring case and accents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// An action on several users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum BulkAction {
    /// Assigns a license.
    Grant {
        /// The license to assign.
        license_id: LicenseId,
        /// When the assignments end by themselves, in the future; absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<DateTime<Utc>>,
    },
    /// Changes when the assignments of a license end by themselves.
    SetGrantEnd {
        /// The license that they have.
        license_id: LicenseId,
        /// The new end, in the future; `null` or absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<DateTime<Utc>>,
    },
    /// Revokes a license.
    Revoke {
        /// The license to revoke.
        license_id: LicenseId,
        /// End the sessions on it too; otherwise they may finish.
        end_now: bool,
    },
    /// Adds them to a group.
    AddToGroup {
        /// The group they join.
        group_id: GroupId,
    },
    /// Removes them from a group.
    RemoveFromGroup {
        /// The group they leave.
        group_id: GroupId,
    },
    /// Changes their role; only by an admin.
    SetRole {
        /// The new role.
        role: Role,
    },
    /// Suspends them and ends their sessions.
    Suspend,
    /// Reactivates them.
    Reactivate,
    /// Deletes them; the history keeps their names.
    Delete,
}

/// Performs an action on several users, or previews its effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkUsers {
    /// The users, at most 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<Vec<UserId>>,
    /// Alternatively, a filter: the first 1,000 matching users by name, and then those after `after`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::object::optional_object")]
    pub filter: Option<UserFilter>,
    /// With a filter: the `next` of the previous response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The action to perform.
    #[serde(flatten)]
    pub action: BulkAction,
    /// Only preview the effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// The results of a bulk action, or their preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkResults {
    /// Whether this is only a preview.
    pub dry_run: bool,
    /// One result for each user: in the order of the request, or by name with a filter.
    pub results: Vec<BulkResult>,
    /// The free seats of a named license before it is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats_free: Option<i64>,
    /// With a filter: the number of matching users now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// With a filter: pass this as `after` to continue; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The result for one user, or its preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkResult {
    /// The user's id.
    pub user_id: UserId,
    /// The user's name; absent if there is no such user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether this changes anything; false also if it was refused.
    pub changed: bool,
    /// Why it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
    /// The number of the user's live sessions that end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ends_sessions: i64,
    /// When suspending: the licenses on which a named seat becomes free. Seats granted by a group or a rule are not
    /// listed, since they are granted again automatically.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frees: Vec<LicenseId>,
    /// The ends of the user's assignments that the action takes away or changes, as they were before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_ends: Vec<GrantEnd>,
}

impl BulkResult {
    /// When the assignment of a license ended before the action.
    pub fn grant_end(&self, license: LicenseId) -> Option<DateTime<Utc>> {
        self.grant_ends.iter().find(|end| end.license_id == license).map(|end| end.ends_at)
    }
}

#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

string_enum! {
    /// The sort order of a list of users.
    UserSort {
        /// By name.
        Name = "name",
        /// By e-mail address.
        Email = "email",
        /// By the last sign-in, or the creation time for users who never signed in.
        LastActive = "last_active_at",
        /// By creation time.
        Created = "created_at",
    }
}
