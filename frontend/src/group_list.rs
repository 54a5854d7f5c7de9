//! The groups that the caller may see, loaded once per page.

use crate::api::{Api, Failure};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::GroupId, wire::groups::GroupView};

/// The groups, loaded when the page opens and again after a change.
#[derive(Clone, Copy)]
pub struct GroupList {
    /// Sorted by name; empty until they are loaded.
    pub all: Memo<Vec<GroupView>>,
    answer: RwSignal<Option<Result<Vec<GroupView>, Failure>>>,
    api: Api,
}

impl GroupList {
    /// Starts loading the groups.
    pub fn load() -> Self {
        let answer = RwSignal::new(None::<Result<Vec<GroupView>, Failure>>);
        let all = Memo::new(move |_| answer.get().and_then(Result::ok).unwrap_or_default());
        let groups = Self { all, answer, api: Api::get() };
        groups.reload();
        groups
    }

    /// Loads the groups again.
    pub fn reload(self) {
        spawn_local(async move {
            let answer = self.api.read("/groups").await;
            // A failed reload leaves the loaded groups in place.
            self.answer.try_update(|known| {
                if answer.is_ok() || !matches!(known, Some(Ok(_))) {
                    *known = Some(answer);
                }
            });
        });
    }

    /// Whether loading succeeded; `None` before the first answer.
    pub fn load_result(self) -> Option<Result<(), Failure>> {
        self.answer.with(|answer| answer.as_ref().map(|answer| answer.as_ref().map(drop).map_err(Clone::clone)))
    }

    /// Removes a deleted group.
    pub fn remove(self, id: GroupId) {
        self.answer.update(|answer| {
            if let Some(Ok(all)) = answer {
                all.retain(|group| group.id != id);
            }
        });
    }

    /// The name of a group, if the group is loaded.
    pub fn name(self, id: GroupId) -> Option<String> {
        self.all.with(|all| all.iter().find(|group| group.id == id).map(|group| group.name.clone()))
    }
}
