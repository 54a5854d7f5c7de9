//! The rows of a table of very many sessions: read page by page, in the order of the table, as the user scrolls down.
//! Once read, a session is part of the live state like the others.

use super::{filter::Filter, row_order::SortKey};
use crate::{
    live::{
        Live,
        state::{LastContacts, LiveState},
    },
    ui::query::{LoadState, Paged, is_typing},
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, wire::sessions::SessionView};

/// The next page is read when fewer rows than this follow those in the DOM.
const ROWS_AHEAD: usize = 100;

/// The pages read so far, if the live state does not contain all sessions.
#[derive(Clone, Copy)]
pub struct RowPages {
    list: Paged<SessionView>,
    is_paged: Memo<bool>,
    /// The place of the last row read, while others follow that may not be known.
    pub known_until: Memo<Option<SortKey>>,
}

impl RowPages {
    /// Reads the first page now and whenever the filter or the snapshot is another one.
    pub fn new(live: Live, filter: Memo<Filter>) -> Self {
        let partial_snapshot = Memo::new(move |_| live.state.with(LiveState::partial_snapshot));
        let request = move || partial_snapshot.get().and_then(|_| filter.with(Filter::rows));
        let list = Paged::new(move || request().map(|rows| endpoints::live::rows(&rows)), is_typing);
        Effect::new(move |before: Option<(usize, usize)>| {
            let (first_pages, before) = (list.first_pages(), before.unwrap_or_default());
            list.items().with(|items| {
                // Rows of earlier pages may be outdated by now.
                let added = if before.0 == first_pages { before.1.min(items.len()) } else { 0 };
                let new = items[added..].to_vec();
                if !new.is_empty() {
                    live.add_sessions(new);
                }
                (first_pages, items.len())
            })
        });
        let known_until = Memo::new(move |_| {
            let filter = filter.get();
            let key = |session: &SessionView| filter.sort_key(session, &LastContacts::default());
            let keys = |items: &Vec<SessionView>| match filter.order.1 {
                true => items.iter().filter_map(key).min(),
                false => items.iter().filter_map(key).max(),
            };
            list.has_more().then(|| list.items().with(keys)).flatten()
        });
        Self { list, is_paged: Memo::new(move |_| partial_snapshot.get().is_some()), known_until }
    }

    /// Whether the first rows have arrived, if they are read page by page; tracked.
    pub fn have_arrived(self) -> bool {
        !self.is_paged.get() || self.list.status().state() != LoadState::Loading
    }

    /// Whether rows are being read; tracked.
    pub fn is_loading(self) -> bool {
        self.is_paged.get() && self.list.status().is_loading()
    }

    /// The number of sessions that the filter selects, as the server counted them, while not all are known; tracked.
    pub fn total(self) -> Option<usize> {
        self.list.total().filter(|_| self.list.has_more()).and_then(|total| usize::try_from(total).ok())
    }

    /// Reads the next page if the rows in the DOM are near the end of those known; tracked.
    pub fn read_ahead(self, last_in_dom: usize, rows: usize) {
        // Also when a page has arrived without changing that.
        self.list.items().track();
        if self.list.has_more() && last_in_dom + ROWS_AHEAD >= rows {
            self.list.load_more();
        }
    }
}
