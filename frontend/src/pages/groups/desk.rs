//! What the parts of the page share: the groups, the one that is open, and what is being asked.

use super::given::GivenNow;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    live::Live,
    people::groups::Groups,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    permissions::{Action, Sees, sees},
    wire::groups::GroupDetail,
};

/// Which dialog is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Adds a group.
    Add,
    /// Renames the open one.
    Rename,
    /// Deletes the open one.
    Delete,
    /// Chooses who manages it.
    Managers,
    /// Chooses a license that it gives.
    Give,
    /// Lets it no longer give this license.
    Take(LicenseId),
    /// Changes what this license keeps for it.
    Seats(LicenseId),
}

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The API.
    pub api: Api,
    /// The live feed, for the licenses.
    pub live: Live,
    /// All groups.
    pub groups: Groups,
    /// The open one, by the address bar; else the first.
    pub id: Memo<Option<GroupId>>,
    /// The open one, as the server told it last.
    pub group: RwSignal<Option<GroupDetail>>,
    /// Stands for what can be changed about it.
    pub tag: RwSignal<String>,
    /// What it gives to its members.
    pub given: GivenNow,
    /// Why it did not come.
    pub failure: RwSignal<Option<Failure>>,
    /// What is being asked.
    pub asking: RwSignal<Option<Asking>>,
    /// Counts the changes of members: their list follows.
    pub changes: RwSignal<usize>,
    caller: Caller,
}

impl Desk {
    /// The state of a fresh page, which loads by itself.
    pub fn new() -> Self {
        let (query, groups) = (use_query_map(), Groups::load());
        let asked = Memo::new(move |_| query.with(|query| query.get_str("group").and_then(|id| id.parse().ok())));
        let first = Memo::new(move |_| groups.all.with(|all| all.first().map(|group| group.id)));
        let desk = Self {
            api: Api::get(),
            live: Live::get(),
            groups,
            id: Memo::new(move |_| asked.get().or_else(|| first.get())),
            group: RwSignal::new(None),
            tag: RwSignal::default(),
            given: RwSignal::new(None),
            failure: RwSignal::new(None),
            asking: RwSignal::new(None),
            changes: RwSignal::new(0),
            caller: Caller::get(),
        };
        Effect::new(move |_| {
            desk.id.track();
            desk.forget();
            desk.load();
        });
        desk
    }

    /// Another group is open: nothing of the one before is shown or done under its address.
    fn forget(self) {
        self.group.set(None);
        self.given.set(None);
        self.failure.set(None);
        // A new group can be added to any.
        self.asking.update(|asking| *asking = asking.filter(|asking| *asking == Asking::Add));
    }

    /// Loads the open group, again.
    pub fn load(self) {
        // The page may be gone.
        let Some(id) = self.id.try_get_untracked().flatten() else { return };
        spawn_local(async move {
            let answer = self.api.read_tagged::<GroupDetail>(&format!("/groups/{id}")).await;
            // The page is gone, or shows another group.
            if self.id.try_get_untracked() != Some(Some(id)) {
                return;
            }
            match answer {
                Ok((group, tag)) => {
                    self.failure.set(None);
                    self.tag.set(tag);
                    self.group.set(Some(group));
                }
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }

    /// The members changed.
    pub fn changed(self) {
        self.load();
        self.groups.again();
        self.changes.update(|changes| *changes += 1);
    }

    /// Something of the open group.
    pub fn with<T>(self, of: impl FnOnce(&GroupDetail) -> T) -> Option<T> {
        self.group.with(|group| group.as_ref().map(of))
    }

    /// The name of the open group.
    pub fn name(self) -> String {
        self.with(|group| group.group.name.clone()).unwrap_or_default()
    }

    /// Whether the reader may do this.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether the reader sees only the groups that he manages.
    pub fn is_limited(self) -> bool {
        self.caller.me().is_some_and(|me| sees(&me.rights) == Sees::Groups)
    }
}
