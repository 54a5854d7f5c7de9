//! Detects the activity that keeps a session from being idle: a click, a touch or a key press anywhere in the app.

use super::{heartbeat::Heartbeats, my_sessions::MySessions};
use crate::clock::Clock;
use chrono::TimeDelta;
use leptos::prelude::*;

/// Minimum time between two recorded activities.
const MIN_RECORD_INTERVAL: TimeDelta = TimeDelta::seconds(2);

/// Records activity until the app is closed. It is reported with the next heartbeat, or at once if the agent is being
/// warned about inactivity.
pub fn watch(sessions: MySessions, heartbeats: Heartbeats) {
    let clock = Clock::get();
    let last = StoredValue::new(None);
    let record = move || {
        let now = clock.now_untracked();
        if last.try_get_value().flatten().is_some_and(|last| now - last < MIN_RECORD_INTERVAL) {
            return;
        }
        last.try_set_value(Some(now));
        heartbeats.record_activity(now);
        if sessions.has_idle_warning() {
            heartbeats.send_now();
        }
    };
    let handles =
        ["pointerdown", "keydown", "wheel"].map(|name| window_event_listener_untyped(name, move |_| record()));
    on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
}
