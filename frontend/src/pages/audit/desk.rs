//! What the parts of the page share: the list as far as it is loaded, what is asked for, and which entries are open.

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

/// Somebody who types is not answered at each letter, but when the keys rest (milliseconds).
const REST: u32 = 180;

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    api: Api,
    /// The live feed, for the licenses.
    pub live: Live,
    /// What the address bar asks for.
    pub filter: Memo<Filter>,
    /// Writes the address bar.
    ask: Callback<Filter>,
    /// The events loaded so far.
    pub events: RwSignal<Vec<AuditEvent>>,
    /// Where the next page begins.
    pub next: RwSignal<Option<Position>>,
    /// Whether an answer is awaited.
    pub loading: RwSignal<bool>,
    /// Why the last answer did not come.
    pub failure: RwSignal<Option<Failure>>,
    /// When the newest of them were loaded.
    pub as_of: RwSignal<Option<DateTime<Utc>>>,
    /// The names of the groups, by their ids.
    pub groups: RwSignal<HashMap<String, String>>,
    open: RwSignal<BTreeSet<Position>>,
    /// Counts the questions, so that a late answer to an old one is not taken for the new one's.
    asked: StoredValue<usize>,
    caller: Caller,
    clock: Clock,
}

impl Desk {
    /// The state of a fresh page, which loads by itself.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let ask = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/audit{}", filter.query()), options);
        });
        let desk = Self {
            api: Api::get(),
            live: Live::get(),
            filter: Memo::new(move |_| query.with(Filter::read)),
            ask,
            events: RwSignal::default(),
            next: RwSignal::new(None),
            loading: RwSignal::new(true),
            failure: RwSignal::new(None),
            as_of: RwSignal::new(None),
            groups: RwSignal::default(),
            open: RwSignal::default(),
            asked: StoredValue::new(0),
            caller: Caller::get(),
            clock: Clock::get(),
        };
        Effect::new(move |before: Option<String>| {
            let q = desk.filter.with(|filter| filter.q.clone());
            desk.fetch(None, before.is_some_and(|before| before != q));
            q
        });
        desk.name_groups();
        desk
    }

    /// Changes the filter.
    pub fn narrow(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.ask.run(filter);
    }

    /// The account's time zone.
    pub fn zone(self) -> String {
        self.caller.zone().unwrap_or_else(|| "UTC".to_owned())
    }

    /// Whether the details of this entry are shown.
    pub fn is_open(self, position: Position) -> bool {
        self.open.with(|open| open.contains(&position))
    }

    /// Shows the details of this entry, or hides them.
    pub fn turn(self, position: Position) {
        self.open.update(|open| {
            if !open.remove(&position) {
                open.insert(position);
            }
        });
    }

    /// The name of a user, as far as an entry that is listed tells it.
    pub fn name_of(self, id: seatkeeper_shared::ids::UserId) -> Option<String> {
        self.events.with(|events| {
            let users = events.iter().flat_map(|event| event.actor.iter().chain(&event.user));
            users.filter(|user| user.id == id).find_map(|user| user.name.clone())
        })
    }

    /// Loads the list from its beginning.
    pub fn load(self) {
        self.fetch(None, false);
    }

    /// Loads the next page.
    pub fn more(self) {
        if let Some(next) = self.next.get_untracked() {
            self.fetch(Some(next), false);
        }
    }

    fn fetch(self, after: Option<Position>, typing: bool) {
        self.asked.update_value(|asked| *asked += 1);
        let asked = self.asked.get_value();
        let address = self.filter.get_untracked().address(after, &untrack(|| self.zone()));
        self.loading.set(true);
        spawn_local(async move {
            if typing {
                TimeoutFuture::new(REST).await;
            }
            // The page is gone, or something else was asked since.
            if self.asked.try_get_value() != Some(asked) {
                return;
            }
            let answer = self.api.read::<AuditPage>(&address).await;
            if self.asked.try_get_value() == Some(asked) {
                self.take(answer, after.is_some());
            }
        });
    }

    fn take(self, answer: Result<AuditPage, Failure>, further: bool) {
        self.loading.set(false);
        match answer {
            Ok(page) => {
                self.failure.set(None);
                self.next.set(page.next);
                if !further {
                    self.as_of.set(Some(self.clock.once()));
                }
                self.events.update(|events| {
                    if !further {
                        events.clear();
                    }
                    events.extend(page.items);
                });
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
    }

    /// Limits name groups by their ids. Without their names they are called "a group".
    fn name_groups(self) {
        if !untrack(|| self.caller.may(Action::ViewUsers)) {
            return;
        }
        spawn_local(async move {
            if let Ok(groups) = self.api.read::<Vec<GroupView>>("/groups").await {
                let named = groups.into_iter().map(|group| (group.id.to_string(), group.name));
                let named = named.collect();
                // The page may be gone.
                let _ = self.groups.try_set(named);
            }
        });
    }
}
