//! Directories that provision users and groups through SCIM 2.0: their tokens, requests, rules, and what rules could not do.

use crate::{
    ids::{DirectoryId, GroupId, LicenseId, RuleId, UserId},
    people::Role,
    problem::Code,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A directory that tells us of users and groups, at `/scim/v2` with its own token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryView {
    /// Its id.
    pub id: DirectoryId,
    /// What people call it.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When its token was made.
    pub token_made_at: DateTime<Utc>,
    /// When its token was last used, to about a minute; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// How many users belong to it.
    pub users: i64,
    /// How many groups belong to it.
    pub groups: i64,
    /// How many things its rules could not do.
    pub failures: i64,
}

/// Adds a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewDirectory {
    /// What people call it.
    pub name: String,
}

/// A directory with its new token, which is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryMade {
    /// The directory.
    #[serde(flatten)]
    pub directory: DirectoryView,
    /// The secret to give to the directory: `Authorization: Bearer SECRET`.
    pub secret: String,
}

/// One of the last requests of a directory. Bodies and secrets are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryRequest {
    /// Counts up; the newest has the highest.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The method, for example `PATCH`.
    pub method: String,
    /// The path below `/scim/v2`, with the query.
    pub path: String,
    /// The HTTP status that was answered.
    pub status: i64,
    /// Why it was refused, in English as the directory was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the members of a group get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleView {
    /// Its id.
    pub id: RuleId,
    /// Whose members.
    pub group_id: GroupId,
    /// What the group is called.
    pub group_name: String,
    /// The licenses that they get.
    pub license_ids: Vec<LicenseId>,
    /// The role that they get, unless a rule before this one says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// The rules of a directory from now on, the most important first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetRules {
    /// At most 200. What a rule gave that is no longer among them is taken away.
    pub rules: Vec<WantedRule>,
}

/// A rule as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WantedRule {
    /// The rule that it was before; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RuleId>,
    /// Whose members get something.
    pub group_id: GroupId,
    /// The licenses that they get.
    #[serde(default)]
    pub license_ids: Vec<LicenseId>,
    /// The role that they get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What would become of users under other rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulesPreview {
    /// Those for whom something changes or is refused, by name; at most 500.
    pub users: Vec<UserPreview>,
    /// For how many something changes or is refused.
    pub total: i64,
    /// Whose memberships count for the roles, a line for each rule that names a role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RolePreview>,
}

/// Whose memberships count for the role of a rule: only those that the rule's own directory has told. Whoever was put into the group by
/// hand, by an import or by a provider of sign-ins gets the licenses of the rule, and no role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RolePreview {
    /// The group.
    pub group_id: GroupId,
    /// Its name.
    pub group_name: String,
    /// The role.
    pub role: Role,
    /// Members whom the directory itself put into the group: they count.
    pub by_directory: i64,
    /// Members whom somebody else put there: they do not.
    pub others: i64,
}

/// What would become of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserPreview {
    /// The user.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// Licenses that he would get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gets: Vec<LicenseId>,
    /// Licenses that he would lose: only what a rule gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<LicenseId>,
    /// Licenses that he should get and would not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedLicense>,
    /// The role that he would have, if it is another than now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// A license that a rule does not get for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedLicense {
    /// Which.
    pub license_id: LicenseId,
    /// Why, for example `named_seats_taken`.
    pub code: Code,
}

/// Something that a rule should have done and could not. It is done by itself when it can be, for whoever has waited longest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleFailure {
    /// For whom.
    pub user_id: UserId,
    /// His name.
    pub user_name: String,
    /// The rule; absent if it is about a role that no rule says any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// The license that was not assigned; absent if it is about the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_id: Option<LicenseId>,
    /// Why, for example `named_seats_taken`, or `last_admin` for a role.
    pub code: Code,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What rules could not do, and still cannot after a retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleFailures {
    /// By name; at most 500.
    pub failures: Vec<RuleFailure>,
    /// How many there are.
    pub total: i64,
}
