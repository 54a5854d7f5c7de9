//! Bodies, queries and paths whose faults are answered as problems.

use super::problem::Fail;
use axum::{
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::request::Parts,
};
use seatkeeper_shared::problem::Code;
use serde::de::DeserializeOwned;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Fail;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fail> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Fail::code(Code::UnsupportedMediaType)),
            Err(JsonRejection::JsonDataError(e)) => Err(Fail::detail(Code::BadRequest, e.body_text())),
            Err(JsonRejection::JsonSyntaxError(e)) => Err(Fail::detail(Code::BadRequest, e.body_text())),
            Err(rejection) if rejection.status() == 413 => Err(Fail::code(Code::TooLarge)),
            Err(rejection) => Err(Fail::detail(Code::BadRequest, rejection.body_text())),
        }
    }
}

/// A JSON body that may be absent: then it is the default.
#[derive(Debug)]
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = Fail;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fail> {
        if request.headers().contains_key(axum::http::header::CONTENT_TYPE) {
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
