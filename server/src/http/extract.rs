//! Extractors for JSON bodies, queries and path parameters that reject invalid input with a problem document.

use super::problem::ApiError;
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

/// A JSON object in the body.
#[derive(Debug)]
pub struct ValidJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ValidJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(Code::UnsupportedMediaType));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
                413 => ApiError::new(Code::TooLarge),
                _ => ApiError::with_detail(Code::BadRequest, rejection.body_text()),
            })?;
        // Serde would accept an empty array as a struct without fields.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(ApiError::with_detail(Code::BadRequest, "The body must be an object, not an array."));
        }
        let parsed = axum::Json::<T>::from_bytes(&bytes);
        parsed
            .map(|axum::Json(body)| Self(body))
            .map_err(|rejection| ApiError::with_detail(Code::BadRequest, rejection.body_text()))
    }
}

/// Whether the content type is JSON: `application/json` or `application/…+json` (RFC 6839 §3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A JSON body, or the default if the request has no content type.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.headers().contains_key(CONTENT_TYPE) {
            return ValidJson::<T>::from_request(request, state).await.map(|ValidJson(body)| Self(body));
        }
        Ok(Self(T::default()))
    }
}

/// The query parameters.
#[derive(Debug)]
pub struct ValidQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ValidQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(query)| Self(query))
            .map_err(|rejection: QueryRejection| ApiError::with_detail(Code::BadRequest, rejection.body_text()))
    }
}

/// The path parameters, usually ids. A malformed id is answered with `not_found`.
#[derive(Debug)]
pub struct PathParam<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathParam<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_: PathRejection| ApiError::new(Code::NotFound))
    }
}
