//! What can be asked of the seats, and by whom.

use super::{
    facts::Live,
    pool::{Ask, Refusal},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    problem::Code,
    session::Platform,
    wire::{
        licenses::AssignmentResult,
        sessions::{EndResult, Renewed, SessionView},
    },
};
use std::fmt;

/// Through which door something came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The app in a browser.
    App,
    /// A program with a token.
    Api,
    /// Seatkeeper itself.
    System,
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::App => "app",
            Self::Api => "api",
            Self::System => "system",
        })
    }
}

/// Who does something, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user; nobody if it happens by itself.
    pub id: Option<UserId>,
    /// The user's name at that time.
    pub name: Option<String>,
    /// Through which door.
    pub door: Door,
}

impl Actor {
    /// What happens by itself.
    pub fn system() -> Self {
        Self { id: None, name: None, door: Door::System }
    }
}

/// Which sessions an agent or an admin reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only those of this user.
    Own(UserId),
    /// Everybody's.
    All,
}

/// One thing asked of the seats.
#[derive(Clone, Debug)]
pub enum Command {
    /// Asks for a seat of any license of the product.
    Create {
        /// For whom.
        user: UserId,
        /// Of which product.
        product: ProductId,
        /// The rest of the request.
        ask: Ask,
    },
    /// A customer connected.
    Connect {
        /// Which session.
        session: SessionId,
        /// Whose it must be.
        user: UserId,
        /// What the customer's side runs on.
        platform: Platform,
    },
    /// A heartbeat.
    Renew {
        /// Which session.
        session: SessionId,
        /// Whose it must be.
        user: UserId,
    },
    /// Ends sessions.
    End {
        /// Which.
        sessions: Vec<SessionId>,
        /// Whose they must be.
        reach: Reach,
        /// What the agents are told.
        message: Option<String>,
    },
    /// Assigns a license.
    Grant {
        /// Which license.
        license: LicenseId,
        /// To whom.
        users: Vec<UserId>,
    },
    /// Takes a license away.
    Revoke {
        /// Which license.
        license: LicenseId,
        /// From whom.
        users: Vec<UserId>,
        /// End the sessions on it too.
        end_now: bool,
    },
    /// Changes the number of seats.
    Resize {
        /// Of which license.
        license: LicenseId,
        /// To how many.
        seats: i64,
    },
    /// Suspends a user and ends his sessions.
    Suspend {
        /// Whom.
        user: UserId,
    },
    /// Ends what is over.
    Sweep,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A session with a seat.
    Session(Box<SessionView>),
    /// The request is a repetition: this session is its own.
    Repeated(SessionId),
    /// The lease runs anew.
    Renewed(Renewed),
    /// What became of each session.
    Ended(Vec<EndResult>),
    /// What became of each assignment.
    Assignments(Vec<AssignmentResult>),
    /// It is so now.
    Done,
    /// No seat.
    Refused(Refusal),
    /// Not possible.
    Failed(Code),
}

/// The view of a live session.
pub(super) fn view(pool: &super::pool::Pool, live: &Live) -> SessionView {
    let person = pool.person(live.user);
    let terms = &pool.terms;
    SessionView {
        id: live.id,
        license_id: terms.license,
        product_id: terms.product,
        product_name: terms.product_name.clone(),
        model: terms.model,
        user_id: live.user,
        user_name: person.map(|p| p.name.clone()).unwrap_or_default(),
        user_email: person.map(|p| p.email.clone()).unwrap_or_default(),
        device: live.device.clone(),
        state: live.state,
        mode: live.mode,
        platform: live.platform,
        created_at: live.created_at,
        connected_at: live.connected_at,
        last_seen_at: live.last_seen_at,
        lease_until: live.lease_until,
        key_expires_at: live.key_expires_at,
        support_key: live.support_key.clone(),
        ended: None,
    }
}

/// What a heartbeat is answered with: the next should come after a quarter of the lease.
pub(super) fn renewed(lease_until: DateTime<Utc>, lease: chrono::TimeDelta) -> Renewed {
    Renewed { lease_until, next_in_seconds: (lease.num_seconds() / 4).max(1) }
}
