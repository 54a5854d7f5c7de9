//! The client: its settings, and how it sends a request.

use crate::{
    ClientError,
    response::{read, send},
    retry::{Retried, retry},
};
use reqwest::{Method, RequestBuilder, Response, header, redirect::Policy};
use seatkeeper_shared::endpoints::{self, Answer, ApiRequest, Endpoint};
use std::time::Duration;

/// How long repeatable requests are retried by default.
const DEFAULT_RETRY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a response may take by default, beyond the time that the server holds the request.
const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The live feed counts as broken after this time without data: there is an event every 15 seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A client for one server. It acts for one user once it is signed in or has a token.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    retry_timeout: Duration,
    response_timeout: Duration,
}

impl Client {
    /// Creates a client that is not signed in.
    ///
    /// # Errors
    /// Returns an error if the TLS backend cannot be initialized.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the client connects to the server that its user names, from their own machine"
        )]
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(READ_TIMEOUT)
            .user_agent(concat!("seatkeeper/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let server = server.trim_end_matches('/').to_owned();
        Ok(Self {
            http,
            server,
            token: None,
            retry_timeout: DEFAULT_RETRY_TIMEOUT,
            response_timeout: DEFAULT_RESPONSE_TIMEOUT,
        })
    }

    /// Returns the client with an API token.
    #[must_use]
    pub fn with_token(mut self, token: String) -> Self {
        self.token = Some(token);
        self
    }

    /// Returns the client with another time for retrying repeatable requests; zero for no retries.
    #[must_use]
    pub fn with_retry_timeout(mut self, timeout: Duration) -> Self {
        self.retry_timeout = timeout;
        self
    }

    /// Returns the client with another response timeout.
    #[must_use]
    pub fn with_response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// The URL of the server, without a trailing slash.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Sends a request and reads the answer. If the request is repeatable and the server does not answer, sends it
    /// again until the retry timeout.
    ///
    /// # Errors
    /// Returns a [`ClientError`], as all calls do.
    pub async fn send<T: Answer>(&self, endpoint: Endpoint<T>) -> Result<T, ClientError> {
        read(self.exchange(endpoint).await?.answer).await
    }

    /// Like [`Client::send`], but leaves the answer unread.
    pub(crate) async fn exchange<T>(&self, endpoint: Endpoint<T>) -> Result<Retried<Response>, ClientError> {
        let request = endpoint.into_request();
        let timeout = if request.is_repeatable() { self.retry_timeout } else { Duration::ZERO };
        retry(timeout, || send(self.build(&request))).await
    }

    fn build(&self, request: &ApiRequest) -> RequestBuilder {
        let method = match request.method {
            endpoints::Method::Get => Method::GET,
            endpoints::Method::Post => Method::POST,
            endpoints::Method::Put => Method::PUT,
            endpoints::Method::Patch => Method::PATCH,
            endpoints::Method::Delete => Method::DELETE,
        };
        let mut builder = self.http.request(method, format!("{}/api/v1{}", self.server, request.path));
        builder = builder.header(header::ORIGIN, &self.server);
        builder = builder.timeout(self.response_timeout.saturating_add(request.held));
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token);
        }
        for (name, value) in [("idempotency-key", &request.idempotency_key), ("if-match", &request.if_match)] {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        match &request.body {
            Some(body) => builder.header(header::CONTENT_TYPE, "application/json").body(body.clone()),
            None => builder,
        }
    }
}
