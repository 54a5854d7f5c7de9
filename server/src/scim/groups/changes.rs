//! What a request changes about a group.

use super::{Fail, Type, named};
use crate::scim::{
    filter::{Attr, Filter, Literal, Op, Path, Steps, field},
    patch::{Does, Operation},
    schema::{self, Kind, single},
};
use crate::store::directory_groups::Member;
use seatkeeper_shared::ids::UserId;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is called so from now on.
    Name(String),
    /// The directory calls it so from now on.
    External(Option<String>),
    /// These come, if they are not in it.
    Add(Vec<UserId>),
    /// These go, if they are in it.
    Remove(Vec<UserId>),
    /// All go but these, and these come.
    Keep(Vec<UserId>),
    /// All go for whom this holds.
    RemoveSuch(Filter),
}

/// So many filters at most may say who goes: each is asked of all members.
const MAX_MEMBER_FILTERS: usize = 20;
/// So much is compared at most to find out who goes.
const MAX_MEMBER_STEPS: u64 = 2_000_000;

/// All that a request changes about a group. Whoever comes and goes is named once, however often the request names them.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// It is called so from now on.
    pub name: Option<String>,
    /// The directory calls it so from now on.
    pub external_id: Option<Option<String>>,
    /// Nobody stays who does not come.
    pub only: bool,
    /// These come, if they are not in it.
    pub come: BTreeSet<UserId>,
    /// These go, if they are in it.
    pub go: BTreeSet<UserId>,
}

impl Changes {
    /// One change after the other. Filters are asked of these members, and of those who come before.
    ///
    /// # Errors
    /// Too much would have to be compared.
    pub fn of(changes: Vec<Change>, members: &[Member]) -> Result<Self, Fail> {
        let (mut all, steps) = (Self::default(), Steps::at_most(MAX_MEMBER_STEPS));
        for change in changes {
            match change {
                Change::Name(name) => all.name = Some(name),
                Change::External(external) => all.external_id = Some(external),
                Change::Add(users) => users.into_iter().for_each(|user| all.comes(user)),
                Change::Remove(users) => users.into_iter().for_each(|user| all.goes(user)),
                Change::Keep(users) => {
                    (all.only, all.come, all.go) = (true, users.into_iter().collect(), BTreeSet::new());
                }
                Change::RemoveSuch(filter) => {
                    let such = |(id, name): &&Member| {
                        filter.matches(&json!({ "value": id, "display": name, "type": "User" }), &steps)
                    };
                    members.iter().filter(such).for_each(|(id, _)| all.goes(*id));
                    steps.must_be_few()?;
                }
            }
        }
        Ok(all)
    }

    fn comes(&mut self, user: UserId) {
        self.go.remove(&user);
        self.come.insert(user);
    }

    fn goes(&mut self, user: UserId) {
        self.come.remove(&user);
        self.go.insert(user);
    }
}

/// Who may be meant by filters beside the members: those who come. Nothing if there is no filter.
///
/// # Errors
/// There are too many filters.
pub fn candidates(changes: &[Change]) -> Result<Option<BTreeSet<UserId>>, Fail> {
    let filters = changes.iter().filter(|change| matches!(change, Change::RemoveSuch(_))).count();
    if filters > MAX_MEMBER_FILTERS {
        let detail = format!("There are more than {MAX_MEMBER_FILTERS} filters; name members by their ids.");
        return Err(Fail::too_many(detail));
    }
    let coming = changes.iter().filter_map(|change| match change {
        Change::Add(users) | Change::Keep(users) => Some(users),
        _ => None,
    });
    Ok((filters > 0).then(|| coming.flatten().copied().collect()))
}

/// Reads a whole group.
///
/// # Errors
/// The name is missing, or a value is of another kind than its attribute.
pub fn whole(body: &Value) -> Result<Changes, Fail> {
    let fields = body.as_object().ok_or_else(|| Fail::bad(Type::InvalidSyntax, "A resource must be an object."))?;
    let name = field(fields, "displayName").and_then(|name| single(Kind::Text, name).as_str()).unwrap_or_default();
    let external_id = field(fields, "externalId").map_or(Ok(None), external)?;
    let members = field(fields, "members").map_or(Ok(Vec::new()), members)?;
    let changes = vec![Change::Name(named(name)?), Change::External(external_id), Change::Keep(members)];
    Changes::of(changes, &[])
}

/// The changes that the operations of a PATCH ask for, of the group with this id.
///
/// # Errors
/// A path is not understood, leads nowhere, or to what cannot be changed.
pub fn of(id: &str, operations: &[Operation]) -> Result<Vec<Change>, Fail> {
    let mut changes = Vec::new();
    for operation in operations {
        match &operation.path {
            Some(path) => changes.extend(at(id, operation.does, path, &operation.value)?),
            None => {
                for (name, value) in known(operation.fields()?) {
                    let attr = Attr { name: name.to_owned(), ..Attr::default() };
                    changes.extend(at(id, operation.does, &Path { attr, filter: None, sub: None }, value)?);
                }
            }
        }
    }
    Ok(changes)
}

/// The fields that say something of a group. Others are left alone, as in a whole resource.
fn known(fields: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    fields.iter().filter_map(|(name, value)| {
        let (schema, name) = schema::split(name);
        let core = schema.is_none_or(schema::is_core);
        let known = ["id", "displayName", "externalId", "members"].iter().any(|one| one.eq_ignore_ascii_case(name));
        (core && known).then_some((name, value))
    })
}

fn at(id: &str, does: Does, path: &Path, value: &Value) -> Result<Option<Change>, Fail> {
    if !path.attr.schema.as_deref().is_none_or(schema::is_core) {
        return Err(nowhere(path));
    }
    match (path.attr.name.to_ascii_lowercase().as_str(), &path.filter) {
        ("members", filter) => of_members(does, filter.as_ref(), path, value),
        ("displayname", None) if does == Does::Remove => Err(Fail::bad(Type::Mutability, "displayName must be there.")),
        ("displayname", None) => match single(Kind::Text, value).as_str() {
            Some(name) => Ok(Some(Change::Name(named(name)?))),
            None => Err(Fail::bad(Type::InvalidValue, "displayName must be text.")),
        },
        ("externalid", None) if does == Does::Remove => Ok(Some(Change::External(None))),
        ("externalid", None) => Ok(Some(Change::External(external(value)?))),
        // Okta sends the id along with the name.
        ("id", None) if single(Kind::Text, value).as_str().is_some_and(|said| said.eq_ignore_ascii_case(id)) => {
            Ok(None)
        }
        ("id" | "meta" | "schemas", None) => {
            Err(Fail::bad(Type::Mutability, format!("{} cannot be changed.", path.attr.name)))
        }
        _ => Err(nowhere(path)),
    }
}

fn nowhere(path: &Path) -> Fail {
    Fail::bad(Type::InvalidPath, format!("There is no attribute {}.", path.attr))
}

fn of_members(does: Does, filter: Option<&Filter>, path: &Path, value: &Value) -> Result<Option<Change>, Fail> {
    let whole = path.sub.is_none() && path.attr.sub.as_deref().is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
    if !whole {
        // What a member is called is said at the user.
        return Ok(None);
    }
    let Some(filter) = filter else {
        return Ok(Some(match (does, value) {
            (Does::Add, _) => Change::Add(members(value)?),
            (Does::Replace, _) => Change::Keep(members(value)?),
            (Does::Remove, Value::Null) => Change::Keep(Vec::new()),
            // An empty list names nobody: it does not mean all.
            (Does::Remove, _) => Change::Remove(those_known(value)),
        }));
    };
    let mut users = Vec::new();
    match (does, named_in(filter, &mut users)) {
        (Does::Remove, true) => Ok(Some(Change::Remove(users))),
        (Does::Remove, false) => Ok(Some(Change::RemoveSuch(filter.clone()))),
        (_, true) => Ok(Some(Change::Add(users))),
        (_, false) => Err(Fail::bad(Type::NoTarget, "This path names no member.")),
    }
}

/// Gathers the ids that a filter names; whether it says nothing else.
fn named_in(filter: &Filter, users: &mut Vec<UserId>) -> bool {
    match filter {
        Filter::Or(a, b) => named_in(a, users) && named_in(b, users),
        Filter::Compare(Attr { name, sub: None, .. }, Op::Eq, Literal::Text(text))
            if name.eq_ignore_ascii_case("value") =>
        {
            users.extend(text.parse::<UserId>());
            true
        }
        _ => false,
    }
}

fn external(value: &Value) -> Result<Option<String>, Fail> {
    match single(Kind::Text, value) {
        Value::Null => Ok(None),
        Value::String(text) if text.contains('\0') || text.len() > 1_000 => {
            Err(Fail::bad(Type::InvalidValue, "externalId must be shorter, and without control characters."))
        }
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(Fail::bad(Type::InvalidValue, "externalId must be text.")),
    }
}

/// The ids of members: objects with `value`, in which anything else may stand, or the ids alone. What is no id of ours is a user who is
/// not here: a nil id stands for him.
fn members(value: &Value) -> Result<Vec<UserId>, Fail> {
    let mut users = Vec::new();
    for one in listed(value) {
        let text = id_in(one).ok_or_else(|| Fail::bad(Type::InvalidValue, "A member must have a value."))?;
        users.push(text.parse().unwrap_or(UserId(Uuid::nil())));
    }
    users.sort_unstable();
    users.dedup();
    Ok(users)
}

/// Of those who are to go, the ids that can be any.
fn those_known(value: &Value) -> Vec<UserId> {
    listed(value).iter().filter_map(|one| id_in(one)?.parse().ok()).collect()
}

fn listed(value: &Value) -> &[Value] {
    match value {
        Value::Array(many) => many,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn id_in(one: &Value) -> Option<&str> {
    match one {
        Value::Object(parts) => field(parts, "value").and_then(Value::as_str),
        plain => plain.as_str(),
    }
}
