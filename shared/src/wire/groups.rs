//! Groups of users, their members, managers and licenses.

use crate::{
    ids::{DirectoryId, GroupId, LicenseId, UserId},
    license::GroupLimit,
    problem::Code,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupView {
    /// The group's id.
    pub id: GroupId,
    /// The group's name.
    pub name: String,
    /// The number of its members.
    pub members: i64,
    /// The directory that manages its members, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_id: Option<DirectoryId>,
}

/// A group with its managers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupDetail {
    /// What lists of groups show of it.
    #[serde(flatten)]
    pub group: GroupView,
    /// Its managers, by name.
    pub managers: Vec<GroupManager>,
}

/// A manager who sees the members of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupManager {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    pub email: String,
    /// Whether the manager sees only the users in their groups; if not, the group does not affect what they see.
    pub limited_to_groups: bool,
}

/// A license that a group grants to its members for the time of their membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLicense {
    /// The license's id.
    pub license_id: LicenseId,
    /// Since when the group has the license.
    pub since: DateTime<Utc>,
    /// The number of members with the license, through the group or otherwise.
    pub holders: i64,
    /// The members without the license, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<UnassignedMember>,
}

/// A member without a license that the group grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnassignedMember {
    /// The user's id.
    pub user_id: UserId,
    /// The user's name.
    pub name: String,
    /// The reason; absent if the license is about to be assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Code>,
}

/// A license that a user has through a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupAssignment {
    /// The license's id.
    pub license_id: LicenseId,
    /// The group's id.
    pub group_id: GroupId,
    /// The group's name.
    pub group_name: String,
}

/// The body that gives a group another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenameGroup {
    /// The new name.
    pub name: String,
}

/// Adds and removes members of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeMembers {
    /// The users to add, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<UserId>,
    /// The users to remove, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<UserId>,
}

/// Adds a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGroup {
    /// The name, which must be unique.
    pub name: String,
}

/// Replaces the members of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Members {
    /// All members, at most 1,000.
    pub user_ids: Vec<UserId>,
}

/// Replaces the group limits of a license; groups that are not listed have neither floor nor cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLimits {
    /// One limit for each group, at most 100. The floors together must not exceed the seats.
    pub limits: Vec<GroupLimit>,
}
