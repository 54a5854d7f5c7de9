//! Entries that are newer than those shown. They are read when the live feed tells that the log has grown, and appear
//! at the top at once, or after a click while the user is at work on the rows.

use super::{filter::Filter, state::zone_of};
use crate::{
    api::Api,
    caller::Caller,
    live::Live,
    ui::query::{LoadState, Paged},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::Position, wire::audit::AuditEvent};
use std::time::Duration;

/// How long entries are gathered before they are read: an action often writes several.
const GATHER_TIME: Duration = Duration::from_millis(700);

/// Rows that must not move: one under the pointer, at the focus of the keyboard, or with its details shown.
const ROWS_IN_USE: &str = ".audit tbody :is(tr:hover, tr.open, :focus-visible)";

/// The newer entries.
#[derive(Clone, Copy)]
pub struct NewerEvents {
    events: Paged<AuditEvent>,
    filter: Memo<Filter>,
    /// Those that are not shown yet, the newest first.
    pending: RwSignal<Pending>,
    /// Counts how often the log was read.
    pub reads: RwSignal<usize>,
    is_scheduled: StoredValue<bool>,
    api: Api,
    caller: Caller,
}

/// What is not shown yet.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pending {
    events: Vec<AuditEvent>,
    /// Whether there are more than were read, so that the list has to begin anew.
    has_gap: bool,
    /// How often the list had begun. Once it begins again, it contains them.
    list: usize,
}

impl Pending {
    /// Those of the newest page that are newer than what is shown.
    fn of(newest: Vec<AuditEvent>, shown: Option<Position>, list: usize) -> Self {
        let count = newest.len();
        let is_newer = |event: &AuditEvent| shown.is_none_or(|shown| event.position > shown);
        let events: Vec<_> = newest.into_iter().filter(is_newer).collect();
        Self { has_gap: shown.is_some() && count > 0 && events.len() == count, events, list }
    }
}

impl NewerEvents {
    /// Follows the log for this list.
    pub fn follow(events: Paged<AuditEvent>, filter: Memo<Filter>, live: Live, caller: Caller) -> Self {
        let (pending, reads, is_scheduled) = (RwSignal::default(), RwSignal::new(0), StoredValue::new(false));
        let newer = Self { events, filter, pending, reads, is_scheduled, api: Api::get(), caller };
        let head = Memo::new(move |_| live.state.with(|state| state.position));
        Effect::new(move |before: Option<Position>| {
            let now = head.get();
            if before.is_some_and(|before| before.0 > 0 && now > before) {
                newer.schedule();
            }
            now
        });
        newer
    }

    /// How many entries are not shown yet; tracked.
    pub fn count(self) -> usize {
        self.with_pending(|pending| pending.events.len())
    }

    /// Whether there are even more; tracked.
    pub fn has_gap(self) -> bool {
        self.with_pending(|pending| pending.has_gap)
    }

    /// The result of a function of what is pending for the list as it is; tracked.
    fn with_pending<R: Default>(self, of: impl FnOnce(&Pending) -> R) -> R {
        let list = self.events.first_pages();
        self.pending.with(|pending| (pending.list == list).then(|| of(pending))).unwrap_or_default()
    }

    /// Shows them.
    pub fn show(self) {
        let list = untrack(|| self.events.first_pages());
        let Some(pending) = self.pending.try_update(std::mem::take).filter(|pending| pending.list == list) else {
            return;
        };
        if pending.has_gap {
            self.events.reload();
        } else if !pending.events.is_empty() {
            self.events.items().update(|all| drop(all.splice(0..0, pending.events)));
        }
    }

    fn schedule(self) {
        if self.is_scheduled.try_update_value(|scheduled| std::mem::replace(scheduled, true)) == Some(false) {
            set_timeout(
                move || {
                    if self.is_scheduled.try_update_value(|scheduled| *scheduled = false).is_some() {
                        self.read();
                    }
                },
                GATHER_TIME,
            );
        }
    }

    fn read(self) {
        let status = self.events.status();
        if untrack(|| status.is_loading() || status.state() != LoadState::Loaded) {
            return;
        }
        let request = move || untrack(|| self.filter.with(|filter| filter.request(&zone_of(self.caller))));
        let asked = request().into_request();
        spawn_local(async move {
            // What fails now is read with the next entry.
            let Ok(page) = self.api.send(request()).await else { return };
            if status.request().as_ref() != Some(&asked) {
                return;
            }
            let shown = self.events.items().with_untracked(|all| all.first().map(|event| event.position));
            let list = untrack(|| self.events.first_pages());
            self.pending.set(Pending::of(page.items, shown, list));
            self.reads.update(|reads| *reads += 1);
            if !are_rows_in_use() {
                self.show();
            }
        });
    }
}

/// Whether the user would lose their place if rows moved.
fn are_rows_in_use() -> bool {
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    let is_scrolled = find(".audit tbody").is_some_and(|body| body.get_bounding_client_rect().top() < 0.0);
    is_scrolled || find(ROWS_IN_USE).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::audit::Origin;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn event(position: i64) -> AuditEvent {
        AuditEvent {
            position: Position(position),
            at: crate::live::sample::at(0),
            kind: "signed_in".to_owned(),
            origin: Origin::App,
            address: None,
            actor: None,
            directory: None,
            user: None,
            license: None,
            session: None,
            object: None,
            occupied: None,
            seats: None,
            facts: serde_json::Value::Null,
        }
    }

    fn positions(pending: &Pending) -> Vec<i64> {
        pending.events.iter().map(|event| event.position.0).collect()
    }

    #[wasm_bindgen_test]
    fn only_what_is_newer_than_the_first_entry_is_pending() {
        let newest = || vec![event(9), event(8), event(5)];
        let pending = Pending::of(newest(), Some(Position(7)), 1);
        assert_eq!((positions(&pending), pending.has_gap), (vec![9, 8], false));
        assert!(Pending::of(newest(), Some(Position(9)), 1).events.is_empty());
        let pending = Pending::of(newest(), Some(Position(1)), 1);
        assert!(pending.has_gap, "there may be others between");
        assert_eq!(positions(&Pending::of(newest(), None, 1)), [9, 8, 5], "the first entries at all");
    }
}
