//! The groups that the caller may see, loaded once per page.

use crate::ui::query::{Query, QueryStatus};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::GroupId, wire::groups::GroupView};

/// The groups, loaded when the page opens and again after a change.
#[derive(Clone, Copy)]
pub struct GroupList {
    /// Sorted by name; empty until they are loaded.
    pub all: Memo<Vec<GroupView>>,
    query: Query<Vec<GroupView>>,
}

impl GroupList {
    /// Starts loading the groups.
    pub fn load() -> Self {
        let query = Query::once(endpoints::groups::list());
        Self { all: Memo::new(move |_| query.get().unwrap_or_default()), query }
    }

    /// Loads the groups again.
    pub fn reload(self) {
        self.query.reload();
    }

    /// The states of loading.
    pub fn status(self) -> QueryStatus {
        self.query.status()
    }

    /// Removes a deleted group.
    pub fn remove(self, id: GroupId) {
        self.query.update(|all| all.retain(|group| group.id != id));
    }

    /// The name of a group, if the group is loaded.
    pub fn name(self, id: GroupId) -> Option<String> {
        self.all.with(|all| all.iter().find(|group| group.id == id).map(|group| group.name.clone()))
    }
}
