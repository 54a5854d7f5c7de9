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
        /// The server stopped, or the database was away; what was done stays done, and the same file may be imported again.
        Failed = "failed",
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
}

/// What was not done of a row, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportProblem {
    /// The column: `name`, `email`, `role`, `status`, `licenses`, `groups`.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// Why.
    pub code: Code,
    /// What is wrong with the value, if the code is `invalid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FieldError>,
}
