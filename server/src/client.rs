//! A client of the API: what the command line and integrators use. It knows the wire types and nothing of the server.

use reqwest::{Method, RequestBuilder, StatusCode};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    problem::Problem,
    scope::Scope,
    session::Platform,
    wire::{
        Page,
        account::{Me, NewToken, Setup, SetupState, SignIn, TokenMade},
        licenses::{AssignmentResults, Grant, LicenseView, NewLicense, NewProduct, ProductView},
        sessions::{Connect, EndResult, EndSession, NewSession, Renewed, SessionView},
        users::{NewUser, UserView},
    },
};
use serde::{Serialize, de::DeserializeOwned};

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("{}{}", .0.title, .0.detail.as_deref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Problem(Box<Problem>),
    /// The server said something that is no part of the API.
    #[error("the server answered {0} without a problem document")]
    Strange(StatusCode),
    /// The server could not be reached.
    #[error("cannot reach the server: {0}")]
    Away(#[from] reqwest::Error),
}

impl ClientError {
    /// The problem, if the server said no.
    pub fn problem(&self) -> Option<&Problem> {
        if let Self::Problem(problem) = self { Some(problem) } else { None }
    }
}

/// A client of one server, as one user once it is signed in or has a token.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
}

impl Client {
    /// A client that nobody is signed in to.
    ///
    /// # Errors
    /// The system gives no sockets.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder().cookie_store(true).build()?;
        Ok(Self { http, server: server.trim_end_matches('/').to_owned(), token: None })
    }

    /// The same client with an API token.
    #[must_use]
    pub fn with_token(mut self, token: String) -> Self {
        self.token = Some(token);
        self
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.server)).header("origin", &self.server);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        answer(self.request(Method::GET, path)).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Whether the server waits for its first admin.
    ///
    /// # Errors
    /// See [`ClientError`]; so for all calls.
    pub async fn setup_state(&self) -> Result<SetupState, ClientError> {
        self.get("/setup").await
    }

    /// Creates the account and its first admin, and signs him in.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_up(&self, setup: &Setup) -> Result<Me, ClientError> {
        self.post("/setup", setup).await
    }

    /// Signs in.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Me, ClientError> {
        self.post("/sign-in", &SignIn { email: email.to_owned(), password: password.to_owned() }).await
    }

    /// Makes an API token for whoever is signed in.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn make_token(&self, name: &str, days: i64) -> Result<TokenMade, ClientError> {
        self.post("/tokens", &NewToken { name: name.to_owned(), days, scope: Scope::All }).await
    }

    /// Adds a product.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn add_product(&self, name: &str) -> Result<ProductView, ClientError> {
        self.post("/products", &NewProduct { name: name.to_owned(), key_seconds: None }).await
    }

    /// The products.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn products(&self) -> Result<Vec<ProductView>, ClientError> {
        self.get("/products").await
    }

    /// Adds a license.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn add_license(&self, license: &NewLicense) -> Result<LicenseView, ClientError> {
        self.post("/licenses", license).await
    }

    /// Assigns a license.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn grant(&self, license: LicenseId, users: Vec<UserId>) -> Result<AssignmentResults, ClientError> {
        self.post(&format!("/licenses/{license}/grant"), &Grant { user_ids: users }).await
    }

    /// Adds a user.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn add_user(&self, user: &NewUser) -> Result<UserView, ClientError> {
        self.post("/users", user).await
    }

    /// The users, one page.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn users(&self) -> Result<Page<UserView>, ClientError> {
        self.get("/users?limit=500").await
    }

    /// Asks for a seat; safe to repeat with the same idempotency key.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create(&self, session: &NewSession, idempotency_key: &str) -> Result<SessionView, ClientError> {
        answer(self.request(Method::POST, "/sessions").header("idempotency-key", idempotency_key).json(session)).await
    }

    /// A customer connected.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn connect(&self, session: SessionId, platform: Platform) -> Result<SessionView, ClientError> {
        self.post(&format!("/sessions/{session}/connect"), &Connect { platform }).await
    }

    /// Keeps the seat for another lease.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn heartbeat(&self, session: SessionId) -> Result<Renewed, ClientError> {
        answer(self.request(Method::POST, &format!("/sessions/{session}/heartbeat"))).await
    }

    /// Gives the seat back.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end(&self, session: SessionId, message: Option<String>) -> Result<EndResult, ClientError> {
        self.post(&format!("/sessions/{session}/end"), &EndSession { message, ..EndSession::default() }).await
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ClientError> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.json().await?);
    }
    Err(match response.json::<Problem>().await {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        Err(_) => ClientError::Strange(status),
    })
}
