//! The state that the parts of the SCIM section share: directories, their new tokens, and what rules can refer to.

use crate::{
    format::Texts,
    group_list::GroupList,
    i18n::*,
    labels,
    ui::{focus::focus_on, query::Query},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::{DirectoryId, LicenseId},
    wire::{
        directory::{CreatedDirectory, DirectoryView},
        licenses::LicenseView,
    },
};

/// The shared state of the section.
#[derive(Clone, Copy)]
pub struct ScimState {
    pub directories: Query<Vec<DirectoryView>>,
    /// The tokens created since the page was opened.
    pub new_tokens: RwSignal<Vec<CreatedDirectory>>,
    /// The groups that rules can refer to.
    pub groups: GroupList,
    /// The licenses that rules can assign. If they cannot be loaded, rules show their ids.
    pub licenses: Query<Vec<LicenseView>>,
}

impl ScimState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        Self {
            directories: Query::once(endpoints::directories::list()),
            new_tokens: RwSignal::default(),
            groups: GroupList::load(),
            licenses: Query::once(endpoints::licenses::list()),
        }
    }

    /// The directories; tracked. None until they are loaded.
    pub fn all(self) -> Vec<DirectoryView> {
        self.directories.get().unwrap_or_default()
    }

    /// One of the directories; tracked.
    pub fn directory(self, id: DirectoryId) -> Option<DirectoryView> {
        self.directories.with(|all| all.iter().find(|one| one.id == id).cloned()).flatten()
    }

    /// Shows the new token of a directory in place of its previous one, and moves the focus to its copy button.
    pub fn show_token(self, made: CreatedDirectory) {
        self.new_tokens.try_update(|all| {
            all.retain(|one| one.directory.id != made.directory.id);
            all.push(made);
        });
        self.directories.reload();
        focus_on(".new-secret:last-child button");
    }

    /// Removes a deleted directory.
    pub fn remove(self, id: DirectoryId) {
        self.directories.update(|all| all.retain(|one| one.id != id));
        self.new_tokens.try_update(|all| all.retain(|one| one.directory.id != id));
    }

    /// Puts the number of failures of a directory in place.
    pub fn set_failures(self, id: DirectoryId, failures: i64) {
        self.directories.update(|all| {
            for one in all.iter_mut().filter(|one| one.id == id) {
                one.failures = failures;
            }
        });
    }

    /// The name of a license, or its id if it is not known; tracked.
    pub fn license_name(self, i18n: Texts, id: LicenseId) -> String {
        let known = self.licenses.with(|all| all.iter().find(|one| one.id == id).map(|one| labels::license(i18n, one)));
        known.flatten().unwrap_or_else(|| id.to_string())
    }

    /// Names of licenses, as a list; tracked.
    pub fn license_names(self, i18n: Texts, ids: &[LicenseId]) -> String {
        let names: Vec<_> = ids.iter().map(|id| self.license_name(i18n, *id)).collect();
        names.join(t_string!(i18n, common.listed))
    }
}
