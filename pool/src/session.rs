//! Requests for seats, and the sessions and tickets that they lead to: what is known of each, what a request passes on,
//! and what of it is shown.

use super::Terms;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    license::Model,
    problem::SessionEnd,
    session::{Mode, Platform, SessionState},
    ticket::TicketState,
    wire::{
        queue::{TicketOver, TicketView},
        sessions::{PendingEnd, SessionView},
    },
};

/// What a client asks for when it requests a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRequest {
    /// The id of the session to create.
    pub session: SessionId,
    /// The agent's device.
    pub device: String,
    pub mode: Mode,
    /// The platform of the device at the other end, if known.
    pub platform: Option<Platform>,
    /// The agent's name for the device at the other end.
    pub remote_device: Option<String>,
    /// The support key of the session, used if it waits for a customer.
    pub support_key: String,
    /// Identifies repeated requests.
    pub idempotency_key: Option<String>,
    /// The id of the ticket to create if no seat is free. `None` if the agent does not want to wait.
    pub ticket: Option<TicketId>,
    /// For how long the seat is to be borrowed, if it is.
    pub borrow: Option<TimeDelta>,
    /// A session of the user that ends at the same instant, if the request is granted.
    pub in_place_of: Option<SessionId>,
}

impl SeatRequest {
    /// A request with nothing that is optional.
    pub fn new(session: SessionId, device: String, mode: Mode, support_key: String) -> Self {
        Self {
            session,
            device,
            mode,
            platform: None,
            remote_device: None,
            support_key,
            idempotency_key: None,
            ticket: None,
            borrow: None,
            in_place_of: None,
        }
    }
}

/// What the session of an accepted offer is given; the rest comes from the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The id of the session to create.
    pub id: SessionId,
    /// The support key, used if the session waits for a customer.
    pub support_key: String,
}

impl NewSession {
    /// The request of the agent who took this ticket.
    pub fn of_ticket(self, ticket: Ticket) -> SeatRequest {
        let Ticket { device, mode, platform, remote_device, .. } = ticket;
        SeatRequest { platform, remote_device, ..SeatRequest::new(self.id, device, mode, self.support_key) }
    }
}

/// A session, with the fields that decisions need. In a pool it is live.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub id: SessionId,
    /// The agent.
    pub user: UserId,
    /// The agent's device.
    pub device: String,
    pub state: SessionState,
    pub mode: Mode,
    /// The platform of the device at the other end.
    pub platform: Option<Platform>,
    /// The agent's name for the device at the other end.
    pub remote_device: Option<String>,
    /// Nine digits, while the session waits.
    pub support_key: Option<String>,
    /// When an unused support key expires.
    pub key_expires_at: Option<DateTime<Utc>>,
    /// Identifies repeated requests.
    pub idempotency_key: Option<String>,
    /// When the session began to occupy its seat.
    pub created_at: DateTime<Utc>,
    pub connected_at: Option<DateTime<Utc>>,
    /// When the last heartbeat arrived.
    pub last_seen_at: DateTime<Utc>,
    /// When the session ends without another heartbeat.
    pub lease_until: DateTime<Utc>,
    /// When the agent was last active.
    pub active_at: DateTime<Utc>,
    /// When the agent was warned that the session will end because of idleness.
    pub warned_at: Option<DateTime<Utc>>,
    pub ending: Option<ScheduledEnd>,
    /// Neither idleness nor a bulk end ends a protected session.
    pub protected: bool,
    /// Until when the seat is borrowed. Equals `lease_until` then, and heartbeats do not change it.
    pub borrowed_until: Option<DateTime<Utc>>,
}

/// The scheduled end of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScheduledEnd {
    pub at: DateTime<Utc>,
    /// The admin who scheduled it.
    pub by: Option<UserId>,
    pub by_name: Option<String>,
    /// Shown to the agent.
    pub message: Option<String>,
}

impl Session {
    /// The session that a request leads to, at a license with these terms.
    pub fn start(user: UserId, request: SeatRequest, terms: &Terms, now: DateTime<Utc>) -> Self {
        let waits = request.mode == Mode::Attended;
        Self {
            id: request.session,
            user,
            device: request.device,
            state: if waits { SessionState::Waiting } else { SessionState::Connected },
            mode: request.mode,
            platform: request.platform,
            remote_device: request.remote_device,
            support_key: waits.then_some(request.support_key),
            key_expires_at: waits.then(|| now + terms.key_lifetime),
            idempotency_key: request.idempotency_key,
            created_at: now,
            connected_at: (!waits).then_some(now),
            last_seen_at: now,
            lease_until: now + terms.lease(),
            active_at: now,
            warned_at: None,
            ending: None,
            protected: false,
            borrowed_until: None,
        }
    }

    /// The session as it is shown, with its support key: the caller must remove the keys of other agents' sessions.
    pub fn into_view(
        self,
        context: ViewContext,
        idle_ends_at: Option<DateTime<Utc>>,
        ended: Option<SessionEnd>,
    ) -> SessionView {
        SessionView {
            id: self.id,
            license_id: context.license,
            product_id: context.product,
            product_name: context.product_name,
            model: context.model,
            user_id: self.user,
            user_name: context.user_name,
            user_email: context.user_email,
            device: self.device,
            state: self.state,
            mode: self.mode,
            platform: self.platform,
            remote_device: self.remote_device,
            created_at: self.created_at,
            connected_at: self.connected_at,
            last_seen_at: self.last_seen_at,
            lease_until: self.lease_until,
            borrowed_until: self.borrowed_until,
            key_expires_at: self.key_expires_at,
            protected: self.protected,
            idle_ends_at: idle_ends_at.filter(|_| ended.is_none()),
            ending: self.ending.filter(|_| ended.is_none()).map(ScheduledEnd::into_view),
            support_key: self.support_key,
            lease: None,
            ended,
        }
    }
}

impl ScheduledEnd {
    /// The scheduled end as it is shown.
    pub fn into_view(self) -> PendingEnd {
        PendingEnd { at: self.at, by: self.by_name, message: self.message }
    }
}

/// A ticket, with the fields that decisions need. In a pool it is in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub id: TicketId,
    /// The agent.
    pub user: UserId,
    /// The agent's device.
    pub device: String,
    /// The mode of the session to come.
    pub mode: Mode,
    /// The platform of the device at the other end.
    pub platform: Option<Platform>,
    /// The agent's name for the device at the other end.
    pub remote_device: Option<String>,
    /// Orders the queue, the smallest first. Unique among the tickets of a license.
    pub place: i64,
    pub created_at: DateTime<Utc>,
    /// When the last heartbeat arrived.
    pub last_seen_at: DateTime<Utc>,
    /// When the ticket lapses without another heartbeat.
    pub lease_until: DateTime<Utc>,
    /// Until when a free seat is offered to it.
    pub offer_until: Option<DateTime<Utc>>,
}

impl Ticket {
    /// The ticket of a request that finds no free seat, at a license with these terms.
    pub fn take(
        id: TicketId,
        user: UserId,
        request: SeatRequest,
        place: i64,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            user,
            device: request.device,
            mode: request.mode,
            platform: request.platform,
            remote_device: request.remote_device,
            place,
            created_at: now,
            last_seen_at: now,
            lease_until: now + terms.lease(),
            offer_until: None,
        }
    }

    /// The ticket as it is shown, at this position in the queue.
    pub fn into_view(self, context: ViewContext, position: i64, over: Option<TicketOver>) -> TicketView {
        let state = match (&over, self.offer_until) {
            (Some(_), _) => TicketState::Over,
            (None, Some(_)) => TicketState::Offered,
            (None, None) => TicketState::Waiting,
        };
        TicketView {
            id: self.id,
            license_id: context.license,
            product_id: context.product,
            product_name: context.product_name,
            user_id: self.user,
            user_name: context.user_name,
            user_email: context.user_email,
            device: self.device,
            mode: self.mode,
            platform: self.platform,
            remote_device: self.remote_device,
            state,
            position,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            lease_until: self.lease_until,
            expected_at: None,
            offer_until: self.offer_until.filter(|_| over.is_none()),
            over,
        }
    }
}

/// What views of a session or ticket say about its license and its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewContext {
    pub license: LicenseId,
    pub product: ProductId,
    pub product_name: String,
    pub model: Model,
    /// The name of the agent.
    pub user_name: String,
    /// The e-mail address of the agent.
    pub user_email: String,
}
