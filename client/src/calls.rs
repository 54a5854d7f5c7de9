//! The API calls by name; each is one request to an endpoint of `seatkeeper_shared::endpoints`.

use crate::{Client, ClientError, LiveFeed, response::read, retry::Retried};
use reqwest::StatusCode;
use seatkeeper_shared::{
    endpoints,
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
        session_batch::{OperationResult, SessionBatch},
        sessions::{
            Borrow, Connect, EndResult, EndSession, EndSessions, Heartbeat, HeartbeatReply, NewSession, SeatResponse,
            SessionView, StateFilter,
        },
        users::{NewUser, UserView},
    },
};
use std::time::Duration;

/// The filter of a list of sessions, which has the newest first.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// Only sessions in this state.
    pub state: Option<StateFilter>,
    /// Only sessions with this text in the agent's name or e-mail address.
    pub q: Option<String>,
    /// The `next` of the previous page.
    pub after: Option<String>,
    /// The most rows on the page, 1 to 500; 100 if absent.
    pub limit: Option<i64>,
}

/// A request for a seat for an application, without waiting or borrowing.
pub fn application(product: &str, device: &str) -> NewSession {
    NewSession::new(product.to_owned(), device.to_owned(), Mode::Application)
}

/// The session that an offer led to.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedOffer {
    /// The one with the seat that was offered.
    pub session: SessionView,
    /// Whether this call took the seat. If not, another program of the same agent waited with the same ticket and was
    /// faster, and the session belongs to that program.
    pub by_this_call: bool,
}

impl Client {
    /// Returns the signed-in user.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.send(endpoints::me::get()).await
    }

    /// Returns whether the server still needs its first admin.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn setup_state(&self) -> Result<SetupState, ClientError> {
        self.send(endpoints::sign_in::setup_state()).await
    }

    /// Creates the account and its first admin, and signs the admin in.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn set_up(&self, setup: &Setup) -> Result<Me, ClientError> {
        self.send(endpoints::sign_in::set_up(setup)).await
    }

    /// Signs in with e-mail address and password. A user with a second factor is not signed in yet.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, ClientError> {
        let body = SignIn { email: email.to_owned(), password: password.to_owned() };
        self.send(endpoints::sign_in::with_password(&body)).await
    }

    /// Creates an API token for the signed-in user.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn create_token(&self, name: &str, days: i64) -> Result<CreatedToken, ClientError> {
        self.send(endpoints::tokens::create(&NewToken { name: name.to_owned(), days, scope: Scope::All })).await
    }

    /// Adds a product.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn add_product(&self, name: &str) -> Result<ProductView, ClientError> {
        self.send(endpoints::products::add(&NewProduct { name: name.to_owned(), key_seconds: None })).await
    }

    /// Lists the products.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn products(&self) -> Result<Vec<ProductView>, ClientError> {
        self.send(endpoints::products::list()).await
    }

    /// Adds a license.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn add_license(&self, license: &NewLicense) -> Result<LicenseView, ClientError> {
        self.send(endpoints::licenses::add(license)).await
    }

    /// Assigns a license to users.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn grant(&self, license: LicenseId, users: Vec<UserId>) -> Result<AssignmentResults, ClientError> {
        self.send(endpoints::licenses::grant(license, &Grant { user_ids: users, ends_at: None })).await
    }

    /// Adds a user.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn add_user(&self, user: &NewUser) -> Result<UserView, ClientError> {
        self.send(endpoints::users::add(user)).await
    }

    /// Lists users: the first page, of up to 500.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn users(&self) -> Result<Page<UserView>, ClientError> {
        self.send(endpoints::users::list().with("limit", "500")).await
    }

    /// Requests a seat, or with `wait` a ticket if no seat is free. Choose the idempotency key yourself, 1 to 100
    /// characters, and a new one for each seat. Since a lost response never costs a second seat with the same key, this
    /// call is retried.
    ///
    /// # Errors
    /// Returns a [`ClientError`]; the problem of a refusal has its facts.
    pub async fn request_seat(&self, request: &NewSession, idempotency_key: &str) -> Result<SeatResponse, ClientError> {
        self.send(endpoints::sessions::request(request, idempotency_key)).await
    }

    /// Returns one session.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn session(&self, session: SessionId) -> Result<SessionView, ClientError> {
        self.send(endpoints::sessions::one(session)).await
    }

    /// Lists sessions, one page.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn sessions(&self, query: &SessionQuery) -> Result<Page<SessionView>, ClientError> {
        let limit = query.limit.map(|limit| limit.to_string());
        let list = endpoints::sessions::list().with_some("state", query.state.map(StateFilter::as_str));
        let list = list.with_some("q", query.q.as_deref()).with_some("after", query.after.as_deref());
        self.send(list.with_some("limit", limit.as_deref())).await
    }

    /// Marks a waiting session as connected to a customer.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn connect(&self, session: SessionId, platform: Platform) -> Result<SessionView, ClientError> {
        self.send(endpoints::sessions::connect(session, &Connect { platform })).await
    }

    /// Sends a heartbeat, which renews the lease of the seat.
    ///
    /// # Errors
    /// Returns a [`ClientError`]: `lease_expired` if it was too late, `session_ended` with who ended the session, when
    /// and why.
    pub async fn heartbeat(&self, session: SessionId, heartbeat: Heartbeat) -> Result<HeartbeatReply, ClientError> {
        self.send(endpoints::sessions::heartbeat(session, &heartbeat)).await
    }

    /// Borrows the seat of a session for work offline, for this time from now. The returned session has the signed
    /// `lease`. Borrowing again extends it.
    ///
    /// # Errors
    /// Returns a [`ClientError`]: `not_lendable`, `borrow_too_long` or `borrow_limit` if the license does not allow it.
    pub async fn borrow(&self, session: SessionId, time: Duration) -> Result<SessionView, ClientError> {
        let borrow_seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.send(endpoints::sessions::borrow(session, &Borrow { borrow_seconds })).await
    }

    /// Returns the public keys for verifying leases. Store them where the program runs offline.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn borrow_keys(&self) -> Result<BorrowKeys, ClientError> {
        self.send(endpoints::borrow::keys()).await
    }

    /// Ends a session and so returns the seat. Idempotent.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn end(&self, session: SessionId, request: &EndSession) -> Result<EndResult, ClientError> {
        self.send(endpoints::sessions::end(session, request)).await
    }

    /// Ends several sessions; returns a result for each.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn end_sessions(&self, request: &EndSessions) -> Result<Vec<EndResult>, ClientError> {
        Ok(self.send(endpoints::sessions::end_many(request)).await?.results)
    }

    /// Requests several seats and ends several sessions in one request of up to 100 operations; returns a result for
    /// each, in their order. With `all_or_nothing`, all sessions are created or none. This call is retried if each
    /// request for a seat has an idempotency key.
    ///
    /// # Errors
    /// Returns a [`ClientError`] if the batch as a whole was refused; the refusal of one operation is in its result.
    pub async fn session_batch(&self, batch: &SessionBatch) -> Result<Vec<OperationResult>, ClientError> {
        Ok(self.send(endpoints::sessions::batch(batch)).await?.results)
    }

    /// Returns one ticket without waiting.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn ticket(&self, ticket: TicketId) -> Result<TicketView, ClientError> {
        self.send(endpoints::tickets::one(ticket)).await
    }

    /// Returns a ticket as soon as its position differs from the known one, a seat is offered, or it is over, and at
    /// the latest after `wait` (at most 30 seconds). Also renews the lease of the ticket.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn watch_ticket(&self, known: &TicketView, wait: Duration) -> Result<TicketView, ClientError> {
        self.send(endpoints::tickets::watch(known, wait)).await
    }

    /// Accepts the offered seat.
    ///
    /// # Errors
    /// Returns a [`ClientError`]: `no_offer` while no seat is offered, `ticket_over` if it is too late.
    pub async fn accept_offer(&self, ticket: TicketId) -> Result<AcceptedOffer, ClientError> {
        let Retried { answer, was_repeated } = self.exchange(endpoints::tickets::accept(ticket)).await?;
        // After a lost response, nobody can tell who took the seat; assume it was this call.
        let by_this_call = was_repeated || answer.status() == StatusCode::CREATED;
        Ok(AcceptedOffer { session: read(answer).await?, by_this_call })
    }

    /// Leaves the queue, or declines the offer. Idempotent.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn leave_queue(&self, ticket: TicketId) -> Result<(), ClientError> {
        match self.send(endpoints::tickets::leave(ticket)).await {
            Err(error) if error.code() == Some(Code::TicketOver) => Ok(()),
            result => result,
        }
    }

    /// Lists the licenses that the user may see.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn licenses(&self) -> Result<Vec<LicenseView>, ClientError> {
        self.send(endpoints::licenses::list()).await
    }

    /// Opens the live feed, which starts with a snapshot.
    ///
    /// # Errors
    /// Returns a [`ClientError`].
    pub async fn live(&self) -> Result<LiveFeed, ClientError> {
        let response = self.exchange(endpoints::live::feed()).await?.answer;
        Ok(LiveFeed::new(response))
    }
}
