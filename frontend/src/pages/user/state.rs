//! The state that the sections of the page share: the loaded user with their ETag, and the open dialogs.

use crate::{
    api::{Api, Failure},
    bulk_actions::job::BulkJob,
    caller::Caller,
    group_list::GroupList,
    live::Live,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    people::Role,
    permissions::Action,
    wire::{groups::GroupAssignment, users::UserView},
};

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct UserPageState {
    pub api: Api,
    pub live: Live,
    pub groups: GroupList,
    /// The user's id, from the URL.
    pub id: Memo<String>,
    /// The user, once loaded.
    pub user: RwSignal<Option<UserView>>,
    /// The licenses that the user has through groups.
    pub through: RwSignal<Vec<GroupAssignment>>,
    /// The ETag of the user.
    pub tag: RwSignal<String>,
    /// Why loading failed.
    pub failure: RwSignal<Option<Failure>>,
    /// The action whose dialog is open.
    pub job: RwSignal<Option<BulkJob>>,
    /// Whether the edit dialog is open.
    pub editing: RwSignal<bool>,
    /// The session whose end dialog is open.
    pub ending: RwSignal<Option<SessionId>>,
    caller: Caller,
}

impl UserPageState {
    /// Creates the state and starts loading.
    pub fn new(id: Memo<String>) -> Self {
        let page = Self {
            api: Api::get(),
            live: Live::get(),
            groups: GroupList::load(),
            id,
            user: RwSignal::new(None),
            through: RwSignal::new(Vec::new()),
            tag: RwSignal::default(),
            failure: RwSignal::new(None),
            job: RwSignal::new(None),
            editing: RwSignal::new(false),
            ending: RwSignal::new(None),
            caller: Caller::get(),
        };
        Effect::new(move |_| {
            page.id.track();
            page.reset();
            page.load();
        });
        page
    }

    /// Another user is shown: nothing of the previous one may remain.
    fn reset(self) {
        self.user.set(None);
        self.through.set(Vec::new());
        self.failure.set(None);
        self.job.set(None);
        self.editing.set(false);
        self.ending.set(None);
    }

    /// Loads the user.
    pub fn load(self) {
        // The page may have been closed.
        let Some(id) = self.id.try_get_untracked() else { return };
        spawn_local(async move {
            let answer = self.api.read_tagged::<UserView>(&format!("/users/{id}")).await;
            // The page has been closed or shows another user.
            if self.id.try_get_untracked().as_ref() != Some(&id) {
                return;
            }
            match answer {
                Ok((user, tag)) => {
                    self.set_user(user, tag);
                    // If this fails, only the origin of the licenses is missing.
                    if let Ok(through) = self.api.read(&format!("/users/{id}/group-licenses")).await {
                        self.through.try_set(through);
                    }
                }
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }

    /// The names of the groups through which the user has a license; empty if it was assigned directly.
    pub fn groups_of(self, license: LicenseId) -> Vec<String> {
        let of = |one: &GroupAssignment| (one.license_id == license).then(|| one.group_name.clone());
        self.through.with(|all| all.iter().filter_map(of).collect())
    }

    /// Shows the user of an answer.
    pub fn set_user(self, user: UserView, tag: String) {
        self.failure.set(None);
        self.tag.set(tag);
        self.user.set(Some(user));
    }

    /// Whether the user is loaded.
    pub fn is_loaded(self) -> bool {
        self.user.with(Option::is_some)
    }

    /// Applies a function to the loaded user.
    pub fn with<T>(self, of: impl FnOnce(&UserView) -> T) -> Option<T> {
        self.user.with(|user| user.as_ref().map(of))
    }

    /// Whether the caller has the right to this action.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether the caller may change this user: users other than agents can only be changed by admins.
    pub fn may_change(self) -> bool {
        let agent = self.with(|user| user.role == Role::Agent).unwrap_or(false);
        self.may(if agent { Action::ManageUsers } else { Action::ManageRoles })
    }
}
