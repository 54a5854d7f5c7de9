//! Shared state of the sessions page: filter, rows, selection and cursor.

use super::{
    end_dialog::EndDialog,
    end_matching::EndMatchingDialog,
    filter::{Column, Filter, LicenseScope, order_text, usual_order},
    hold::RowHold,
    row_pages::{KnownRows, RowPages},
    rows::SessionRows,
    selection::Selection,
    table_rows::TableRows,
};
use crate::{
    caller::Caller,
    i18n::*,
    lazy_dialog,
    live::{Live, state::LiveState},
    ui::{
        form_dialog::{DialogContent, Dialogs},
        list_layout::{ListColumn, ListLayout},
        sortable_header::SortOrder,
    },
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    ids::SessionId,
    permissions::{Action, Visibility, visibility},
    wire::sessions::EndResult,
};
use std::collections::BTreeSet;

/// The columns that can be hidden.
const COLUMNS: [ListColumn; 6] = [
    ListColumn { name: "state", label: |i18n| t_string!(i18n, sessions.state) },
    ListColumn { name: "license", label: |i18n| t_string!(i18n, sessions.license) },
    ListColumn { name: "platform", label: |i18n| t_string!(i18n, sessions.platform) },
    ListColumn { name: "device", label: |i18n| t_string!(i18n, sessions.device) },
    ListColumn { name: "since", label: |i18n| t_string!(i18n, sessions.since) },
    ListColumn { name: "contact", label: |i18n| t_string!(i18n, sessions.contact) },
];

/// Shared state of the page.
#[derive(Clone, Copy)]
pub struct SessionsPageState {
    pub live: Live,
    /// The filter from the URL query.
    pub filter: Memo<Filter>,
    /// Writes the filter to the URL query.
    pub set_filter: Callback<Filter>,
    /// How the user likes the table.
    pub layout: ListLayout,
    /// The pages of rows, if there are very many sessions.
    pub pages: RowPages,
    /// Whether the rows have arrived.
    pub has_arrived: Memo<bool>,
    /// The rows shown, including sessions that ended a moment ago.
    pub rows: SessionRows,
    /// What keeps the rows in place.
    pub hold: RowHold,
    /// The number of sessions that the filter selects, also of those that are not known yet.
    pub found: Memo<usize>,
    /// The number of live sessions in the scope of the filter, also of those that it hides otherwise.
    pub scope_count: Memo<usize>,
    pub selection: RwSignal<Selection>,
    /// The selected sessions that the filter shows and that can be ended.
    pub selected: Memo<BTreeSet<SessionId>>,
    /// Whether all sessions that match the filter are selected, also those that are not known.
    all_matching: RwSignal<bool>,
    /// The number of sessions that have ended since they were selected.
    pub ended_selected: Memo<usize>,
    /// The focused row and its index.
    pub cursor: RwSignal<Option<(SessionId, usize)>>,
    /// Opens the dialogs of the page.
    pub dialogs: Dialogs,
    /// Screen reader announcement of the last change to a queue.
    pub announcement: RwSignal<String>,
    /// Whether the user may end sessions.
    pub may_end: Memo<bool>,
}

impl SessionsPageState {
    pub fn new() -> Self {
        let live = Live::get();
        let (query, navigate, caller) = (use_query_map(), use_navigate(), Caller::get());
        let layout = ListLayout::load("sessions", &COLUMNS);
        let usual = move || usual_order(layout.sort().as_deref());
        let filter = Memo::new(move |_| query.with(|query| Filter::read(query, usual())));
        let set_filter = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/sessions{}", filter.query(untrack(usual))), options);
        });
        let has_state = live.need_all(Memo::new(move |_| filter.with(|filter| filter.rows().is_none())));
        let pages = RowPages::new(live, filter);
        // Once shown, the page stays, whatever is read next.
        let has_arrived = Memo::new(move |before: Option<&bool>| {
            before.is_some_and(|before| *before) || (has_state.get() && pages.have_arrived())
        });
        let rows = SessionRows::new(live, filter, pages);
        let counted = move || {
            filter.with(|filter| {
                live.state.with(|state| state.session_count_of(|license, model| filter.includes(license, model)))
            })
        };
        let sees_all = Memo::new(move |_| caller.me().is_some_and(|me| visibility(&me.rights) == Visibility::All));
        // The server's count for viewers to whom the counts of the licenses, which include all users, tell nothing;
        // while the filter hides sessions, the last one.
        let visible_count = Memo::new(move |before: Option<&Option<(LicenseScope, usize)>>| {
            let (scope, is_whole) = filter.with(|filter| (filter.scope, filter.shows_whole_scope()));
            if sees_all.get() || !pages.is_paged.get() {
                return None;
            }
            let is_known = pages.known.with(|known| *known != KnownRows::None);
            let now = (is_whole && is_known).then(|| (scope, pages.total().unwrap_or_default().max(rows.found.get())));
            now.or_else(|| before.copied().flatten().filter(|before| before.0 == scope))
        });
        let scope_count = Memo::new(move |_| visible_count.get().map_or_else(counted, |(_, count)| count));
        let found = Memo::new(move |_| match pages.total() {
            None => rows.found.get(),
            Some(_) if filter.with(Filter::shows_whole_scope) => scope_count.get(),
            Some(total) => total.max(rows.found.get()),
        });
        let selection = RwSignal::new(Selection::default());
        let selected = Memo::new(move |_| {
            let is_shown = |id: &SessionId| rows.with(|rows| rows.contains(*id));
            selection.with(|selection| {
                live.state.with(|state| selection.among(|id| is_shown(&id) && can_be_ended(state, id)))
            })
        });
        let ended_selected = Memo::new(move |_| {
            let has_ended = |id| live.state.with(|state| state.has_ended(id));
            selection.with(|selection| selection.among(has_ended).len())
        });
        let all_matching = RwSignal::new(false);
        Effect::new(move |before: Option<Filter>| {
            let filter = filter.get();
            // Also on navigation: what matches is no longer what was selected.
            if before.is_some_and(|before| !before.shows_same(&filter)) {
                all_matching.set(false);
            }
            filter
        });
        let has_selection =
            Memo::new(move |_| selected.with(|selected| !selected.is_empty()) || ended_selected.get() > 0);
        let page = Self {
            live,
            filter,
            set_filter,
            layout,
            pages,
            has_arrived,
            rows,
            hold: RowHold::new(rows, has_selection),
            found,
            scope_count,
            selection,
            selected,
            all_matching,
            ended_selected,
            cursor: RwSignal::new(None),
            dialogs: Dialogs::get(),
            announcement: RwSignal::default(),
            may_end: Memo::new(move |_| caller.may(Action::EndSessions)),
        };
        // Made known, so that they are downloaded ahead.
        let _ = (page.end_dialog(Vec::new()), page.end_matching_dialog());
        page
    }

    pub fn update_filter(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.set_filter.run(filter);
    }

    /// Sorts by a column, from now on also when the page is opened.
    pub fn sort(self, order: SortOrder<Column>) {
        self.layout.keep_sort(order_text(order));
        self.update_filter(|filter| filter.order = order);
    }

    /// Whether all sessions that match are selected, and not single ones; tracked.
    pub fn selects_all_matching(self) -> bool {
        self.all_matching.get() && self.selected.with(|selected| !selected.is_empty())
    }

    /// Whether all rows are selected, and more may match; tracked.
    pub fn can_select_all_matching(self) -> bool {
        let count = self.selected.with(BTreeSet::len);
        let may_be_more = self.found.get() > count || self.filter.with(Filter::is_narrowed);
        // Compared last, because this looks at all rows.
        !self.all_matching.get() && count > 1 && may_be_more && count == self.selectable_rows().len()
    }

    /// Selects all sessions that match.
    pub fn select_all_matching(self) {
        self.all_matching.set(true);
    }

    /// Selects nothing.
    pub fn clear_selection(self) {
        self.all_matching.set(false);
        self.selection.update(Selection::clear);
    }

    /// Toggles the selection of a row; with Shift, selects the range up to it.
    pub fn select(self, id: SessionId, shift: bool) {
        self.all_matching.set(false);
        let rows = self.selectable_rows();
        self.selection.update(|selection| if shift { selection.extend_to(&rows, id) } else { selection.toggle(id) });
    }

    /// Selects all rows, or none if all are selected.
    pub fn toggle_all(self) {
        self.all_matching.set(false);
        let rows = self.selectable_rows();
        self.selection.update(|selection| selection.toggle_all(&rows));
    }

    /// The rows that can be selected, in order.
    pub fn selectable_rows(self) -> Vec<SessionId> {
        untrack(|| {
            let rows = self.rows.with(TableRows::ids);
            self.live.state.with(|state| rows.into_iter().filter(|id| can_be_ended(state, *id)).collect())
        })
    }

    /// Whether a session is shown and can be ended; tracked.
    pub fn can_be_ended(self, id: SessionId) -> bool {
        self.live.state.with(|state| can_be_ended(state, id))
    }

    /// Opens the end dialog for these sessions.
    pub fn ask_to_end(self, targets: Vec<SessionId>) {
        if self.may_end.get_untracked() && !targets.is_empty() {
            self.dialogs.open(self.end_dialog(targets));
        }
    }

    fn end_dialog(self, targets: Vec<SessionId>) -> DialogContent {
        let page = self;
        lazy_dialog!(end_sessions(page: SessionsPageState, targets: Vec<SessionId>) {
            view! { <EndDialog page targets /> }
        })
    }

    fn end_matching_dialog(self) -> DialogContent {
        let page = self;
        lazy_dialog!(end_matching_sessions(page: SessionsPageState) {
            let filter = page.filter.with_untracked(Filter::live_sessions);
            view! { <EndMatchingDialog page filter /> }
        })
    }

    /// The user has ended sessions: nothing is selected any more, and their rows need not be kept.
    pub fn forget_ended(self, results: &[EndResult]) {
        let ended = results.iter().filter(|result| result.ended.is_some() && result.refused.is_none());
        self.rows.end_by_user(&ended.map(|result| result.id).collect::<Vec<_>>());
        self.all_matching.try_set(false);
        self.selection.try_update(Selection::clear);
    }

    /// Opens the end dialog for the selected sessions, or the session at the cursor if none is selected.
    pub fn ask_to_end_selected(self) {
        if untrack(|| self.selects_all_matching()) {
            if self.may_end.get_untracked() {
                self.dialogs.open(self.end_matching_dialog());
            }
            return;
        }
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

/// Whether a session is live and not borrowed: only the agent can return a borrowed seat.
fn can_be_ended(state: &LiveState, id: SessionId) -> bool {
    state.sessions.get(&id).is_some_and(|session| session.borrowed_until.is_none())
}
