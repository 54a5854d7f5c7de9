//! Shared state of the SCIM section: directories, the new token, and the open confirmation.

use crate::{
    api::{Api, Failure},
    format::Texts,
    group_list::GroupList,
    i18n::*,
    labels,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::LicenseId,
    wire::{
        directory::{CreatedDirectory, DirectoryView},
        licenses::LicenseView,
    },
};

/// The action to confirm.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirmation {
    /// Replace the token of a directory.
    Rotate(DirectoryView),
    /// Delete a directory.
    Delete(DirectoryView),
}

/// What the list shows.
#[derive(Clone, Debug, PartialEq)]
pub enum ListContent {
    Loading,
    /// Loading failed.
    Failed(Failure),
    /// There are no directories.
    Empty,
    /// The directories.
    Rows,
}

/// Shared state of the SCIM section.
#[derive(Clone, Copy)]
pub struct ScimState {
    pub api: Api,
    /// The directories, once loaded.
    all: RwSignal<Option<Result<Vec<DirectoryView>, Failure>>>,
    /// What the list shows.
    pub content: Memo<ListContent>,
    /// The token just created.
    pub new_token: RwSignal<Option<CreatedDirectory>>,
    /// The open confirmation.
    pub confirmation: RwSignal<Option<Confirmation>>,
    /// The groups that rules can refer to.
    pub groups: GroupList,
    /// The licenses that rules can assign.
    pub licenses: RwSignal<Vec<LicenseView>>,
}

impl ScimState {
    /// Creates the state and loads the data.
    pub fn open() -> Self {
        let all = RwSignal::new(None::<Result<Vec<DirectoryView>, Failure>>);
        let content = move |_: Option<&ListContent>| match all.get() {
            None => ListContent::Loading,
            Some(Err(failure)) => ListContent::Failed(failure),
            Some(Ok(all)) if all.is_empty() => ListContent::Empty,
            Some(Ok(_)) => ListContent::Rows,
        };
        let scim = Self {
            api: Api::get(),
            all,
            content: Memo::new(content),
            new_token: RwSignal::new(None),
            confirmation: RwSignal::new(None),
            groups: GroupList::load(),
            licenses: RwSignal::new(Vec::new()),
        };
        scim.load();
        spawn_local(async move {
            // If loading fails, rules show license ids, and the rest of the page works.
            if let Ok(all) = scim.api.read("/licenses").await {
                scim.licenses.try_set(all);
            }
        });
        scim
    }

    pub fn load(self) {
        spawn_local(self.reload());
    }

    pub async fn reload(self) {
        let answer = self.api.read("/directories").await;
        self.all.try_set(Some(answer));
    }

    /// The loaded directories.
    pub fn directories(self) -> Vec<DirectoryView> {
        self.all.get().and_then(Result::ok).unwrap_or_default()
    }

    pub fn license_name(self, i18n: Texts, id: LicenseId) -> String {
        let known = self.licenses.with(|all| all.iter().find(|one| one.id == id).map(|one| labels::license(i18n, one)));
        known.unwrap_or_else(|| id.to_string())
    }

    /// Names of licenses, as a list.
    pub fn license_names(self, i18n: Texts, ids: &[LicenseId]) -> String {
        let names: Vec<_> = ids.iter().map(|id| self.license_name(i18n, *id)).collect();
        names.join(t_string!(i18n, common.listed))
    }
}
