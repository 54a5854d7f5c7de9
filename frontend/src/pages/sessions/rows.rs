//! Keeps the table up to date with the live feed: a change touches the rows that it is about, and no others.

use super::{
    filter::{Column, Filter},
    row_order::{RowOrder, SortKey},
    row_pages::{KnownRows, RowPages},
    table_rows::{PendingRows, TableRows},
};
use crate::live::{
    Live,
    state::{LastContacts, LiveState},
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::SessionId, wire::sessions::SessionView};
use std::collections::HashMap;

/// The rows of the table, and those of them that are in the DOM.
#[derive(Clone, Copy)]
pub struct SessionRows {
    live: Live,
    filter: Memo<Filter>,
    pages: RowPages,
    rows: RwSignal<TableRows>,
    /// The number of rows shown.
    pub total: Memo<usize>,
    /// The number of sessions that the filter selects, shown or not yet.
    pub found: Memo<usize>,
    /// What happened while the rows were held.
    pub pending: Memo<PendingRows>,
    rendered: StoredValue<HashMap<SessionId, RenderedRow>>,
    /// The last change of the sessions that the rows contain.
    revision: StoredValue<u64>,
}

/// What a row in the DOM shows.
#[derive(Clone, Copy, PartialEq)]
pub struct RenderedRow {
    /// Its session, which may have ended.
    pub session: RwSignal<SessionView>,
    /// Its place among all rows, from 0.
    pub index: RwSignal<usize>,
}

impl SessionRows {
    /// Shows the sessions that the filter selects.
    pub fn new(live: Live, filter: Memo<Filter>, pages: RowPages) -> Self {
        let rows = RwSignal::new(TableRows::default());
        let shown = Self {
            live,
            filter,
            pages,
            rows,
            total: Memo::new(move |_| rows.with(TableRows::len)),
            found: Memo::new(move |_| rows.with(TableRows::found)),
            pending: Memo::new(move |_| rows.with(TableRows::pending)),
            rendered: StoredValue::new(HashMap::new()),
            revision: StoredValue::new(0),
        };
        untrack(|| shown.rebuild());
        Effect::new(move |before: Option<(Filter, KnownRows)>| {
            let filter = filter.get();
            // Heartbeats arrive often and only matter for this order.
            let by_contact = filter.order.0 == Column::Contact;
            if by_contact {
                live.last_contacts.track();
            }
            let now = (filter, pages.known.get());
            if by_contact || before.is_some_and(|before| before != now) {
                untrack(|| shown.rebuild());
            }
            now
        });
        Effect::new(move |_| {
            live.state.track();
            untrack(|| shown.follow());
            shown.renumber();
        });
        Effect::new(move |_| {
            rows.track();
            shown.renumber();
        });
        shown
    }

    /// Applies what has changed since the last time.
    fn follow(self) {
        let filter = self.filter.get();
        let seen = self.revision.get_value();
        let is_applied = self.with_state(|state, contacts| {
            let Some(changed) = state.session_log.since(seen) else { return false };
            self.revision.set_value(state.session_log.revision());
            let mut news = Vec::new();
            self.rows.maybe_update(|rows| {
                let mut moved = false;
                for id in changed {
                    match state.sessions.get(&id).or_else(|| state.recently_ended.get(&id)) {
                        Some(session) => {
                            moved |= rows.update(session, self.sort_key(&filter, session, contacts));
                            news.push(session);
                        }
                        None => moved |= rows.remove(id),
                    }
                }
                moved
            });
            self.rendered.with_value(|rendered| {
                news.iter().for_each(|session| {
                    if let Some(row) = rendered.get(&session.id) {
                        row.session.set((*session).clone());
                    }
                });
            });
            true
        });
        if !is_applied {
            self.rebuild();
        }
    }

    /// Filters and sorts all sessions.
    fn rebuild(self) {
        let filter = self.filter.get();
        self.with_state(|state, contacts| {
            let all = state.sessions.values().chain(state.recently_ended.values());
            let keys = all.filter_map(|session| self.sort_key(&filter, session, contacts));
            let order = RowOrder::new(filter.order.1, keys);
            self.revision.set_value(state.session_log.revision());
            self.rows.update(|rows| rows.replace(order, state.recently_ended.keys().copied()));
            let rendered = self.rendered.get_value();
            for (id, row) in rendered {
                if let Some(session) = state.sessions.get(&id) {
                    row.session.maybe_update(|known| {
                        let differs = known != session;
                        if differs {
                            known.clone_from(session);
                        }
                        differs
                    });
                }
            }
        });
    }

    /// Where a session stands; `None` if the filter hides it, or if others before it may not be known yet.
    fn sort_key(self, filter: &Filter, session: &SessionView, contacts: &LastContacts) -> Option<SortKey> {
        let key = filter.sort_key(session, contacts)?;
        self.pages.known.with(|known| known.contain(&key, filter.order.1)).then_some(key)
    }

    fn with_state<R>(self, read: impl FnOnce(&LiveState, &LastContacts) -> R) -> R {
        self.live.state.with(|state| self.live.last_contacts.with(|contacts| read(state, contacts)))
    }

    /// Tells the rows in the DOM their places.
    fn renumber(self) {
        self.rows.with_untracked(|rows| {
            self.rendered.with_value(|rendered| {
                for (id, row) in rendered {
                    let now = rows.position(*id);
                    if let Some(now) =
                        now.filter(|now| row.index.try_get_untracked().is_some_and(|known| known != *now))
                    {
                        row.index.set(now);
                    }
                }
            });
        });
    }

    /// Registers a row that is being rendered, until its owner is cleaned up; `None` if its session is gone.
    pub fn render(self, id: SessionId) -> Option<RenderedRow> {
        let session = untrack(|| self.live.session(id).or_else(|| self.with(|rows| rows.kept(id).cloned())))?;
        let index = untrack(|| self.with(|rows| rows.position(id))).unwrap_or_default();
        let row = RenderedRow { session: RwSignal::new(session), index: RwSignal::new(index) };
        self.rendered.update_value(|rendered| {
            rendered.insert(id, row);
        });
        on_cleanup(move || {
            // The page may be gone as well, or the row may have been rendered again.
            self.rendered.try_update_value(|rendered| {
                if rendered.get(&id) == Some(&row) {
                    rendered.remove(&id);
                }
            });
        });
        Some(row)
    }

    /// Reads the rows; tracked.
    pub fn with<R>(self, read: impl FnOnce(&TableRows) -> R) -> R {
        self.rows.with(read)
    }

    /// Keeps the rows in place, or lets them move again.
    pub fn hold(self, held: bool) {
        self.rows.maybe_update(|rows| match held {
            true => {
                rows.hold();
                false
            }
            false => rows.release(),
        });
    }

    /// Inserts the new sessions and removes the ended ones; rows that are held stay held.
    pub fn show_pending(self) {
        self.rows.update(TableRows::show_pending);
    }

    /// Lets the rows of sessions go that the user has ended, even while the others are held.
    pub fn end_by_user(self, ids: &[SessionId]) {
        // The page may have been left by now.
        self.rows.try_update(|rows| rows.end_by_user(ids));
    }
}
