//! One request: what is checked before any route, and what every response gets.

use super::{
    body::{TimedBody, TrackedBody},
    registry::Registry,
    state::Connection,
};
use crate::http::{guard, host, problem::Fail};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, header},
};
use http_body::Body as _;
use hyper::body::Incoming;
use seatkeeper_shared::problem::Code;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tower::Service as _;

/// Draws a failure as the clients of this path expect it.
pub type DrawFailure = fn(&str, Fail) -> Response<Body>;

/// What answers requests.
pub struct Requests {
    router: Router,
    draw_failure: DrawFailure,
    body_timeout: Duration,
    is_https: bool,
    registry: Arc<Registry>,
}

impl Requests {
    /// The requests of one server.
    pub fn new(
        (router, draw_failure): (Router, DrawFailure),
        body_timeout: Duration,
        is_https: bool,
        registry: Arc<Registry>,
    ) -> Self {
        Self { router, draw_failure, body_timeout, is_https, registry }
    }

    /// Whether browsers reach us by HTTPS.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Answers a request of this connection.
    pub async fn answer(
        self: Arc<Self>,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Result<Response<TrackedBody>, Infallible> {
        if !connection.begin() {
            // The reaper was faster: this task is about to end.
            std::future::pending::<()>().await;
        }
        let mut response = self.respond(&connection, request).await;
        guard::add_headers(response.headers_mut(), self.is_https);
        if self.registry.is_draining() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response.map(|body| TrackedBody::new(body, connection)))
    }

    async fn respond(&self, connection: &Arc<Connection>, request: Request<Incoming>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        if let Err(fail) = host::check(&mut parts) {
            return (self.draw_failure)(parts.uri.path(), fail);
        }
        parts.extensions.insert(ConnectInfo(connection.peer));
        if body.is_end_stream() {
            return self.route(Request::from_parts(parts, Body::empty())).await;
        }
        let uri = parts.uri.clone();
        let body = Body::new(TimedBody::new(body, connection.clone(), self.body_timeout));
        let response = self.route(Request::from_parts(parts, body)).await;
        if !connection.is_body_late() {
            return response;
        }
        // Whatever a handler makes of a body that breaks off, here is why.
        let mut response = (self.draw_failure)(uri.path(), Fail::code(Code::RequestTimeout));
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }

    async fn route(&self, request: Request<Body>) -> Response<Body> {
        // A router is always ready.
        let Ok(response) = self.router.clone().call(request).await;
        response
    }
}
