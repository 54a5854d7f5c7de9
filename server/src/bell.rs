//! What happens when events were committed: what is kept in memory and no longer so is forgotten, and whoever reads the log
//! wakes up.

use crate::{
    auth::{callers::Callers, reach::Reach},
    catalog::Catalog,
    events::Event,
    gate::seated::Seated,
    store::events::Logged,
};
use seatkeeper_shared::ids::{LicenseId, SessionId, UserId};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

/// Rings after each commit that wrote to the event log. Clones are one bell.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    /// The callers that need not be read from the database.
    pub callers: Callers,
    /// The products that need not be read from the database.
    pub catalog: Catalog,
    /// Who is through the gate.
    pub seated: Seated,
    rang: Arc<Notify>,
    rang_here: Arc<Notify>,
    freed: Arc<Notify>,
    hears_others: Arc<AtomicBool>,
}

impl Bell {
    /// These events were committed here, or it is not known whether they were. Call it before anybody is answered.
    pub fn ring(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        for event in events {
            self.forget(event.kind, event.user, event.license);
            self.free(event.kind, event.session);
        }
        self.rang.notify_one();
        self.rang_here.notify_one();
    }

    /// Another process, or this one, says that there is something new in the log.
    pub fn knocked(&self) {
        self.hear_others(true);
        self.rang.notify_one();
    }

    /// Whether this process is woken when others have written.
    pub fn hears_others(&self) -> bool {
        self.hears_others.load(Ordering::Relaxed)
    }

    /// Takes note of whether this process is woken when others have written.
    pub fn hear_others(&self, hears: bool) {
        self.hears_others.store(hears, Ordering::Relaxed);
    }

    /// These events stand in the log; another process may have written them.
    pub fn heard(&self, events: &[Logged]) {
        for event in events {
            self.forget(&event.kind, event.user, event.license);
            self.free(&event.kind, event.session);
        }
    }

    /// Waits until it rings or somebody knocks. If that was while nobody waited, it counts. For the one reader of the log.
    pub async fn rung(&self) {
        self.rang.notified().await;
    }

    /// Waits until this process has something to tell to others. For the one who knocks.
    pub async fn rung_for_others(&self) {
        self.rang_here.notified().await;
    }

    /// Waits until a named seat may have become free, or another admin may have come. For the one who gives it to whoever waits.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    fn free(&self, kind: &str, session: Option<SessionId>) {
        if frees(kind) {
            self.freed.notify_one();
        }
        if let Some(session) = session.filter(|_| kind == "session_ended") {
            self.seated.forget(session);
        }
    }

    fn forget(&self, kind: &str, user: Option<UserId>, license: Option<LicenseId>) {
        match Reach::of(kind, user, license.is_some()) {
            Reach::Nobody => {}
            Reach::User(user) => self.callers.forget(user),
            Reach::Everybody => self.callers.forget_all(),
        }
        if kind.starts_with("product_") {
            self.catalog.forget();
        }
    }
}

/// Whether after such an entry of the log a license may be assigned that could not be before, or a role taken.
fn frees(kind: &str) -> bool {
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
