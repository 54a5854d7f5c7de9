//! The groups that the reader sees, as far as they are known.

use crate::api::Api;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::GroupId, wire::groups::GroupView};

/// The groups, read once for a page and again after a change.
#[derive(Clone, Copy)]
pub struct Groups {
    /// By name.
    pub all: RwSignal<Vec<GroupView>>,
    api: Api,
}

impl Groups {
    /// Reads them.
    pub fn load() -> Self {
        let groups = Self { all: RwSignal::default(), api: Api::get() };
        groups.again();
        groups
    }

    /// Reads them again.
    pub fn again(self) {
        spawn_local(async move {
            // Without them nobody is kept from anything else on the page.
            if let Ok(groups) = self.api.read("/groups").await {
                let _ = self.all.try_set(groups);
            }
        });
    }

    /// The name of a group.
    pub fn name(self, id: GroupId) -> Option<String> {
        self.all.with(|all| all.iter().find(|group| group.id == id).map(|group| group.name.clone()))
    }
}
