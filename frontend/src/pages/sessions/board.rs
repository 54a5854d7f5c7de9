//! What the parts of the page share: the rows shown, which are ticked, where the cursor is.

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

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct Board {
    /// The live feed.
    pub live: Live,
    /// What the address bar asks for.
    pub filter: Memo<Filter>,
    /// Writes the address bar.
    pub ask: Callback<Filter>,
    /// The rows shown, in order; among them those that ended a moment ago.
    pub rows: Memo<Vec<SessionId>>,
    /// What was ticked.
    pub selection: RwSignal<Selection>,
    /// The ticked rows that are shown and alive.
    pub picked: Memo<BTreeSet<SessionId>>,
    /// The row that has the focus, and its place.
    pub cursor: RwSignal<Option<(SessionId, usize)>>,
    /// The sessions that are about to be ended, while the question is open.
    pub targets: RwSignal<Vec<SessionId>>,
    /// Whether that question is open.
    pub asking: RwSignal<bool>,
    /// The ticket that is about to be taken out of its line, while that question is open.
    pub dropping: RwSignal<Option<TicketView>>,
    /// What was done in a line, to be said aloud.
    pub said: RwSignal<String>,
    /// Whether the reader may end sessions.
    pub may_end: Memo<bool>,
}

impl Board {
    /// The state of a fresh page.
    pub fn new() -> Self {
        let live = Live::get();
        let (query, navigate, caller) = (use_query_map(), use_navigate(), Caller::get());
        let filter = Memo::new(move |_| query.with(Filter::read));
        let ask = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/sessions{}", filter.query()), options);
        });
        let rows = Memo::new(move |_| shown(live, &filter.get()));
        let selection = RwSignal::new(Selection::default());
        let picked = Memo::new(move |_| {
            let rows = rows.with(|rows| alive(live, rows));
            selection.with(|selection| selection.among(&rows))
        });
        Self {
            live,
            filter,
            ask,
            rows,
            selection,
            picked,
            cursor: RwSignal::new(None),
            targets: RwSignal::new(Vec::new()),
            asking: RwSignal::new(false),
            dropping: RwSignal::new(None),
            said: RwSignal::default(),
            may_end: Memo::new(move |_| caller.may(Action::EndSessions)),
        }
    }

    /// Changes the filter.
    pub fn narrow(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.ask.run(filter);
    }

    /// Ticks or unticks a row; with shift all up to it.
    pub fn pick(self, id: SessionId, shift: bool) {
        let rows = self.alive_rows();
        self.selection.update(|selection| if shift { selection.reach(&rows, id) } else { selection.toggle(id) });
    }

    /// The rows that can be ticked.
    pub fn alive_rows(self) -> Vec<SessionId> {
        untrack(|| self.rows.with(|rows| alive(self.live, rows)))
    }

    /// Asks whether these sessions should be ended.
    pub fn ask_to_end(self, targets: Vec<SessionId>) {
        if self.may_end.get_untracked() && !targets.is_empty() {
            self.targets.set(targets);
            self.asking.set(true);
        }
    }

    /// Asks whether the ticked sessions should be ended, or the one at the cursor if none is ticked.
    pub fn ask_to_end_picked(self) {
        let picked: Vec<_> = self.picked.get_untracked().into_iter().collect();
        if picked.is_empty() {
            let alive = self.alive_rows();
            let here = self.cursor.get_untracked().map(|(id, _)| id).filter(|id| alive.contains(id));
            self.ask_to_end(here.into_iter().collect());
        } else {
            self.ask_to_end(picked);
        }
    }
}

fn shown(live: Live, filter: &Filter) -> Vec<SessionId> {
    let apply =
        |heard: &_| live.state.with(|state| filter.apply(state.sessions.values().chain(state.parting.values()), heard));
    // Heartbeats come often and matter only to this order.
    if filter.order.0 == Column::Contact { live.heard.with(apply) } else { live.heard.with_untracked(apply) }
}

fn alive(live: Live, rows: &[SessionId]) -> Vec<SessionId> {
    live.state.with(|state| {
        // What is borrowed only its agent gives back.
        let live = |id: &&SessionId| {
            state.sessions.get(id).is_some_and(|s| s.state != SessionState::Ended && s.borrowed_until.is_none())
        };
        rows.iter().filter(live).copied().collect()
    })
}
