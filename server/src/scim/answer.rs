//! Answers: `application/scim+json`, with location and version where there is one.

use super::fail::Reason;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// The media type of SCIM (RFC 7644 §8.1).
pub const SCIM_JSON: &str = "application/scim+json";

/// An answer with a body.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body; none if `null`.
    pub body: Value,
    /// The version of the resource.
    pub version: Option<String>,
    /// Where a new resource is.
    pub location: Option<String>,
    /// What whoever looks after the directory should know, although it was done.
    pub note: Option<String>,
}

impl Answer {
    /// An answer with this status and body.
    pub fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, version: None, location: None, note: None }
    }

    /// A resource, with what its `meta` says.
    pub fn resource(status: StatusCode, body: Value) -> Self {
        let meta = |name: &str| body["meta"][name].as_str().map(str::to_owned);
        let (version, location) = (meta("version"), meta("location"));
        Self { version, location, ..Self::new(status, body) }
    }

    /// Nothing to tell.
    pub fn nothing() -> Self {
        Self::new(StatusCode::NO_CONTENT, Value::Null)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let mut put = |name, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        };
        put(header::ETAG, self.version);
        put(header::LOCATION, self.location);
        let mut response = if self.body.is_null() {
            (self.status, headers).into_response()
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
            (self.status, headers, self.body.to_string()).into_response()
        };
        if let Some(note) = self.note {
            response.extensions_mut().insert(Reason(note));
        }
        response
    }
}
