//! What this part of the page knows: the directories, the token that was just made, and what is being asked.

use crate::{
    api::{Api, Failure},
    format::Texts,
    i18n::*,
    people::groups::Groups,
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::LicenseId,
    wire::{
        directory::{DirectoryMade, DirectoryView},
        licenses::LicenseView,
    },
};

/// The question that is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Asking {
    /// Whether a directory gets a new token.
    Rotate(DirectoryView),
    /// Whether a directory is deleted.
    Delete(DirectoryView),
}

/// What the list shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Face {
    /// Nothing yet.
    Loading,
    /// That it could not be loaded.
    Failed(Failure),
    /// That there is none.
    Empty,
    /// The directories.
    Rows,
}

/// The state of this part of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The server.
    pub api: Api,
    /// The directories, once they are loaded.
    all: RwSignal<Option<Result<Vec<DirectoryView>, Failure>>>,
    /// What the list shows.
    pub face: Memo<Face>,
    /// The token that was just made.
    pub made: RwSignal<Option<DirectoryMade>>,
    /// What is being asked.
    pub asking: RwSignal<Option<Asking>>,
    /// The groups for which there can be rules.
    pub groups: Groups,
    /// The licenses that rules can give.
    pub licenses: RwSignal<Vec<LicenseView>>,
}

impl Desk {
    /// Opens it and loads.
    pub fn open() -> Self {
        let all = RwSignal::new(None::<Result<Vec<DirectoryView>, Failure>>);
        let face = move |_: Option<&Face>| match all.get() {
            None => Face::Loading,
            Some(Err(failure)) => Face::Failed(failure),
            Some(Ok(all)) if all.is_empty() => Face::Empty,
            Some(Ok(_)) => Face::Rows,
        };
        let desk = Self {
            api: Api::get(),
            all,
            face: Memo::new(face),
            made: RwSignal::new(None),
            asking: RwSignal::new(None),
            groups: Groups::load(),
            licenses: RwSignal::new(Vec::new()),
        };
        desk.load();
        spawn_local(async move {
            // Without them the rules are shown with ids; the rest of the page works.
            if let Ok(all) = desk.api.read("/licenses").await {
                desk.licenses.try_set(all);
            }
        });
        desk
    }

    /// Loads the directories.
    pub fn load(self) {
        spawn_local(async move {
            let answer = self.api.read("/directories").await;
            self.all.try_set(Some(answer));
        });
    }

    /// The directories that are loaded.
    pub fn known(self) -> Vec<DirectoryView> {
        self.all.get().and_then(Result::ok).unwrap_or_default()
    }

    /// What a license is called.
    pub fn license(self, i18n: Texts, id: LicenseId) -> String {
        let known = self.licenses.with(|all| all.iter().find(|one| one.id == id).map(|one| words::license(i18n, one)));
        known.unwrap_or_else(|| id.to_string())
    }

    /// What licenses are called, as a list.
    pub fn listed(self, i18n: Texts, ids: &[LicenseId]) -> String {
        let names: Vec<_> = ids.iter().map(|id| self.license(i18n, *id)).collect();
        names.join(t_string!(i18n, common.listed))
    }
}
