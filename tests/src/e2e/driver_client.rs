//! How thirtyfour reaches the driver: by the same HTTP client as all other tests. Its own would be built from another
//! version of reqwest.

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use std::{sync::Arc, time::Duration};
use thirtyfour::{
    error::{WebDriverError, WebDriverResult},
    session::http::{Body, HttpClient},
};

/// Starting a browser takes long on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Its requests time out, so that a test with a browser that hangs fails.
pub struct DriverClient(reqwest::Client);

impl DriverClient {
    pub fn new() -> Self {
        Self(crate::harness::http::client_builder().timeout(TIMEOUT).build().expect("a client"))
    }
}

#[async_trait::async_trait]
impl HttpClient for DriverClient {
    async fn send(&self, request: Request<Body<'_>>) -> WebDriverResult<Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let request = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers);
        let request = match body {
            Body::Empty => request,
            Body::Json(json) => request.json(json),
        };
        let failed = |error: reqwest::Error| WebDriverError::HttpError(error.to_string());
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = Response::new(response.bytes().await.map_err(failed)?);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        Ok(answer)
    }

    async fn new(&self) -> Arc<dyn HttpClient> {
        Arc::new(Self(self.0.clone()))
    }
}
