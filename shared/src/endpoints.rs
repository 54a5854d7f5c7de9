//! The operations of the API as values: method, path, body, and the type of the answer. App and client send the same
//! ones, so that a path is written once.

pub mod account;
pub mod audit;
pub mod borrow;
pub mod directories;
pub mod gate;
pub mod groups;
pub mod imports;
pub mod join;
pub mod license_requests;
pub mod licenses;
pub mod live;
pub mod me;
pub mod passkeys;
pub mod products;
pub mod providers;
pub mod reports;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod tickets;
pub mod tokens;
pub mod users;
pub mod views;

pub use crate::answer::Answer;

use serde::Serialize;
use std::{fmt::Write as _, marker::PhantomData, time::Duration};

/// The HTTP method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads; has no effect.
    Get,
    /// Adds something, or carries out an action.
    Post,
    /// Replaces a resource, with the same effect however often it is sent.
    Put,
    /// Changes the fields that the body contains.
    Patch,
    /// Deletes, with the same effect however often it is sent.
    Delete,
}

impl Method {
    /// The name in a request, in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request to the API, independent of the library that sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path below `/api/v1`, with the query.
    pub path: String,
    /// The body as JSON.
    pub body: Option<String>,
    /// The value of the `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// The value of the `If-Match` header: the ETag of the version that the request is based on.
    pub if_match: Option<String>,
    /// How much longer than usual the answer may take: the server holds the request until there is something to say.
    pub held: Duration,
    /// Whether the operation says of itself that repeating it has no further effect.
    repeatable: bool,
}

impl ApiRequest {
    /// Whether it may be sent again if no answer arrived, because it has no further effect if it had arrived. A version
    /// in `if_match` speaks against it: once the change is made, the repeated request is a conflict.
    pub fn is_repeatable(&self) -> bool {
        let is_safe = matches!(self.method, Method::Get | Method::Put | Method::Delete);
        (is_safe || self.repeatable || self.idempotency_key.is_some()) && self.if_match.is_none()
    }
}

/// An operation of the API that is answered with a `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint<T> {
    request: ApiRequest,
    answer: PhantomData<fn() -> T>,
}

impl<T> Endpoint<T> {
    /// Reads what is at a path below `/api/v1`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path.into(), None)
    }

    /// Sends a body with POST.
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(Method::Post, path.into(), Some(json(body)))
    }

    /// Sends a file with POST. The HTTP client adds the file as the body.
    pub fn post_file(path: impl Into<String>) -> Self {
        Self::new(Method::Post, path.into(), None)
    }

    /// Sends a body with PUT.
    pub fn put(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(Method::Put, path.into(), Some(json(body)))
    }

    /// Sends a body with PATCH.
    pub fn patch(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(Method::Patch, path.into(), Some(json(body)))
    }

    /// Deletes what is at a path.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::Delete, path.into(), None)
    }

    fn new(method: Method, path: String, body: Option<String>) -> Self {
        let (idempotency_key, if_match, held) = (None, None, Duration::ZERO);
        let request = ApiRequest { method, path, body, idempotency_key, if_match, held, repeatable: false };
        Self { request, answer: PhantomData }
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let separator = if self.request.path.contains('?') { '&' } else { '?' };
        self.request.path.push(separator);
        self.request.path.push_str(name);
        self.request.path.push('=');
        push_encoded(&mut self.request.path, value);
        self
    }

    /// Adds a parameter to the query, if there is a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds an idempotency key: repeating the request with the same key has no further effect.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.request.idempotency_key = Some(key.into());
        self
    }

    /// Makes the request succeed only if the resource still has this ETag.
    #[must_use]
    pub fn if_match(mut self, tag: impl Into<String>) -> Self {
        self.request.if_match = Some(tag.into());
        self
    }

    /// Says that repeating the request has no further effect, which is not so for every POST and PATCH.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.request.repeatable = true;
        self
    }

    /// Says that the server may hold the request for this time before it answers.
    #[must_use]
    pub fn held(mut self, time: Duration) -> Self {
        self.request.held = time;
        self
    }

    /// The request to send.
    pub fn into_request(self) -> ApiRequest {
        self.request
    }
}

fn json(body: &impl Serialize) -> String {
    // Wire types contain nothing that JSON cannot represent.
    serde_json::to_string(body).unwrap_or_default()
}

/// A value as a part of a path, percent-encoded.
fn encoded(value: &str) -> String {
    let mut path = String::new();
    push_encoded(&mut path, value);
    path
}

/// Appends a value with everything but unreserved characters percent-encoded (RFC 3986 §2.3).
fn push_encoded(path: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        let endpoint = Endpoint::<()>::get("/users").with("q", "Jörg & Söhne").with_some("after", None);
        let request = endpoint.with_some("limit", Some("8")).into_request();
        assert_eq!(request.path, "/users?q=J%C3%B6rg%20%26%20S%C3%B6hne&limit=8");
    }

    #[test]
    fn only_requests_without_further_effect_are_repeatable() {
        let is_repeatable = |endpoint: Endpoint<()>| endpoint.into_request().is_repeatable();
        assert!(is_repeatable(Endpoint::get("/me")));
        assert!(is_repeatable(Endpoint::delete("/tickets/1")));
        assert!(!is_repeatable(Endpoint::post("/users", &())));
        assert!(is_repeatable(Endpoint::post("/sessions", &()).once("key")));
        assert!(is_repeatable(Endpoint::post("/sessions/1/heartbeat", &()).repeatable()));
        assert!(is_repeatable(Endpoint::put("/groups/1/managers", &())));
        assert!(!is_repeatable(Endpoint::put("/groups/1/managers", &()).if_match("tag")));
    }
}
