//! State of the console: the user's licenses, sessions and tickets from the live feed, and the sessions that this
//! browser keeps alive. It lives as long as the app frame, so that sessions survive a visit to another page.

use super::{
    activity, announcements,
    card_data::{CardData, cards},
    device::Device,
    heartbeat,
    heartbeat_schedule::HeartbeatSchedule,
    my_licenses,
    my_tickets::MyTickets,
    notify,
};
use crate::{api::Api, caller::Caller, clock::Clock, live::Live, local_storage};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    problem::SessionEnd,
    session::{EndReason, Mode, SessionState},
    wire::{
        queue::TicketView,
        sessions::{HeartbeatReply, SessionView},
    },
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

/// Notice about one of the user's sessions that ended or moved without a click here.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: SessionId,
    /// Name of the product.
    pub product: String,
    /// Name of the device, if it is another one.
    pub device: Option<String>,
    pub outcome: SessionOutcome,
}

/// What happened to a session.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionOutcome {
    /// It ended without a click here.
    Ended {
        end: SessionEnd,
        /// The device whose session replaced it.
        replaced_by: Option<String>,
    },
    /// The agent continued it at another device.
    Moved { device: String, at: DateTime<Utc> },
}

impl SessionOutcome {
    pub fn end(&self) -> Option<&SessionEnd> {
        match self {
            Self::Ended { end, .. } => Some(end),
            Self::Moved { .. } => None,
        }
    }
}

/// State of the console, provided as a context.
#[derive(Clone, Copy)]
pub struct ConsolePageState {
    pub device: Device,
    /// The licenses assigned to the user.
    pub my_licenses: my_licenses::MyLicenses,
    /// The user's tickets.
    pub tickets: MyTickets,
    /// Schedule of the heartbeats.
    pub heartbeats: RwSignal<HeartbeatSchedule>,
    /// The sessions that this browser keeps alive.
    pub kept_sessions: RwSignal<Vec<KeptSession>>,
    /// Notices not yet dismissed.
    pub notices: RwSignal<Vec<Notice>>,
    /// The session just started, which receives the focus when it appears.
    pub focus_on_appear: RwSignal<Option<SessionId>>,
    pub api: Api,
    pub clock: Clock,
    live: Live,
    user: Option<UserId>,
}

impl ConsolePageState {
    /// Provides the state as a context and starts the background tasks.
    pub fn provide() {
        let user = Caller::get().me_untracked().map(|me| me.id);
        let page = Self {
            device: Device::load(),
            my_licenses: my_licenses::MyLicenses::follow(),
            tickets: MyTickets::follow(user),
            heartbeats: RwSignal::default(),
            kept_sessions: RwSignal::new(local_storage::get_json(&storage_key(user)).unwrap_or_default()),
            notices: RwSignal::default(),
            focus_on_appear: RwSignal::default(),
            api: Api::get(),
            clock: Clock::get(),
            live: Live::get(),
            user,
        };
        provide_context(page);
        page.watch_ends();
        page.watch_moves();
        announcements::show_in_title(page, user);
        notify::on_offer(page);
        heartbeat::start(page);
        activity::watch(page);
    }

    /// The state from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// One card per product.
    pub fn cards(self) -> Memo<Vec<CardData>> {
        Memo::new(move |_| {
            self.live.state.with(|state| {
                let licenses: Vec<_> =
                    state.licenses.iter().filter(|license| self.my_licenses.has(license.id)).cloned().collect();
                let sessions = self.user.map(|user| state.sessions_of(user)).unwrap_or_default();
                let tickets = self.user.map(|user| state.tickets_of(user)).unwrap_or_default();
                cards(&licenses, &sessions, &tickets)
            })
        })
    }

    /// Position of the last change received from the feed.
    pub fn feed_position(self) -> i64 {
        self.live.state.with(|state| state.position.0)
    }

    /// The same, without subscribing to it.
    pub fn feed_position_untracked(self) -> i64 {
        self.live.state.try_with_untracked(|state| state.position.0).unwrap_or_default()
    }

    /// Whether a session kept alive here is about to end for inactivity.
    pub fn has_idle_warning(self) -> bool {
        let kept = self.kept_sessions.try_with_untracked(|all| all.iter().map(|one| one.id).collect::<Vec<_>>());
        let warned = |id: &SessionId| {
            let state = self.live.state.try_with_untracked(|state| state.sessions.get(id).map(|s| s.idle_ends_at));
            state.flatten().flatten().is_some()
        };
        kept.is_some_and(|kept| kept.iter().any(warned))
    }

    /// Whether a session of this user is about to end.
    pub fn has_ending_session(self, user: UserId) -> bool {
        let ends = |session: &SessionView| session.ending.is_some() || session.idle_ends_at.is_some();
        self.live.state.with(|state| state.sessions.values().any(|session| session.user_id == user && ends(session)))
    }

    pub fn send_heartbeats_now(self) {
        let _ = self.heartbeats.try_update(|schedule| schedule.make_due(self.clock.now_untracked()));
        heartbeat::send_due(self);
    }

    /// Applies the response to a heartbeat: whether the session will end, and when.
    pub fn on_renewed(self, id: SessionId, renewed: &HeartbeatReply) {
        let known = self.live.state.try_with_untracked(|state| state.sessions.get(&id).cloned()).flatten();
        let Some(known) = known else { return };
        // Most responses change nothing, and should not notify subscribers.
        if (known.idle_ends_at, &known.ending) != (renewed.idle_ends_at, &renewed.ending) {
            self.update_session(SessionView {
                idle_ends_at: renewed.idle_ends_at,
                ending: renewed.ending.clone(),
                ..known
            });
        }
    }

    /// Whether this browser keeps the session alive.
    pub fn keeps_alive(self, id: SessionId) -> bool {
        self.kept_sessions.with(|kept| kept.iter().any(|one| one.id == id))
    }

    /// Keeps a session alive that was started here.
    pub fn on_started(self, session: &SessionView) {
        self.update_kept_sessions(|all| all.push(KeptSession::new(session)));
        // The user may have signed out in the meantime.
        let _ = self.focus_on_appear.try_set(Some(session.id));
        self.update_session(session.clone());
    }

    /// Takes over a session from another device, with all sessions the agent has there on the same license.
    pub fn continue_here(self, session: &SessionView) {
        let own = self.live.state.try_with_untracked(|state| state.sessions_of(session.user_id)).unwrap_or_default();
        let moved = moved_sessions(session, &own);
        // Before the feed shows their new device: a kept session with another device counts as moved away.
        self.update_kept_sessions(|all| {
            all.retain(|known| moved.iter().all(|one| one.id != known.id));
            all.extend(moved.iter().map(KeptSession::new));
        });
        moved.into_iter().for_each(|one| self.update_session(one));
        self.send_heartbeats_now();
    }

    /// Adds a ticket that was taken here.
    pub fn on_ticket_taken(self, ticket: TicketView) {
        let _ = self.tickets.focus_on_appear.try_set(Some(ticket.id));
        self.tickets.update(ticket);
    }

    /// Applies a session's state from a response, ahead of the feed.
    pub fn update_session(self, session: SessionView) {
        self.live.apply_session(session);
    }

    /// Handles the end of one of the user's sessions: stops its heartbeats, and adds a notice unless the agent ended
    /// it.
    pub fn on_ended(self, id: SessionId, end: SessionEnd) {
        let session = self.live.state.try_with_untracked(|state| state.sessions.get(&id).cloned()).flatten();
        if let Some(session) = &session {
            self.update_session(SessionView {
                state: SessionState::Ended,
                ended: Some(end.clone()),
                ..session.clone()
            });
        }
        self.add_end_notice(id, session.as_ref(), end);
        self.stop_keeping_alive(id);
    }

    pub fn stop_keeping_alive(self, id: SessionId) {
        self.update_kept_sessions(|all| all.retain(|one| one.id != id));
    }

    fn update_kept_sessions(self, change: impl FnOnce(&mut Vec<KeptSession>)) {
        let _ = self.kept_sessions.try_update(|all| {
            change(all);
            local_storage::set_json(&storage_key(self.user), all);
        });
    }

    fn add_end_notice(self, id: SessionId, session: Option<&SessionView>, end: SessionEnd) {
        if end.reason == EndReason::Finished {
            return;
        }
        let kept = self.kept_sessions.try_with_untracked(|all| all.iter().find(|one| one.id == id).cloned()).flatten();
        let Some(product) = kept.as_ref().map(|one| one.product.clone()).or(session.map(|s| s.product_name.clone()))
        else {
            return;
        };
        let device = session.filter(|_| kept.is_none()).map(|session| session.device.clone());
        let replaced_by = session.filter(|_| end.reason == EndReason::ReplacedByOtherDevice);
        let replaced_by = replaced_by.and_then(|session| self.replacing_device(session));
        self.add_notice(Notice { id, product, device, outcome: SessionOutcome::Ended { end, replaced_by } });
    }

    /// The device of the newest session on the same license.
    fn replacing_device(self, session: &SessionView) -> Option<String> {
        let own = self.live.state.try_with_untracked(|state| state.sessions_of(session.user_id)).unwrap_or_default();
        let others = own.into_iter().filter(|one| one.license_id == session.license_id && one.id != session.id);
        others.max_by_key(|one| one.created_at).map(|one| one.device)
    }

    fn add_notice(self, notice: Notice) {
        let _ = self.notices.try_update(|all| {
            // An end may arrive from both the feed and a heartbeat response, and it supersedes a move.
            if !all.iter().any(|known| known.id == notice.id && matches!(known.outcome, SessionOutcome::Ended { .. })) {
                all.retain(|known| known.id != notice.id);
                all.push(notice);
            }
        });
    }

    /// Stops keeping alive the sessions that were continued at another device, and adds notices.
    fn watch_moves(self) {
        Effect::new(move |_| {
            let gone: Vec<_> = self.live.state.with(|state| {
                let elsewhere = |kept: &KeptSession| {
                    let now = state.sessions.get(&kept.id)?;
                    (!kept.device.is_empty() && now.device != kept.device).then(|| (kept.clone(), now.device.clone()))
                };
                self.kept_sessions.with_untracked(|kept| kept.iter().filter_map(elsewhere).collect())
            });
            for (KeptSession { id, product, .. }, device) in gone {
                self.stop_keeping_alive(id);
                let outcome = SessionOutcome::Moved { device, at: self.clock.now_untracked() };
                self.add_notice(Notice { id, product, device: None, outcome });
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
