//! The responses to requests that are refused or fail.

pub use crate::problem::{ApiError, FieldErrors};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use seatkeeper_shared::problem::Code;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.into_problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = problem.code;
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match code {
            Code::TooManyRequests => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("6"))),
            Code::Unavailable => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
            Code::NotSignedIn => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}
