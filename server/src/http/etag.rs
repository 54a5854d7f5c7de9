//! `ETag` and `If-Match` (RFC 9110 §13.1.1): optimistic concurrency control.
//!
//! An ETag covers only the fields that can be edited, not counts and times in the same response, which change by
//! themselves and are never overwritten.

use super::problem::ApiError;
use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderName, header, request::Parts},
};
use base64::Engine as _;
use seatkeeper_shared::problem::Code;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;

/// A JSON response with its `ETag`.
pub type WithEtag<T> = ([(HeaderName, String); 1], Json<T>);

/// Adds the ETag of the editable fields to a response.
pub fn with_etag<T>(changeable: &impl Serialize, body: T) -> WithEtag<T> {
    ([(header::ETAG, etag_of(changeable))], Json(body))
}

fn etag_of(changeable: &impl Serialize) -> String {
    // Cannot fail: wire types serialize to JSON.
    let digest = Sha256::digest(serde_json::to_vec(changeable).unwrap_or_default());
    format!("\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..12]))
}

/// The `If-Match` header: one of its ETags must match. Without the header, every change is allowed.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// No condition.
    pub fn nothing() -> Self {
        Self(None)
    }

    /// Whether the request has the header.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Checks that the editable fields have not changed since they were read.
    ///
    /// # Errors
    /// Returns `changed_meanwhile` if they have.
    pub fn check(&self, changeable: &impl Serialize) -> Result<(), ApiError> {
        let Some(expected) = &self.0 else { return Ok(()) };
        let now = etag_of(changeable);
        let matches = expected.split(',').map(str::trim).any(|one| one == "*" || one == now);
        if matches { Ok(()) } else { Err(ApiError::new(Code::ChangedMeanwhile)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(header::IF_MATCH);
        // An unreadable value matches nothing.
        Ok(Self(header.map(|value| value.to_str().unwrap_or_default().to_owned())))
    }
}
