//! Sessions: asking for a seat, keeping it, giving it back, and lists of them.

use crate::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
    named::named,
    problem::{Code, End},
    session::{Mode, Platform, SessionState},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// The license whose seat it holds.
    pub license_id: LicenseId,
    /// The product.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: String,
    /// Named or concurrent.
    pub model: Model,
    /// The agent.
    pub user_id: UserId,
    /// The agent's name.
    pub user_name: String,
    /// The agent's e-mail address.
    pub user_email: String,
    /// The agent's device, as its client calls it.
    pub device: String,
    /// Waiting, connected or ended.
    pub state: SessionState,
    /// Attended, unattended or an application.
    pub mode: Mode,
    /// What the other side runs on, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The device at the other end, as the agent calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_device: Option<String>,
    /// When it was created; the seat is occupied since then.
    pub created_at: DateTime<Utc>,
    /// When the customer connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<DateTime<Utc>>,
    /// When the agent's client was last heard of.
    pub last_seen_at: DateTime<Utc>,
    /// When the seat is freed if nothing more is heard.
    pub lease_until: DateTime<Utc>,
    /// While waiting: when the support key expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_expires_at: Option<DateTime<Utc>>,
    /// Until when the seat is borrowed for work offline, if it is or was. Until then nobody but the agent frees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrowed_until: Option<DateTime<Utc>>,
    /// Marked so that neither idleness nor an end of many sessions at once ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// When it ends for lack of activity, once the agent is warned of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ends_at: Option<DateTime<Utc>>,
    /// The end that an admin or manager has announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// While waiting, to the agent himself only: nine digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_key: Option<String>,
    /// While borrowed, to the agent himself only and not in lists: what proves it offline, signed (a JSON Web Token).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// How it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<End>,
}

/// An end that is announced: the agent can still finish by himself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ending {
    /// When the session will be ended.
    pub at: DateTime<Utc>,
    /// The name of who will have ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What that person has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Asks for a seat. An `Idempotency-Key` header makes it safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSession {
    /// The product, by slug or id. A named license of the user's comes first, then a concurrent one.
    pub product: String,
    /// The agent's device, as people call it.
    pub device: String,
    /// Attended, unattended or an application.
    pub mode: Mode,
    /// What the other side runs on, if already known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The device at the other end, as the agent calls it: above all where nobody sits at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_device: Option<String>,
    /// Take a ticket if no seat is free now: the answer is then 202 with the ticket.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
    /// Borrow the seat for work offline, for so many seconds: the answer has the signed `lease`. Not for attended sessions. With `wait`, a
    /// ticket does not know of it: borrow the session when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seconds: Option<i64>,
}

/// Borrows the seat of a session for work offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Borrow {
    /// For how many seconds from now, 60 to 2,592,000. One that is borrowed already is never shortened.
    pub borrow_seconds: i64,
}

/// A sign of life of a session's client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heartbeat {
    /// Whether the agent did something since the last one. Only that keeps a session from being idle.
    #[serde(default)]
    pub active: bool,
}

/// A customer connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connect {
    /// What the customer's side runs on.
    pub platform: Platform,
}

/// Goes on with a session at another device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Continue {
    /// The agent's device from now on, as people call it.
    pub device: String,
}

/// What a heartbeat is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Renewed {
    /// When the seat is freed if nothing more is heard.
    pub lease_until: DateTime<Utc>,
    /// After how many seconds the next heartbeat should come: a quarter of the lease.
    pub next_in_seconds: i64,
    /// When the session ends for lack of activity, once that is near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ends_at: Option<DateTime<Utc>>,
    /// The end that an admin or manager has announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// Ends one session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndSession {
    /// What the agent is told, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In how many seconds, 0 to 3,600; the agent is shown how long he has. At once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<i64>,
    /// End it even if it is protected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected_too: bool,
}

/// Ends many sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndSessions {
    /// Which, at most 1,000.
    pub ids: Vec<SessionId>,
    /// What the agents are told, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In how many seconds, 0 to 3,600; the agents are shown how long they have. At once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<i64>,
    /// End those that are protected as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected_too: bool,
}

/// Marks a session as protected, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Protect {
    /// From now on.
    pub protected: bool,
}

/// What became of the sessions, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndResults {
    /// One for each session of the request.
    pub results: Vec<EndResult>,
}

/// What became of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndResult {
    /// The session.
    pub id: SessionId,
    /// How it ended: by this request, or before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<End>,
    /// Why this request did not end it: `not_found`, `session_ended` if it was over before, `protected`, or `borrowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
    /// The end that this request announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

named! {
    /// In which state the sessions of a list are.
    StateFilter {
        /// Waiting or connected.
        Live = "live",
        /// Waiting for a customer.
        Waiting = "waiting",
        /// Connected.
        Connected = "connected",
        /// Over.
        Ended = "ended",
    }
}

named! {
    /// By what a list of sessions is sorted.
    SessionSort {
        /// By when they were created.
        Created = "created_at",
        /// By the agent's name.
        UserName = "user_name",
        /// By state.
        State = "state",
        /// By when the agent's client was last heard of.
        LastSeen = "last_seen_at",
    }
}
