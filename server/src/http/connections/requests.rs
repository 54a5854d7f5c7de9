//! Handles one request: the checks before routing, and the headers of every response.

use super::{
    body::{TimedBody, TrackedBody},
    registry::ConnectionRegistry,
    state::Connection,
};
use crate::http::{host, problem::ApiError, security_headers};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, header},
};
use futures_util::future::BoxFuture;
use http_body::Body as _;
use hyper::body::Incoming;
use seatkeeper_shared::problem::Code;
use std::{convert::Infallible, sync::Arc, time::Duration};

/// Renders an error in the format of a path's API (problem document or SCIM error).
pub type RenderError = fn(&str, ApiError) -> Response<Body>;

/// Answers a request.
pub type Answer = Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// Handles the requests of all connections.
pub struct RequestHandler {
    answer: Answer,
    render_error: RenderError,
    body_timeout: Duration,
    is_https: bool,
    registry: Arc<ConnectionRegistry>,
}

impl RequestHandler {
    pub fn new(
        (answer, render_error): (Answer, RenderError),
        body_timeout: Duration,
        is_https: bool,
        registry: Arc<ConnectionRegistry>,
    ) -> Self {
        Self { answer, render_error, body_timeout, is_https, registry }
    }

    pub fn is_https(&self) -> bool {
        self.is_https
    }

    pub async fn answer(
        self: Arc<Self>,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Result<Response<TrackedBody>, Infallible> {
        if !connection.begin() {
            // The reaper is closing the connection and will abort this task.
            std::future::pending::<()>().await;
        }
        let mut response = self.respond(&connection, request).await;
        security_headers::add(response.headers_mut(), self.is_https);
        if self.registry.is_draining() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response.map(|body| TrackedBody::new(body, connection)))
    }

    async fn respond(&self, connection: &Arc<Connection>, request: Request<Incoming>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        if let Err(error) = host::check(&mut parts) {
            return (self.render_error)(parts.uri.path(), error);
        }
        parts.extensions.insert(ConnectInfo(connection.peer));
        if body.is_end_stream() {
            return (self.answer)(Request::from_parts(parts, Body::empty())).await;
        }
        let uri = parts.uri.clone();
        let body = Body::new(TimedBody::new(body, connection.clone(), self.body_timeout));
        let response = (self.answer)(Request::from_parts(parts, body)).await;
        if !connection.has_body_timed_out() {
            return response;
        }
        // Overrides the handler's response to the incomplete body.
        let mut response = (self.render_error)(uri.path(), ApiError::new(Code::RequestTimeout));
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }
}
