//! Shared state of the audit log page: filter, loaded events and expanded rows.

use super::{filter::Filter, mentions::LinkTargets, newer::NewerEvents};
use crate::{
    caller::Caller,
    clock::Clock,
    live::Live,
    ui::query::{Paged, Query, is_typing},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use seatkeeper_shared::{
    endpoints,
    ids::{GroupId, Position, UserId},
    permissions::{Action, Visibility, visibility},
    wire::{audit::AuditEvent, groups::GroupView},
};
use std::collections::BTreeSet;

/// Shared state of the page.
#[derive(Clone, Copy)]
pub struct AuditPageState {
    /// The live feed, which contains the licenses.
    pub live: Live,
    /// The filter from the URL query.
    pub filter: Memo<Filter>,
    /// Writes the filter to the URL query.
    set_filter: Callback<Filter>,
    /// The matching events, the newest first.
    pub events: Paged<AuditEvent>,
    /// Those that came later.
    pub newer: NewerEvents,
    /// When the newest events were read.
    pub as_of: Memo<Option<DateTime<Utc>>>,
    /// For the names of groups: events contain only their ids. Not loaded for callers who may not see them.
    pub groups: Query<Vec<GroupView>>,
    /// What the names in events may lead to.
    pub link_targets: Memo<LinkTargets>,
    expanded: RwSignal<BTreeSet<Position>>,
    caller: Caller,
}

impl AuditPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let (query, navigate) = (use_query_map(), use_navigate());
        let set_filter = Callback::new(move |filter: Filter| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/audit{}", filter.query()), options);
        });
        let (caller, clock) = (Caller::get(), Clock::get());
        let filter = Memo::new(move |_| query.with(Filter::read));
        let events = Paged::audit(move || filter.with(|filter| filter.request(&zone_of(caller))), is_typing);
        let live = Live::get();
        let newer = NewerEvents::follow(events, filter, live, caller);
        let groups = Query::new(move || caller.may(Action::ViewUsers).then(endpoints::groups::list));
        let link_targets = Memo::new(move |_| LinkTargets {
            groups: groups.with(|all| all.iter().map(|group| group.id).collect()).unwrap_or_default(),
            every_user: caller.me().is_some_and(|me| visibility(&me.rights) == Visibility::All),
        });
        Self {
            live,
            filter,
            set_filter,
            events,
            newer,
            as_of: Memo::new(move |_| {
                newer.reads.track();
                (events.first_pages() > 0).then(|| clock.now_untracked())
            }),
            groups,
            link_targets,
            expanded: RwSignal::default(),
            caller,
        }
    }

    pub fn update_filter(self, change: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.get_untracked();
        change(&mut filter);
        self.set_filter.run(filter);
    }

    /// The account's time zone (IANA name).
    pub fn zone(self) -> String {
        zone_of(self.caller)
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

    /// The name of a group, if the caller sees it.
    pub fn group_name(self, id: GroupId) -> Option<String> {
        self.groups.with(|all| all.iter().find(|group| group.id == id).map(|group| group.name.clone())).flatten()
    }

    /// The name of a user, if a loaded event contains it.
    pub fn user_name(self, id: UserId) -> Option<String> {
        self.events.items().with(|events| {
            let users = events.iter().flat_map(|event| event.actor.iter().chain(&event.user));
            users.filter(|user| user.id == id).find_map(|user| user.name.clone())
        })
    }
}

/// The account's time zone (IANA name), for parts that have no state of the page yet.
pub fn zone_of(caller: Caller) -> String {
    caller.time_zone().unwrap_or_else(|| "UTC".to_owned())
}
