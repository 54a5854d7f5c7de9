//! Why something is refused or fails, as the API reports it: a problem document (RFC 9457).

mod decisions;
mod scim;

use crate::db::DbError;
use seatkeeper_shared::{
    problem::{Code, FieldProblem, Problem, SessionEnd},
    validate::FieldError,
    wire::queue::TicketOver,
};

/// The unique indexes of a single field, and the name of the field.
const UNIQUE_FIELDS: [(&str, &str); 6] = [
    ("users_email_key", "email"),
    ("groups_name_key", "name"),
    ("products_slug", "name"),
    ("saved_views_name_key", "name"),
    ("directories_name_key", "name"),
    ("sign_in_providers_name_key", "name"),
];

/// An error response.
#[derive(Clone, Debug)]
pub struct ApiError(Box<Problem>);

impl ApiError {
    /// An error with a code only.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Problem::new(code)))
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Replaces the status, for proxies that understand only certain ones.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    /// The document as JSON on one line. If it has only a code, it is also a valid header value.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Whether it is a server error (5xx), which may be temporary.
    pub fn is_server_error(&self) -> bool {
        self.0.status >= 500
    }

    /// The document.
    pub fn into_problem(self) -> Problem {
        *self.0
    }

    /// An error with a sentence about this occurrence.
    pub fn with_detail(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code).detail(detail)))
    }

    /// The caller may not change a group that gives these licenses or rights to its members.
    pub fn denied(code: Code, gives: Vec<String>) -> Self {
        let mut problem = Problem::new(code);
        if !gives.is_empty() {
            problem = problem.detail(format!("It gives: {}.", gives.join(", ")));
        }
        problem.gives = gives;
        Self(Box::new(problem))
    }

    /// The session has ended; with how it ended.
    pub fn ended(code: Code, end: SessionEnd) -> Self {
        let mut problem = Problem::new(code);
        problem.ended = Some(end);
        Self(Box::new(problem))
    }

    /// The ticket is over; with how it ended.
    pub fn ticket_over(over: TicketOver) -> Self {
        let mut problem = Problem::new(Code::TicketOver);
        problem.ticket = Some(over);
        Self(Box::new(problem))
    }

    /// A value that must be unique is taken; with its field, if the index is of one.
    fn taken(index: &str) -> Self {
        let mut problem = Problem::new(Code::AlreadyExists).detail(format!("{index} is taken"));
        let field = UNIQUE_FIELDS.iter().find(|(unique, _)| *unique == index).map(|(_, field)| *field);
        problem.errors.extend(field.map(|field| FieldProblem { field: field.to_owned(), error: FieldError::Taken }));
        Self(Box::new(problem))
    }

    /// An invalid field.
    pub fn field(field: &str, error: FieldError) -> Self {
        Self::fields(vec![FieldProblem { field: field.to_owned(), error }])
    }

    /// FieldErrors that cannot be accepted.
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        let details: Vec<_> = errors.iter().map(|e| format!("{} {}", e.field, e.error)).collect();
        let mut problem = Problem::new(Code::Invalid).detail(details.join("; "));
        problem.errors = errors;
        Self(Box::new(problem))
    }
}

/// Collects the errors of a body's fields, so that a response reports all of them.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldProblem>);

impl FieldErrors {
    /// Returns the value, or records the error.
    pub fn check<T>(&mut self, field: &str, value: Result<T, FieldError>) -> Option<T> {
        value.map_err(|error| self.0.push(FieldProblem { field: field.to_owned(), error })).ok()
    }

    /// Records an error.
    pub fn add(&mut self, field: &str, error: FieldError) {
        self.0.push(FieldProblem { field: field.to_owned(), error });
    }

    /// Returns the values if no error was recorded.
    ///
    /// # Errors
    /// Returns `invalid` with all recorded errors.
    pub fn finish<T>(self, values: Option<T>) -> Result<T, ApiError> {
        match values {
            Some(values) if self.0.is_empty() => Ok(values),
            _ => Err(ApiError::fields(self.0)),
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(index) => Self::taken(&index),
            DbError::Unreadable { .. } => {
                tracing::error!(%error, "database row unreadable");
                Self::new(Code::Internal)
            }
            // Logged once, when it was detected.
            DbError::NewerSchema { .. } => {
                Self::with_detail(Code::Unavailable, "A newer version of Seatkeeper has changed the database.")
            }
            DbError::Unusable { .. }
            | DbError::Retry
            | DbError::Undone
            | DbError::Disk
            | DbError::Gone
            | DbError::Sqlx(_)
            | DbError::Sqlite(_) => {
                tracing::error!(%error, "database operation failed");
                Self::new(Code::Unavailable)
            }
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}
