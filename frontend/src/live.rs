//! The live feed as the pages see it: one connection for all of them, its state, and whether it stands.

mod feed;
#[cfg(test)]
pub mod sample;
pub mod state;

use crate::{caller::Caller, clock::Clock};
use feed::{Feed, Told};
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
use state::{Heard, LiveState};

/// How long a session that ended stays in sight, in milliseconds.
const PARTING: u32 = 2_000;

/// Whether the connection stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    /// Nothing came yet.
    Connecting,
    /// What is shown is what is.
    Live,
    /// Broken; what is shown was so at this time (milliseconds since 1970, of this machine).
    Lost(f64),
}

/// The live feed.
#[derive(Clone, Copy)]
pub struct Live {
    /// Licenses and sessions.
    pub state: RwSignal<LiveState>,
    /// Heartbeats; apart from the state, because they come far more often.
    pub heard: RwSignal<Heard>,
    /// Whether the connection stands.
    pub link: RwSignal<Link>,
    /// The sessions that ended by the newest change.
    pub ended: RwSignal<Vec<SessionView>>,
    clock: Clock,
    caller: Caller,
}

impl Live {
    /// Connects and puts itself into the context; the connection lasts as long as the one who calls this.
    pub fn provide() -> Self {
        let live = Self {
            state: RwSignal::default(),
            heard: RwSignal::default(),
            link: RwSignal::new(Link::Connecting),
            ended: RwSignal::default(),
            clock: Clock::get(),
            caller: Caller::get(),
        };
        let feed = StoredValue::new_local(Feed::open(move |told| live.told(told)));
        on_cleanup(move || feed.with_value(Feed::close));
        provide_context(live);
        live
    }

    /// The feed of the app.
    pub fn get() -> Self {
        expect_context()
    }

    /// A live session or one that has just ended.
    pub fn session(self, id: SessionId) -> Option<SessionView> {
        self.state.with(|state| state.sessions.get(&id).or_else(|| state.parting.get(&id)).cloned())
    }

    /// A license.
    pub fn license(self, id: LicenseId) -> Option<LicenseView> {
        self.state.with(|state| state.license(id).cloned())
    }

    /// All licenses.
    pub fn licenses(self) -> Memo<Vec<LicenseView>> {
        Memo::new(move |_| self.state.with(|state| state.licenses.clone()))
    }

    /// The server answered with the present state of a session; the feed will say the same a moment later.
    pub fn is_now(self, session: SessionView) {
        let (id, over) = (session.id, session.state == SessionState::Ended);
        let at = self.clock.once();
        // The page, and the feed with it, may be gone by now.
        let _ = self.state.try_update(|state| {
            let position = state.position;
            let (licenses, queues) = Default::default();
            state.apply(Change { position, at, licenses, sessions: vec![session], queues });
            if over {
                state.forget(&[id]);
            }
        });
    }

    /// When this session was last heard of.
    pub fn contact(self, session: &SessionView) -> Contact {
        self.heard.with(|heard| heard.of(session))
    }

    /// Whether a first snapshot has come.
    pub fn arrived(self) -> Memo<bool> {
        Memo::new(move |_| self.state.with(|state| state.position.0 > 0))
    }

    fn told(self, told: Told) {
        match told {
            Told::Snapshot(snapshot) => {
                self.clock.set_by(snapshot.at);
                self.heard.set(Heard::default());
                self.state.update(|state| state.begin(*snapshot));
                self.link.set(Link::Live);
            }
            Told::Change(change) => self.changed(*change),
            Told::Contacts(contacts) => {
                self.clock.set_by(contacts.at);
                self.heard.update(|heard| heard.take(contacts));
            }
            Told::Alive(alive) => self.clock.set_by(alive.at),
            Told::Stands => {
                // A connection that was taken up again tells only what was missed, maybe nothing.
                if self.arrived().get_untracked() {
                    self.link.set(Link::Live);
                }
            }
            Told::Broken { since } => {
                if !matches!(self.link.get_untracked(), Link::Lost(_)) {
                    self.link.set(Link::Lost(since));
                }
                // Perhaps nobody is signed in any more, or somebody who may see something else.
                self.caller.ask();
            }
        }
    }

    fn changed(self, change: Change) {
        self.clock.set_by(change.at);
        let Some(ended) = self.state.try_update(|state| state.apply(change)) else { return };
        self.link.set(Link::Live);
        if ended.is_empty() {
            return;
        }
        let ids: Vec<_> = ended.iter().map(|session| session.id).collect();
        self.state.with_untracked(|state| self.heard.update_untracked(|heard| heard.keep(&state.sessions)));
        self.ended.set(ended);
        spawn_local(async move {
            TimeoutFuture::new(PARTING).await;
            // The page, and the feed with it, may be gone by now.
            let _ = self.state.try_update(|state| state.forget(&ids));
        });
    }
}
