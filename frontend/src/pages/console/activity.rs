//! What counts as activity: a click, a touch or a key anywhere in the app. Only that keeps a session from being idle.

use super::desk::Desk;
use chrono::TimeDelta;
use leptos::prelude::*;

/// More often than this it is not noted.
const SELDOM: TimeDelta = TimeDelta::seconds(2);

/// Notes it as long as the desk is there. Whoever is warned of his idleness is heard at once, everybody else with the next
/// heartbeat.
pub fn watch(desk: Desk) {
    let last = StoredValue::new(None);
    let noted = move || {
        let now = desk.clock.once();
        if last.try_get_value().flatten().is_some_and(|last| now - last < SELDOM) {
            return;
        }
        last.try_set_value(Some(now));
        let _ = desk.beats.try_update_untracked(|beats| beats.active(now));
        if desk.is_warned() {
            desk.hurry();
        }
    };
    let handles = ["pointerdown", "keydown", "wheel"].map(|name| window_event_listener_untyped(name, move |_| noted()));
    on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
}
