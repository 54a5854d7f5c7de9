//! Imports of users and their licenses from a table.

use crate::{ids::ImportId, problem::Code, string_enum::string_enum, validate::FieldError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The state of an import.
    ImportState {
        /// It is running.
        Running = "running",
        /// All rows were processed.
        Done = "done",
        /// It was cancelled; processed rows stay processed.
        Cancelled = "cancelled",
        /// It stopped early, see `failure`. Processed rows stay processed, and the same file can be imported again.
        Failed = "failed",
    }
}

string_enum! {
    /// Why an import stopped early.
    ImportFailure {
        /// The server stopped, or was killed.
        Interrupted = "interrupted",
        /// The database was unavailable, or its disk was full.
        Database = "database",
        /// An internal error of the server.
        Internal = "internal",
    }
}

string_enum! {
    /// The outcome of a row.
    RowOutcome {
        /// A user was added.
        Created = "created",
        /// A user, their groups or their licenses were changed.
        Changed = "changed",
        /// Nothing had to change.
        Unchanged = "unchanged",
        /// The row was refused completely.
        Refused = "refused",
    }
}

string_enum! {
    /// The meaning of a column.
    ImportField {
        /// The e-mail address, which identifies a user.
        Email = "email",
        /// The full name.
        Name = "name",
        /// The first name; used if there is no full name.
        FirstName = "first_name",
        /// The last name; used if there is no full name.
        LastName = "last_name",
        /// The role: admin, manager or agent.
        Role = "role",
        /// The permissions of a manager.
        Permissions = "permissions",
        /// The status: active or suspended.
        Status = "status",
        /// Whether the account is enabled at its source; if not, the user is suspended.
        Enabled = "enabled",
        /// Whether the account is blocked at its source; if so, the user is suspended.
        Blocked = "blocked",
        /// The bit field of Active Directory that says whether the account is disabled; if so, the user is suspended.
        AccountControl = "account_control",
        /// The object class of the row; everything but users is refused.
        ObjectClass = "object_class",
        /// Licenses that the user gets.
        Licenses = "licenses",
        /// Groups that the user joins.
        Groups = "groups",
        /// Whether a manager sees only the users in the groups they manage.
        LimitedToGroups = "limited_to_groups",
        /// The groups that a manager manages.
        Manages = "manages",
    }
}

impl ImportField {
    /// Whether several columns of a file can have this meaning: each of them can suspend the user. Of other meanings,
    /// only one column is used for each row.
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Enabled | Self::Blocked | Self::AccountControl)
    }
}

string_enum! {
    /// The source of a file, recognized by its headings.
    ImportSource {
        /// Microsoft 365 admin center: the export of users, or its template for many users.
        Microsoft365 = "microsoft_365",
        /// Microsoft Entra: the download of users, or a template for bulk operations.
        Entra = "entra",
        /// Google Workspace.
        Google = "google_workspace",
        /// Okta.
        Okta = "okta",
        /// Active Directory: PowerShell's Export-Csv.
        ActiveDirectory = "active_directory",
        /// Active Directory: csvde.
        Csvde = "csvde",
        /// JumpCloud.
        JumpCloud = "jumpcloud",
        /// DATEV.
        Datev = "datev",
        /// Any other source: headings are recognized individually.
        Other = "other",
    }
}

/// The content of a file, before an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportPreview {
    /// The recognized source.
    pub source: ImportSource,
    /// The encoding it was read with, such as `UTF-8`; absent for a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The sheets of a workbook. By default, the first one that is not empty is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The sheet that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The line of the headings, from 1.
    pub heading_line: i64,
    /// The number of rows below the headings, without empty ones. Counting stops at 250,001, one more than an import
    /// may have.
    pub rows: i64,
    /// The columns, in order.
    pub columns: Vec<ImportColumn>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportColumn {
    /// The key in a mapping: the heading, or `#` and the column number if the heading is empty or not unique.
    pub key: String,
    /// The heading in the file.
    pub heading: String,
    /// The recognized meaning, unless a mapping overrides it; absent: the column is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<ImportField>,
    /// The values in the first rows. Passwords are not shown.
    pub values: Vec<String>,
}

/// An import and its progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportView {
    /// The import's id.
    pub id: ImportId,
    /// Whether it only previews the outcome of each row.
    pub dry_run: bool,
    /// The state of the import.
    pub state: ImportState,
    /// The number of rows.
    pub rows: i64,
    /// The number of processed rows.
    pub done: i64,
    /// The processed rows whose user was added.
    pub created: i64,
    /// The processed rows whose user was changed.
    pub changed: i64,
    /// The processed rows whose user stayed unchanged.
    pub unchanged: i64,
    /// The processed rows that were refused.
    pub refused: i64,
    /// The processed rows with problems: all refused ones, and users who did not get a license.
    pub with_problems: i64,
    /// Why it stopped early, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ImportFailure>,
    /// When it started.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

/// A row of the file, and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportRow {
    /// The line on which the row starts, from 1.
    pub line: i64,
    /// The outcome of the row.
    pub outcome: RowOutcome,
    /// The name exactly as in the file; if it has none, that of the existing user. Absent if there is none either.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The e-mail address exactly as in the file.
    pub email: String,
    /// The problems of the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ImportProblem>,
    /// Notes on unusual changes: `user_suspended` for a user who is disabled or blocked in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<ImportProblem>,
}

/// A part of a row that was not carried out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportProblem {
    /// The meaning of the column: an `ImportField`.
    pub column: String,
    /// The heading of the column, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The value in the file.
    pub value: String,
    /// The reason.
    pub code: Code,
    /// Why the value is invalid, if the code is `invalid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FieldError>,
}
