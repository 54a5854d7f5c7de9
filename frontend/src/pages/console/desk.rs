//! The desk of whoever is signed in: the own sessions and licenses out of the live feed, the sessions that this browser
//! keeps alive, and how sessions ended. It lives as long as the frame, so that a seat outlives a look at another page.

use super::{
    activity,
    beats::Beats,
    call,
    cards::{Card, cards},
    device::Device,
    heart, mine,
    tickets::Tickets,
    told,
};
use crate::{api::Api, caller::Caller, clock::Clock, keep, live::Live};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    problem::End,
    session::{EndReason, Mode, SessionState},
    wire::{
        queue::TicketView,
        sessions::{Renewed, SessionView},
    },
};
use serde::{Deserialize, Serialize};

/// A session that was started here and is kept alive from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The session.
    pub id: SessionId,
    /// The product, to be named when the session is found ended.
    pub product: String,
    /// The device under whose name it is kept: once it has another one, somebody went on with it there.
    #[serde(default)]
    pub device: String,
}

impl Kept {
    fn new(session: &SessionView) -> Self {
        let SessionView { id, product_name, device, .. } = session.clone();
        Self { id, product: product_name, device }
    }
}

/// What became of a session of one's own without a click here.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The session.
    pub id: SessionId,
    /// The product.
    pub product: String,
    /// The device, if it was another one.
    pub device: Option<String>,
    /// What it was.
    pub fate: Fate,
}

/// What became of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Somebody else or something else ended it.
    Ended {
        /// Who, when, why.
        end: End,
        /// The device at which its agent works instead.
        instead: Option<String>,
    },
    /// Its agent goes on with it at this device.
    GoesOn {
        /// Where.
        device: String,
        /// Since when.
        at: DateTime<Utc>,
    },
}

impl Fate {
    /// How it ended, if it did.
    pub fn end(&self) -> Option<&End> {
        match self {
            Self::Ended { end, .. } => Some(end),
            Self::GoesOn { .. } => None,
        }
    }
}

/// The desk.
#[derive(Clone, Copy)]
pub struct Desk {
    /// This device.
    pub device: Device,
    /// The licenses that are assigned.
    pub mine: mine::Mine,
    /// The own tickets.
    pub tickets: Tickets,
    /// The heartbeats.
    pub beats: RwSignal<Beats>,
    /// The sessions that are kept alive from here.
    pub kept: RwSignal<Vec<Kept>>,
    /// How sessions ended, until it was read.
    pub notices: RwSignal<Vec<Notice>>,
    /// The session that was started by the last click and takes the focus when it appears.
    pub fresh: RwSignal<Option<SessionId>>,
    /// The API.
    pub api: Api,
    /// The time.
    pub clock: Clock,
    live: Live,
    user: Option<UserId>,
}

impl Desk {
    /// Sits down at the desk: puts it into the context and keeps its sessions alive.
    pub fn provide() {
        let user = Caller::get().me_once().map(|me| me.id);
        let desk = Self {
            device: Device::kept(),
            mine: mine::Mine::follow(),
            tickets: Tickets::follow(user),
            beats: RwSignal::default(),
            kept: RwSignal::new(keep::value(&name(user)).unwrap_or_default()),
            notices: RwSignal::default(),
            fresh: RwSignal::default(),
            api: Api::get(),
            clock: Clock::get(),
            live: Live::get(),
            user,
        };
        provide_context(desk);
        desk.hear_of_ends();
        desk.hear_of_moves();
        told::in_title(desk, user);
        call::on_offer(desk);
        heart::beat(desk);
        activity::watch(desk);
    }

    /// The desk of the app.
    pub fn get() -> Self {
        expect_context()
    }

    /// What stands on the desk: one card for each product.
    pub fn cards(self) -> Memo<Vec<Card>> {
        Memo::new(move |_| {
            self.live.state.with(|state| {
                let licenses: Vec<_> =
                    state.licenses.iter().filter(|license| self.mine.has(license.id)).cloned().collect();
                let sessions = self.user.map(|user| state.of(user)).unwrap_or_default();
                let tickets = self.user.map(|user| state.tickets_of(user)).unwrap_or_default();
                cards(&licenses, &sessions, &tickets)
            })
        })
    }

    /// Up to which change of the feed everything is known; grows with each.
    pub fn position(self) -> i64 {
        self.live.state.with(|state| state.position.0)
    }

    /// The same, without being asked again when it grows.
    pub fn position_once(self) -> i64 {
        self.live.state.try_with_untracked(|state| state.position.0).unwrap_or_default()
    }

    /// Whether one of the sessions that are kept alive from here ends soon for lack of activity.
    pub fn is_warned(self) -> bool {
        let kept = self.kept.try_with_untracked(|all| all.iter().map(|one| one.id).collect::<Vec<_>>());
        let warned = |id: &SessionId| {
            let state = self.live.state.try_with_untracked(|state| state.sessions.get(id).map(|s| s.idle_ends_at));
            state.flatten().flatten().is_some()
        };
        kept.is_some_and(|kept| kept.iter().any(warned))
    }

    /// Whether a session of this user's is about to end.
    pub fn is_ending(self, user: UserId) -> bool {
        let ends = |session: &SessionView| session.ending.is_some() || session.idle_ends_at.is_some();
        self.live.state.with(|state| state.sessions.values().any(|session| session.user_id == user && ends(session)))
    }

    /// Sends all heartbeats now.
    pub fn hurry(self) {
        let _ = self.beats.try_update(|beats| beats.hurry(self.clock.once()));
        heart::send_due(self);
    }

    /// What a heartbeat was answered with: whether the session will end, and when.
    pub fn heard(self, id: SessionId, renewed: &Renewed) {
        let known = self.live.state.try_with_untracked(|state| state.sessions.get(&id).cloned()).flatten();
        let Some(known) = known else { return };
        // Most answers say nothing new, and nobody is to be disturbed by them.
        if (known.idle_ends_at, &known.ending) != (renewed.idle_ends_at, &renewed.ending) {
            self.is_now(SessionView { idle_ends_at: renewed.idle_ends_at, ending: renewed.ending.clone(), ..known });
        }
    }

    /// Whether this session is kept alive from here.
    pub fn keeps(self, id: SessionId) -> bool {
        self.kept.with(|kept| kept.iter().any(|one| one.id == id))
    }

    /// A session was started here.
    pub fn started(self, session: &SessionView) {
        self.keep(|all| all.push(Kept::new(session)));
        // Gone by now if somebody signed out meanwhile.
        let _ = self.fresh.try_set(Some(session.id));
        self.is_now(session.clone());
    }

    /// The agent goes on here with a session that another device kept, and with all that he has there at this license.
    pub fn adopt(self, session: &SessionView) {
        let own = self.live.state.try_with_untracked(|state| state.of(session.user_id)).unwrap_or_default();
        let moved = gone_on_with(session, &own);
        // Before their device is known here: what is kept under another name counts as gone on with elsewhere.
        self.keep(|all| {
            all.retain(|known| moved.iter().all(|one| one.id != known.id));
            all.extend(moved.iter().map(Kept::new));
        });
        moved.into_iter().for_each(|one| self.is_now(one));
        self.hurry();
    }

    /// A ticket was taken here.
    pub fn waits(self, ticket: TicketView) {
        let _ = self.tickets.fresh.try_set(Some(ticket.id));
        self.tickets.is_now(ticket);
    }

    /// The server answered with the present state of an own session; the feed will say the same a moment later.
    pub fn is_now(self, session: SessionView) {
        self.live.is_now(session);
    }

    /// A session of one's own is over: it is kept no longer, and if it was not the agent who ended it, he is told.
    pub fn over(self, id: SessionId, end: End) {
        let session = self.live.state.try_with_untracked(|state| state.sessions.get(&id).cloned()).flatten();
        if let Some(session) = &session {
            self.is_now(SessionView { state: SessionState::Ended, ended: Some(end.clone()), ..session.clone() });
        }
        self.tell(id, session.as_ref(), end);
        self.let_go(id);
    }

    /// Keeps a session alive no longer.
    pub fn let_go(self, id: SessionId) {
        self.keep(|all| all.retain(|one| one.id != id));
    }

    fn keep(self, change: impl FnOnce(&mut Vec<Kept>)) {
        let _ = self.kept.try_update(|all| {
            change(all);
            keep::keep_value(&name(self.user), all);
        });
    }

    fn tell(self, id: SessionId, session: Option<&SessionView>, end: End) {
        if end.reason == EndReason::Finished {
            return;
        }
        let kept = self.kept.try_with_untracked(|all| all.iter().find(|one| one.id == id).cloned()).flatten();
        let Some(product) = kept.as_ref().map(|one| one.product.clone()).or(session.map(|s| s.product_name.clone()))
        else {
            return;
        };
        let device = session.filter(|_| kept.is_none()).map(|session| session.device.clone());
        let instead = session.filter(|_| end.reason == EndReason::ReplacedByOtherDevice);
        let instead = instead.and_then(|session| self.replaced_by(session));
        self.note(Notice { id, product, device, fate: Fate::Ended { end, instead } });
    }

    /// The device of the newest session at the same license.
    fn replaced_by(self, session: &SessionView) -> Option<String> {
        let own = self.live.state.try_with_untracked(|state| state.of(session.user_id)).unwrap_or_default();
        let others = own.into_iter().filter(|one| one.license_id == session.license_id && one.id != session.id);
        others.max_by_key(|one| one.created_at).map(|one| one.device)
    }

    fn note(self, notice: Notice) {
        let _ = self.notices.try_update(|all| {
            // An end is told by the feed and by the answer to a heartbeat; and it is more than that the session went on elsewhere.
            if !all.iter().any(|known| known.id == notice.id && matches!(known.fate, Fate::Ended { .. })) {
                all.retain(|known| known.id != notice.id);
                all.push(notice);
            }
        });
    }

    /// Lets go of the sessions with which their agent goes on elsewhere, and tells him here.
    fn hear_of_moves(self) {
        Effect::new(move |_| {
            let gone: Vec<_> = self.live.state.with(|state| {
                let elsewhere = |kept: &Kept| {
                    let now = state.sessions.get(&kept.id)?;
                    (!kept.device.is_empty() && now.device != kept.device).then(|| (kept.clone(), now.device.clone()))
                };
                self.kept.with_untracked(|kept| kept.iter().filter_map(elsewhere).collect())
            });
            for (Kept { id, product, .. }, device) in gone {
                self.let_go(id);
                let fate = Fate::GoesOn { device, at: self.clock.once() };
                self.note(Notice { id, product, device: None, fate });
            }
        });
    }

    /// Notes the ends that the feed tells; they are events, nothing from which a state could be derived.
    fn hear_of_ends(self) {
        Effect::new(move |_| {
            let ended = self.live.ended.get();
            for session in ended.into_iter().filter(|session| Some(session.user_id) == self.user) {
                if let Some(end) = session.ended.clone() {
                    self.tell(session.id, Some(&session), end);
                }
                self.let_go(session.id);
            }
        });
    }
}

/// The session with which an agent goes on at this device, and those of his that the server moved with it, as they are now:
/// the feed may tell of them before the answer comes, or after it.
fn gone_on_with(session: &SessionView, own: &[SessionView]) -> Vec<SessionView> {
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

/// Each user of this browser has sessions of his own.
fn name(user: Option<UserId>) -> String {
    user.map(|user| format!("sessions.{user}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, session};
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn an_agent_goes_on_with_all_that_he_has_at_the_other_device() {
        let here = |n: u32, device: &str| SessionView { device: device.to_owned(), ..session(n) };
        let program = SessionView { mode: Mode::Application, ..here(4, "Notebook") };
        let own = [here(1, "Notebook"), here(2, "Notebook"), here(3, "Telefon"), program];
        let answer = SessionView { last_seen_at: at(90), ..here(1, "Tablet") };
        let moved = gone_on_with(&answer, &own);
        let moved: Vec<_> = moved.iter().map(|one| (one.id, one.device.as_str(), one.last_seen_at)).collect();
        assert_eq!(moved, [(own[0].id, "Tablet", at(90)), (own[1].id, "Tablet", at(90))]);
    }
}
