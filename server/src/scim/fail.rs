//! Failures as SCIM tells them (RFC 7644 §3.12).

use super::filter::NotUnderstood;
use crate::{db::DbError, http, seats::SeatsError};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use seatkeeper_shared::problem::Code;
use serde_json::{Value, json};

/// The closed list of what can be wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// The filter is not understood.
    InvalidFilter,
    /// More than can be looked through.
    TooMany,
    /// Somebody or something else has this already.
    Uniqueness,
    /// It cannot be changed.
    Mutability,
    /// The body is not what is expected here.
    InvalidSyntax,
    /// The path is not understood.
    InvalidPath,
    /// The path leads nowhere.
    NoTarget,
    /// A value cannot be accepted.
    InvalidValue,
}

impl Type {
    /// Its spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
        }
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fail {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, if the list knows it.
    pub kind: Option<Type>,
    /// A sentence for the log of whoever looks after the directory.
    pub detail: String,
}

/// What of an answer is written into the log of requests.
#[derive(Clone, Debug)]
pub struct Reason(pub String);

impl Fail {
    /// A failure with this status.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into() }
    }

    /// A request that cannot be done as it is.
    pub fn bad(kind: Type, detail: impl Into<String>) -> Self {
        Self { kind: Some(kind), ..Self::new(400, detail) }
    }

    /// What somebody else has.
    pub fn taken(detail: impl Into<String>) -> Self {
        Self { kind: Some(Type::Uniqueness), ..Self::new(409, detail) }
    }

    /// More than is done in one request.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self { kind: Some(Type::TooMany), ..Self::new(413, detail) }
    }

    /// There is no such resource.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, format!("There is no such {what}."))
    }

    /// The body that tells it.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.to_string(), "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = json!(kind.as_str());
        }
        body
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = super::answer::Answer::new(status, self.body()).into_response();
        match self.status {
            401 => drop(response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            503 => drop(response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => {}
        }
        response.extensions_mut().insert(Reason(self.detail));
        response
    }
}

impl From<DbError> for Fail {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(index) if index.contains("email") => Self::taken("Another user has this e-mail address."),
            DbError::Taken(index) if index.contains("user_name") => Self::taken("Another user has this userName."),
            DbError::Taken(index) if index.contains("directory_users_external") => {
                Self::taken("Another user has this externalId.")
            }
            DbError::Taken(index) if index.contains("groups_external") => {
                Self::taken("Another group has this externalId.")
            }
            DbError::Taken(index) if index.contains("groups_name") => {
                Self::taken("Another group has this displayName.")
            }
            DbError::Taken(_) => Self::taken("There is such a resource already."),
            error => http::problem::Fail::from(error).into(),
        }
    }
}

impl From<SeatsError> for Fail {
    fn from(error: SeatsError) -> Self {
        match error {
            SeatsError::Taken(index) => DbError::Taken(index.to_owned()).into(),
            error => http::problem::Fail::from(error).into(),
        }
    }
}

impl From<http::problem::Fail> for Fail {
    fn from(fail: http::problem::Fail) -> Self {
        match fail.what() {
            Code::LastAdmin => {
                Self { kind: Some(Type::Mutability), ..Self::new(400, "This is the last admin of the account.") }
            }
            Code::NotFound => Self::not_found("resource"),
            Code::RequestTimeout => Self::new(408, "The body did not come in time."),
            Code::TooLarge => Self::new(413, "The body is too large."),
            Code::Unavailable => Self::new(503, "This was not saved; try again."),
            code => Self::new(code.status(), format!("This was not done: {code}.")),
        }
    }
}

impl From<NotUnderstood> for Fail {
    fn from(wrong: NotUnderstood) -> Self {
        Self::bad(Type::InvalidFilter, format!("The filter is not understood {wrong}."))
    }
}
