//! The complete service: what happens to every request before and after its route.
//!
//! One function instead of a stack of middleware, which would copy and box each request at every step.

use super::{all_paths, scim};
use crate::{
    app::App,
    http::{
        compression::AcceptedEncodings,
        connections::{Limits, ServerConfig},
        csrf,
        problem::ApiError,
    },
};
use axum::{
    Router,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use seatkeeper_shared::problem::Code;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tower::Service as _;

struct Service {
    app: App,
    routes: Router,
    scim: Router,
}

/// The configuration of the HTTP server for this app.
pub fn server_config(app: &App, limits: Limits) -> ServerConfig {
    let service = Arc::new(Service { app: app.clone(), routes: all_paths(app.clone()), scim: scim::service(app) });
    ServerConfig {
        answer: Arc::new(move |request| Box::pin(service.clone().answer(request))),
        render_error,
        limits,
        trusted_proxies: app.trusted_proxies.clone(),
        is_https: app.is_https(),
        monotonic: app.clock.monotonic().clone(),
    }
}

/// Renders an error that occurred outside of routes.
fn render_error(path: &str, error: ApiError) -> Response {
    error_response(scim::is_below_scim(path), error)
}

/// A SCIM error below SCIM's path, otherwise a problem document.
fn error_response(is_scim: bool, error: ApiError) -> Response {
    if is_scim { crate::scim::error::ScimError::from(error).into_response() } else { error.into_response() }
}

impl Service {
    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = self.respond(request).await;
        let status = response.status();
        // Without the query, which may have secrets.
        let (path, code) = (uri.path(), status.as_u16());
        if status.is_server_error() {
            tracing::error!(%method, path, status = code, "request failed");
        } else {
            tracing::debug!(%method, path, status = code, "request answered");
        }
        response
    }

    async fn respond(&self, request: Request) -> Response {
        let encodings = AcceptedEncodings::of(request.headers());
        let is_scim = scim::is_below_scim(request.uri().path());
        let response = AssertUnwindSafe(self.route(is_scim, request)).catch_unwind().await;
        let response = response.unwrap_or_else(|_| {
            tracing::error!("request handler panicked");
            error_response(is_scim, ApiError::new(Code::Internal))
        });
        encodings.compress(response).await
    }

    /// Routes every request below `/scim`, however its path is spelled, to the SCIM routes only: a directory always
    /// gets a SCIM response, and uses no cookies.
    async fn route(&self, is_scim: bool, mut request: Request) -> Response {
        if is_scim {
            return call(&self.scim, request).await;
        }
        if let Err(error) = csrf::check_origin(&self.app, &mut request) {
            return error.into_response();
        }
        call(&self.routes, request).await
    }
}

async fn call(router: &Router, request: Request) -> Response {
    // A router is always ready, and infallible.
    let Ok(response) = router.clone().call(request).await;
    response
}
