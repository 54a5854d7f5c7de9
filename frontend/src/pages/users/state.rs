//! The state that the parts of the page share: the filter, the loaded list, and the selection.

use super::filter::{Filter, is_typing, order_text, usual_order};
use crate::{
    bulk_actions::{
        dialog::BulkActions,
        job::{BulkActionKind, BulkJob, BulkTargets},
    },
    caller::Caller,
    clock::Clock,
    group_list::GroupList,
    i18n::*,
    live::Live,
    ui::{
        check_list::toggle_member,
        list_layout::{ListColumn, ListLayout},
        query::Paged,
        sortable_header::SortOrder,
    },
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    ids::UserId,
    permissions::Action,
    wire::users::{UserSort, UserView},
};
use std::collections::BTreeSet;

/// The columns that can be hidden.
const COLUMNS: [ListColumn; 3] = [
    ListColumn { name: "role", label: |i18n| t_string!(i18n, users.role) },
    ListColumn { name: "licenses", label: |i18n| t_string!(i18n, users.licenses) },
    ListColumn { name: "last", label: |i18n| t_string!(i18n, users.last_active) },
];

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct UsersPageState {
    /// Provides the licenses.
    pub live: Live,
    /// The filter in the URL.
    pub filter: Memo<Filter>,
    /// How the user likes the table.
    pub layout: ListLayout,
    /// Puts a filter into the URL.
    navigate_to: Callback<Filter>,
    /// The matching users.
    pub list: Paged<UserView>,
    /// The selected users.
    selected: RwSignal<BTreeSet<UserId>>,
    /// Whether all matching users are selected, including those not loaded.
    all_matching: RwSignal<bool>,
    pub groups: GroupList,
    bulk: BulkActions,
    clock: Clock,
    caller: Caller,
}

impl UsersPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let layout = ListLayout::load("users", &COLUMNS);
        let usual = move || usual_order(layout.sort().as_deref());
        let navigate_to = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/users{}", filter.query(untrack(usual))), options);
        });
        let (clock, groups) = (Clock::get(), GroupList::load());
        let filter = Memo::new(move |_| query.with(|query| Filter::parse(query, usual())));
        let list = Paged::new(move || Some(filter.with(|filter| filter.request(clock.now_untracked()))), is_typing);
        let (selected, all_matching) = (RwSignal::default(), RwSignal::new(false));
        let bulk = BulkActions::new(groups, move || {
            all_matching.try_set(false);
            selected.try_set(BTreeSet::new());
            list.reload();
        });
        Effect::new(move |before: Option<Filter>| {
            let filter = filter.get();
            // Also on navigation: the matching users are no longer those that were selected.
            if before.is_some_and(|before| !before.shows_same(&filter)) {
                all_matching.set(false);
            }
            filter
        });
        let (live, caller) = (Live::get(), Caller::get());
        Self { live, filter, layout, navigate_to, list, selected, all_matching, groups, bulk, clock, caller }
    }

    /// Changes the filter in the URL.
    pub fn update_filter(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.all_matching.set(false);
        self.navigate_to.run(filter);
    }

    /// Sorts the list, from now on also when the page is opened.
    pub fn sort(self, order: SortOrder<UserSort>) {
        self.layout.keep_sort(order_text(order));
        self.update_filter(|filter| filter.order = order);
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether this user is the caller.
    pub fn is_me(self, id: UserId) -> bool {
        self.caller.me().is_some_and(|me| me.id == id)
    }

    /// Opens the dialog for an action.
    pub fn ask(self, job: BulkJob) {
        self.bulk.ask(job);
    }

    /// Opens the dialog for an action on the selected users.
    pub fn ask_for_selected(self, kind: BulkActionKind) {
        self.ask(BulkJob::for_targets(kind, untrack(|| self.targets())));
    }

    /// The selected users that are listed.
    pub fn selected_users(self) -> Vec<UserView> {
        self.selected.with(|selected| {
            self.list.items().with(|users| users.iter().filter(|user| selected.contains(&user.id)).cloned().collect())
        })
    }

    /// Whether this user is selected.
    pub fn is_selected(self, id: UserId) -> bool {
        self.selected.with(|selected| selected.contains(&id))
    }

    /// Whether all matching users are selected.
    pub fn selects_all_matching(self) -> bool {
        self.all_matching.get()
    }

    /// Whether all loaded users are selected and more could be.
    pub fn can_select_all_matching(self) -> bool {
        let loaded = self.list.items().with(Vec::len);
        !self.all_matching.get() && loaded > 0 && self.list.has_more() && self.selected_users().len() == loaded
    }

    /// Selects all matching users, including those not loaded.
    pub fn select_all_matching(self) {
        self.all_matching.set(true);
    }

    /// The targets of a bulk action: all matching users, or the selected ones.
    pub fn targets(self) -> BulkTargets {
        let total = self.list.total().and_then(|total| usize::try_from(total).ok());
        match total.filter(|_| self.all_matching.get()) {
            Some(total) => {
                BulkTargets::Matching(Box::new(self.filter.get().to_user_filter(self.clock.now_untracked())), total)
            }
            None => BulkTargets::Users(self.selected_users()),
        }
    }

    /// Selects or deselects a user.
    pub fn toggle(self, id: UserId) {
        self.all_matching.set(false);
        self.selected.update(|selected| toggle_member(selected, id));
    }

    /// Selects all listed users; deselects them if all are selected.
    pub fn toggle_all(self) {
        self.all_matching.set(false);
        let all: BTreeSet<_> = self.list.items().with_untracked(|users| users.iter().map(|user| user.id).collect());
        self.selected.update(|selected| *selected = if all.is_subset(selected) { BTreeSet::new() } else { all });
    }

    pub fn clear_selection(self) {
        self.all_matching.set(false);
        self.selected.set(BTreeSet::new());
    }
}
