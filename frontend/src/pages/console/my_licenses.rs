//! Which licenses of the live feed are assigned to the signed-in user. An agent's feed contains only those; for users
//! who see all licenses they are loaded.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    live::Live,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::LicenseId, permissions::Action, wire::users::UserView};

/// The licenses assigned to the signed-in user.
#[derive(Clone, Copy)]
pub struct MyLicenses {
    answer: RwSignal<Option<Result<Vec<LicenseId>, Failure>>>,
    sees_all: Memo<bool>,
    reload: Trigger,
}

impl MyLicenses {
    /// Loads them, and reloads whenever the number of assignments of any license changes.
    pub fn follow() -> Self {
        let (caller, live) = (Caller::get(), Live::get());
        let my_licenses = Self {
            answer: RwSignal::new(None),
            sees_all: Memo::new(move |_| caller.may(Action::ViewUsers)),
            reload: Trigger::new(),
        };
        let assigned = Memo::new(move |_| {
            live.state.with(|state| state.licenses.iter().map(|l| (l.id, l.usage.assigned)).collect::<Vec<_>>())
        });
        Effect::new(move |_| {
            my_licenses.reload.track();
            // Read, not only tracked: a memo that is never read is not evaluated.
            assigned.with(|_| ());
            if my_licenses.sees_all.get()
                && let Some(me) = caller.me_untracked()
            {
                my_licenses.load(format!("/users/{}", me.id));
            }
        });
        my_licenses
    }

    pub fn has(self, license: LicenseId) -> bool {
        !self.sees_all.get() || self.answer.with(|answer| matches!(answer, Some(Ok(ids)) if ids.contains(&license)))
    }

    /// Whether loading succeeded or failed, or is not needed.
    pub fn is_loaded(self) -> bool {
        !self.sees_all.get() || self.answer.with(Option::is_some)
    }

    /// Why loading failed.
    pub fn failure(self) -> Option<Failure> {
        self.answer.with(|answer| answer.as_ref().and_then(|answer| answer.clone().err()))
    }

    pub fn retry(self) {
        self.reload.notify();
    }

    fn load(self, path: String) {
        let api = Api::get();
        spawn_local(async move {
            let answer = api.read::<UserView>(&path).await.map(|user| user.license_ids);
            // A failure does not replace a loaded answer. The app may have been closed by now.
            let _ = self.answer.try_update(|known| {
                if answer.is_ok() || !matches!(known, Some(Ok(_))) {
                    *known = Some(answer);
                }
            });
        });
    }
}
