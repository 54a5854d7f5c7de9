//! Sessions: requesting, renewing, borrowing and ending them, and lists.

use crate::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
    problem::{Code, SessionEnd},
    session::{Mode, Platform, SessionState},
    string_enum::string_enum,
    wire::queue::TicketView,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A session as users see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// The session's id.
    pub id: SessionId,
    /// The license whose seat it holds.
    pub license_id: LicenseId,
    /// The product's id.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The model of the license.
    pub model: Model,
    /// The agent's id.
    pub user_id: UserId,
    /// The agent's name.
    pub user_name: String,
    /// The agent's e-mail address.
    pub user_email: String,
    /// The name of the agent's device, as its client reports it.
    pub device: String,
    /// The state of the session.
    pub state: SessionState,
    /// The kind of the session.
    pub mode: Mode,
    /// The platform of the remote side, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The name that the agent gave to the remote device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_device: Option<String>,
    /// When it was created. The seat is occupied since then.
    pub created_at: DateTime<Utc>,
    /// When the customer connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<DateTime<Utc>>,
    /// When the agent's client last sent a heartbeat.
    pub last_seen_at: DateTime<Utc>,
    /// When the lease expires and the seat is freed without another heartbeat.
    pub lease_until: DateTime<Utc>,
    /// While waiting: when the support key expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_expires_at: Option<DateTime<Utc>>,
    /// Until when the seat is borrowed for work offline, if it is or was. Until then, only the agent can free it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrowed_until: Option<DateTime<Utc>>,
    /// Protected from ending due to inactivity and from bulk ending.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// When it ends due to inactivity, once the agent has been warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ends_at: Option<DateTime<Utc>>,
    /// The end that an admin or manager has scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<PendingEnd>,
    /// The support key of nine digits; only while waiting, and only for the session's agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_key: Option<String>,
    /// The signed lease (a JSON Web Token) that proves the borrowed seat offline; only while borrowed, only for the
    /// session's agent, and not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// How it ended; absent for a live session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<SessionEnd>,
}

/// A scheduled end of a session. The agent can still finish before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingEnd {
    /// When the session will end.
    pub at: DateTime<Utc>,
    /// The name of the user who scheduled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The message of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Requests a seat. An `Idempotency-Key` header makes it safe to retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSession {
    /// The product, by slug or id. A named license of the user is preferred to a concurrent one.
    pub product: String,
    /// A readable name of the agent's device.
    pub device: String,
    /// The kind of the session.
    pub mode: Mode,
    /// The platform of the remote side, if already known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// A readable name of the remote device, above all for unattended sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_device: Option<String>,
    /// Join the queue if no seat is free now. The response is then 202 with the ticket.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
    /// Borrow the seat for work offline for this many seconds: the response then has the signed `lease`. Not for
    /// attended sessions. A ticket taken by `wait` does not keep this: borrow the session once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seconds: Option<i64>,
    /// A live session of the caller with the same product that ends at the same instant, so that its seat need not be
    /// free: not even the queue comes in between. If the request is refused, that session goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<SessionId>,
}

impl NewSession {
    /// A request with nothing that is optional.
    pub fn new(product: String, device: String, mode: Mode) -> Self {
        let (platform, remote_device, borrow_seconds, in_place_of) = Default::default();
        Self { product, device, mode, platform, remote_device, wait: false, borrow_seconds, in_place_of }
    }
}

/// The response to a request for a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SeatResponse {
    /// There is a seat, with this session.
    Seat(SessionView),
    /// The agent waits in the queue with this ticket; only if the request has `wait`.
    Queued(TicketView),
}

/// Borrows the seat of a session for work offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Borrow {
    /// For how many seconds from now, 60 to 2,592,000. The time of an already borrowed seat is never shortened.
    pub borrow_seconds: i64,
}

/// A heartbeat of a session's client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heartbeat {
    /// Whether the agent was active since the last heartbeat. Only activity prevents an end due to inactivity.
    #[serde(default)]
    pub active: bool,
}

/// Marks a session as connected to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connect {
    /// The platform of the customer's device.
    pub platform: Platform,
}

/// Continues a session on another device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Continue {
    /// A readable name of the new device.
    pub device: String,
}

/// The response to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeartbeatReply {
    /// When the lease expires and the seat is freed without another heartbeat.
    pub lease_until: DateTime<Utc>,
    /// The seconds until the next heartbeat is due: a quarter of the lease.
    pub next_in_seconds: i64,
    /// When the session ends due to inactivity, once that is near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ends_at: Option<DateTime<Utc>>,
    /// The end that an admin or manager has scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<PendingEnd>,
}

/// The body that ends a session, now or after a countdown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndSession {
    /// A message for the agent, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In how many seconds it ends, 0 to 3,600, which the agent is shown; immediately if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<i64>,
    /// End it even if it is protected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected_too: bool,
}

/// Ends several sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndSessions {
    /// The sessions to end, at most 1,000.
    pub ids: Vec<SessionId>,
    /// A message for the agents, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In how many seconds they end, 0 to 3,600, which the agents are shown; immediately if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<i64>,
    /// End protected sessions too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected_too: bool,
}

/// Which live sessions to end: those for which all conditions hold. Absent ones do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveSessionFilter {
    /// Only sessions on this license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseId>,
    /// Only sessions with this product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Only sessions on licenses of this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// Only sessions of this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Only sessions in this state: `waiting`, `connected`, or `live` for both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StateFilter>,
    /// Only sessions with this customer platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Only sessions with this text in the agent's name or e-mail address, ignoring case and accents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// Ends all live sessions that match a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndMatching {
    /// Which sessions; `{}` means all that the caller may see.
    #[serde(deserialize_with = "super::object::object")]
    pub filter: LiveSessionFilter,
    /// Say what would be ended, and end nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// The `next` of the previous request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// A message for the agents, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In how many seconds they end, 0 to 3,600, which the agents are shown; immediately if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<i64>,
    /// End protected sessions too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected_too: bool,
}

/// The results of ending the sessions that matched a filter, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatchedEnds {
    /// Whether nothing was ended.
    pub dry_run: bool,
    /// One result for each of up to 1,000 sessions.
    pub results: Vec<MatchedEnd>,
    /// How many sessions matched at the time of the request.
    pub total: i64,
    /// Set if there are more: the `after` of the next request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The result for a session that matched; without a refusal and in a dry run, it would be ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatchedEnd {
    /// The agent's name.
    pub user_name: String,
    /// What happened to the session.
    #[serde(flatten)]
    pub result: EndResult,
}

/// Sets or removes the protection of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Protect {
    /// Whether the session is protected from now on.
    pub protected: bool,
}

/// The results of ending several sessions, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndResults {
    /// One result for each session of the request.
    pub results: Vec<EndResult>,
}

/// The result of ending one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndResult {
    /// The session's id.
    pub id: SessionId,
    /// How it ended: by this request, or before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<SessionEnd>,
    /// Why this request did not end it: `not_found`, `session_ended` if it had ended before, `protected`, or
    /// `borrowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
    /// The end that this request scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<PendingEnd>,
}

string_enum! {
    /// Filters a list of sessions by state.
    StateFilter {
        /// Waiting or connected.
        Live = "live",
        /// Waiting for a customer.
        Waiting = "waiting",
        /// Connected.
        Connected = "connected",
        /// Ended.
        Ended = "ended",
    }
}

string_enum! {
    /// The sort order of a list of sessions.
    SessionSort {
        /// By creation time.
        Created = "created_at",
        /// By the agent's name.
        UserName = "user_name",
        /// By state.
        State = "state",
        /// By the last heartbeat.
        LastSeen = "last_seen_at",
    }
}
