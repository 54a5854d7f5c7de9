//! Applies the changes of the stream: the first at once, those that follow fast together. Nobody reads faster, and each
//! time costs a redraw.

use super::StateSync;
use leptos::prelude::*;
use seatkeeper_shared::{ids::SessionId, wire::live::Change};
use std::{collections::VecDeque, time::Duration};

/// The shortest time between two redraws because of changes.
const REDRAW_INTERVAL_MS: f64 = 250.0;
/// How long an ended session remains visible.
const ENDED_SESSION_DISPLAY_MS: f64 = 2_000.0;

/// Changes that wait to be applied, and sessions that wait to disappear.
#[derive(Debug, Default)]
pub(super) struct PendingChanges {
    changes: Vec<Change>,
    /// When the last changes were applied, in milliseconds; `None` before the first.
    applied_at: Option<f64>,
    /// Ended sessions, and when they disappear, in order.
    ended: VecDeque<(f64, SessionId)>,
    /// When the timer ends that is running.
    timer_at: Option<f64>,
}

impl PendingChanges {
    /// What is to be applied now: the changes, and the sessions that disappear.
    fn take(&mut self, now: f64) -> (Vec<Change>, Vec<SessionId>) {
        self.applied_at = Some(now);
        let due = self.ended.iter().take_while(|(at, _)| *at <= now).count();
        (std::mem::take(&mut self.changes), self.ended.drain(..due).map(|(_, id)| id).collect())
    }

    /// When something has to be applied next.
    fn due_at(&self) -> Option<f64> {
        let changes = (!self.changes.is_empty()).then(|| self.applied_at.map_or(0.0, |at| at + REDRAW_INTERVAL_MS));
        let ended = self.ended.front().map(|(at, _)| *at);
        changes.into_iter().chain(ended).min_by(f64::total_cmp)
    }
}

impl StateSync {
    /// Applies a change, now or in a moment.
    pub(super) fn apply(self, change: Change) {
        self.pending.try_update_value(|pending| pending.changes.push(change));
        self.apply_due();
    }

    /// Applies the changes that wait.
    pub(super) fn apply_pending(self) {
        let now = steady_now();
        let Some((changes, over)) = self.pending.try_update_value(|pending| pending.take(now)) else { return };
        if changes.is_empty() && over.is_empty() {
            return;
        }
        let ended = self.live.state.try_update(|state| {
            state.remove_recently_ended(&over);
            changes.into_iter().flat_map(|change| state.apply(change)).collect::<Vec<_>>()
        });
        let Some(ended) = ended.filter(|ended| !ended.is_empty()) else { return };
        let gone_at = now + ENDED_SESSION_DISPLAY_MS;
        self.pending.update_value(|pending| pending.ended.extend(ended.iter().map(|session| (gone_at, session.id))));
        self.forget_other_contacts();
        self.live.ended.set(ended);
    }

    fn apply_due(self) {
        let now = steady_now();
        let due_at = self.pending.try_with_value(PendingChanges::due_at).flatten();
        if due_at.is_some_and(|at| at <= now) {
            self.apply_pending();
        }
        self.start_timer(now);
    }

    /// Starts a timer for what is due next, unless one is running that ends before.
    fn start_timer(self, now: f64) {
        let wait = self.pending.try_update_value(|pending| {
            let due_at = pending.due_at()?;
            if pending.timer_at.is_some_and(|at| at <= due_at) {
                return None;
            }
            pending.timer_at = Some(due_at);
            Some((due_at - now).max(0.0))
        });
        if let Some(wait) = wait.flatten() {
            set_timeout(
                move || {
                    // The page, and the feed with it, may have been closed by now.
                    self.pending.try_update_value(|pending| pending.timer_at = None);
                    self.apply_due();
                },
                Duration::from_secs_f64(wait / 1_000.0),
            );
        }
    }
}

/// Milliseconds of a clock that is never set.
fn steady_now() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, session};
    use seatkeeper_shared::ids::Position;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn change() -> Change {
        let (licenses, sessions, queues) = Default::default();
        Change { position: Position(1), at: at(0), licenses, sessions, queues, requests: false }
    }

    #[wasm_bindgen_test]
    fn changes_that_follow_fast_are_applied_together() {
        let mut pending = PendingChanges::default();
        pending.changes.push(change());
        assert!(pending.due_at().is_some_and(|at| at <= 10_000.0), "the first at once");
        assert_eq!(pending.take(10_000.0).0.len(), 1);
        assert_eq!(pending.due_at(), None);
        pending.changes.push(change());
        pending.changes.push(change());
        assert_eq!(pending.due_at(), Some(10_250.0));
        assert_eq!(pending.take(10_250.0).0.len(), 2);
    }

    #[wasm_bindgen_test]
    fn ended_sessions_disappear_with_the_changes_of_then() {
        let mut pending = PendingChanges::default();
        pending.ended.extend([(2_000.0, session(1).id), (2_100.0, session(2).id)]);
        assert_eq!(pending.due_at(), Some(2_000.0));
        assert_eq!(pending.take(2_050.0).1, [session(1).id]);
        assert_eq!(pending.due_at(), Some(2_100.0));
    }
}
