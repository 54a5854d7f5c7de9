//! Which of the licenses in the live feed are assigned to whoever is signed in. An agent's feed has no others; whoever
//! sees all has to ask.

use crate::{
    api::{Api, Failure},
    caller::Caller,
    live::Live,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::LicenseId, permissions::Action, wire::users::UserView};

/// The licenses that are assigned to oneself.
#[derive(Clone, Copy)]
pub struct Mine {
    answer: RwSignal<Option<Result<Vec<LicenseId>, Failure>>>,
    sees_all: Memo<bool>,
    again: Trigger,
}

impl Mine {
    /// Asks, and asks again whenever an assignment changed somewhere.
    pub fn follow() -> Self {
        let (caller, live) = (Caller::get(), Live::get());
        let mine = Self {
            answer: RwSignal::new(None),
            sees_all: Memo::new(move |_| caller.may(Action::ViewUsers)),
            again: Trigger::new(),
        };
        let assigned = Memo::new(move |_| {
            live.state.with(|state| state.licenses.iter().map(|l| (l.id, l.usage.assigned)).collect::<Vec<_>>())
        });
        Effect::new(move |_| {
            mine.again.track();
            // Read, not only tracked: a memo that nobody reads follows nothing.
            assigned.with(|_| ());
            if mine.sees_all.get()
                && let Some(me) = caller.me_once()
            {
                mine.ask(format!("/users/{}", me.id));
            }
        });
        mine
    }

    /// Whether this license is assigned to oneself.
    pub fn has(self, license: LicenseId) -> bool {
        !self.sees_all.get() || self.answer.with(|answer| matches!(answer, Some(Ok(ids)) if ids.contains(&license)))
    }

    /// Whether it is known.
    pub fn known(self) -> bool {
        !self.sees_all.get() || self.answer.with(Option::is_some)
    }

    /// Why it could not be found out.
    pub fn failure(self) -> Option<Failure> {
        self.answer.with(|answer| answer.as_ref().and_then(|answer| answer.clone().err()))
    }

    /// Asks again.
    pub fn retry(self) {
        self.again.notify();
    }

    fn ask(self, path: String) {
        let api = Api::get();
        spawn_local(async move {
            let answer = api.read::<UserView>(&path).await.map(|user| user.license_ids);
            // What was known stays rather than giving way to a failure; and the page may be gone by now.
            let _ = self.answer.try_update(|known| {
                if answer.is_ok() || !matches!(known, Some(Ok(_))) {
                    *known = Some(answer);
                }
            });
        });
    }
}
