//! What the parts of the page share: the user as the server told him last, with his tag, and what is being asked.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    live::Live,
    people::{groups::Groups, job::Job},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    people::Role,
    permissions::Action,
    wire::{groups::ThroughGroup, users::UserView},
};

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The API.
    pub api: Api,
    /// The live feed.
    pub live: Live,
    /// The groups.
    pub groups: Groups,
    /// His id, from the address bar.
    pub id: Memo<String>,
    /// The user.
    pub user: RwSignal<Option<UserView>>,
    /// What he has through his groups.
    pub through: RwSignal<Vec<ThroughGroup>>,
    /// Stands for what can be changed about him.
    pub tag: RwSignal<String>,
    /// Why he did not come.
    pub failure: RwSignal<Option<Failure>>,
    /// What is to be done to him.
    pub job: RwSignal<Option<Job>>,
    /// Whether he is being edited.
    pub editing: RwSignal<bool>,
    /// The session that is to be ended.
    pub ending: RwSignal<Option<SessionId>>,
    caller: Caller,
}

impl Desk {
    /// The state of a fresh page, which loads by itself.
    pub fn new(id: Memo<String>) -> Self {
        let desk = Self {
            api: Api::get(),
            live: Live::get(),
            groups: Groups::load(),
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
            desk.id.track();
            desk.forget();
            desk.load();
        });
        desk
    }

    /// Somebody else is shown: nothing of the one before is shown or done under his address.
    fn forget(self) {
        self.user.set(None);
        self.through.set(Vec::new());
        self.failure.set(None);
        self.job.set(None);
        self.editing.set(false);
        self.ending.set(None);
    }

    /// Loads the user, again.
    pub fn load(self) {
        // The page may be gone.
        let Some(id) = self.id.try_get_untracked() else { return };
        spawn_local(async move {
            let answer = self.api.read_tagged::<UserView>(&format!("/users/{id}")).await;
            // The page is gone, or is that of somebody else.
            if self.id.try_get_untracked().as_ref() != Some(&id) {
                return;
            }
            match answer {
                Ok((user, tag)) => {
                    self.put(user, tag);
                    // Without it everything is shown but where from.
                    if let Ok(through) = self.api.read(&format!("/users/{id}/group-licenses")).await {
                        self.through.try_set(through);
                    }
                }
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }

    /// Through which groups he has a license; nothing if somebody gave it to him.
    pub fn groups_of(self, license: LicenseId) -> Vec<String> {
        let of = |one: &ThroughGroup| (one.license_id == license).then(|| one.group_name.clone());
        self.through.with(|all| all.iter().filter_map(of).collect())
    }

    /// The user as the server has just told.
    pub fn put(self, user: UserView, tag: String) {
        self.failure.set(None);
        self.tag.set(tag);
        self.user.set(Some(user));
    }

    /// Whether he is known, whoever he is.
    pub fn known(self) -> bool {
        self.user.with(Option::is_some)
    }

    /// Something of the user.
    pub fn with<T>(self, of: impl FnOnce(&UserView) -> T) -> Option<T> {
        self.user.with(|user| user.as_ref().map(of))
    }

    /// Whether the reader may do this.
    pub fn may(self, action: Action) -> bool {
        self.caller.may(action)
    }

    /// Whether the reader may change this user: others than agents takes an admin.
    pub fn may_change(self) -> bool {
        let agent = self.with(|user| user.role == Role::Agent).unwrap_or(false);
        self.may(if agent { Action::ManageUsers } else { Action::ManageRoles })
    }
}
