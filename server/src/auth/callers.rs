//! The callers of the last few seconds, so that a request need not ask the database who it comes from.
//!
//! Whoever was revoked is forgotten in the same step as the commit. A caller who is being read from the database while he is
//! revoked must not be kept afterwards: each reader takes a [`Ticket`] first, and forgetting makes all tickets void.

use super::{caller::Caller, secret::Digest};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant},
};

/// For how long a caller is believed before the database is asked again. Nothing that was revoked, on whichever server,
/// lives longer than this.
pub const BELIEVED: Duration = Duration::from_secs(5);
/// The same where no other process writes: whoever is revoked is forgotten in the same step, always.
const BELIEVED_ALONE: Duration = Duration::from_secs(20);
/// With fewer than this it is not looked which are too old.
const ROOM: usize = 1_024;

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
pub struct Callers(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    callers: HashMap<Credential, (Known, Instant)>,
    credentials: HashMap<UserId, Vec<Credential>>,
    /// How often somebody was forgotten.
    forgotten: u64,
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

    /// Keeps what the database said, unless somebody was forgotten since the ticket was drawn.
    pub fn keep(&self, ticket: Ticket, credential: Credential, known: Known) {
        let mut kept = self.write();
        if kept.forgotten != ticket.forgotten {
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
        for credential in kept.credentials.remove(&user).unwrap_or_default() {
            kept.callers.remove(&credential);
        }
    }

    /// Forgets everybody.
    pub fn forget_all(&self) {
        let mut kept = self.write();
        kept.forgotten += 1;
        kept.callers.clear();
        kept.credentials.clear();
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Kept {
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
