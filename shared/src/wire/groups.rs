//! Groups of users, and what licenses keep for them.

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
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// How many users are in it.
    pub members: i64,
    /// The directory that tells who is in it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_id: Option<DirectoryId>,
}

/// A group with its managers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupDetail {
    /// The group.
    #[serde(flatten)]
    pub group: GroupView,
    /// Who manages it, by name.
    pub managers: Vec<GroupManager>,
}

/// A manager of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupManager {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Whether he sees only the people in his groups; else the group means nothing to what he sees.
    pub limited_to_groups: bool,
}

/// A license that a group gives to its members, as long as they are members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLicense {
    /// The license.
    pub license_id: LicenseId,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How many members have it, through the group or otherwise.
    pub holders: i64,
    /// The members who have not got it; at most 100 are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A member who has not got what his group gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// The user.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// Why; absent: he is about to get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Code>,
}

/// A license that a user has because he is in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThroughGroup {
    /// The license.
    pub license_id: LicenseId,
    /// The group.
    pub group_id: GroupId,
    /// Its name.
    pub group_name: String,
}

/// Renames a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenameGroup {
    /// Its name from now on.
    pub name: String,
}

/// Puts users into a group and takes users out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeMembers {
    /// Who comes in, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<UserId>,
    /// Who goes, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<UserId>,
}

/// Adds a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGroup {
    /// Its name; no two groups have the same.
    pub name: String,
}

/// Who is in a group from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Members {
    /// All of its users, at most 1,000.
    pub user_ids: Vec<UserId>,
}

/// What a license keeps for groups from now on; groups that are not named have neither floor nor cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupLimits {
    /// One for each group, at most 100; the floors together are not more than the seats.
    pub limits: Vec<GroupLimit>,
}
