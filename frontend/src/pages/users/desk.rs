//! What the parts of the page share: the list as far as it is loaded, which users are ticked, and what is being asked.

use super::filter::Filter;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    clock::Clock,
    live::Live,
    people::{
        groups::Groups,
        job::{Job, Whom},
    },
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

/// Somebody who types is not answered at each letter, but when the keys rest (milliseconds).
const REST: u32 = 180;

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The API.
    pub api: Api,
    /// The live feed, for the licenses.
    pub live: Live,
    /// What the address bar asks for.
    pub filter: Memo<Filter>,
    /// Writes the address bar.
    ask: Callback<Filter>,
    /// The users loaded so far.
    pub users: RwSignal<Vec<UserView>>,
    /// How many the whole list has; nothing before the first answer.
    pub total: RwSignal<Option<i64>>,
    /// Where the next page begins.
    pub next: RwSignal<Option<String>>,
    /// Whether an answer is awaited.
    pub loading: RwSignal<bool>,
    /// Why the last answer did not come.
    pub failure: RwSignal<Option<Failure>>,
    /// Who is ticked.
    ticked: RwSignal<BTreeSet<UserId>>,
    /// Whether all who match are meant, those who are not loaded, too.
    everybody: RwSignal<bool>,
    /// Whether somebody is being added.
    pub adding: RwSignal<bool>,
    /// What is to be done to whom.
    pub job: RwSignal<Option<Job>>,
    /// The groups.
    pub groups: Groups,
    /// Counts the questions, so that a late answer to an old one is not taken for the new one's.
    asked: StoredValue<usize>,
    clock: Clock,
    caller: Caller,
}

impl Desk {
    /// The state of a fresh page, which loads by itself.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let ask = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/users{}", filter.query()), options);
        });
        let desk = Self {
            api: Api::get(),
            live: Live::get(),
            filter: Memo::new(move |_| query.with(Filter::read)),
            ask,
            users: RwSignal::default(),
            total: RwSignal::new(None),
            next: RwSignal::new(None),
            loading: RwSignal::new(true),
            failure: RwSignal::new(None),
            ticked: RwSignal::default(),
            everybody: RwSignal::new(false),
            adding: RwSignal::new(false),
            job: RwSignal::new(None),
            groups: Groups::load(),
            asked: StoredValue::new(0),
            clock: Clock::get(),
            caller: Caller::get(),
        };
        Effect::new(move |before: Option<Filter>| {
            let filter = desk.filter.get();
            // Also if another page led here: all who match are not those who matched before.
            if before.as_ref().is_some_and(|before| !before.shows_same(&filter)) {
                desk.everybody.set(false);
            }
            desk.load(before.is_some_and(|before| before.q != filter.q));
            filter
        });
        desk
    }

    /// Changes the filter.
    pub fn narrow(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.everybody.set(false);
        self.ask.run(filter);
    }

    /// Whether the reader may do this.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether this is the reader.
    pub fn is_me(self, id: UserId) -> bool {
        self.caller.me().is_some_and(|me| me.id == id)
    }

    /// Loads the list from its beginning.
    pub fn load(self, typing: bool) {
        self.fetch(None, typing);
    }

    /// Loads the next page.
    pub fn more(self) {
        if let Some(next) = self.next.get_untracked() {
            self.fetch(Some(next), false);
        }
    }

    fn fetch(self, after: Option<String>, typing: bool) {
        // The page may be gone.
        let Some(asked) = self.asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        }) else {
            return;
        };
        let address = self.filter.get_untracked().address(after.as_deref(), self.clock.once());
        self.loading.set(true);
        spawn_local(async move {
            if typing {
                TimeoutFuture::new(REST).await;
            }
            // The page is gone, or something else was asked since.
            if self.asked.try_get_value() != Some(asked) {
                return;
            }
            let answer = self.api.read::<Page<UserView>>(&address).await;
            if self.asked.try_get_value() == Some(asked) {
                self.take(answer, after.is_some());
            }
        });
    }

    fn take(self, answer: Result<Page<UserView>, Failure>, further: bool) {
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

    /// The ticked users that are listed.
    pub fn picked(self) -> Vec<UserView> {
        self.ticked.with(|ticked| {
            self.users.with(|users| users.iter().filter(|user| ticked.contains(&user.id)).cloned().collect())
        })
    }

    /// Whether this one is ticked.
    pub fn is_picked(self, id: UserId) -> bool {
        self.ticked.with(|ticked| ticked.contains(&id))
    }

    /// Whether all who match are meant.
    pub fn has_everybody(self) -> bool {
        self.everybody.get()
    }

    /// Whether all are ticked that are loaded, and there are more.
    pub fn may_take_everybody(self) -> bool {
        let loaded = self.users.with(Vec::len);
        !self.everybody.get() && loaded > 0 && self.next.with(Option::is_some) && self.picked().len() == loaded
    }

    /// All who match are meant.
    pub fn take_everybody(self) {
        self.everybody.set(true);
    }

    /// Who is meant: all who match, or the ticked.
    pub fn meant(self) -> Whom {
        let total = self.total.get().and_then(|total| usize::try_from(total).ok());
        match total.filter(|_| self.everybody.get()) {
            Some(total) => Whom::Matching(Box::new(self.filter.get().asked(self.clock.once())), total),
            None => Whom::These(self.picked()),
        }
    }

    /// Ticks or unticks one.
    pub fn pick(self, id: UserId) {
        self.everybody.set(false);
        self.ticked.update(|ticked| {
            if !ticked.remove(&id) {
                ticked.insert(id);
            }
        });
    }

    /// Ticks all that are listed; unticks them if all are ticked.
    pub fn pick_all(self) {
        self.everybody.set(false);
        let all: BTreeSet<_> = self.users.with_untracked(|users| users.iter().map(|user| user.id).collect());
        self.ticked.update(|ticked| *ticked = if all.is_subset(ticked) { BTreeSet::new() } else { all });
    }

    /// Unticks everybody.
    pub fn unpick(self) {
        self.everybody.set(false);
        self.ticked.set(BTreeSet::new());
    }
}
