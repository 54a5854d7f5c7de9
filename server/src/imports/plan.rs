//! What a row of an import asks for, and whether that may be done. No SQL: what is there already is given.

use super::{reader::Reader, sheet::Cells, values};
use crate::{
    store::imports::{Known, New, progress::Pending},
    text::fold,
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
    people::{Permission, Role, UserStatus},
    permissions::{Action, Rights, Sees, may, sees},
    problem::Code,
    validate::{self, FieldError},
    wire::{
        groups::GroupView,
        imports::{ImportField as Column, ImportProblem, ImportRow, RowOutcome},
        licenses::LicenseView,
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What whoever imports may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Powers {
    /// Assign licenses.
    pub assigns: bool,
    /// Change others than agents, and make them.
    pub roles: bool,
    /// The manager to whose people it is limited.
    pub manager: Option<UserId>,
}

impl Powers {
    /// What this user may do.
    pub fn of(rights: &Rights, user: UserId) -> Self {
        let manager = (sees(rights) != Sees::Everybody).then_some(user);
        Self { assigns: may(rights, Action::Assign), roles: may(rights, Action::ManageRoles), manager }
    }
}

/// The licenses and groups that a file may name.
#[derive(Debug)]
pub struct Names {
    /// By slug and by name, those first that are to be tried first.
    licenses: HashMap<String, Vec<(LicenseId, Model)>>,
    /// Names of products that are no slug and no id.
    products: HashMap<String, Vec<(LicenseId, Model)>>,
    groups: HashMap<String, GroupId>,
    /// Those of them that give their members licenses.
    giving: HashSet<GroupId>,
}

impl Names {
    /// The names of these.
    pub fn of(licenses: &[LicenseView], groups: Vec<GroupView>, giving: HashSet<GroupId>) -> Self {
        let (mut named, mut products) = (HashMap::<String, Vec<_>>::new(), HashMap::<String, Vec<_>>::new());
        for license in licenses {
            for key in [license.product_slug.clone(), license.id.to_string()] {
                named.entry(key).or_default().push((license.id, license.model));
            }
            products.entry(fold(&license.product_name)).or_default().push((license.id, license.model));
        }
        let groups = groups.into_iter().map(|group| (fold(&group.name), group.id)).collect();
        Self { licenses: named, products, groups, giving }
    }

    /// The licenses that an entry may mean: `slug:model`, or `slug` alone if the product has one model only.
    fn license(&self, entry: &str) -> Option<Vec<LicenseId>> {
        let split = entry
            .rsplit_once(':')
            .or_else(|| entry.rsplit_once('–'))
            .map(|(product, text)| (product, values::model(text)));
        let (product, model) = match split {
            Some((product, Some(model))) => (product, Some(model)),
            _ => (entry, None),
        };
        // A slug is one product's; another may have it for a name.
        let key = fold(product);
        let found = self.licenses.get(&key).or_else(|| self.products.get(&key))?;
        let wanted = model.or_else(|| {
            let first = found.first()?.1;
            found.iter().all(|(_, model)| *model == first).then_some(first)
        })?;
        let of_model: Vec<_> = found.iter().filter(|(_, model)| *model == wanted).map(|(id, _)| *id).collect();
        (!of_model.is_empty()).then_some(of_model)
    }

    /// All licenses that can be named.
    pub fn licenses(&self) -> Vec<LicenseId> {
        let mut all: Vec<_> = self.licenses.values().flatten().map(|(id, _)| *id).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What is to be written of a user himself.
#[derive(Clone, Debug)]
pub enum Write {
    /// Nothing.
    Nothing,
    /// He is new.
    New(New),
    /// Something of the user is other.
    Change(Change),
}

/// What is other of a user; absent: the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// The status.
    pub status: Option<UserStatus>,
    /// Permissions that come to those of a manager.
    pub permissions: BTreeSet<Permission>,
    /// Whether a manager sees only the people in some groups.
    pub limited: Option<bool>,
    /// Groups that come to those of a manager.
    pub manages: BTreeSet<GroupId>,
}

impl Change {
    /// Whether it touches what only an admin may change.
    fn touches_rights(&self) -> bool {
        self.role.is_some() || !self.permissions.is_empty() || self.limited.is_some() || !self.manages.is_empty()
    }
}

/// A row, and what it comes to.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What is told of it; the outcome is not settled before it is done.
    pub row: ImportRow,
    /// The user.
    pub user: UserId,
    /// His status when the licenses are assigned.
    pub status: UserStatus,
    /// What is to be written of him.
    pub write: Write,
    /// Licenses that he is to get, each out of several that are tried in turn, with the text that names it.
    pub grants: Vec<(String, Vec<LicenseId>)>,
    /// Groups that he is to come into.
    pub groups: Vec<GroupId>,
    /// The headings of the file over each field, where these are others.
    headings: HashMap<String, String>,
}

/// How much of a value is shown with what is wrong with it, in characters.
const MAX_SHOWN: usize = 200;

impl Planned {
    fn of(cells: &Cells, known: Option<&Known>, fresh: UserId) -> Self {
        let email = cells.get(Column::Email).unwrap_or_default().chars().take(254).collect();
        let (problems, notices, grants, groups) = Default::default();
        let row = ImportRow { line: cells.line, outcome: RowOutcome::Refused, email, problems, notices };
        let heading = |field: &Column| Some((field.as_str().to_owned(), cells.heading(*field)?.to_owned()));
        let headings = Column::ALL.iter().filter_map(heading).filter(|(field, heading)| field != heading).collect();
        let (user, status) = known.map_or((fresh, UserStatus::Active), |known| (known.id, known.status));
        Self { row, user, status, write: Write::Nothing, grants, groups, headings }
    }

    /// Notes what is not done.
    pub fn problem(&mut self, column: &str, value: &str, code: Code) {
        let (heading, value) = (self.headings.get(column).cloned(), value.chars().take(MAX_SHOWN).collect());
        self.row.problems.push(ImportProblem { column: column.to_owned(), heading, value, code, error: None });
    }

    /// Whether the user is to be suspended, which the seats do.
    pub fn suspends(&self) -> bool {
        matches!(&self.write, Write::Change(change) if change.status == Some(UserStatus::Suspended))
    }

    /// What the row waits for when its user is written.
    pub fn pending(&self) -> Option<Pending> {
        let pending = Pending { user: self.user, suspend: self.suspends(), licenses: self.grants.clone() };
        (pending.suspend || !pending.licenses.is_empty()).then_some(pending)
    }

    /// What came of writing the user alone.
    fn written(&self) -> RowOutcome {
        let suspended = Change { status: Some(UserStatus::Suspended), ..Change::default() };
        match &self.write {
            Write::New(_) => RowOutcome::Created,
            Write::Nothing if self.groups.is_empty() => RowOutcome::Unchanged,
            Write::Change(change) if self.groups.is_empty() && *change == suspended => RowOutcome::Unchanged,
            _ => RowOutcome::Changed,
        }
    }

    /// The groups that must be there for it: those the user comes into, and those he manages.
    pub fn named_groups(&self) -> impl Iterator<Item = GroupId> {
        let managed = match &self.write {
            Write::New(new) => Some(&new.manages),
            Write::Change(change) => Some(&change.manages),
            Write::Nothing => None,
        };
        self.groups.iter().chain(managed.into_iter().flatten()).copied()
    }

    /// Forgets the groups that are no longer there.
    pub fn retain_groups(&mut self, is_there: impl Fn(&GroupId) -> bool) {
        let before = self.named_groups().count();
        self.groups.retain(&is_there);
        match &mut self.write {
            Write::New(new) => new.manages.retain(&is_there),
            Write::Change(change) => change.manages.retain(&is_there),
            Write::Nothing => {}
        }
        if self.named_groups().count() < before {
            self.problem("groups", "", Code::NotFound);
        }
    }

    /// What is told of it when the user is written, and what it still waits for.
    pub fn so_far(&self) -> (ImportRow, Option<Pending>) {
        let (mut row, pending) = (self.row.clone(), self.pending());
        row.outcome = match &pending {
            Some(_) => self.written(),
            None => outcome(self.written(), false, !row.problems.is_empty()),
        };
        (row, pending)
    }

    /// What became of it, when so many licenses were assigned.
    pub fn settle(mut self, granted: usize) -> ImportRow {
        let suspended = self.suspends() && self.row.problems.iter().all(|problem| problem.column != "status");
        let has_problems = !self.row.problems.is_empty();
        self.row.outcome = outcome(self.written(), granted > 0 || suspended, has_problems);
        self.row
    }

    fn refused(mut self) -> Self {
        self.write = Write::Nothing;
        self.grants.clear();
        self.groups.clear();
        self
    }
}

/// What became of a row: what came of writing its user, and whether the seats did something for it.
pub fn outcome(written: RowOutcome, done: bool, has_problems: bool) -> RowOutcome {
    match (written, done, has_problems) {
        (RowOutcome::Created, ..) => RowOutcome::Created,
        (RowOutcome::Changed, ..) | (_, true, _) => RowOutcome::Changed,
        (_, false, false) => RowOutcome::Unchanged,
        (_, false, true) => RowOutcome::Refused,
    }
}

/// Reads a row: what it asks for of a user who is known, and shown to whoever imports, or of a new one with this id.
pub fn plan(
    powers: Powers,
    names: &Names,
    cells: &Cells,
    known: Option<(&Known, bool)>,
    fresh: UserId,
    first: bool,
) -> Planned {
    let mut planned = Planned::of(cells, known.map(|(known, _)| known), fresh);
    let mut read = Reader { planned: &mut planned, cells };
    read.object_class();
    let email = read.checked(Column::Email, validate::email(cells.get(Column::Email).unwrap_or_default()));
    let name = read.name(known.is_none());
    let role = read.word(Column::Role, values::role);
    let status = read.status();
    let permissions = read.list(Column::Permissions, values::permission).into_iter().map(|(_, one)| one).collect();
    let limited = read.word(Column::LimitedToGroups, values::yes_or_no);
    let licenses = read.list(Column::Licenses, |entry| names.license(entry));
    let group = |entry: &str| names.groups.get(&fold(entry)).copied();
    let groups = read.list(Column::Groups, group);
    let manages = read.list(Column::Manages, group).into_iter().map(|(_, group)| group).collect();
    if !first {
        read.refuse(Column::Email, Code::AlreadyExists);
    }
    let is_in = |group: &GroupId| known.is_some_and(|(known, _)| known.groups.contains(group));
    let beyond = |(_, group): &&(String, GroupId)| !powers.assigns && names.giving.contains(group) && !is_in(group);
    // Whoever came into it would get licenses.
    for (entry, _) in groups.iter().filter(beyond) {
        planned.problem("groups", entry, Code::GroupGivesLicenses);
    }
    let change = Change { name: None, role, status, permissions, limited, manages };
    planned.status = status.unwrap_or(planned.status);
    planned.groups = groups.into_iter().map(|(_, group)| group).collect();
    planned.grants = licenses;
    match (known, email) {
        (Some((_, false)), _) => planned.problem("email", &planned.row.email.clone(), Code::AlreadyExists),
        (Some((known, true)), _) => of_known(powers, &mut planned, known, Change { name, ..change }),
        (None, Some(email)) => name.into_iter().for_each(|name| {
            of_new(powers, &mut planned, fresh, (name, email.clone()), &change);
        }),
        (None, None) => {}
    }
    if !planned.grants.is_empty() && !powers.assigns {
        let value = cells.get(Column::Licenses).unwrap_or_default().to_owned();
        planned.problem("licenses", &value, Code::Forbidden);
    }
    if planned.row.problems.is_empty() { planned } else { planned.refused() }
}

/// Somebody who is not there yet.
fn of_new(powers: Powers, planned: &mut Planned, id: UserId, (name, email): (String, String), change: &Change) {
    let role = change.role.unwrap_or(Role::Agent);
    let rights = Rights {
        role,
        permissions: change.permissions.clone(),
        billing_contact: false,
        limited_to_groups: role == Role::Manager && change.limited == Some(true),
    };
    let beyond = Change { role: change.role.filter(|role| *role != Role::Agent), ..change.clone() };
    if beyond.touches_rights() && !powers.roles {
        planned.problem("role", role.as_str(), Code::Forbidden);
    }
    if powers.manager.is_some() && planned.groups.is_empty() {
        let (column, heading) = ("groups".to_owned(), planned.headings.get("groups").cloned());
        let (value, error) = (String::new(), Some(FieldError::Required));
        planned.row.problems.push(ImportProblem { column, heading, value, code: Code::Invalid, error });
    }
    let manages = if role == Role::Manager { change.manages.clone() } else { BTreeSet::new() };
    planned.write = Write::New(New { id, name, email, rights, manages, status: planned.status });
}

/// Somebody who is there: what is the same already is not done again.
fn of_known(powers: Powers, planned: &mut Planned, known: &Known, wanted: Change) {
    let manages_now = wanted.role.unwrap_or(known.rights.role) == Role::Manager;
    let change = Change {
        name: wanted.name.filter(|name| *name != known.name),
        role: wanted.role.filter(|role| *role != known.rights.role),
        status: wanted.status.filter(|status| *status != known.status),
        permissions: &wanted.permissions - &known.rights.permissions,
        limited: wanted.limited.filter(|limited| manages_now && *limited != known.rights.limited_to_groups),
        manages: wanted.manages.into_iter().filter(|group| manages_now && !known.manages.contains(group)).collect(),
    };
    planned.groups.retain(|group| !known.groups.contains(group));
    planned.grants.retain(|(_, any)| !any.iter().any(|license| known.licenses.contains(license)));
    if change == Change::default() {
        return;
    }
    let (may_not, is_admin) = (known.rights.role != Role::Agent && !powers.roles, known.rights.role == Role::Admin);
    let touches_rights = change.touches_rights();
    if may_not || (touches_rights && !powers.roles) || (is_admin && (change.role.is_some() || change.status.is_some()))
    {
        // An admin is demoted or suspended by hand: a slip in a file must not lock everybody out.
        let column = match (touches_rights, change.status) {
            (true, _) => "role",
            (false, Some(_)) => "status",
            (false, None) => "name",
        };
        planned.problem(column, "", Code::Forbidden);
    }
    planned.write = Write::Change(change);
}
