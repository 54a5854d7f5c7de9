//! The rows of a table of very many sessions: read page by page, in the order of the table, as the user scrolls down.
//! Once read, a session is part of the live state like the others.

use super::{filter::Filter, row_order::SortKey};
use crate::{
    api::Failure,
    live::{
        Live,
        state::{LastContacts, LiveState},
    },
    ui::query::{Paged, QueryStatus, is_typing},
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, wire::sessions::SessionView};

/// The next page is read when fewer rows than this follow those in the DOM.
const ROWS_AHEAD: usize = 100;

/// How far the table can be shown without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownRows {
    /// No page of this filter has arrived: what is known by chance would pass for the whole.
    None,
    /// Those up to this place; between others that follow there may be more.
    Until(SortKey),
    /// Every one.
    All,
}

impl KnownRows {
    /// Whether all rows before this one are known as well.
    pub fn contain(&self, key: &SortKey, descending: bool) -> bool {
        match self {
            Self::None => false,
            Self::Until(until) => key.is_within(until, descending),
            Self::All => true,
        }
    }
}

/// The pages read so far, if the live state does not contain all sessions.
#[derive(Clone, Copy)]
pub struct RowPages {
    list: Paged<SessionView>,
    /// Whether rows are read page by page.
    pub is_paged: Memo<bool>,
    /// The rows that can be shown.
    pub known: Memo<KnownRows>,
}

impl RowPages {
    /// Reads the first page now and whenever the filter is another one; with another snapshot, all pages again.
    pub fn new(live: Live, filter: Memo<Filter>) -> Self {
        let partial_snapshot = Memo::new(move |_| live.state.with(LiveState::partial_snapshot));
        let request = move || partial_snapshot.get().and_then(|_| filter.with(Filter::rows));
        let list = Paged::keeping_length(move || request().map(|rows| endpoints::live::rows(&rows)), is_typing);
        Effect::new(move |before: Option<(usize, usize)>| {
            let (first_pages, before) = (list.first_pages(), before.unwrap_or_default());
            list.items().with(|items| {
                // Rows of earlier pages may be outdated by now.
                let added = if before.0 == first_pages { before.1.min(items.len()) } else { 0 };
                let new = items[added..].to_vec();
                match (before.0 == first_pages, new.is_empty()) {
                    (true, true) => {}
                    (true, false) => live.add_sessions(new),
                    (false, _) => live.replace_sessions(new),
                }
                (first_pages, items.len())
            })
        });
        let known = Memo::new(move |_| {
            let filter = filter.get();
            let Some(rows) = request() else { return KnownRows::All };
            if !list.is_answer_to(endpoints::live::rows(&rows)) {
                return KnownRows::None;
            }
            let key = |session: &SessionView| filter.sort_key(session, &LastContacts::default());
            let keys = |items: &Vec<SessionView>| match filter.order.1 {
                true => items.iter().filter_map(key).min(),
                false => items.iter().filter_map(key).max(),
            };
            list.has_more().then(|| list.items().with(keys)).flatten().map_or(KnownRows::All, KnownRows::Until)
        });
        Self { list, is_paged: Memo::new(move |_| request().is_some()), known }
    }

    /// Whether the first rows have arrived, or why they have not is to be shown; tracked.
    pub fn have_arrived(self) -> bool {
        self.known.with(|known| *known != KnownRows::None) || self.failure().is_some()
    }

    /// Whether rows are being read; tracked.
    pub fn is_loading(self) -> bool {
        self.is_paged.get() && self.status().is_loading()
    }

    /// Why the rows, or those that follow, could not be read; tracked.
    pub fn failure(self) -> Option<Failure> {
        self.status().failure().filter(|_| self.is_paged.get())
    }

    /// The states of reading.
    pub fn status(self) -> QueryStatus {
        self.list.status()
    }

    /// The number of sessions that the filter selects, as the server counted them, while not all are known; tracked.
    pub fn total(self) -> Option<usize> {
        let is_partial = self.known.with(|known| matches!(known, KnownRows::Until(_)));
        self.list.total().filter(|_| is_partial).and_then(|total| usize::try_from(total).ok())
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
