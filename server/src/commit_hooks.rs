//! Hooks that run after each commit of events: they invalidate the affected cache entries and wake the reader of the
//! event log.

use crate::{
    auth::{caller_cache::CallerCache, invalidation::AffectedCallers},
    events::Event,
    forward_auth::session_cache::SessionCache,
    product_cache::ProductCache,
    store::events::LoggedEvent,
};
use seatkeeper_shared::ids::{LicenseId, SessionId, UserId};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

/// The caches that commits invalidate and the tasks that commits wake. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct CommitHooks {
    pub caller_cache: CallerCache,
    pub product_cache: ProductCache,
    /// The sessions of recent requests through the gate.
    pub session_cache: SessionCache,
    changed: Arc<Notify>,
    committed_here: Arc<Notify>,
    seat_freed: Arc<Notify>,
    is_listening: Arc<AtomicBool>,
}

impl CommitHooks {
    /// Applies events that this process committed, or whose commit has an unknown outcome. Call it before answering any
    /// request.
    pub fn notify_committed(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        for event in events {
            self.apply(event.kind, event.user, event.license, event.session);
        }
        self.changed.notify_one();
        self.committed_here.notify_one();
    }

    /// A notification arrived, from this or another process: the event log has new entries.
    pub fn notification_received(&self) {
        self.set_listening(true);
        self.changed.notify_one();
    }

    /// Whether this process receives notifications of other processes' commits.
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    /// Records whether this process receives notifications of other processes' commits.
    pub fn set_listening(&self, listening: bool) {
        self.is_listening.store(listening, Ordering::Relaxed);
    }

    /// Applies events read from the log, which any process may have written.
    pub fn apply_logged(&self, events: &[LoggedEvent]) {
        for event in events {
            self.apply(&event.kind, event.user, event.license, event.session);
        }
    }

    /// Waits for a commit here or a notification. One that came while nothing waited counts. For the single reader of
    /// the log.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits for a commit of this process. For the single sender of notifications.
    pub async fn committed_here(&self) {
        self.committed_here.notified().await;
    }

    /// Waits until a named seat may have been freed, or an admin may have been added. For the single task that retries
    /// changes that had to wait for either.
    pub async fn seat_freed(&self) {
        self.seat_freed.notified().await;
    }

    fn apply(&self, kind: &str, user: Option<UserId>, license: Option<LicenseId>, session: Option<SessionId>) {
        match AffectedCallers::of(kind, user, license.is_some()) {
            AffectedCallers::None => {}
            AffectedCallers::User(user) => self.caller_cache.invalidate_user(user),
            AffectedCallers::All => self.caller_cache.invalidate_all(),
        }
        if kind.starts_with("product_") {
            self.product_cache.invalidate();
        }
        if let Some(session) = session.filter(|_| kind == "session_ended") {
            self.session_cache.forget(session);
        }
        if may_free_a_seat(kind) {
            self.seat_freed.notify_one();
        }
    }
}

/// Whether an event of this kind may allow an assignment, or the removal of a role, that was refused before.
fn may_free_a_seat(kind: &str) -> bool {
    [
        "license_revoked",
        "user_suspended",
        "user_deleted",
        "user_changed",
        "seats_changed",
        "license_terms_changed",
        "product_changed",
    ]
    .contains(&kind)
}
