//! Shared state of the sessions page: filter, rows, selection, cursor and open dialogs.

use super::{
    filter::{Column, Filter},
    selection::Selection,
};
use crate::{caller::Caller, live::Live};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{ids::SessionId, permissions::Action, session::SessionState, wire::queue::TicketView};
use std::collections::BTreeSet;

/// Shared state of the page.
#[derive(Clone, Copy)]
pub struct SessionsPageState {
    pub live: Live,
    /// The filter from the URL query.
    pub filter: Memo<Filter>,
    /// Writes the filter to the URL query.
    pub set_filter: Callback<Filter>,
    /// The rows shown, in order, including sessions that ended a moment ago.
    pub rows: Memo<Vec<SessionId>>,
    pub selection: RwSignal<Selection>,
    /// The selected rows that are shown and can be ended.
    pub selected: Memo<BTreeSet<SessionId>>,
    /// The focused row and its index.
    pub cursor: RwSignal<Option<(SessionId, usize)>>,
    /// The sessions that the end dialog is about.
    pub targets: RwSignal<Vec<SessionId>>,
    pub end_dialog_open: RwSignal<bool>,
    /// The ticket to remove from the queue, while the confirmation is open.
    pub ticket_to_remove: RwSignal<Option<TicketView>>,
    /// Screen reader announcement of the last change to a queue.
    pub announcement: RwSignal<String>,
    /// Whether the user may end sessions.
    pub may_end: Memo<bool>,
}

impl SessionsPageState {
    pub fn new() -> Self {
        let live = Live::get();
        let (query, navigate, caller) = (use_query_map(), use_navigate(), Caller::get());
        let filter = Memo::new(move |_| query.with(Filter::read));
        let set_filter = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/sessions{}", filter.query()), options);
        });
        let rows = Memo::new(move |_| visible_rows(live, &filter.get()));
        let selection = RwSignal::new(Selection::default());
        let selected = Memo::new(move |_| {
            let rows = rows.with(|rows| selectable(live, rows));
            selection.with(|selection| selection.among(&rows))
        });
        Self {
            live,
            filter,
            set_filter,
            rows,
            selection,
            selected,
            cursor: RwSignal::new(None),
            targets: RwSignal::new(Vec::new()),
            end_dialog_open: RwSignal::new(false),
            ticket_to_remove: RwSignal::new(None),
            announcement: RwSignal::default(),
            may_end: Memo::new(move |_| caller.may(Action::EndSessions)),
        }
    }

    pub fn update_filter(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.set_filter.run(filter);
    }

    /// Toggles the selection of a row; with Shift, selects the range up to it.
    pub fn select(self, id: SessionId, shift: bool) {
        let rows = self.selectable_rows();
        self.selection.update(|selection| if shift { selection.extend_to(&rows, id) } else { selection.toggle(id) });
    }

    /// The rows that can be selected.
    pub fn selectable_rows(self) -> Vec<SessionId> {
        untrack(|| self.rows.with(|rows| selectable(self.live, rows)))
    }

    /// Opens the end dialog for these sessions.
    pub fn ask_to_end(self, targets: Vec<SessionId>) {
        if self.may_end.get_untracked() && !targets.is_empty() {
            self.targets.set(targets);
            self.end_dialog_open.set(true);
        }
    }

    /// Opens the end dialog for the selected sessions, or the session at the cursor if none is selected.
    pub fn ask_to_end_selected(self) {
        let selected: Vec<_> = self.selected.get_untracked().into_iter().collect();
        if selected.is_empty() {
            let selectable = self.selectable_rows();
            let here = self.cursor.get_untracked().map(|(id, _)| id).filter(|id| selectable.contains(id));
            self.ask_to_end(here.into_iter().collect());
        } else {
            self.ask_to_end(selected);
        }
    }
}

fn visible_rows(live: Live, filter: &Filter) -> Vec<SessionId> {
    let apply = |contacts: &_| {
        live.state.with(|state| filter.apply(state.sessions.values().chain(state.recently_ended.values()), contacts))
    };
    // Heartbeats arrive often and only matter for this order.
    if filter.order.0 == Column::Contact {
        live.last_contacts.with(apply)
    } else {
        live.last_contacts.with_untracked(apply)
    }
}

fn selectable(live: Live, rows: &[SessionId]) -> Vec<SessionId> {
    live.state.with(|state| {
        // Only the agent can return a borrowed seat.
        let can_end = |id: &&SessionId| {
            state.sessions.get(id).is_some_and(|s| s.state != SessionState::Ended && s.borrowed_until.is_none())
        };
        rows.iter().filter(can_end).copied().collect()
    })
}
