//! Imports of users and their licenses from a table.

use crate::{ids::ImportId, named::named, problem::Code, validate::FieldError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

named! {
    /// How far an import is.
    ImportState {
        /// It is under way.
        Running = "running",
        /// All rows were looked at.
        Done = "done",
        /// Somebody called it off; what was done stays done.
        Cancelled = "cancelled",
        /// It stopped early, see `failure`; what was done stays done, and the same file may be imported again.
        Failed = "failed",
    }
}

named! {
    /// Why an import stopped early.
    ImportFailure {
        /// The server stopped, or was killed.
        Interrupted = "interrupted",
        /// The database was away, or its disk was full.
        Database = "database",
        /// A fault in the server.
        Internal = "internal",
    }
}

named! {
    /// What became of a row.
    RowOutcome {
        /// A user was added.
        Created = "created",
        /// A user, his groups or his licenses were changed.
        Changed = "changed",
        /// Everything was so already.
        Unchanged = "unchanged",
        /// Nothing of the row was done.
        Refused = "refused",
    }
}

named! {
    /// What a column of a file can mean.
    ImportField {
        /// The e-mail address, by which a user is known.
        Email = "email",
        /// The whole name.
        Name = "name",
        /// The first name; used where there is no whole one.
        FirstName = "first_name",
        /// The last name; used where there is no whole one.
        LastName = "last_name",
        /// Admin, manager or agent.
        Role = "role",
        /// What a manager is allowed.
        Permissions = "permissions",
        /// Active or suspended.
        Status = "status",
        /// Whether the account is enabled where it comes from; if not, the user is suspended.
        Enabled = "enabled",
        /// Whether the account is blocked where it comes from; if so, the user is suspended.
        Blocked = "blocked",
        /// The bit field of Active Directory that says whether the account is disabled; if so, the user is suspended.
        AccountControl = "account_control",
        /// What the row is about; whatever is no user is refused.
        ObjectClass = "object_class",
        /// Licenses that the user gets.
        Licenses = "licenses",
        /// Groups that the user is put in.
        Groups = "groups",
        /// Whether a manager sees only the people in some groups.
        LimitedToGroups = "limited_to_groups",
        /// The groups that a manager manages.
        Manages = "manages",
    }
}

named! {
    /// Where a file comes from, as its headings tell.
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
        /// Anything else: headings are understood one by one.
        Other = "other",
    }
}

/// What is in a file, before anything is imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportPreview {
    /// Where the file comes from.
    pub source: ImportSource,
    /// The encoding it was read in, as `UTF-8`; absent for a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The sheets of a workbook; the first that is not empty is read if none is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The sheet that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The line of the headings.
    pub heading_line: i64,
    /// Rows below the headings.
    pub rows: i64,
    /// The columns, in their order.
    pub columns: Vec<ImportColumn>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportColumn {
    /// Its name in a mapping: the heading, or `#` and its number if the heading is empty or not the only one.
    pub key: String,
    /// The heading.
    pub heading: String,
    /// What it is taken for if no mapping says otherwise; absent: it is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<ImportField>,
    /// What stands in it in the first rows. Passwords are not shown.
    pub values: Vec<String>,
}

/// An import, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportView {
    /// Its id.
    pub id: ImportId,
    /// Whether it only says what would become of each row.
    pub dry_run: bool,
    /// How far it is.
    pub state: ImportState,
    /// Rows of the file.
    pub rows: i64,
    /// Rows that were looked at.
    pub done: i64,
    /// Of these, users who were added.
    pub created: i64,
    /// Of these, users who were changed.
    pub changed: i64,
    /// Of these, users who were so already.
    pub unchanged: i64,
    /// Of these, rows of which nothing was done.
    pub refused: i64,
    /// Of these, rows with problems: all that were refused, and users who did not get a license.
    pub with_problems: i64,
    /// Why it stopped early, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ImportFailure>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

/// A row of the file, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportRow {
    /// The line of the file on which it begins; the first is 1.
    pub line: i64,
    /// What became of it.
    pub outcome: RowOutcome,
    /// The e-mail address in it, as it stands there.
    pub email: String,
    /// What was not done, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ImportProblem>,
    /// What was done other than usual, and why: `user_suspended` for a user whom the file calls disabled or blocked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<ImportProblem>,
}

/// What was not done of a row, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportProblem {
    /// What the column means: an `ImportField`.
    pub column: String,
    /// Its heading in the file, if there is such a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// What stands there.
    pub value: String,
    /// Why.
    pub code: Code,
    /// What is wrong with the value, if the code is `invalid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FieldError>,
}
