//! What a request changes about a group.

use super::{Fail, Type, named};
use crate::scim::{
    filter::{Attr, Filter, Literal, Op, Path, field},
    patch::{Does, Operation},
    schema,
};
use seatkeeper_shared::ids::UserId;
use serde_json::{Map, Value};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// One change.
#[derive(Debug, PartialEq)]
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

/// A whole group.
#[derive(Debug)]
pub struct Whole {
    /// Its name.
    pub name: String,
    /// The directory's id of it.
    pub external_id: Option<String>,
    /// Who is in it.
    pub members: Vec<UserId>,
}

/// Reads a whole group.
///
/// # Errors
/// The name is missing, or a value is of another kind than its attribute.
pub fn whole(body: &Value) -> Result<Whole, Fail> {
    let fields = body.as_object().ok_or_else(|| Fail::bad(Type::InvalidSyntax, "A resource must be an object."))?;
    let name = field(fields, "displayName").and_then(Value::as_str).unwrap_or_default();
    let external_id = field(fields, "externalId").map_or(Ok(None), external)?;
    let members = field(fields, "members").map_or(Ok(Vec::new()), members)?;
    Ok(Whole { name: named(name)?, external_id, members })
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
        ("displayname", None) => match value.as_str() {
            Some(name) => Ok(Some(Change::Name(named(name)?))),
            None => Err(Fail::bad(Type::InvalidValue, "displayName must be text.")),
        },
        ("externalid", None) if does == Does::Remove => Ok(Some(Change::External(None))),
        ("externalid", None) => Ok(Some(Change::External(external(value)?))),
        // Okta sends the id along with the name.
        ("id", None) if value.as_str().is_some_and(|said| said.eq_ignore_ascii_case(id)) => Ok(None),
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
    match value {
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
