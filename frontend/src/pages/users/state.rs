//! The state that the parts of the page share: the loaded list, the selection, and the open dialogs.

use super::filter::Filter;
use crate::{
    api::{Api, Failure},
    bulk_actions::job::{BulkJob, BulkTargets},
    caller::Caller,
    clock::Clock,
    group_list::GroupList,
    live::Live,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    ids::UserId,
    permissions::Action,
    wire::{Page, users::UserView},
};
use std::collections::BTreeSet;

/// The delay after the last keystroke before the search is sent.
const SEARCH_DEBOUNCE_MS: u32 = 180;

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct UsersPageState {
    pub api: Api,
    /// Provides the licenses.
    pub live: Live,
    /// The filter in the URL.
    pub filter: Memo<Filter>,
    /// Puts a filter into the URL.
    navigate_to: Callback<Filter>,
    /// The users loaded so far.
    pub users: RwSignal<Vec<UserView>>,
    /// The number of matching users, once known.
    pub total: RwSignal<Option<i64>>,
    /// The cursor of the next page.
    pub next: RwSignal<Option<String>>,
    /// Whether a request is in progress.
    pub loading: RwSignal<bool>,
    /// Why the last request failed.
    pub failure: RwSignal<Option<Failure>>,
    /// The selected users.
    selected: RwSignal<BTreeSet<UserId>>,
    /// Whether all matching users are selected, including those not loaded.
    all_matching: RwSignal<bool>,
    /// Whether the dialog to add a user is open.
    pub adding: RwSignal<bool>,
    /// The bulk action whose dialog is open.
    pub job: RwSignal<Option<BulkJob>>,
    pub groups: GroupList,
    /// Numbers the requests, so that late answers to outdated ones are ignored.
    request_number: StoredValue<usize>,
    clock: Clock,
    caller: Caller,
}

impl UsersPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let navigate_to = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/users{}", filter.query()), options);
        });
        let page = Self {
            api: Api::get(),
            live: Live::get(),
            filter: Memo::new(move |_| query.with(Filter::parse)),
            navigate_to,
            users: RwSignal::default(),
            total: RwSignal::new(None),
            next: RwSignal::new(None),
            loading: RwSignal::new(true),
            failure: RwSignal::new(None),
            selected: RwSignal::default(),
            all_matching: RwSignal::new(false),
            adding: RwSignal::new(false),
            job: RwSignal::new(None),
            groups: GroupList::load(),
            request_number: StoredValue::new(0),
            clock: Clock::get(),
            caller: Caller::get(),
        };
        Effect::new(move |before: Option<Filter>| {
            let filter = page.filter.get();
            // Also on navigation: the matching users are no longer those that were selected.
            if before.as_ref().is_some_and(|before| !before.shows_same(&filter)) {
                page.all_matching.set(false);
            }
            page.load(before.is_some_and(|before| before.q != filter.q));
            filter
        });
        page
    }

    /// Changes the filter in the URL.
    pub fn update_filter(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.all_matching.set(false);
        self.navigate_to.run(filter);
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether this user is the caller.
    pub fn is_me(self, id: UserId) -> bool {
        self.caller.me().is_some_and(|me| me.id == id)
    }

    /// Loads the list from the beginning; after a delay if the user is still `typing`.
    pub fn load(self, typing: bool) {
        self.fetch(None, typing);
    }

    /// Loads the next page.
    pub fn load_more(self) {
        if let Some(next) = self.next.get_untracked() {
            self.fetch(Some(next), false);
        }
    }

    fn fetch(self, after: Option<String>, typing: bool) {
        // The page may have been closed.
        let Some(request_number) = self.request_number.try_update_value(|request_number| {
            *request_number += 1;
            *request_number
        }) else {
            return;
        };
        let address = self.filter.get_untracked().api_path(after.as_deref(), self.clock.now_untracked());
        self.loading.set(true);
        spawn_local(async move {
            if typing {
                TimeoutFuture::new(SEARCH_DEBOUNCE_MS).await;
            }
            // The page has been closed, or a newer request was sent.
            if self.request_number.try_get_value() != Some(request_number) {
                return;
            }
            let answer = self.api.read::<Page<UserView>>(&address).await;
            if self.request_number.try_get_value() == Some(request_number) {
                self.apply_page(answer, after.is_some());
            }
        });
    }

    fn apply_page(self, answer: Result<Page<UserView>, Failure>, further: bool) {
        self.loading.set(false);
        match answer {
            Ok(page) => {
                self.failure.set(None);
                self.total.set(Some(page.total));
                self.next.set(page.next);
                self.users.update(|users| {
                    if !further {
                        users.clear();
                    }
                    users.extend(page.items);
                });
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
    }

    /// The selected users that are listed.
    pub fn selected_users(self) -> Vec<UserView> {
        self.selected.with(|selected| {
            self.users.with(|users| users.iter().filter(|user| selected.contains(&user.id)).cloned().collect())
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
        let loaded = self.users.with(Vec::len);
        !self.all_matching.get()
            && loaded > 0
            && self.next.with(Option::is_some)
            && self.selected_users().len() == loaded
    }

    /// Selects all matching users, including those not loaded.
    pub fn select_all_matching(self) {
        self.all_matching.set(true);
    }

    /// The targets of a bulk action: all matching users, or the selected ones.
    pub fn targets(self) -> BulkTargets {
        let total = self.total.get().and_then(|total| usize::try_from(total).ok());
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
        self.selected.update(|selected| {
            if !selected.remove(&id) {
                selected.insert(id);
            }
        });
    }

    /// Selects all listed users; deselects them if all are selected.
    pub fn toggle_all(self) {
        self.all_matching.set(false);
        let all: BTreeSet<_> = self.users.with_untracked(|users| users.iter().map(|user| user.id).collect());
        self.selected.update(|selected| *selected = if all.is_subset(selected) { BTreeSet::new() } else { all });
    }

    pub fn clear_selection(self) {
        self.all_matching.set(false);
        self.selected.set(BTreeSet::new());
    }
}
