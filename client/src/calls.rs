//! The client and its API calls.

use crate::{
    ClientError, LiveFeed,
    response::{read, send},
    retry::retry,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId, UserId},
    problem::Code,
    scope::Scope,
    session::{Mode, Platform},
    wire::{
        Page,
        account::{CreatedToken, Me, NewToken, Setup, SetupState, SignIn},
        borrow::BorrowKeys,
        licenses::{AssignmentResults, Grant, LicenseView, NewLicense, NewProduct, ProductView},
        queue::TicketView,
        second_factor::SignedIn,
        sessions::{
            Borrow, Connect, EndResult, EndResults, EndSession, EndSessions, Heartbeat, HeartbeatReply, NewSession,
            SessionView, StateFilter,
        },
        users::{NewUser, UserView},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// How long idempotent calls are retried by default.
const DEFAULT_RETRY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a response may take by default, beyond the wait that the call asks for.
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

/// The response to a request for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatResponse {
    /// There is a seat, with this session.
    Seat(SessionView),
    /// The agent waits in the queue with this ticket; only if the request has `wait`.
    Queued(TicketView),
}

/// The filter of a list of sessions, which has the newest first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SessionQuery {
    /// Only sessions in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StateFilter>,
    /// Only sessions with this text in the agent's name or e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The `next` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The most rows on the page, 1 to 500; 100 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// A request for a seat for an application, without waiting or borrowing.
pub fn application(product: &str, device: &str) -> NewSession {
    NewSession {
        product: product.to_owned(),
        device: device.to_owned(),
        mode: Mode::Application,
        platform: None,
        remote_device: None,
        wait: false,
        borrow_seconds: None,
    }
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

    /// Returns the client with another time for retrying idempotent calls; zero for no retries.
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

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.server)).header("origin", &self.server);
        let request = request.timeout(self.response_timeout);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends an idempotent request, with retries.
    async fn send_with_retry(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, ClientError> {
        Ok(retry(self.retry_timeout, || send(request())).await?.0)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.send_with_retry(|| self.request(Method::GET, path)).await?).await
    }

    /// Sends a POST once.
    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        read(send(self.request(Method::POST, path).json(body)).await?).await
    }

    /// Sends an idempotent POST, with retries.
    async fn post_with_retry<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        read(self.send_with_retry(|| self.request(Method::POST, path).json(body)).await?).await
    }

    /// Returns the signed-in user.
    ///
    /// # Errors
    /// Returns a [`ClientError`], as all calls do.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("/me").await
    }

    /// Returns whether the server still needs its first admin.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn setup_state(&self) -> Result<SetupState, ClientError> {
        self.get("/setup").await
    }

    /// Creates the account and its first admin, and signs the admin in.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn set_up(&self, setup: &Setup) -> Result<Me, ClientError> {
        self.post("/setup", setup).await
    }

    /// Signs in with e-mail address and password. A user with a second factor is not signed in yet.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, ClientError> {
        self.post("/sign-in", &SignIn { email: email.to_owned(), password: password.to_owned() }).await
    }

    /// Creates an API token for the signed-in user.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn create_token(&self, name: &str, days: i64) -> Result<CreatedToken, ClientError> {
        self.post("/tokens", &NewToken { name: name.to_owned(), days, scope: Scope::All }).await
    }

    /// Adds a product.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn add_product(&self, name: &str) -> Result<ProductView, ClientError> {
        self.post("/products", &NewProduct { name: name.to_owned(), key_seconds: None }).await
    }

    /// Lists the products.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn products(&self) -> Result<Vec<ProductView>, ClientError> {
        self.get("/products").await
    }

    /// Adds a license.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn add_license(&self, license: &NewLicense) -> Result<LicenseView, ClientError> {
        self.post("/licenses", license).await
    }

    /// Assigns a license to users.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn grant(&self, license: LicenseId, users: Vec<UserId>) -> Result<AssignmentResults, ClientError> {
        self.post(&format!("/licenses/{license}/grant"), &Grant { user_ids: users }).await
    }

    /// Adds a user.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn add_user(&self, user: &NewUser) -> Result<UserView, ClientError> {
        self.post("/users", user).await
    }

    /// Lists users: the first page, of up to 500.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn users(&self) -> Result<Page<UserView>, ClientError> {
        self.get("/users?limit=500").await
    }

    /// Requests a seat, or with `wait` a ticket if no seat is free. Choose the idempotency key yourself, 1 to 100
    /// characters, and a new one for each seat. Since a lost response never costs a second seat with the same key, this
    /// call is retried.
    ///
    /// # Errors
    /// Returns a [`ClientError`]; the problem of a refusal has its facts.
    pub async fn request_seat(&self, request: &NewSession, idempotency_key: &str) -> Result<SeatResponse, ClientError> {
        let send = || self.request(Method::POST, "/sessions").header("idempotency-key", idempotency_key).json(request);
        let response = self.send_with_retry(send).await?;
        match response.status() {
            StatusCode::ACCEPTED => read(response).await.map(SeatResponse::Queued),
            _ => read(response).await.map(SeatResponse::Seat),
        }
    }

    /// Returns one session.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn session(&self, session: SessionId) -> Result<SessionView, ClientError> {
        self.get(&format!("/sessions/{session}")).await
    }

    /// Lists sessions, one page.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn sessions(&self, query: &SessionQuery) -> Result<Page<SessionView>, ClientError> {
        read(self.send_with_retry(|| self.request(Method::GET, "/sessions").query(query)).await?).await
    }

    /// Marks a waiting session as connected to a customer.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn connect(&self, session: SessionId, platform: Platform) -> Result<SessionView, ClientError> {
        self.post(&format!("/sessions/{session}/connect"), &Connect { platform }).await
    }

    /// Sends a heartbeat, which renews the lease of the seat.
    ///
    /// # Errors
    /// Returns a [`ClientError`]: `lease_expired` if it was too late, `session_ended` with who ended the session, when
    /// and why.
    pub async fn heartbeat(&self, session: SessionId, heartbeat: Heartbeat) -> Result<HeartbeatReply, ClientError> {
        self.post_with_retry(&format!("/sessions/{session}/heartbeat"), &heartbeat).await
    }

    /// Borrows the seat of a session for work offline, for this time from now. The returned session has the signed
    /// `lease`. Borrowing again extends it.
    ///
    /// # Errors
    /// Returns a [`ClientError`]: `not_lendable`, `borrow_too_long` or `borrow_limit` if the license does not allow it.
    pub async fn borrow(&self, session: SessionId, time: Duration) -> Result<SessionView, ClientError> {
        let borrow_seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.post_with_retry(&format!("/sessions/{session}/borrow"), &Borrow { borrow_seconds }).await
    }

    /// Returns the public keys for verifying leases. Store them where the program runs offline.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn borrow_keys(&self) -> Result<BorrowKeys, ClientError> {
        self.get("/borrow/keys").await
    }

    /// Ends a session and so returns the seat. Idempotent.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn end(&self, session: SessionId, request: &EndSession) -> Result<EndResult, ClientError> {
        self.post_with_retry(&format!("/sessions/{session}/end"), request).await
    }

    /// Ends several sessions; returns a result for each.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn end_sessions(&self, request: &EndSessions) -> Result<Vec<EndResult>, ClientError> {
        let ended: EndResults = self.post_with_retry("/sessions/end", request).await?;
        Ok(ended.results)
    }

    /// Returns one ticket without waiting.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn ticket(&self, ticket: TicketId) -> Result<TicketView, ClientError> {
        self.get(&format!("/tickets/{ticket}")).await
    }

    /// Returns a ticket as soon as its position differs from the known one, a seat is offered, or it is over, and at
    /// the latest after `wait` (at most 30 seconds). Also renews the lease of the ticket.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn watch_ticket(&self, known: &TicketView, wait: Duration) -> Result<TicketView, ClientError> {
        let seconds = wait.as_secs().min(30);
        let path = format!("/tickets/{}?wait={seconds}&position={}", known.id, known.position);
        let timeout = self.response_timeout + Duration::from_secs(seconds);
        read(self.send_with_retry(|| self.request(Method::GET, &path).timeout(timeout)).await?).await
    }

    /// Accepts the offered seat; returns the session, and whether this call took it. If not, another program of the
    /// same agent waited with the same ticket and was faster, and the session belongs to that program.
    ///
    /// # Errors
    /// Returns a [`ClientError`]: `no_offer` while no seat is offered, `ticket_over` if it is too late.
    pub async fn accept_offer(&self, ticket: TicketId) -> Result<(SessionView, bool), ClientError> {
        let path = format!("/tickets/{ticket}/accept");
        let (response, retried) = retry(self.retry_timeout, || send(self.request(Method::POST, &path))).await?;
        // After a lost response, nobody can tell who took the seat; assume it was this call.
        let is_ours = retried || response.status() == StatusCode::CREATED;
        Ok((read(response).await?, is_ours))
    }

    /// Leaves the queue, or declines the offer. Idempotent.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn leave_queue(&self, ticket: TicketId) -> Result<(), ClientError> {
        let path = format!("/tickets/{ticket}");
        match self.send_with_retry(|| self.request(Method::DELETE, &path)).await {
            Err(error) if error.code() == Some(Code::TicketOver) => Ok(()),
            result => result.map(drop),
        }
    }

    /// Lists the licenses that the user may see.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn licenses(&self) -> Result<Vec<LicenseView>, ClientError> {
        self.get("/licenses").await
    }

    /// Opens the live feed, which starts with a snapshot.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn live(&self) -> Result<LiveFeed, ClientError> {
        let request = || self.request(Method::GET, "/live").timeout(Duration::MAX);
        self.send_with_retry(request).await.map(LiveFeed::new)
    }
}
