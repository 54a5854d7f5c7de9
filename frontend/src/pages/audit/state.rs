//! Shared state of the audit log page: filter, loaded events and expanded rows.

use super::filter::Filter;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    clock::Clock,
    live::Live,
};
use chrono::{DateTime, Utc};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    ids::Position,
    permissions::Action,
    wire::{
        audit::{AuditEvent, AuditPage},
        groups::GroupView,
    },
};
use std::collections::{BTreeSet, HashMap};

/// Delay after the last keystroke before a search is sent, in milliseconds.
const SEARCH_DEBOUNCE_MS: u32 = 180;

/// Shared state of the page.
#[derive(Clone, Copy)]
pub struct AuditPageState {
    api: Api,
    /// The live feed, which contains the licenses.
    pub live: Live,
    /// The filter from the URL query.
    pub filter: Memo<Filter>,
    /// Writes the filter to the URL query.
    set_filter: Callback<Filter>,
    /// The events loaded so far.
    pub events: RwSignal<Vec<AuditEvent>>,
    /// Position at which the next page starts; `None` on the last page.
    pub next: RwSignal<Option<Position>>,
    /// Whether a request is under way.
    pub loading: RwSignal<bool>,
    /// Why the last request failed.
    pub failure: RwSignal<Option<Failure>>,
    /// When the first page was loaded.
    pub as_of: RwSignal<Option<DateTime<Utc>>>,
    /// Names of the groups by id.
    pub groups: RwSignal<HashMap<String, String>>,
    expanded: RwSignal<BTreeSet<Position>>,
    /// Number of the last request, so that a late response to an earlier one is ignored.
    request_number: StoredValue<usize>,
    caller: Caller,
    clock: Clock,
}

impl AuditPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let set_filter = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/audit{}", filter.query()), options);
        });
        let page = Self {
            api: Api::get(),
            live: Live::get(),
            filter: Memo::new(move |_| query.with(Filter::read)),
            set_filter,
            events: RwSignal::default(),
            next: RwSignal::new(None),
            loading: RwSignal::new(true),
            failure: RwSignal::new(None),
            as_of: RwSignal::new(None),
            groups: RwSignal::default(),
            expanded: RwSignal::default(),
            request_number: StoredValue::new(0),
            caller: Caller::get(),
            clock: Clock::get(),
        };
        Effect::new(move |before: Option<String>| {
            let q = page.filter.with(|filter| filter.q.clone());
            page.fetch(None, before.is_some_and(|before| before != q));
            q
        });
        page.load_group_names();
        page
    }

    pub fn update_filter(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.set_filter.run(filter);
    }

    /// The account's time zone (IANA name).
    pub fn zone(self) -> String {
        self.caller.time_zone().unwrap_or_else(|| "UTC".to_owned())
    }

    /// Whether the details of an event are shown.
    pub fn is_expanded(self, position: Position) -> bool {
        self.expanded.with(|expanded| expanded.contains(&position))
    }

    /// Shows or hides the details of an event.
    pub fn toggle(self, position: Position) {
        self.expanded.update(|expanded| {
            if !expanded.remove(&position) {
                expanded.insert(position);
            }
        });
    }

    /// The name of a user, if a loaded event contains it.
    pub fn user_name(self, id: seatkeeper_shared::ids::UserId) -> Option<String> {
        self.events.with(|events| {
            let users = events.iter().flat_map(|event| event.actor.iter().chain(&event.user));
            users.filter(|user| user.id == id).find_map(|user| user.name.clone())
        })
    }

    /// Loads the first page.
    pub fn load(self) {
        self.fetch(None, false);
    }

    pub fn load_more(self) {
        if let Some(next) = self.next.get_untracked() {
            self.fetch(Some(next), false);
        }
    }

    fn fetch(self, after: Option<Position>, typing: bool) {
        self.request_number.update_value(|request_number| *request_number += 1);
        let request_number = self.request_number.get_value();
        let path = self.filter.get_untracked().path(after, &untrack(|| self.zone()));
        self.loading.set(true);
        spawn_local(async move {
            if typing {
                TimeoutFuture::new(SEARCH_DEBOUNCE_MS).await;
            }
            // The page was left, or another request was started.
            if self.request_number.try_get_value() != Some(request_number) {
                return;
            }
            let answer = self.api.read::<AuditPage>(&path).await;
            if self.request_number.try_get_value() == Some(request_number) {
                self.apply(answer, after.is_some());
            }
        });
    }

    fn apply(self, answer: Result<AuditPage, Failure>, append: bool) {
        self.loading.set(false);
        match answer {
            Ok(page) => {
                self.failure.set(None);
                self.next.set(page.next);
                if !append {
                    self.as_of.set(Some(self.clock.now_untracked()));
                }
                self.events.update(|events| {
                    if !append {
                        events.clear();
                    }
                    events.extend(page.items);
                });
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
    }

    /// Loads the group names, because group limits contain only ids. Without them a generic label is shown.
    fn load_group_names(self) {
        if !untrack(|| self.caller.may(Action::ViewUsers)) {
            return;
        }
        spawn_local(async move {
            if let Ok(groups) = self.api.read::<Vec<GroupView>>("/groups").await {
                let names = groups.into_iter().map(|group| (group.id.to_string(), group.name));
                let names = names.collect();
                // The page may have been left.
                let _ = self.groups.try_set(names);
            }
        });
    }
}
