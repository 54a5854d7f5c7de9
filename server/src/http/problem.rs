//! Failures become problem documents here, and nowhere else.

use crate::{
    auth::password::HashError, db::DbError, entitlements::NotChanged, group_licenses::NotSettled, mail::MailError,
    seats::SeatsError,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use seatkeeper_shared::{
    problem::{Code, End, FieldProblem, Problem},
    validate::FieldError,
    wire::queue::TicketOver,
};

/// A handler's failure.
#[derive(Clone, Debug)]
pub struct Fail(Box<Problem>);

impl Fail {
    /// A failure with nothing more to say than its code.
    pub fn code(code: Code) -> Self {
        Self(Box::new(Problem::new(code)))
    }

    /// What went wrong.
    pub fn what(&self) -> Code {
        self.0.code
    }

    /// The same failure under another status, where somebody in between knows only that one.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    /// The document, on one line and without signs that a header cannot carry, if it says nothing more than its code.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Whether it is the server's, and may pass by itself.
    pub fn is_ours(&self) -> bool {
        self.0.status >= 500
    }

    /// A failure with a sentence on this occurrence.
    pub fn detail(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code).detail(detail)))
    }

    /// Somebody may not change a group that gives this to its members.
    pub fn denied(code: Code, gives: Vec<String>) -> Self {
        let mut problem = Problem::new(code);
        if !gives.is_empty() {
            problem = problem.detail(format!("It gives: {}.", gives.join(", ")));
        }
        problem.gives = gives;
        Self(Box::new(problem))
    }

    /// A session that is over, and how it ended.
    pub fn ended(code: Code, end: End) -> Self {
        let mut problem = Problem::new(code);
        problem.ended = Some(end);
        Self(Box::new(problem))
    }

    /// A ticket that is over, and how it ended.
    pub fn ticket_over(over: TicketOver) -> Self {
        let mut problem = Problem::new(Code::TicketOver);
        problem.ticket = Some(over);
        Self(Box::new(problem))
    }

    /// A field that cannot be accepted.
    pub fn field(field: &str, error: FieldError) -> Self {
        Self::fields(vec![FieldProblem { field: field.to_owned(), error }])
    }

    /// Fields that cannot be accepted.
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        let said: Vec<_> = errors.iter().map(|e| format!("{} {}", e.field, e.error)).collect();
        let mut problem = Problem::new(Code::Invalid).detail(said.join("; "));
        problem.errors = errors;
        Self(Box::new(problem))
    }
}

/// Gathers what is wrong with the fields of a body, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldProblem>);

impl Fields {
    /// The value, or a note that this field cannot be accepted.
    pub fn check<T>(&mut self, field: &str, value: Result<T, FieldError>) -> Option<T> {
        value.map_err(|error| self.0.push(FieldProblem { field: field.to_owned(), error })).ok()
    }

    /// Notes that a field cannot be accepted.
    pub fn wrong(&mut self, field: &str, error: FieldError) {
        self.0.push(FieldProblem { field: field.to_owned(), error });
    }

    /// All values, or the failure that names every field that was noted.
    ///
    /// # Errors
    /// `invalid`.
    pub fn all<T>(self, values: Option<T>) -> Result<T, Fail> {
        match values {
            Some(values) if self.0.is_empty() => Ok(values),
            _ => Err(Fail::fields(self.0)),
        }
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = self.0.code;
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match code {
            Code::TooManyRequests => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("6"))),
            Code::Unavailable => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
            Code::NotSignedIn => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

impl From<DbError> for Fail {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(index) => Self::detail(Code::AlreadyExists, format!("{index} is taken")),
            DbError::Unreadable { .. } => {
                tracing::error!(%error, "a row cannot be read");
                Self::code(Code::Internal)
            }
            // Said once, when it was noticed.
            DbError::NewerSchema { .. } => {
                Self::detail(Code::Unavailable, "A newer version of Seatkeeper has changed the database.")
            }
            DbError::Unusable { .. }
            | DbError::Retry
            | DbError::Undone
            | DbError::Disk
            | DbError::Gone
            | DbError::Sqlx(_)
            | DbError::Sqlite(_) => {
                tracing::error!(%error, "the database did not do what was asked");
                Self::code(Code::Unavailable)
            }
        }
    }
}

impl From<SeatsError> for Fail {
    fn from(error: SeatsError) -> Self {
        match error {
            SeatsError::Unavailable => Self::code(Code::Unavailable),
            SeatsError::Failed(code) => Self::code(code),
            SeatsError::Taken(index) => DbError::Taken(index.to_owned()).into(),
            SeatsError::Refused(refusal) => {
                let mut problem = Problem::new(refusal.code);
                problem.refusal = refusal.facts;
                Self(Box::new(problem))
            }
        }
    }
}

impl From<NotSettled> for Fail {
    fn from(error: NotSettled) -> Self {
        match error {
            NotSettled::Db(error) => error.into(),
            NotSettled::Seats(error) => error.into(),
        }
    }
}

impl From<NotChanged> for Fail {
    fn from(error: NotChanged) -> Self {
        match error {
            NotChanged::Db(error) => error.into(),
            NotChanged::Denied(denied) => Self::denied(denied.code, denied.gives),
        }
    }
}

impl From<HashError> for Fail {
    fn from(error: HashError) -> Self {
        tracing::error!(%error, "passwords cannot be hashed");
        Self::code(Code::Internal)
    }
}

impl From<MailError> for Fail {
    fn from(error: MailError) -> Self {
        tracing::error!(%error, "an e-mail was not sent");
        Self::code(Code::MailFailed)
    }
}
