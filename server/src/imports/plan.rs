//! What a row of an import asks for, and whether that may be done. No SQL: what is there already is given.

use super::sheet::{Cells, Column};
use crate::{
    store::imports::{Known, New},
    text::fold,
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    license::Model,
    people::{Role, UserStatus},
    permissions::{Action, Rights, Sees, may, sees},
    problem::Code,
    validate::{self, FieldError},
    wire::{
        groups::GroupView,
        imports::{ImportProblem, ImportRow, RowOutcome},
        licenses::LicenseView,
    },
};
use std::collections::{HashMap, HashSet};

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
    groups: HashMap<String, GroupId>,
    /// Those of them that give their members licenses.
    giving: HashSet<GroupId>,
}

impl Names {
    /// The names of these.
    pub fn of(licenses: &[LicenseView], groups: Vec<GroupView>, giving: HashSet<GroupId>) -> Self {
        let mut named: HashMap<String, Vec<(LicenseId, Model)>> = HashMap::new();
        for license in licenses {
            let mut keys = [license.product_slug.clone(), fold(&license.product_name), license.id.to_string()].to_vec();
            keys.dedup();
            for key in keys {
                named.entry(key).or_default().push((license.id, license.model));
            }
        }
        Self {
            licenses: named,
            groups: groups.into_iter().map(|group| (fold(&group.name), group.id)).collect(),
            giving,
        }
    }

    /// The licenses that an entry may mean: `slug:model`, or `slug` alone if the product has one model only.
    fn license(&self, entry: &str) -> Option<Vec<LicenseId>> {
        let split =
            entry.rsplit_once(':').or_else(|| entry.rsplit_once('–')).map(|(product, text)| (product, model(text)));
        let (product, model) = match split {
            Some((product, Some(model))) => (product, Some(model)),
            _ => (entry, None),
        };
        let found = self.licenses.get(&fold(product))?;
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

fn model(text: &str) -> Option<Model> {
    match fold(text).as_str() {
        "named" | "benannt" | "benutzergebunden" => Some(Model::Named),
        "concurrent" | "shared" | "gemeinsam" | "gemeinsam genutzt" => Some(Model::Concurrent),
        _ => None,
    }
}

fn role(text: &str) -> Option<Role> {
    match fold(text).as_str() {
        "administrator" => Some(Role::Admin),
        "verwalter" => Some(Role::Manager),
        "mitarbeiter" | "techniker" => Some(Role::Agent),
        other => other.parse().ok(),
    }
}

fn status(text: &str) -> Option<UserStatus> {
    match fold(text).as_str() {
        "aktiv" => Some(UserStatus::Active),
        "gesperrt" => Some(UserStatus::Suspended),
        other => other.parse().ok(),
    }
}

/// What is to be written of a user himself.
#[derive(Clone, Debug)]
pub enum Write {
    /// Nothing.
    Nothing,
    /// He is new.
    New(New),
    /// He has another name, role or status; absent: the same.
    Change {
        /// His name.
        name: Option<String>,
        /// His role.
        role: Option<Role>,
        /// His status.
        status: Option<UserStatus>,
    },
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
}

impl Planned {
    /// Notes what is not done.
    pub fn problem(&mut self, column: &str, value: &str, code: Code) {
        let (column, value) = (column.to_owned(), value.to_owned());
        self.row.problems.push(ImportProblem { column, value, code, error: None });
    }

    /// What became of it, when so many licenses were assigned.
    pub fn settle(mut self, granted: usize) -> ImportRow {
        let new = matches!(self.write, Write::New(_));
        let done = granted > 0 || !self.groups.is_empty() || !matches!(self.write, Write::Nothing);
        self.row.outcome = match (new, done, self.row.problems.is_empty()) {
            (true, ..) => RowOutcome::Created,
            (_, true, _) => RowOutcome::Changed,
            (_, false, true) => RowOutcome::Unchanged,
            (_, false, false) => RowOutcome::Refused,
        };
        self.row
    }

    fn refused(mut self) -> Self {
        self.write = Write::Nothing;
        self.grants.clear();
        self.groups.clear();
        self
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
    let email = cells.get(Column::Email).unwrap_or_default();
    let row = ImportRow {
        line: cells.line,
        outcome: RowOutcome::Refused,
        email: email.chars().take(254).collect(),
        problems: Vec::new(),
    };
    let known_status = known.map_or(UserStatus::Active, |(known, _)| known.status);
    let user = known.map_or(fresh, |(known, _)| known.id);
    let (grants, groups) = Default::default();
    let mut planned = Planned { row, user, status: known_status, write: Write::Nothing, grants, groups };
    let mut read = Reader { planned: &mut planned, cells };
    let email = read.checked(Column::Email, validate::email(email));
    let wanted_role = read.word(Column::Role, role);
    let wanted_status = read.word(Column::Status, status);
    let name = match cells.get(Column::Name) {
        Some(name) => read.checked(Column::Name, validate::name(name)),
        None if known.is_none() => read.checked(Column::Name, Err(FieldError::Required)),
        None => None,
    };
    let licenses = read.list(Column::Licenses, |entry| names.license(entry));
    let groups = read.list(Column::Groups, |entry| names.groups.get(&fold(entry)).copied());
    if !first {
        read.refuse(Column::Email, Code::AlreadyExists);
    }
    planned.status = wanted_status.unwrap_or(known_status);
    let is_in = |group: &GroupId| known.is_some_and(|(known, _)| known.groups.contains(group));
    let beyond = |(_, group): &&(String, GroupId)| !powers.assigns && names.giving.contains(group) && !is_in(group);
    // Whoever came into it would get licenses.
    for (entry, _) in groups.iter().filter(beyond) {
        planned.problem("groups", entry, Code::GroupGivesLicenses);
    }
    planned.groups = groups.into_iter().map(|(_, group)| group).collect();
    planned.grants = licenses;
    match (known, email, name) {
        (Some((_, false)), ..) => planned.problem("email", &planned.row.email.clone(), Code::AlreadyExists),
        (Some((known, true)), _, name) => of_known(powers, &mut planned, known, name, wanted_role, wanted_status),
        (None, Some(email), Some(name)) => {
            let role = wanted_role.unwrap_or(Role::Agent);
            if role != Role::Agent && !powers.roles {
                planned.problem("role", role.as_str(), Code::Forbidden);
            }
            if powers.manager.is_some() && planned.groups.is_empty() {
                let (column, value) = ("groups".to_owned(), String::new());
                let error = Some(FieldError::Required);
                planned.row.problems.push(ImportProblem { column, value, code: Code::Invalid, error });
            }
            planned.write = Write::New(New { id: fresh, name, email, role, status: planned.status });
        }
        (None, ..) => {}
    }
    if !planned.grants.is_empty() && !powers.assigns {
        let value = cells.get(Column::Licenses).unwrap_or_default().to_owned();
        planned.problem("licenses", &value, Code::Forbidden);
    }
    if planned.row.problems.is_empty() { planned } else { planned.refused() }
}

/// Somebody who is there: what is the same already is not done again.
fn of_known(
    powers: Powers,
    planned: &mut Planned,
    known: &Known,
    name: Option<String>,
    role: Option<Role>,
    status: Option<UserStatus>,
) {
    let name = name.filter(|name| *name != known.name);
    let role = role.filter(|role| *role != known.role);
    let status = status.filter(|status| *status != known.status);
    planned.groups.retain(|group| !known.groups.contains(group));
    planned.grants.retain(|(_, any)| !any.iter().any(|license| known.licenses.contains(license)));
    let writes = name.is_some() || role.is_some() || status.is_some();
    let (may_not, admin) = (known.role != Role::Agent && !powers.roles, known.role == Role::Admin);
    if (may_not && writes) || (role.is_some() && !powers.roles) || (admin && (role.is_some() || status.is_some())) {
        // An admin is demoted or suspended by hand: a slip in a file must not lock everybody out.
        let column = if role.is_some() {
            "role"
        } else if status.is_some() {
            "status"
        } else {
            "name"
        };
        planned.problem(column, "", Code::Forbidden);
    }
    if writes {
        planned.write = Write::Change { name, role, status };
    }
}

/// Reads cells and notes what is wrong with them.
struct Reader<'a> {
    planned: &'a mut Planned,
    cells: &'a Cells,
}

impl Reader<'_> {
    fn wrong(&mut self, column: Column, value: &str, error: FieldError) {
        let (column, value) = (column.as_str().to_owned(), value.chars().take(200).collect());
        self.planned.row.problems.push(ImportProblem { column, value, code: Code::Invalid, error: Some(error) });
    }

    fn refuse(&mut self, column: Column, code: Code) {
        let value = self.cells.get(column).unwrap_or_default().to_owned();
        self.planned.problem(column.as_str(), &value, code);
    }

    fn checked<T>(&mut self, column: Column, value: Result<T, FieldError>) -> Option<T> {
        let text = self.cells.get(column).unwrap_or_default().to_owned();
        value.map_err(|error| self.wrong(column, &text, error)).ok()
    }

    fn word<T>(&mut self, column: Column, read: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.cells.get(column)?;
        self.checked(column, read(text).ok_or(FieldError::Unknown))
    }

    fn list<T>(&mut self, column: Column, read: impl Fn(&str) -> Option<T>) -> Vec<(String, T)> {
        let text = self.cells.get(column).unwrap_or_default();
        let mut found: Vec<(String, T)> = Vec::new();
        for entry in text.split([';', ',', '|', '\n']).map(str::trim).filter(|entry| !entry.is_empty()) {
            match read(entry) {
                Some(one) if found.iter().all(|(known, _)| known != entry) => found.push((entry.to_owned(), one)),
                Some(_) => {}
                None => self.wrong(column, entry, FieldError::Unknown),
            }
        }
        found
    }
}
