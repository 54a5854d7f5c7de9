//! The groups that the reader sees, as far as they are known.

use crate::api::{Api, Failure};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::GroupId, wire::groups::GroupView};

/// The groups, read once for a page and again after a change.
#[derive(Clone, Copy)]
pub struct Groups {
    /// By name; none as long as they are not known.
    pub all: Memo<Vec<GroupView>>,
    told: RwSignal<Option<Result<Vec<GroupView>, Failure>>>,
    api: Api,
}

impl Groups {
    /// Reads them.
    pub fn load() -> Self {
        let told = RwSignal::new(None::<Result<Vec<GroupView>, Failure>>);
        let all = Memo::new(move |_| told.get().and_then(Result::ok).unwrap_or_default());
        let groups = Self { all, told, api: Api::get() };
        groups.again();
        groups
    }

    /// Reads them again.
    pub fn again(self) {
        spawn_local(async move {
            let answer = self.api.read("/groups").await;
            // Those that are known stay.
            self.told.try_update(|told| {
                if answer.is_ok() || !matches!(told, Some(Ok(_))) {
                    *told = Some(answer);
                }
            });
        });
    }

    /// Whether they are known, or why not; nothing before the first answer.
    pub fn came(self) -> Option<Result<(), Failure>> {
        self.told.with(|told| told.as_ref().map(|told| told.as_ref().map(drop).map_err(Clone::clone)))
    }

    /// One of them is gone.
    pub fn forget(self, id: GroupId) {
        self.told.update(|told| {
            if let Some(Ok(all)) = told {
                all.retain(|group| group.id != id);
            }
        });
    }

    /// The name of a group.
    pub fn name(self, id: GroupId) -> Option<String> {
        self.all.with(|all| all.iter().find(|group| group.id == id).map(|group| group.name.clone()))
    }
}
