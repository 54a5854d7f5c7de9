//! Plans a row of an import: what it requests, and whether the user who imports may do that. Performs no I/O; existing
//! users are passed in.

use super::{cell_values, row_parser::RowParser, table::TableRow};
use crate::{
    normalize::fold,
    store::imports::{ExistingUser, ImportedUser, progress::PendingRow},
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
    people::{Permission, Role, UserStatus},
    permissions::{Action, Rights, Visibility, may, visibility},
    problem::Code,
    validate::{self, FieldError},
    wire::{
        groups::GroupView,
        imports::{ImportField as Column, ImportProblem, ImportRow, RowOutcome},
        licenses::LicenseView,
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The rights of the user who imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImporterRights {
    /// May assign licenses.
    pub can_assign: bool,
    /// May create and change managers and admins.
    pub can_manage_roles: bool,
    /// The manager whose visible users the import is limited to.
    pub manager: Option<UserId>,
}

impl ImporterRights {
    pub fn of(rights: &Rights, user: UserId) -> Self {
        let manager = (visibility(rights) != Visibility::All).then_some(user);
        Self { can_assign: may(rights, Action::Assign), can_manage_roles: may(rights, Action::ManageRoles), manager }
    }
}

/// The licenses and groups by the names that a file may use for them.
#[derive(Debug)]
pub struct NameIndex {
    /// By the product's slug and by the license's id, in the order in which they are tried.
    licenses: HashMap<String, Vec<(LicenseId, Model)>>,
    /// By the product's normalized name.
    products: HashMap<String, Vec<(LicenseId, Model)>>,
    groups: HashMap<String, GroupId>,
    /// The groups that give licenses to their members.
    license_groups: HashSet<GroupId>,
}

impl NameIndex {
    pub fn of(licenses: &[LicenseView], groups: Vec<GroupView>, license_groups: HashSet<GroupId>) -> Self {
        let (mut named, mut products) = (HashMap::<String, Vec<_>>::new(), HashMap::<String, Vec<_>>::new());
        for license in licenses {
            for key in [license.product_slug.clone(), license.id.to_string()] {
                named.entry(key).or_default().push((license.id, license.model));
            }
            products.entry(fold(&license.product_name)).or_default().push((license.id, license.model));
        }
        let groups = groups.into_iter().map(|group| (fold(&group.name), group.id)).collect();
        Self { licenses: named, products, groups, license_groups }
    }

    /// The licenses that an entry matches: `slug:model`, or `slug` alone if the product has only one model.
    fn license(&self, entry: &str) -> Option<Vec<LicenseId>> {
        let split = entry
            .rsplit_once(':')
            .or_else(|| entry.rsplit_once('–'))
            .map(|(product, text)| (product, cell_values::model(text)));
        let (product, model) = match split {
            Some((product, Some(model))) => (product, Some(model)),
            _ => (entry, None),
        };
        // Slugs take precedence over names: a product may be named like another one's slug.
        let key = fold(product);
        let found = self.licenses.get(&key).or_else(|| self.products.get(&key))?;
        let wanted = model.or_else(|| {
            let first = found.first()?.1;
            found.iter().all(|(_, model)| *model == first).then_some(first)
        })?;
        let of_model: Vec<_> = found.iter().filter(|(_, model)| *model == wanted).map(|(id, _)| *id).collect();
        (!of_model.is_empty()).then_some(of_model)
    }

    /// The ids of all licenses.
    pub fn licenses(&self) -> Vec<LicenseId> {
        let mut all: Vec<_> = self.licenses.values().flatten().map(|(id, _)| *id).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The change of the user record that a row requests.
#[derive(Clone, Debug)]
pub enum UserWrite {
    Nothing,
    New(ImportedUser),
    Change(ImportedChange),
}

/// The fields of an existing user that change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub status: Option<UserStatus>,
    /// Permissions to be added to those of a manager.
    pub permissions: BTreeSet<Permission>,
    /// Whether a manager sees only the users in some groups.
    pub limited: Option<bool>,
    /// Groups to be added to those of a manager.
    pub manages: BTreeSet<GroupId>,
}

impl ImportedChange {
    /// Whether it requires the right to manage roles.
    fn changes_rights(&self) -> bool {
        self.role.is_some() || !self.permissions.is_empty() || self.limited.is_some() || !self.manages.is_empty()
    }
}

/// A row, and what it requests.
#[derive(Clone, Debug)]
pub struct PlannedRow {
    /// The result of the row; the outcome is determined when the row is done.
    pub row: ImportRow,
    pub user: UserId,
    /// The user's status when the licenses are assigned.
    pub status: UserStatus,
    pub write: UserWrite,
    /// The licenses to assign: for each entry its text and the matching licenses, which are tried in turn.
    pub grants: Vec<(String, Vec<LicenseId>)>,
    /// The groups to join.
    pub groups: Vec<GroupId>,
    /// The headings of the fields, where they differ from the field's name.
    headings: HashMap<String, String>,
}

/// How many characters of a value a problem quotes, and of a name the result.
const MAX_QUOTED_CHARS: usize = 200;

impl PlannedRow {
    fn of(cells: &TableRow, existing: Option<&ExistingUser>, new_id: UserId) -> Self {
        let (row, grants, groups) = (undecided_row(cells), Vec::new(), Vec::new());
        let heading = |field: &Column| Some((field.as_str().to_owned(), cells.heading(*field)?.to_owned()));
        let headings = Column::ALL.iter().filter_map(heading).filter(|(field, heading)| field != heading).collect();
        let (user, status) = existing.map_or((new_id, UserStatus::Active), |existing| (existing.id, existing.status));
        Self { row, user, status, write: UserWrite::Nothing, grants, groups, headings }
    }

    /// Adds a problem.
    pub fn problem(&mut self, column: &str, value: &str, code: Code) {
        let (heading, value) = (self.headings.get(column).cloned(), value.chars().take(MAX_QUOTED_CHARS).collect());
        self.row.problems.push(ImportProblem { column: column.to_owned(), heading, value, code, error: None });
    }

    /// Whether the user is to be suspended, which the seat engine does.
    pub fn suspends(&self) -> bool {
        matches!(&self.write, UserWrite::Change(change) if change.status == Some(UserStatus::Suspended))
    }

    /// What remains to be done by the seat engine once the user is written.
    pub fn pending(&self) -> Option<PendingRow> {
        let pending = PendingRow { user: self.user, suspend: self.suspends(), licenses: self.grants.clone() };
        (pending.suspend || !pending.licenses.is_empty()).then_some(pending)
    }

    /// The outcome of writing the user record alone.
    fn written(&self) -> RowOutcome {
        let suspended = ImportedChange { status: Some(UserStatus::Suspended), ..ImportedChange::default() };
        match &self.write {
            UserWrite::New(_) => RowOutcome::Created,
            UserWrite::Nothing if self.groups.is_empty() => RowOutcome::Unchanged,
            UserWrite::Change(change) if self.groups.is_empty() && *change == suspended => RowOutcome::Unchanged,
            _ => RowOutcome::Changed,
        }
    }

    /// The groups that must exist: those the user joins, and those that the user manages.
    pub fn named_groups(&self) -> impl Iterator<Item = GroupId> {
        let managed = match &self.write {
            UserWrite::New(new) => Some(&new.manages),
            UserWrite::Change(change) => Some(&change.manages),
            UserWrite::Nothing => None,
        };
        self.groups.iter().chain(managed.into_iter().flatten()).copied()
    }

    /// Removes the groups that no longer exist.
    pub fn retain_groups(&mut self, exists: impl Fn(&GroupId) -> bool) {
        let before = self.named_groups().count();
        self.groups.retain(&exists);
        match &mut self.write {
            UserWrite::New(new) => new.manages.retain(&exists),
            UserWrite::Change(change) => change.manages.retain(&exists),
            UserWrite::Nothing => {}
        }
        if self.named_groups().count() < before {
            self.problem("groups", "", Code::NotFound);
        }
    }

    /// The result once the user is written, and what remains to be done.
    pub fn interim_result(&self) -> (ImportRow, Option<PendingRow>) {
        let (mut row, pending) = (self.row.clone(), self.pending());
        row.outcome = match &pending {
            Some(_) => self.written(),
            None => outcome(self.written(), false, !row.problems.is_empty()),
        };
        (row, pending)
    }

    /// The result once this many licenses were assigned.
    pub fn settle(mut self, granted: usize) -> ImportRow {
        let suspended = self.suspends() && self.row.problems.iter().all(|problem| problem.column != "status");
        let has_problems = !self.row.problems.is_empty();
        self.row.outcome = outcome(self.written(), granted > 0 || suspended, has_problems);
        self.row
    }

    fn refused(mut self) -> Self {
        self.write = UserWrite::Nothing;
        self.grants.clear();
        self.groups.clear();
        self
    }
}

/// The result of a row before it is decided: refused, but without problems.
pub fn undecided_row(cells: &TableRow) -> ImportRow {
    let name = cells.name().unwrap_or_default().chars().take(MAX_QUOTED_CHARS).collect();
    let email = cells.get(Column::Email).unwrap_or_default().chars().take(254).collect();
    let (problems, notices) = (Vec::new(), Vec::new());
    ImportRow { line: cells.line, outcome: RowOutcome::Refused, name, email, problems, notices }
}

/// The outcome of a row: of writing its user, and of what the seat engine did.
pub fn outcome(written: RowOutcome, done: bool, has_problems: bool) -> RowOutcome {
    match (written, done, has_problems) {
        (RowOutcome::Created, ..) => RowOutcome::Created,
        (RowOutcome::Changed, ..) | (_, true, _) => RowOutcome::Changed,
        (_, false, false) => RowOutcome::Unchanged,
        (_, false, true) => RowOutcome::Refused,
    }
}

/// Plans a row for an existing user, who may be visible to the user who imports or not, or for a new one with this id.
pub fn plan(
    rights: ImporterRights,
    names: &NameIndex,
    cells: &TableRow,
    existing: Option<(&ExistingUser, bool)>,
    new_id: UserId,
    is_first: bool,
) -> PlannedRow {
    let mut planned = PlannedRow::of(cells, existing.map(|(existing, _)| existing), new_id);
    let mut parser = RowParser { planned: &mut planned, cells };
    parser.object_class();
    let email = parser.checked(Column::Email, validate::email(cells.get(Column::Email).unwrap_or_default()));
    let name = parser.name(existing.is_none());
    let role = parser.word(Column::Role, cell_values::role);
    let status = parser.status();
    let permissions =
        parser.list(Column::Permissions, cell_values::permission).into_iter().map(|(_, one)| one).collect();
    let limited = parser.word(Column::LimitedToGroups, cell_values::yes_or_no);
    let licenses = parser.list(Column::Licenses, |entry| names.license(entry));
    let group = |entry: &str| names.groups.get(&fold(entry)).copied();
    let groups = parser.list(Column::Groups, group);
    let manages = parser.list(Column::Manages, group).into_iter().map(|(_, group)| group).collect();
    if !is_first {
        parser.refuse(Column::Email, Code::AlreadyExists);
    }
    let is_in = |group: &GroupId| existing.is_some_and(|(existing, _)| existing.groups.contains(group));
    let gives_licenses = |(_, group): &&(String, GroupId)| names.license_groups.contains(group) && !is_in(group);
    // Joining the group would assign licenses.
    for (entry, _) in groups.iter().filter(|entry| !rights.can_assign && gives_licenses(entry)) {
        planned.problem("groups", entry, Code::GroupGivesLicenses);
    }
    if let Some((visible, true)) = existing.filter(|_| planned.row.name.is_empty()) {
        planned.row.name.clone_from(&visible.name);
    }
    let change = ImportedChange { name: None, role, status, permissions, limited, manages };
    planned.status = status.unwrap_or(planned.status);
    planned.groups = groups.into_iter().map(|(_, group)| group).collect();
    planned.grants = licenses;
    match (existing, email) {
        (Some((_, false)), _) => planned.problem("email", &planned.row.email.clone(), Code::AlreadyExists),
        (Some((existing, true)), _) => plan_change(rights, &mut planned, existing, ImportedChange { name, ..change }),
        (None, Some(email)) => name.into_iter().for_each(|name| {
            plan_new(rights, &mut planned, new_id, (name, email.clone()), &change);
        }),
        (None, None) => {}
    }
    if !planned.grants.is_empty() && !rights.can_assign {
        let value = cells.get(Column::Licenses).unwrap_or_default().to_owned();
        planned.problem("licenses", &value, Code::Forbidden);
    }
    if planned.row.problems.is_empty() { planned } else { planned.refused() }
}

/// Plans a new user.
fn plan_new(
    importer: ImporterRights,
    planned: &mut PlannedRow,
    id: UserId,
    (name, email): (String, String),
    change: &ImportedChange,
) {
    let role = change.role.unwrap_or(Role::Agent);
    let rights = Rights {
        role,
        permissions: change.permissions.clone(),
        billing_contact: false,
        limited_to_groups: role == Role::Manager && change.limited == Some(true),
    };
    let other_than_agent = ImportedChange { role: change.role.filter(|role| *role != Role::Agent), ..change.clone() };
    if other_than_agent.changes_rights() && !importer.can_manage_roles {
        planned.problem("role", role.as_str(), Code::Forbidden);
    }
    if importer.manager.is_some() && planned.groups.is_empty() {
        let (column, heading) = ("groups".to_owned(), planned.headings.get("groups").cloned());
        let (value, error) = (String::new(), Some(FieldError::Required));
        planned.row.problems.push(ImportProblem { column, heading, value, code: Code::Invalid, error });
    }
    let manages = if role == Role::Manager { change.manages.clone() } else { BTreeSet::new() };
    planned.write = UserWrite::New(ImportedUser { id, name, email, rights, manages, status: planned.status });
}

/// Plans the change of an existing user: only values that differ.
fn plan_change(importer: ImporterRights, planned: &mut PlannedRow, existing: &ExistingUser, wanted: ImportedChange) {
    let manages_now = wanted.role.unwrap_or(existing.rights.role) == Role::Manager;
    let change = ImportedChange {
        name: wanted.name.filter(|name| *name != existing.name),
        role: wanted.role.filter(|role| *role != existing.rights.role),
        status: wanted.status.filter(|status| *status != existing.status),
        permissions: &wanted.permissions - &existing.rights.permissions,
        limited: wanted.limited.filter(|limited| manages_now && *limited != existing.rights.limited_to_groups),
        manages: wanted.manages.into_iter().filter(|group| manages_now && !existing.manages.contains(group)).collect(),
    };
    planned.groups.retain(|group| !existing.groups.contains(group));
    planned.grants.retain(|(_, any)| !any.iter().any(|license| existing.licenses.contains(license)));
    if change == ImportedChange::default() {
        return;
    }
    let role = existing.rights.role;
    let (may_not, is_admin) = (role != Role::Agent && !importer.can_manage_roles, role == Role::Admin);
    let changes_rights = change.changes_rights();
    if may_not
        || (changes_rights && !importer.can_manage_roles)
        || (is_admin && (change.role.is_some() || change.status.is_some()))
    {
        // Admins can be demoted or suspended only individually: a mistake in a file must not lock out all admins.
        let column = match (changes_rights, change.status) {
            (true, _) => "role",
            (false, Some(_)) => "status",
            (false, None) => "name",
        };
        planned.problem(column, "", Code::Forbidden);
    }
    planned.write = UserWrite::Change(change);
}
