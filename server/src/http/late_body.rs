//! Requests whose bodies arrive after their heads: what a credential is good for is decided when the body is complete.
//!
//! Handlers extract their caller before the body. A client that sends the head, waits, and completes the body after its
//! rights were revoked would act with the rights of the head. So this middleware receives the body first, and handlers
//! extract their caller from what holds then. A body that nobody is authorized to send is not received.

use super::received_body::ReceivedBody;
use crate::{app::App, auth::Caller};
use axum::{
    body::{Body, HttpBody as _},
    extract::{FromRequestParts as _, MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};

/// The largest bodies by route, in bytes; at least what the route's own limit allows.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    pub default: usize,
    /// Of routes that receive files.
    pub files: (&'static [&'static str], usize),
}

impl BodyLimits {
    fn of(&self, route: Option<&MatchedPath>) -> usize {
        let (file_routes, file_limit) = self.files;
        let takes_files = route.is_some_and(|route| file_routes.contains(&route.as_str()));
        if takes_files { file_limit } else { self.default }
    }
}

/// Middleware for routes with a [`Caller`].
pub async fn receive(State((app, limits)): State<(App, BodyLimits)>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let limit = limits.of(parts.extensions.get());
    let body = ReceivedBody::receive(body, limit, async || Caller::from_request_parts(&mut parts, &app).await.is_ok());
    let body = body.await;
    next.run(Request::from_parts(parts, Body::new(body))).await
}
