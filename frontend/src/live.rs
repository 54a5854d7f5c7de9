//! The live feed as the pages use it: the state, how up to date it is, and what a page needs of it.

mod connection;
mod contacts;
mod content_needs;
mod election;
mod recent_ids;
#[cfg(test)]
pub mod sample;
mod session_log;
pub mod state;
mod stream;
mod sync;
mod tabs;

pub use connection::ConnectionStatus;

use crate::caller::Caller;
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    permissions::{Visibility, visibility},
    wire::{licenses::LicenseView, live::Contact, sessions::SessionView},
};
use state::{Coverage, LastContacts, LiveState};
use std::collections::BTreeMap;
use sync::StateSync;

/// What the pages that are open need, besides the licenses and the user's own sessions and tickets.
#[derive(Clone, Debug, Default, PartialEq)]
struct Needs {
    /// The pages that need the tickets of all users and their sessions: every one, or of very many only the newest.
    need_every: Vec<Memo<bool>>,
    /// How many need those of a user.
    of_users: BTreeMap<UserId, usize>,
}

/// The live feed, in the context.
#[derive(Clone, Copy)]
pub struct Live {
    /// Licenses, live sessions and queues.
    pub state: RwSignal<LiveState>,
    /// Heartbeats, kept apart from the state because they arrive far more often.
    pub last_contacts: RwSignal<LastContacts>,
    /// Whether the state is up to date.
    pub connection: RwSignal<ConnectionStatus>,
    /// The sessions that ended with the latest change.
    pub ended: RwSignal<Vec<SessionView>>,
    /// Whether the server delivers another build of the app than this one.
    pub is_app_outdated: RwSignal<bool>,
    needs: RwSignal<Needs>,
}

impl Live {
    /// Begins and provides the feed as a context. It ends when the calling component is removed.
    pub fn provide() -> Self {
        let live = Self {
            state: RwSignal::default(),
            last_contacts: RwSignal::default(),
            connection: RwSignal::new(ConnectionStatus::Connecting),
            ended: RwSignal::default(),
            is_app_outdated: RwSignal::new(false),
            needs: RwSignal::default(),
        };
        provide_context(live);
        if let Some(me) = Caller::get().me_untracked() {
            let (user, sees_all) = (me.id, visibility(&me.rights) == Visibility::All);
            let coverage = Memo::new(move |_| live.needs.with(|needs| needs.coverage(user, sees_all)));
            StateSync::start(live, user, coverage);
        }
        live
    }

    /// The feed from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// The calling page needs the sessions and tickets of all users; of very many sessions only the newest, except
    /// while it needs `every` one. The memo tells whether they have arrived.
    pub fn need_all(self, every: Memo<bool>) -> Memo<bool> {
        self.needs.update(|needs| needs.need_every.push(every));
        on_cleanup(move || {
            self.needs.try_update(|needs| needs.need_every.retain(|one| *one != every));
        });
        Memo::new(move |_| self.state.with(LiveState::covers_all))
    }

    /// The calling page needs the sessions of this user.
    pub fn need_sessions_of(self, user: UserId) {
        self.needs.update(|needs| *needs.of_users.entry(user).or_default() += 1);
        on_cleanup(move || {
            self.needs.try_update(|needs| {
                needs.of_users.entry(user).and_modify(|count| *count -= 1);
                needs.of_users.retain(|_, count| *count > 0);
            });
        });
    }

    /// Adds sessions that a page has read beside the feed.
    pub fn add_sessions(self, sessions: Vec<SessionView>) {
        let _ = self.state.try_update(|state| state.add_omitted(sessions));
    }

    /// Adds the sessions that a page shows, as it has read them anew since the last snapshot.
    pub fn replace_sessions(self, sessions: Vec<SessionView>) {
        let _ = self.state.try_update(|state| state.replace_carried(sessions));
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
        // The page, and the feed with it, may have been closed by now.
        let _ = self.state.try_update(|state| state.apply_ahead(session));
    }

    /// The last contact with the device of a session.
    pub fn contact(self, session: &SessionView) -> Contact {
        self.last_contacts.with(|last_contacts| last_contacts.of(session))
    }

    /// Whether the first snapshot has arrived.
    pub fn has_snapshot(self) -> Memo<bool> {
        Memo::new(move |_| self.state.with(|state| state.position.0 > 0))
    }
}

impl Needs {
    /// What the state has to contain. Viewers who do not see all users get the sessions that they may see: the counts
    /// of the licenses would tell them too much.
    fn coverage(&self, me: UserId, sees_all: bool) -> Coverage {
        if self.need_every.iter().any(|every| every.try_get().unwrap_or_default()) {
            return Coverage::All;
        }
        let users = self.of_users.keys().copied().chain([me]).collect();
        if self.need_every.is_empty() && sees_all { Coverage::Users(users) } else { Coverage::Newest(users) }
    }
}
