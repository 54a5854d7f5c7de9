//! The live feed as the pages use it: one shared connection, the state it delivers, and the connection's status.

mod feed;
#[cfg(test)]
pub mod sample;
mod session_log;
pub mod state;

use crate::{caller::Caller, clock::Clock};
use feed::{Feed, FeedMessage};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    session::SessionState,
    wire::{
        licenses::LicenseView,
        live::{Change, Contact},
        sessions::SessionView,
    },
};
use state::{LastContacts, LiveState};

/// How long an ended session remains visible.
const ENDED_SESSION_DISPLAY_MS: u32 = 2_000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConnectionStatus {
    /// No message has arrived yet.
    Connecting,
    /// The state is up to date.
    Live,
    /// The connection is lost; the state is as of this time (milliseconds since 1970 by the local clock).
    Lost(f64),
}

/// The live feed, in the context.
#[derive(Clone, Copy)]
pub struct Live {
    /// Licenses, live sessions and queues.
    pub state: RwSignal<LiveState>,
    /// Heartbeats, kept apart from the state because they arrive far more often.
    pub last_contacts: RwSignal<LastContacts>,
    /// The status of the connection.
    pub connection: RwSignal<ConnectionStatus>,
    /// The sessions that ended with the latest change.
    pub ended: RwSignal<Vec<SessionView>>,
    clock: Clock,
    caller: Caller,
}

impl Live {
    /// Connects and provides the feed as a context. The connection closes when the calling component is removed.
    pub fn provide() -> Self {
        let live = Self {
            state: RwSignal::default(),
            last_contacts: RwSignal::default(),
            connection: RwSignal::new(ConnectionStatus::Connecting),
            ended: RwSignal::default(),
            clock: Clock::get(),
            caller: Caller::get(),
        };
        let feed = StoredValue::new_local(Feed::open(move |message| live.on_message(message)));
        on_cleanup(move || feed.with_value(Feed::close));
        provide_context(live);
        live
    }

    /// The feed from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// A live session, or one that has just ended.
    pub fn session(self, id: SessionId) -> Option<SessionView> {
        self.state.with(|state| state.sessions.get(&id).or_else(|| state.recently_ended.get(&id)).cloned())
    }

    /// A license, if the feed contains it.
    pub fn license(self, id: LicenseId) -> Option<LicenseView> {
        self.state.with(|state| state.license(id).cloned())
    }

    /// All licenses.
    pub fn licenses(self) -> Memo<Vec<LicenseView>> {
        Memo::new(move |_| self.state.with(|state| state.licenses.clone()))
    }

    /// Applies a session from the answer to a request, ahead of the feed, which delivers the same a moment later.
    pub fn apply_session(self, session: SessionView) {
        let (id, has_ended) = (session.id, session.state == SessionState::Ended);
        let at = self.clock.now_untracked();
        // The page, and the feed with it, may have been closed by now.
        let _ = self.state.try_update(|state| {
            let position = state.position;
            let (licenses, queues) = Default::default();
            state.apply(Change { position, at, licenses, sessions: vec![session], queues });
            if has_ended {
                state.remove_recently_ended(&[id]);
            }
        });
    }

    /// The last contact with the device of a session.
    pub fn contact(self, session: &SessionView) -> Contact {
        self.last_contacts.with(|last_contacts| last_contacts.of(session))
    }

    /// Whether the first snapshot has arrived.
    pub fn has_snapshot(self) -> Memo<bool> {
        Memo::new(move |_| self.state.with(|state| state.position.0 > 0))
    }

    fn on_message(self, message: FeedMessage) {
        match message {
            FeedMessage::Snapshot(snapshot) => {
                self.clock.synchronize(snapshot.at);
                self.last_contacts.set(LastContacts::default());
                self.state.update(|state| state.reset(*snapshot));
                self.connection.set(ConnectionStatus::Live);
            }
            FeedMessage::Change(change) => self.apply_change(*change),
            FeedMessage::Contacts(contacts) => {
                self.clock.synchronize(contacts.at);
                self.last_contacts.update(|last_contacts| last_contacts.record(contacts));
            }
            FeedMessage::Alive(alive) => self.clock.synchronize(alive.at),
            FeedMessage::Connected => {
                // A resumed connection delivers only what was missed, which may be nothing.
                if self.has_snapshot().get_untracked() {
                    self.connection.set(ConnectionStatus::Live);
                }
            }
            FeedMessage::Disconnected { since } => {
                if !matches!(self.connection.get_untracked(), ConnectionStatus::Lost(_)) {
                    self.connection.set(ConnectionStatus::Lost(since));
                }
                // The user may have been signed out, or their rights may have changed.
                self.caller.refresh();
            }
        }
    }

    fn apply_change(self, change: Change) {
        self.clock.synchronize(change.at);
        let Some(ended) = self.state.try_update(|state| state.apply(change)) else { return };
        self.connection.set(ConnectionStatus::Live);
        if ended.is_empty() {
            return;
        }
        let ids: Vec<_> = ended.iter().map(|session| session.id).collect();
        self.state.with_untracked(|state| {
            self.last_contacts.update_untracked(|last_contacts| last_contacts.retain(&state.sessions))
        });
        self.ended.set(ended);
        spawn_local(async move {
            TimeoutFuture::new(ENDED_SESSION_DISPLAY_MS).await;
            // The page, and the feed with it, may have been closed by now.
            let _ = self.state.try_update(|state| state.remove_recently_ended(&ids));
        });
    }
}
