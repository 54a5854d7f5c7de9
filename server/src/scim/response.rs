//! SCIM responses: `application/scim+json`, with `Location` and `ETag` headers where they apply.

use super::error::Reason;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// The media type of SCIM (RFC 7644 §8.1).
pub const SCIM_JSON: &str = "application/scim+json";

/// A response to a SCIM request.
#[derive(Debug)]
pub struct ScimResponse {
    pub status: StatusCode,
    /// The body; `null` for none.
    pub body: Value,
    /// The version of the resource, as an entity tag.
    pub version: Option<String>,
    /// The URL of the resource.
    pub location: Option<String>,
    /// A note for the directory's administrators about a request that succeeded.
    pub note: Option<String>,
}

impl ScimResponse {
    pub fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, version: None, location: None, note: None }
    }

    /// A response with a resource, with the version and location from its `meta`.
    pub fn resource(status: StatusCode, body: Value) -> Self {
        let meta = |name: &str| body["meta"][name].as_str().map(str::to_owned);
        let (version, location) = (meta("version"), meta("location"));
        Self { version, location, ..Self::new(status, body) }
    }

    /// Status 204, without a body.
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Value::Null)
    }
}

impl IntoResponse for ScimResponse {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let mut insert = |name, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        };
        insert(header::ETAG, self.version);
        insert(header::LOCATION, self.location);
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
