//! Which licenses of the live feed are assigned to the signed-in user. An agent's feed contains only those; for users
//! who see all licenses they are loaded.

use crate::{
    caller::Caller,
    live::Live,
    ui::query::{LoadState, Query, QueryStatus},
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::LicenseId, permissions::Action, wire::users::UserView};

/// The licenses assigned to the signed-in user.
#[derive(Clone, Copy)]
pub struct MyLicenses {
    me: Query<UserView>,
    sees_all: Memo<bool>,
}

impl MyLicenses {
    /// Loads them, and reloads whenever the number of assignments of any license changes.
    pub fn follow() -> Self {
        let (caller, live) = (Caller::get(), Live::get());
        let sees_all = Memo::new(move |_| caller.may(Action::ViewUsers));
        let me = Query::new(move || {
            let me = caller.me_untracked().filter(|_| sees_all.get());
            me.map(|me| endpoints::users::one(me.id))
        });
        let assigned = Memo::new(move |_| {
            live.state.with(|state| state.licenses.iter().map(|l| (l.id, l.usage.assigned)).collect::<Vec<_>>())
        });
        Effect::new(move |before: Option<()>| {
            // Read, not only tracked: a memo that is never read is not evaluated.
            assigned.with(|_| ());
            if before.is_some() && sees_all.get_untracked() {
                me.reload();
            }
        });
        Self { me, sees_all }
    }

    /// Whether the license is assigned to the user; tracked.
    pub fn has(self, license: LicenseId) -> bool {
        !self.sees_all.get() || self.me.with(|me| me.license_ids.contains(&license)).unwrap_or_default()
    }

    /// Whether loading succeeded or failed, or is not needed; tracked.
    pub fn is_loaded(self) -> bool {
        !self.sees_all.get() || self.me.status().state() != LoadState::Loading
    }

    /// What is known of the assignments, for users who see all licenses.
    pub fn status(self) -> QueryStatus {
        self.me.status()
    }
}
