//! Groups of users, and what licenses keep for them.

use crate::{
    ids::{GroupId, UserId},
    license::GroupLimit,
};
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
