//! SCIM error responses (RFC 7644 §3.12).

use super::filter::ParseError;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The `scimType` of an error (RFC 7644 §3.12, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    InvalidFilter,
    /// The request would process too much.
    TooMany,
    /// Another resource has this value.
    Uniqueness,
    /// The attribute cannot be changed.
    Mutability,
    /// The structure of the body is invalid.
    InvalidSyntax,
    /// The path of a PATCH is invalid.
    InvalidPath,
    /// The path of a PATCH matches no value.
    NoTarget,
    /// A value is missing or not accepted.
    InvalidValue,
}

impl ScimType {
    /// The spelling of the standard.
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

/// Why a SCIM request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The standard's error type, if one applies.
    pub scim_type: Option<ScimType>,
    /// A sentence for the directory's administrators.
    pub detail: String,
}

/// A response extension: the reason that the directory's request log shows.
#[derive(Clone, Debug)]
pub struct Reason(pub String);

impl ScimError {
    /// An error with this status and no `scimType`.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// Status 400: the request must be corrected.
    pub fn bad_request(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::new(400, detail) }
    }

    /// Status 409: another resource has a value that must be unique.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self { scim_type: Some(ScimType::Uniqueness), ..Self::new(409, detail) }
    }

    /// Status 413: too much for one request.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self { scim_type: Some(ScimType::TooMany), ..Self::new(413, detail) }
    }

    /// Status 404: there is no such resource.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, format!("There is no such {what}."))
    }

    /// The JSON body of the error response.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.to_string(), "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = json!(scim_type.as_str());
        }
        body
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = super::response::ScimResponse::new(status, self.body()).into_response();
        match self.status {
            401 => drop(response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            503 => drop(response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => {}
        }
        response.extensions_mut().insert(Reason(self.detail));
        response
    }
}

impl From<ParseError> for ScimError {
    fn from(error: ParseError) -> Self {
        Self::bad_request(ScimType::InvalidFilter, format!("The filter is invalid {error}."))
    }
}
