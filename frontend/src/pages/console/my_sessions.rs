//! The agent's sessions: those that this browser keeps alive, and what happens to them without a click here.

use super::notice_list::{Notice, NoticeList, SessionOutcome};
use crate::{clock::Clock, live::Live, local_storage};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    problem::SessionEnd,
    session::{EndReason, Mode, SessionState},
    wire::sessions::SessionView,
};
use serde::{Deserialize, Serialize};

/// A session that this browser keeps alive, as stored in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSession {
    pub id: SessionId,
    /// Name of the product, for the notice if the session has ended.
    pub product: String,
    /// Name of this device. If the session names another one, it was continued there.
    #[serde(default)]
    pub device: String,
}

impl KeptSession {
    fn new(session: &SessionView) -> Self {
        let SessionView { id, product_name, device, .. } = session.clone();
        Self { id, product: product_name, device }
    }
}

/// The sessions of the signed-in agent.
#[derive(Clone, Copy)]
pub struct MySessions {
    /// Those that this browser keeps alive. They survive a reload.
    kept: RwSignal<Vec<KeptSession>>,
    /// The session just started, which receives the focus when it appears.
    pub focus_on_appear: RwSignal<Option<SessionId>>,
    notices: NoticeList,
    live: Live,
    clock: Clock,
    user: Option<UserId>,
}

impl MySessions {
    /// Follows the sessions of this user in the feed.
    pub fn follow(user: Option<UserId>, notices: NoticeList) -> Self {
        let sessions = Self {
            kept: RwSignal::new(local_storage::get_json(&storage_key(user)).unwrap_or_default()),
            focus_on_appear: RwSignal::default(),
            notices,
            live: Live::get(),
            clock: Clock::get(),
            user,
        };
        sessions.watch_ends();
        sessions.watch_moves();
        sessions
    }

    /// Whether this browser has sessions of this user to keep alive.
    pub fn are_stored(user: Option<UserId>) -> bool {
        local_storage::get(&storage_key(user)).is_some_and(|stored| stored != "[]")
    }

    /// The sessions that this browser keeps alive; tracked.
    pub fn kept_ids(self) -> Vec<SessionId> {
        self.kept.with(|kept| kept.iter().map(|one| one.id).collect())
    }

    /// Whether this browser keeps the session alive; tracked.
    pub fn keeps_alive(self, id: SessionId) -> bool {
        self.kept.with(|kept| kept.iter().any(|one| one.id == id))
    }

    /// Whether this browser keeps any session alive; tracked.
    pub fn keeps_any_alive(self) -> bool {
        self.kept.with(|kept| !kept.is_empty())
    }

    /// Whether a session kept alive here is about to end for inactivity.
    pub fn has_idle_warning(self) -> bool {
        let ids = self.kept.try_with_untracked(|all| all.iter().map(|one| one.id).collect::<Vec<_>>());
        ids.is_some_and(|ids| ids.into_iter().any(|id| self.find(id).is_some_and(|found| found.idle_ends_at.is_some())))
    }

    /// Whether a session of the agent is about to end; tracked.
    pub fn has_ending(self) -> bool {
        let ends = |session: &SessionView| session.ending.is_some() || session.idle_ends_at.is_some();
        self.live
            .state
            .with(|state| state.sessions.values().any(|session| Some(session.user_id) == self.user && ends(session)))
    }

    /// The session in the feed, untracked.
    pub fn find(self, id: SessionId) -> Option<SessionView> {
        self.live.state.try_with_untracked(|state| state.sessions.get(&id).cloned()).flatten()
    }

    /// Applies a session's state from a response, ahead of the feed.
    pub fn apply(self, session: SessionView) {
        self.live.apply_session(session);
    }

    /// Keeps a session alive that was started here.
    pub fn on_started(self, session: &SessionView) {
        self.update_kept(|all| all.push(KeptSession::new(session)));
        // The user may have signed out in the meantime.
        let _ = self.focus_on_appear.try_set(Some(session.id));
        self.apply(session.clone());
    }

    /// Takes over a session from another device, with all sessions the agent has there on the same license.
    pub fn on_continued(self, session: &SessionView) {
        let moved = moved_sessions(session, &self.own());
        // Before the feed shows their new device: a kept session with another device counts as moved away.
        self.update_kept(|all| {
            all.retain(|known| moved.iter().all(|one| one.id != known.id));
            all.extend(moved.iter().map(KeptSession::new));
        });
        moved.into_iter().for_each(|one| self.apply(one));
    }

    /// Handles the end of one of the sessions: stops its heartbeats, and adds a notice unless the agent ended it.
    pub fn on_ended(self, id: SessionId, end: SessionEnd) {
        let session = self.find(id);
        if let Some(session) = &session {
            self.apply(SessionView { state: SessionState::Ended, ended: Some(end.clone()), ..session.clone() });
        }
        self.add_end_notice(id, session.as_ref(), end);
        self.stop_keeping_alive(id);
    }

    /// Sends no more heartbeats for a session.
    pub fn stop_keeping_alive(self, id: SessionId) {
        self.update_kept(|all| all.retain(|one| one.id != id));
    }

    fn update_kept(self, change: impl FnOnce(&mut Vec<KeptSession>)) {
        let _ = self.kept.try_update(|all| {
            change(all);
            local_storage::set_json(&storage_key(self.user), all);
        });
    }

    fn own(self) -> Vec<SessionView> {
        let own = |user| self.live.state.try_with_untracked(|state| state.sessions_of(user));
        self.user.and_then(own).unwrap_or_default()
    }

    fn add_end_notice(self, id: SessionId, session: Option<&SessionView>, end: SessionEnd) {
        if matches!(end.reason, EndReason::Finished | EndReason::GivenUp) {
            return;
        }
        let kept = self.kept.try_with_untracked(|all| all.iter().find(|one| one.id == id).cloned()).flatten();
        let Some(product) = kept.as_ref().map(|one| one.product.clone()).or(session.map(|s| s.product_name.clone()))
        else {
            return;
        };
        let device = session.filter(|_| kept.is_none()).map(|session| session.device.clone());
        let replaced_by = session.filter(|_| end.reason == EndReason::ReplacedByOtherDevice);
        let replaced_by = replaced_by.and_then(|session| self.replacing_device(session));
        self.notices.add(Notice { id, product, device, outcome: SessionOutcome::Ended { end, replaced_by } });
    }

    /// The device of the newest session on the same license.
    fn replacing_device(self, session: &SessionView) -> Option<String> {
        let others = self.own().into_iter().filter(|one| one.license_id == session.license_id && one.id != session.id);
        others.max_by_key(|one| one.created_at).map(|one| one.device)
    }

    /// Stops keeping alive the sessions that were continued at another device, and adds notices.
    fn watch_moves(self) {
        Effect::new(move |_| {
            let gone: Vec<_> = self.live.state.with(|state| {
                let elsewhere = |kept: &KeptSession| {
                    let now = state.sessions.get(&kept.id)?;
                    (!kept.device.is_empty() && now.device != kept.device).then(|| (kept.clone(), now.device.clone()))
                };
                self.kept.with_untracked(|kept| kept.iter().filter_map(elsewhere).collect())
            });
            for (KeptSession { id, product, .. }, device) in gone {
                self.stop_keeping_alive(id);
                let outcome = SessionOutcome::Moved { device, at: self.clock.now_untracked() };
                self.notices.add(Notice { id, product, device: None, outcome });
            }
        });
    }

    /// Handles ends from the feed. They are events, so they cannot be derived from the state.
    fn watch_ends(self) {
        Effect::new(move |_| {
            let ended = self.live.ended.get();
            for session in ended.into_iter().filter(|session| Some(session.user_id) == self.user) {
                if let Some(end) = session.ended.clone() {
                    self.add_end_notice(session.id, Some(&session), end);
                }
                self.stop_keeping_alive(session.id);
            }
        });
    }
}

/// The session that the agent continues at this device and those that the server moved with it, in their new state. The
/// feed may deliver the change before or after the response.
fn moved_sessions(session: &SessionView, own: &[SessionView]) -> Vec<SessionView> {
    let from = own.iter().find(|one| one.id == session.id).map(|one| one.device.clone());
    let beside = own.iter().filter(|one| {
        let there = one.device == session.device || Some(&one.device) == from.as_ref();
        let by_hand = one.mode != Mode::Application && one.borrowed_until.is_none();
        one.id != session.id && one.license_id == session.license_id && there && by_hand
    });
    let (device, last_seen_at) = (&session.device, session.last_seen_at);
    let beside = beside.map(|one| SessionView { device: device.clone(), last_seen_at, ..one.clone() });
    [session.clone()].into_iter().chain(beside).collect()
}

/// Key under which the sessions of a user are stored. Users of the same browser have separate keys.
fn storage_key(user: Option<UserId>) -> String {
    user.map(|user| format!("sessions.{user}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, session};
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn continuing_moves_all_sessions_of_the_other_device() {
        let here = |n: u32, device: &str| SessionView { device: device.to_owned(), ..session(n) };
        let program = SessionView { mode: Mode::Application, ..here(4, "Notebook") };
        let own = [here(1, "Notebook"), here(2, "Notebook"), here(3, "Telefon"), program];
        let answer = SessionView { last_seen_at: at(90), ..here(1, "Tablet") };
        let moved = moved_sessions(&answer, &own);
        let moved: Vec<_> = moved.iter().map(|one| (one.id, one.device.as_str(), one.last_seen_at)).collect();
        assert_eq!(moved, [(own[0].id, "Tablet", at(90)), (own[1].id, "Tablet", at(90))]);
    }
}
