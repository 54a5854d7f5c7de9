//! `ETag` and `If-Match` (RFC 9110 §13.1.1): whoever changes what somebody else has changed meanwhile is told.
//!
//! A tag stands for what can be changed, not for counts and times beside it: those change by themselves, and nobody
//! overwrites them.

use super::problem::Fail;
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

/// An answer with its tag.
pub type Tagged<T> = ([(HeaderName, String); 1], Json<T>);

/// Puts the tag of what can be changed beside an answer.
pub fn tagged<T>(changeable: &impl Serialize, body: T) -> Tagged<T> {
    ([(header::ETAG, tag(changeable))], Json(body))
}

fn tag(changeable: &impl Serialize) -> String {
    // Wire types hold nothing that JSON cannot.
    let digest = Sha256::digest(serde_json::to_vec(changeable).unwrap_or_default());
    format!("\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..12]))
}

/// The tags of which one must still be true; without the header anything may be changed.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Nothing must be as it was.
    pub fn nothing() -> Self {
        Self(None)
    }

    /// Whether something must be as it was.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Goes on only if nobody has changed it since.
    ///
    /// # Errors
    /// `changed_meanwhile`.
    pub fn must_hold(&self, changeable: &impl Serialize) -> Result<(), Fail> {
        let Some(expected) = &self.0 else { return Ok(()) };
        let now = tag(changeable);
        let holds = expected.split(',').map(str::trim).any(|one| one == "*" || one == now);
        if holds { Ok(()) } else { Err(Fail::code(Code::ChangedMeanwhile)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(header::IF_MATCH);
        // What cannot be read matches nothing.
        Ok(Self(header.map(|value| value.to_str().unwrap_or_default().to_owned())))
    }
}
