//! The calls of the API.

use crate::{
    ClientError, Live,
    answer::{read, send},
    retry::repeat,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId, UserId},
    problem::Code,
    scope::Scope,
    session::{Mode, Platform},
    wire::{
        Page,
        account::{Me, NewToken, Setup, SetupState, SignIn, TokenMade},
        borrow::BorrowKeys,
        licenses::{AssignmentResults, Grant, LicenseView, NewLicense, NewProduct, ProductView},
        queue::TicketView,
        second_factor::SignedIn,
        sessions::{
            Borrow, Connect, EndResult, EndResults, EndSession, EndSessions, Heartbeat, NewSession, Renewed,
            SessionView, StateFilter,
        },
        users::{NewUser, UserView},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// For how long a call that may be repeated is repeated, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take, beyond what the call itself asks to wait.
const ANSWER: Duration = Duration::from_secs(10);
/// After what time without anything the live feed is taken for broken: something comes every 15 seconds.
const SILENCE: Duration = Duration::from_secs(60);

/// A client of one server, as one user once it is signed in or has a token.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    patience: Duration,
    answer: Duration,
}

/// What came of asking for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A seat.
    Seat(SessionView),
    /// A place in the line; only if the request says `wait`.
    Line(TicketView),
}

/// Which sessions a list shows, the newest first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sessions {
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StateFilter>,
    /// With this in the agent's name or e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many rows, 1 to 500; 100 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// A request for a seat for a program.
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
    /// A client that nobody is signed in to.
    ///
    /// # Errors
    /// The system gives no sockets.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a client asks the server that its user names, from their own machine"
        )]
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(SILENCE)
            .user_agent(concat!("seatkeeper/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let server = server.trim_end_matches('/').to_owned();
        Ok(Self { http, server, token: None, patience: PATIENCE, answer: ANSWER })
    }

    /// The same client with an API token.
    #[must_use]
    pub fn with_token(mut self, token: String) -> Self {
        self.token = Some(token);
        self
    }

    /// The same client, which repeats what may be repeated for so long; zero: never.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same client, which waits so long for an answer.
    #[must_use]
    pub fn answered_within(mut self, answer: Duration) -> Self {
        self.answer = answer;
        self
    }

    /// The server.
    pub fn server(&self) -> &str {
        &self.server
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.server)).header("origin", &self.server);
        let request = request.timeout(self.answer);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends what may be done twice, until it is answered.
    async fn repeated(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, ClientError> {
        Ok(repeat(self.patience, || send(request())).await?.0)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.repeated(|| self.request(Method::GET, path)).await?).await
    }

    /// Writes, once.
    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        read(send(self.request(Method::POST, path).json(body)).await?).await
    }

    /// Writes what does no more when it is done twice.
    async fn post_again<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        read(self.repeated(|| self.request(Method::POST, path).json(body)).await?).await
    }

    /// Who I am.
    ///
    /// # Errors
    /// See [`ClientError`]; so for all calls.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("/me").await
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

    /// Signs in with e-mail and password; whoever has a second factor is not signed in yet by it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, ClientError> {
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

    /// Asks for a seat, or with `wait` for a place in the line. The idempotency key is yours: 1 to 100 characters, another one
    /// for each seat that you want. With the same key a lost answer never costs a second seat, so this is repeated.
    ///
    /// # Errors
    /// See [`ClientError`]; a refusal has its facts in the problem.
    pub async fn ask(&self, wanted: &NewSession, idempotency_key: &str) -> Result<Asked, ClientError> {
        let request =
            || self.request(Method::POST, "/sessions").header("idempotency-key", idempotency_key).json(wanted);
        let response = self.repeated(request).await?;
        match response.status() {
            StatusCode::ACCEPTED => read(response).await.map(Asked::Line),
            _ => read(response).await.map(Asked::Seat),
        }
    }

    /// One session.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn session(&self, session: SessionId) -> Result<SessionView, ClientError> {
        self.get(&format!("/sessions/{session}")).await
    }

    /// Sessions, one page.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn sessions(&self, asked: &Sessions) -> Result<Page<SessionView>, ClientError> {
        read(self.repeated(|| self.request(Method::GET, "/sessions").query(asked)).await?).await
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
    /// See [`ClientError`]; `lease_expired` if it came too late, `session_ended` with who, when and why.
    pub async fn heartbeat(&self, session: SessionId, beat: Heartbeat) -> Result<Renewed, ClientError> {
        self.post_again(&format!("/sessions/{session}/heartbeat"), &beat).await
    }

    /// Borrows the seat of a session for work offline, for so long from now: the session has the signed `lease`. Doing it again prolongs it.
    ///
    /// # Errors
    /// See [`ClientError`]; `not_lendable`, `borrow_too_long` or `borrow_limit` if the license does not allow it.
    pub async fn borrow(&self, session: SessionId, time: Duration) -> Result<SessionView, ClientError> {
        let borrow_seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.post_again(&format!("/sessions/{session}/borrow"), &Borrow { borrow_seconds }).await
    }

    /// The public keys to check leases with: keep them where the program runs offline.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn borrow_keys(&self) -> Result<BorrowKeys, ClientError> {
        self.get("/borrow/keys").await
    }

    /// Gives the seat back. Doing it again does no harm.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end(&self, session: SessionId, how: &EndSession) -> Result<EndResult, ClientError> {
        self.post_again(&format!("/sessions/{session}/end"), how).await
    }

    /// Ends many sessions, with a result for each.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end_all(&self, which: &EndSessions) -> Result<Vec<EndResult>, ClientError> {
        let ended: EndResults = self.post_again("/sessions/end", which).await?;
        Ok(ended.results)
    }

    /// One ticket, at once.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn ticket(&self, ticket: TicketId) -> Result<TicketView, ClientError> {
        self.get(&format!("/tickets/{ticket}")).await
    }

    /// One ticket, as soon as its position is another than the one that you know, a seat is offered, it is over, or so much time (30
    /// seconds at most) is over. It is also its sign of life.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn watch_ticket(&self, known: &TicketView, wait: Duration) -> Result<TicketView, ClientError> {
        let seconds = wait.as_secs().min(30);
        let path = format!("/tickets/{}?wait={seconds}&position={}", known.id, known.position);
        let longest = self.answer + Duration::from_secs(seconds);
        read(self.repeated(|| self.request(Method::GET, &path).timeout(longest)).await?).await
    }

    /// Takes the seat that is offered; and whether it was taken by this call. If not, another program of the same agent waited
    /// with the same ticket and was faster, and the session is that program's.
    ///
    /// # Errors
    /// See [`ClientError`]; `no_offer` while nothing is offered, `ticket_over` if it is too late.
    pub async fn accept(&self, ticket: TicketId) -> Result<(SessionView, bool), ClientError> {
        let path = format!("/tickets/{ticket}/accept");
        let (response, again) = repeat(self.patience, || send(self.request(Method::POST, &path))).await?;
        // After a lost answer the seat is ours as far as anybody can know.
        let ours = again || response.status() == StatusCode::CREATED;
        Ok((read(response).await?, ours))
    }

    /// Leaves the line, or declines the offer. Doing it again does no harm.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn leave(&self, ticket: TicketId) -> Result<(), ClientError> {
        let path = format!("/tickets/{ticket}");
        match self.repeated(|| self.request(Method::DELETE, &path)).await {
            Err(error) if error.code() == Some(Code::TicketOver) => Ok(()),
            left => left.map(drop),
        }
    }

    /// The licenses that you may see.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn licenses(&self) -> Result<Vec<LicenseView>, ClientError> {
        self.get("/licenses").await
    }

    /// The live feed, from a snapshot on.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn live(&self) -> Result<Live, ClientError> {
        let request = || self.request(Method::GET, "/live").timeout(Duration::MAX);
        self.repeated(request).await.map(Live::new)
    }
}
