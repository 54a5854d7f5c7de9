//! Keeps the sessions of this device alive: sends the due heartbeats and applies the responses.

use super::state::ConsolePageState;
use crate::{
    api::Failure,
    live::{ConnectionStatus, Live},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::SessionId,
    problem::Code,
    wire::sessions::{Heartbeat, HeartbeatReply},
};

/// Sends heartbeats until the app is closed.
pub fn start(page: ConsolePageState) {
    Effect::new(move |_| {
        let ids: Vec<_> = page.kept_sessions.with(|kept| kept.iter().map(|one| one.id).collect());
        page.heartbeats.update(|schedule| schedule.set_sessions(&ids, page.clock.now_untracked()));
        send_due(page);
    });
    // Browsers throttle the clock of a hidden tab to one tick per minute, which is still shorter than a lease.
    Effect::new(move |_| {
        page.clock.now();
        send_due(page);
    });
    // When the tab becomes visible, comes online or wakes up, it does not wait for the next tick.
    let send_now = move || page.send_heartbeats_now();
    let handles = [
        window_event_listener_untyped("visibilitychange", move |_| send_now()),
        window_event_listener_untyped("online", move |_| send_now()),
        window_event_listener_untyped("pageshow", move |_| send_now()),
    ];
    on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
    let connection = Live::get().connection;
    let connected = Memo::new(move |_| connection.get() == ConnectionStatus::Live);
    Effect::new(move |before: Option<bool>| {
        let connected = connected.get();
        if connected && before == Some(false) {
            send_now();
        }
        connected
    });
}

/// Sends the heartbeats that are due now.
pub fn send_due(page: ConsolePageState) {
    let now = page.clock.now_untracked();
    // Untracked: subscribers are notified only when a response changes something.
    let due = page.heartbeats.try_update_untracked(|schedule| schedule.take_due(now)).unwrap_or_default();
    for (id, active) in due {
        spawn_local(send(page, id, active));
    }
}

/// Reports activity at once: the agent confirmed that they are still working.
pub fn report_activity(page: ConsolePageState, id: SessionId) {
    spawn_local(send(page, id, true));
}

async fn send(page: ConsolePageState, id: SessionId, active: bool) {
    let answer = page.api.post::<HeartbeatReply>(&format!("/sessions/{id}/heartbeat"), &Heartbeat { active }).await;
    let now = page.clock.now_untracked();
    let _ = match answer {
        Ok(renewed) => {
            page.on_renewed(id, &renewed);
            page.heartbeats.try_update(|schedule| schedule.renewed(id, &renewed, now))
        }
        Err(failure) => match classify(&failure) {
            HeartbeatFailure::SessionOver => {
                if let Some(end) = failure.ended() {
                    page.on_ended(id, end.clone());
                }
                page.stop_keeping_alive(id);
                None
            }
            HeartbeatFailure::Retry => page.heartbeats.try_update(|schedule| schedule.lost(id, now)),
        },
    };
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
