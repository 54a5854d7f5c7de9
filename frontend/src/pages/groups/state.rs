//! The state that the parts of the page share: the groups, the open one, and the open dialog.

use super::group_licenses::LoadedLicenses;
use crate::{
    api::{Api, Failure},
    caller::Caller,
    group_list::GroupList,
    live::Live,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    permissions::{Action, Visibility, visibility},
    wire::groups::GroupDetail,
};

/// The dialogs of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupDialog {
    /// Add a group.
    Add,
    /// Rename the open group.
    Rename,
    /// Delete the open group.
    Delete,
    /// Choose the managers of the open group.
    Managers,
    /// Choose a license for the open group to give.
    AddLicense,
    /// Stop the open group from giving this license.
    RemoveLicense(LicenseId),
    /// Change the seats of this license that are reserved for the open group.
    Seats(LicenseId),
}

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct GroupsPageState {
    pub api: Api,
    /// Provides the licenses.
    pub live: Live,
    pub groups: GroupList,
    /// The open group: that of the URL, else the first.
    pub id: Memo<Option<GroupId>>,
    /// The open group, once loaded.
    pub group: RwSignal<Option<GroupDetail>>,
    /// The ETag of the open group.
    pub tag: RwSignal<String>,
    /// The licenses that the open group gives.
    pub licenses: LoadedLicenses,
    /// Why loading failed.
    pub failure: RwSignal<Option<Failure>>,
    /// The open dialog.
    pub dialog: RwSignal<Option<GroupDialog>>,
    /// Counts the changes of members, upon which their list reloads.
    pub member_changes: RwSignal<usize>,
    caller: Caller,
}

impl GroupsPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        let (query, groups) = (use_query_map(), GroupList::load());
        let requested = Memo::new(move |_| query.with(|query| query.get_str("group").and_then(|id| id.parse().ok())));
        let first = Memo::new(move |_| groups.all.with(|all| all.first().map(|group| group.id)));
        let page = Self {
            api: Api::get(),
            live: Live::get(),
            groups,
            id: Memo::new(move |_| requested.get().or_else(|| first.get())),
            group: RwSignal::new(None),
            tag: RwSignal::default(),
            licenses: RwSignal::new(None),
            failure: RwSignal::new(None),
            dialog: RwSignal::new(None),
            member_changes: RwSignal::new(0),
            caller: Caller::get(),
        };
        Effect::new(move |_| {
            page.id.track();
            page.reset();
            page.load();
        });
        page
    }

    /// Another group is open: nothing of the previous one may remain.
    fn reset(self) {
        self.group.set(None);
        self.licenses.set(None);
        self.failure.set(None);
        // The dialog to add a group does not depend on the open group.
        self.dialog.update(|dialog| *dialog = dialog.filter(|dialog| *dialog == GroupDialog::Add));
    }

    /// Loads the open group.
    pub fn load(self) {
        // The page may have been closed.
        let Some(id) = self.id.try_get_untracked().flatten() else { return };
        spawn_local(async move {
            let answer = self.api.read_tagged::<GroupDetail>(&format!("/groups/{id}")).await;
            // The page has been closed or shows another group.
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

    /// Reloads after a change of members.
    pub fn members_changed(self) {
        self.load();
        self.groups.reload();
        self.member_changes.update(|member_changes| *member_changes += 1);
    }

    /// Applies a function to the open group.
    pub fn with<T>(self, of: impl FnOnce(&GroupDetail) -> T) -> Option<T> {
        self.group.with(|group| group.as_ref().map(of))
    }

    /// The name of the open group; empty until it is loaded.
    pub fn name(self) -> String {
        self.with(|group| group.group.name.clone()).unwrap_or_default()
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether the caller sees only the groups that they manage.
    pub fn is_limited(self) -> bool {
        self.caller.me().is_some_and(|me| visibility(&me.rights) == Visibility::Groups)
    }
}
