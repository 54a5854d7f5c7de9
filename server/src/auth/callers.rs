//! The callers of the last few seconds, so that a request need not ask the database who it comes from.
//!
//! Whoever was revoked is forgotten in the same step as the commit. A caller who is being read from the database while they are
//! revoked must not be kept afterwards: each reader takes a [`Ticket`] first, and forgetting a user makes the tickets void with which
//! that user was read. Open streams stand on such tickets, too (`stream_guard.rs`).

use super::{caller::Caller, secret::Digest};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// For how long a caller is believed before the database is asked again. Nothing that was revoked, on whichever server,
/// lives longer than this.
pub const BELIEVED: Duration = Duration::from_secs(5);
/// The same where no other process writes: whoever is revoked is forgotten in the same step, always.
const BELIEVED_ALONE: Duration = Duration::from_secs(20);
/// With fewer than this it is not looked which are too old.
const ROOM: usize = 1_024;
/// Of so many users it is remembered when they were forgotten. With more, all tickets of before are void.
const MAX_FORGOTTEN_USERS: usize = 4_096;

/// What a request shows to say who it comes from. Only the digest of the secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A browser's cookie.
    Cookie(Digest),
    /// A program's token.
    Token(Digest),
}

/// Somebody whom the database knows.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who.
    pub caller: Caller,
    /// From when on his cookie or token is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, as far as that is written down.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Taken before the database is asked: says whether its answer may be kept.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    forgotten: u64,
    drawn: Instant,
}

/// The callers that are kept. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    kept: Arc<RwLock<Kept>>,
    forgot: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Kept {
    callers: HashMap<Credential, (Known, Instant)>,
    credentials: HashMap<UserId, Vec<Credential>>,
    /// How often somebody was forgotten.
    forgotten: u64,
    /// At which of these times each user was.
    forgotten_users: HashMap<UserId, u64>,
    /// Tickets drawn before this are void, whoever they are about.
    void_before: u64,
    /// No other process writes.
    alone: bool,
    /// With how many it is next looked which are too old.
    room: usize,
}

impl Callers {
    /// The caller with this credential at this time, or the ticket with which to ask the database.
    ///
    /// # Errors
    /// He is not known here: he may still be good.
    pub fn get(&self, credential: &Credential, now: DateTime<Utc>, drawn: Instant) -> Result<Caller, Ticket> {
        let kept = self.read();
        match kept.callers.get(credential) {
            Some((known, until)) if known.expires_at > now && *until > drawn => Ok(known.caller.clone()),
            _ => Err(Ticket { forgotten: kept.forgotten, drawn }),
        }
    }

    /// The ticket with which to ask the database.
    pub fn ticket(&self, drawn: Instant) -> Ticket {
        Ticket { forgotten: self.read().forgotten, drawn }
    }

    /// Whether what was read of this user with this ticket still holds: nothing was committed since then that may say otherwise.
    pub fn holds(&self, ticket: Ticket, user: UserId) -> bool {
        self.read().holds(ticket, user)
    }

    /// Waits until somebody was forgotten. If that was while nobody waited, it counts. For the one who asks for the open streams.
    pub async fn forgot(&self) {
        self.forgot.notified().await;
    }

    /// Keeps what the database said, unless this user was forgotten since the ticket was drawn.
    pub fn keep(&self, ticket: Ticket, credential: Credential, known: Known) {
        let mut kept = self.write();
        if !kept.holds(ticket, known.caller.id) {
            return;
        }
        kept.make_room(ticket.drawn);
        let (user, believed) = (known.caller.id, if kept.alone { BELIEVED_ALONE } else { BELIEVED });
        if kept.callers.insert(credential, (known, ticket.drawn + believed)).is_none() {
            kept.credentials.entry(user).or_default().push(credential);
        }
    }

    /// Says that no other process writes to the database.
    pub fn are_of_this_process_alone(&self) {
        self.write().alone = true;
    }

    /// Forgets a user with all his cookies and tokens.
    pub fn forget(&self, user: UserId) {
        let mut kept = self.write();
        kept.forgotten += 1;
        let now = kept.forgotten;
        if kept.forgotten_users.len() >= MAX_FORGOTTEN_USERS {
            kept.forgotten_users.clear();
            kept.void_before = now;
        }
        kept.forgotten_users.insert(user, now);
        for credential in kept.credentials.remove(&user).unwrap_or_default() {
            kept.callers.remove(&credential);
        }
        drop(kept);
        self.forgot.notify_one();
    }

    /// Forgets everybody.
    pub fn forget_all(&self) {
        let mut kept = self.write();
        kept.forgotten += 1;
        kept.void_before = kept.forgotten;
        kept.forgotten_users.clear();
        kept.callers.clear();
        kept.credentials.clear();
        drop(kept);
        self.forgot.notify_one();
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Ticket {
    /// When it was drawn.
    pub fn drawn(self) -> Instant {
        self.drawn
    }
}

impl Kept {
    fn holds(&self, ticket: Ticket, user: UserId) -> bool {
        let forgotten = self.forgotten_users.get(&user).copied().unwrap_or_default();
        ticket.forgotten >= self.void_before && ticket.forgotten >= forgotten
    }

    /// Drops what is too old, each time that there is twice as much as was left the last time.
    fn make_room(&mut self, now: Instant) {
        if self.callers.len() < self.room.max(ROOM) {
            return;
        }
        let callers = &mut self.callers;
        callers.retain(|_, (_, until)| *until > now);
        self.credentials.retain(|_, credentials| {
            credentials.retain(|credential| callers.contains_key(credential));
            !credentials.is_empty()
        });
        self.room = callers.len() * 2;
    }
}

#[cfg(test)]
mod tests;
