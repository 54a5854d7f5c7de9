//! Keeps the sessions of this device alive: sends the due heartbeats and applies the responses.

use super::{
    heartbeat_schedule::{HeartbeatSchedule, LeaseRenewal},
    my_sessions::MySessions,
};
use crate::{
    api::{Api, Failure},
    clock::Clock,
    live::{ConnectionStatus, Live},
};
use chrono::{DateTime, Utc};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::SessionId,
    problem::Code,
    wire::sessions::{Heartbeat, HeartbeatReply, SessionView},
};

/// The heartbeats of the sessions that this browser keeps alive.
#[derive(Clone, Copy)]
pub struct Heartbeats {
    schedule: RwSignal<HeartbeatSchedule>,
    sessions: MySessions,
    api: Api,
    clock: Clock,
}

impl Heartbeats {
    /// Sends heartbeats until the app is closed.
    pub fn start(sessions: MySessions) -> Self {
        let heartbeats = Self { schedule: RwSignal::default(), sessions, api: Api::get(), clock: Clock::get() };
        Effect::new(move |_| {
            let (ids, now) = (sessions.kept_ids(), heartbeats.clock.now_untracked());
            heartbeats.schedule.update(|schedule| schedule.set_sessions(&ids, now));
            heartbeats.send_due();
        });
        // Browsers throttle the clock of a hidden tab to one tick per minute, which is still shorter than a lease.
        Effect::new(move |_| {
            heartbeats.clock.now();
            heartbeats.send_due();
        });
        heartbeats.send_on_wake();
        heartbeats
    }

    /// When the tab becomes visible, comes online or wakes up, it does not wait for the next tick.
    fn send_on_wake(self) {
        let handles = ["visibilitychange", "online", "pageshow"]
            .map(|event| window_event_listener_untyped(event, move |_| self.send_now()));
        on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
        let connection = Live::get().connection;
        let connected = Memo::new(move |_| connection.get() == ConnectionStatus::Live);
        Effect::new(move |before: Option<bool>| {
            let connected = connected.get();
            if connected && before == Some(false) {
                self.send_now();
            }
            connected
        });
    }

    /// Sends every heartbeat that is not under way.
    pub fn send_now(self) {
        let _ = self.schedule.try_update(|schedule| schedule.make_due(self.clock.now_untracked()));
        self.send_due();
    }

    /// Records that the agent was active; reported with the next heartbeat.
    pub fn record_activity(self, now: DateTime<Utc>) {
        let _ = self.schedule.try_update_untracked(|schedule| schedule.record_activity(now));
    }

    /// Reports activity at once: the agent confirmed that they are still working.
    pub fn report_activity(self, id: SessionId) {
        spawn_local(self.send(id, true));
    }

    /// Whether the lease of this session is being renewed; tracked.
    pub fn renewal(self, id: SessionId) -> LeaseRenewal {
        self.clock.now();
        self.schedule.with(|schedule| schedule.renewal(id))
    }

    fn send_due(self) {
        let now = self.clock.now_untracked();
        // Untracked: subscribers are notified only when a response changes something.
        let due = self.schedule.try_update_untracked(|schedule| schedule.take_due(now)).unwrap_or_default();
        for heartbeat in due {
            spawn_local(self.send(heartbeat.session, heartbeat.active));
        }
    }

    async fn send(self, id: SessionId, active: bool) {
        let answer = self.api.send(endpoints::sessions::heartbeat(id, &Heartbeat { active })).await;
        let now = self.clock.now_untracked();
        match answer {
            Ok(renewed) => {
                self.on_renewed(id, &renewed);
                let _ = self.schedule.try_update(|schedule| schedule.renewed(id, &renewed, now));
            }
            Err(failure) => match classify(&failure) {
                HeartbeatFailure::SessionOver => {
                    if let Some(end) = failure.ended() {
                        self.sessions.on_ended(id, end.clone());
                    }
                    self.sessions.stop_keeping_alive(id);
                }
                HeartbeatFailure::Retry => {
                    let _ = self.schedule.try_update(|schedule| schedule.lost(id, now));
                }
            },
        }
    }

    /// Applies the response: whether the session will end, and when.
    fn on_renewed(self, id: SessionId, renewed: &HeartbeatReply) {
        let Some(known) = self.sessions.find(id) else { return };
        // Most responses change nothing, and should not notify subscribers.
        if (known.idle_ends_at, &known.ending) != (renewed.idle_ends_at, &renewed.ending) {
            let (idle_ends_at, ending) = (renewed.idle_ends_at, renewed.ending.clone());
            self.sessions.apply(SessionView { idle_ends_at, ending, ..known });
        }
    }
}

/// What a failed heartbeat means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeartbeatFailure {
    /// The session has ended, or is not the caller's.
    SessionOver,
    /// Unknown; retry.
    Retry,
}

fn classify(failure: &Failure) -> HeartbeatFailure {
    match failure.code() {
        Some(Code::LeaseExpired | Code::SessionEnded | Code::NotFound | Code::Forbidden) => {
            HeartbeatFailure::SessionOver
        }
        _ => HeartbeatFailure::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::problem::Problem;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_a_definite_response_ends_a_session() {
        let of = |code| classify(&Failure::Problem(Box::new(Problem::new(code))));
        assert_eq!(of(Code::LeaseExpired), HeartbeatFailure::SessionOver);
        assert_eq!(of(Code::SessionEnded), HeartbeatFailure::SessionOver);
        assert_eq!(of(Code::Unavailable), HeartbeatFailure::Retry);
        assert_eq!(of(Code::NotSignedIn), HeartbeatFailure::Retry);
        assert_eq!(classify(&Failure::Unreachable), HeartbeatFailure::Retry);
    }
}
