//! Keeps the sessions of this device alive: sends the heartbeats that are due, and learns from the answers.

use super::desk::Desk;
use crate::{
    api::Failure,
    live::{Link, Live},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::SessionId,
    problem::Code,
    wire::sessions::{Heartbeat, Renewed},
};

/// Beats until the desk is left.
pub fn beat(desk: Desk) {
    Effect::new(move |_| {
        let ids: Vec<_> = desk.kept.with(|kept| kept.iter().map(|one| one.id).collect());
        desk.beats.update(|beats| beats.keep(&ids, desk.clock.once()));
        send_due(desk);
    });
    // The browser slows the clock of a window out of sight to one tick a minute: less than a lease.
    Effect::new(move |_| {
        desk.clock.now();
        send_due(desk);
    });
    // Whoever comes back into sight, online or out of sleep does not wait for the next tick.
    let hurry = move || desk.hurry();
    let handles = [
        window_event_listener_untyped("visibilitychange", move |_| hurry()),
        window_event_listener_untyped("online", move |_| hurry()),
        window_event_listener_untyped("pageshow", move |_| hurry()),
    ];
    on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
    let link = Live::get().link;
    let stands = Memo::new(move |_| link.get() == Link::Live);
    Effect::new(move |before: Option<bool>| {
        let stands = stands.get();
        if stands && before == Some(false) {
            hurry();
        }
        stands
    });
}

/// Sends the heartbeats that are due now.
pub fn send_due(desk: Desk) {
    let now = desk.clock.once();
    // Whoever watches the beats is told only when an answer changes something.
    let due = desk.beats.try_update_untracked(|beats| beats.take_due(now)).unwrap_or_default();
    for (id, active) in due {
        spawn_local(send(desk, id, active));
    }
}

/// The agent says that he works, whatever keeps the session alive.
pub fn still_working(desk: Desk, id: SessionId) {
    spawn_local(send(desk, id, true));
}

async fn send(desk: Desk, id: SessionId, active: bool) {
    let answer = desk.api.post::<Renewed>(&format!("/sessions/{id}/heartbeat"), &Heartbeat { active }).await;
    let now = desk.clock.once();
    let _ = match answer {
        Ok(renewed) => {
            desk.heard(id, &renewed);
            desk.beats.try_update(|beats| beats.renewed(id, &renewed, now))
        }
        Err(failure) => match verdict(&failure) {
            Verdict::Over => {
                if let Some(end) = failure.ended() {
                    desk.over(id, end.clone());
                }
                desk.let_go(id);
                None
            }
            Verdict::Lost => desk.beats.try_update(|beats| beats.lost(id, now)),
        },
    };
}

/// What a heartbeat without success means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The session is over, or was never one's own.
    Over,
    /// Nobody knows; try again.
    Lost,
}

fn verdict(failure: &Failure) -> Verdict {
    match failure.code() {
        Some(Code::LeaseExpired | Code::SessionEnded | Code::NotFound | Code::Forbidden) => Verdict::Over,
        _ => Verdict::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::problem::Problem;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_what_the_server_says_for_certain_ends_a_session() {
        let of = |code| verdict(&Failure::Problem(Box::new(Problem::new(code))));
        assert_eq!(of(Code::LeaseExpired), Verdict::Over);
        assert_eq!(of(Code::SessionEnded), Verdict::Over);
        assert_eq!(of(Code::Unavailable), Verdict::Lost);
        assert_eq!(of(Code::NotSignedIn), Verdict::Lost);
        assert_eq!(verdict(&Failure::Unreachable), Verdict::Lost);
    }
}
