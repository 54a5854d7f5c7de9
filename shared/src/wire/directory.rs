//! Directories that provision users and groups through SCIM 2.0: tokens, requests, rules, and failures of rules.

use crate::{
    ids::{DirectoryId, GroupId, LicenseId, RuleId, UserId},
    people::Role,
    problem::Code,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A directory that provisions users and groups at `/scim/v2` with its own token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryView {
    /// The directory's id.
    pub id: DirectoryId,
    /// The name that admins gave it.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When its token was created.
    pub token_made_at: DateTime<Utc>,
    /// When its token was last used, to about a minute; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// The number of its users.
    pub users: i64,
    /// The number of its groups.
    pub groups: i64,
    /// The number of failures of its rules.
    pub failures: i64,
}

/// Adds a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewDirectory {
    /// The name that admins gave it.
    pub name: String,
}

/// A directory with its new token, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedDirectory {
    /// What lists of directories show of it.
    #[serde(flatten)]
    pub directory: DirectoryView,
    /// The token to enter at the directory: `Authorization: Bearer SECRET`.
    pub secret: String,
}

/// A recent request of a directory. Bodies and secrets are not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryRequest {
    /// A sequence number; the newest request has the highest.
    pub number: i64,
    /// The time of the request.
    pub at: DateTime<Utc>,
    /// The method, for example `PATCH`.
    pub method: String,
    /// The path below `/scim/v2`, with the query.
    pub path: String,
    /// The HTTP status of the response.
    pub status: i64,
    /// The reason of a refusal, or a note, in English as sent to the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A directory rule: what the members of a group get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleView {
    /// The rule's id.
    pub id: RuleId,
    /// The group's id.
    pub group_id: GroupId,
    /// The group's name.
    pub group_name: String,
    /// The licenses that its members get.
    pub license_ids: Vec<LicenseId>,
    /// The role that its members get, unless an earlier rule applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// Replaces the rules of a directory, in order of precedence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetRules {
    /// The rules, at most 200. What a removed rule granted is revoked.
    pub rules: Vec<RuleInput>,
}

/// A new or changed rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleInput {
    /// The id of the existing rule; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RuleId>,
    /// The group's id.
    pub group_id: GroupId,
    /// The licenses that its members get.
    #[serde(default)]
    pub license_ids: Vec<LicenseId>,
    /// The role that its members get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// A preview of the effect of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulesPreview {
    /// The users for whom something changes or is refused, by name, at most 500.
    pub users: Vec<UserPreview>,
    /// The number of all such users.
    pub total: i64,
    /// For each rule with a role, which memberships count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RolePreview>,
}

/// Which memberships count for the role of a rule: only those from the rule's own directory. Members added manually, by
/// an import or by a sign-in provider get the licenses of the rule, but no role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RolePreview {
    /// The group's id.
    pub group_id: GroupId,
    /// The group's name.
    pub group_name: String,
    /// The role that the rule grants.
    pub role: Role,
    /// The members added by the directory itself, who get the role.
    pub by_directory: i64,
    /// The other members, who do not get the role.
    pub others: i64,
}

/// The effect on one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserPreview {
    /// The user's id.
    pub user_id: UserId,
    /// The user's name.
    pub name: String,
    /// The licenses that the user would get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gets: Vec<LicenseId>,
    /// The licenses that the user would lose: only those granted by a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<LicenseId>,
    /// The licenses that the user should get but would not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedLicense>,
    /// The role that the user would have, if it differs from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// A license that a rule demands and that would be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedLicense {
    /// The license's id.
    pub license_id: LicenseId,
    /// The reason, for example `named_seats_taken`.
    pub code: Code,
}

/// A failure of a rule. It is retried automatically, for the user who has waited longest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleFailure {
    /// The user's id.
    pub user_id: UserId,
    /// The user's name.
    pub user_name: String,
    /// The rule's id; absent for a role that no rule grants any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// The license that was not assigned; absent if the failure concerns the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_id: Option<LicenseId>,
    /// The reason, for example `named_seats_taken`, or `last_admin` for a role.
    pub code: Code,
    /// When it first failed.
    pub since: DateTime<Utc>,
}

/// The current failures of a directory's rules, after a retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleFailures {
    /// The failures by user name, at most 500.
    pub failures: Vec<RuleFailure>,
    /// The number of all failures.
    pub total: i64,
}
