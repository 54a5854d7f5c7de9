//! Bodies, queries and paths whose faults are answered as problems.

use super::problem::Fail;
use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
};
use seatkeeper_shared::problem::Code;
use serde::de::DeserializeOwned;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Fail;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fail> {
        if !is_json(request.headers()) {
            return Err(Fail::code(Code::UnsupportedMediaType));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
                413 => Fail::code(Code::TooLarge),
                _ => Fail::detail(Code::BadRequest, rejection.body_text()),
            })?;
        // Else an empty array would pass for an object in which nothing is given.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Fail::detail(Code::BadRequest, "The body must be an object, not an array."));
        }
        let read = axum::Json::<T>::from_bytes(&bytes);
        read.map(|axum::Json(body)| Self(body))
            .map_err(|rejection| Fail::detail(Code::BadRequest, rejection.body_text()))
    }
}

/// Whether the body is said to be JSON, as `application/json` or `application/…+json` (RFC 6839 §3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A JSON body that may be absent: then it is the default.
#[derive(Debug)]
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = Fail;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fail> {
        if request.headers().contains_key(CONTENT_TYPE) {
            return Body::<T>::from_request(request, state).await.map(|Body(body)| Self(body));
        }
        Ok(Self(T::default()))
    }
}

/// The query of an address.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fail> {
        let asked = Query::<T>::from_request_parts(parts, state).await;
        asked
            .map(|Query(asked)| Self(asked))
            .map_err(|rejection: QueryRejection| Fail::detail(Code::BadRequest, rejection.body_text()))
    }
}

/// An id in the path. What is no id is not there.
#[derive(Debug)]
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fail> {
        let named = Path::<T>::from_request_parts(parts, state).await;
        named.map(|Path(named)| Self(named)).map_err(|_: PathRejection| Fail::code(Code::NotFound))
    }
}
