//! The changes of a group that a request asks for.

use super::{ScimError, ScimType, validated_name};
use crate::scim::{
    filter::{AttrPath, Filter, Literal, Op, Path, StepBudget, field},
    patch::{Operation, PatchOp},
    schema::{self, Kind, unwrap_single},
};
use crate::store::directory_groups::NamedMember;
use seatkeeper_shared::{ids::UserId, patch::Patch};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// One change of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Rename(String),
    SetExternalId(Option<String>),
    /// Adds these users, if they are not members yet.
    AddMembers(Vec<UserId>),
    /// Removes these users, if they are members.
    RemoveMembers(Vec<UserId>),
    /// Makes these users the only members.
    ReplaceMembers(Vec<UserId>),
    /// Removes the members that match a filter.
    RemoveMatching(Filter),
}

/// The most filters in one request: each is evaluated on all members.
const MAX_MEMBER_FILTERS: usize = 20;
/// The step budget for evaluating those filters.
const MAX_MEMBER_STEPS: u64 = 2_000_000;

/// The combined changes of a request. Each user appears once, however often the request names them.
#[derive(Debug, Default, PartialEq)]
pub struct GroupChanges {
    /// The new name.
    pub name: Option<String>,
    pub external_id: Patch<String>,
    /// Removes all members that are not in `added`.
    pub replaces_members: bool,
    pub added: BTreeSet<UserId>,
    pub removed: BTreeSet<UserId>,
}

impl GroupChanges {
    /// Combines changes in order. Filters are evaluated on these members, which include users added by earlier changes.
    ///
    /// # Errors
    /// Returns `tooMany` if this would take too many comparisons.
    pub fn from_changes(changes: Vec<Change>, members: &[NamedMember]) -> Result<Self, ScimError> {
        let (mut all, budget) = (Self::default(), StepBudget::at_most(MAX_MEMBER_STEPS));
        for change in changes {
            match change {
                Change::Rename(name) => all.name = Some(name),
                Change::SetExternalId(external) => all.external_id = external.into(),
                Change::AddMembers(users) => users.into_iter().for_each(|user| all.add(user)),
                Change::RemoveMembers(users) => users.into_iter().for_each(|user| all.remove(user)),
                Change::ReplaceMembers(users) => {
                    (all.replaces_members, all.added, all.removed) =
                        (true, users.into_iter().collect(), BTreeSet::new());
                }
                Change::RemoveMatching(filter) => {
                    let matches = |(id, name): &&NamedMember| {
                        filter.matches(&json!({ "value": id, "display": name, "type": "User" }), &budget)
                    };
                    members.iter().filter(matches).for_each(|(id, _)| all.remove(*id));
                    budget.check()?;
                }
            }
        }
        Ok(all)
    }

    fn add(&mut self, user: UserId) {
        self.removed.remove(&user);
        self.added.insert(user);
    }

    fn remove(&mut self, user: UserId) {
        self.added.remove(&user);
        self.removed.insert(user);
    }
}

/// The added users, whom filters may match besides the current members; `None` if there is no filter.
///
/// # Errors
/// Returns an error if there are too many filters.
pub fn candidates(changes: &[Change]) -> Result<Option<BTreeSet<UserId>>, ScimError> {
    let filters = changes.iter().filter(|change| matches!(change, Change::RemoveMatching(_))).count();
    if filters > MAX_MEMBER_FILTERS {
        let detail = format!("There are more than {MAX_MEMBER_FILTERS} filters; name members by their ids.");
        return Err(ScimError::too_many(detail));
    }
    let added = changes.iter().filter_map(|change| match change {
        Change::AddMembers(users) | Change::ReplaceMembers(users) => Some(users),
        _ => None,
    });
    Ok((filters > 0).then(|| added.flatten().copied().collect()))
}

/// The changes that make a group equal to a whole resource.
///
/// # Errors
/// Returns an error if the name is missing, or a value does not have the type of its attribute.
pub fn from_resource(body: &Value) -> Result<GroupChanges, ScimError> {
    let fields = body
        .as_object()
        .ok_or_else(|| ScimError::bad_request(ScimType::InvalidSyntax, "A resource must be an object."))?;
    let name =
        field(fields, "displayName").and_then(|name| unwrap_single(Kind::Text, name).as_str()).unwrap_or_default();
    let external = field(fields, "externalId").map_or(Ok(None), external_id)?;
    let members = field(fields, "members").map_or(Ok(Vec::new()), member_ids)?;
    let changes =
        vec![Change::Rename(validated_name(name)?), Change::SetExternalId(external), Change::ReplaceMembers(members)];
    GroupChanges::from_changes(changes, &[])
}

/// The changes that the operations of a PATCH ask for.
///
/// # Errors
/// Returns an error if a path is invalid, unknown or read-only.
pub fn from_operations(id: &str, operations: &[Operation]) -> Result<Vec<Change>, ScimError> {
    let mut changes = Vec::new();
    for operation in operations {
        match &operation.path {
            Some(path) => changes.extend(change_at(id, operation.op, path, &operation.value)?),
            None => {
                for (name, value) in known_fields(operation.fields()?) {
                    let attr = AttrPath { name: name.to_owned(), ..AttrPath::default() };
                    changes.extend(change_at(id, operation.op, &Path { attr, filter: None, sub: None }, value)?);
                }
            }
        }
    }
    Ok(changes)
}

/// The fields that belong to a group. Others are ignored, as in a whole resource.
fn known_fields(fields: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    fields.iter().filter_map(|(name, value)| {
        let (schema, name) = schema::split_schema(name);
        let core = schema.is_none_or(schema::is_core_schema);
        let known = ["id", "displayName", "externalId", "members"].iter().any(|one| one.eq_ignore_ascii_case(name));
        (core && known).then_some((name, value))
    })
}

fn change_at(id: &str, op: PatchOp, path: &Path, value: &Value) -> Result<Option<Change>, ScimError> {
    if !path.attr.schema.as_deref().is_none_or(schema::is_core_schema) {
        return Err(unknown_attribute(path));
    }
    match (path.attr.name.to_ascii_lowercase().as_str(), &path.filter) {
        ("members", filter) => member_change(op, filter.as_ref(), path, value),
        ("displayname", None) if op == PatchOp::Remove => {
            Err(ScimError::bad_request(ScimType::Mutability, "displayName is required."))
        }
        ("displayname", None) => match unwrap_single(Kind::Text, value).as_str() {
            Some(name) => Ok(Some(Change::Rename(validated_name(name)?))),
            None => Err(ScimError::bad_request(ScimType::InvalidValue, "displayName must be text.")),
        },
        ("externalid", None) if op == PatchOp::Remove => Ok(Some(Change::SetExternalId(None))),
        ("externalid", None) => Ok(Some(Change::SetExternalId(external_id(value)?))),
        // Okta sends the id together with the name.
        ("id", None) if unwrap_single(Kind::Text, value).as_str().is_some_and(|sent| sent.eq_ignore_ascii_case(id)) => {
            Ok(None)
        }
        ("id" | "meta" | "schemas", None) => {
            Err(ScimError::bad_request(ScimType::Mutability, format!("{} cannot be changed.", path.attr.name)))
        }
        _ => Err(unknown_attribute(path)),
    }
}

fn unknown_attribute(path: &Path) -> ScimError {
    ScimError::bad_request(ScimType::InvalidPath, format!("There is no attribute {}.", path.attr))
}

fn member_change(
    op: PatchOp,
    filter: Option<&Filter>,
    path: &Path,
    value: &Value,
) -> Result<Option<Change>, ScimError> {
    let whole = path.sub.is_none() && path.attr.sub.as_deref().is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
    if !whole {
        // The names of members belong to the users.
        return Ok(None);
    }
    let Some(filter) = filter else {
        return Ok(Some(match (op, value) {
            (PatchOp::Add, _) => Change::AddMembers(member_ids(value)?),
            (PatchOp::Replace, _) => Change::ReplaceMembers(member_ids(value)?),
            (PatchOp::Remove, Value::Null) => Change::ReplaceMembers(Vec::new()),
            // An empty list removes no member; it does not mean all.
            (PatchOp::Remove, _) => Change::RemoveMembers(valid_ids(value)),
        }));
    };
    let mut users = Vec::new();
    match (op, collect_ids(filter, &mut users)) {
        (PatchOp::Remove, true) => Ok(Some(Change::RemoveMembers(users))),
        (PatchOp::Remove, false) => Ok(Some(Change::RemoveMatching(filter.clone()))),
        (_, true) => Ok(Some(Change::AddMembers(users))),
        (_, false) => Err(ScimError::bad_request(ScimType::NoTarget, "This path names no member.")),
    }
}

/// Collects the ids that a filter names; returns whether it has no other conditions.
fn collect_ids(filter: &Filter, users: &mut Vec<UserId>) -> bool {
    match filter {
        Filter::Or(a, b) => collect_ids(a, users) && collect_ids(b, users),
        Filter::Compare(AttrPath { name, sub: None, .. }, Op::Eq, Literal::Text(text))
            if name.eq_ignore_ascii_case("value") =>
        {
            users.extend(text.parse::<UserId>());
            true
        }
        _ => false,
    }
}

fn external_id(value: &Value) -> Result<Option<String>, ScimError> {
    match unwrap_single(Kind::Text, value) {
        Value::Null => Ok(None),
        Value::String(text) if text.contains('\0') || text.len() > 1_000 => Err(ScimError::bad_request(
            ScimType::InvalidValue,
            "externalId must be shorter, and without control characters.",
        )),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(ScimError::bad_request(ScimType::InvalidValue, "externalId must be text.")),
    }
}

/// The ids of members: objects with `value` and possibly other fields, or plain ids. An invalid id counts as an unknown
/// user and becomes the nil id.
fn member_ids(value: &Value) -> Result<Vec<UserId>, ScimError> {
    let mut users = Vec::new();
    for one in as_list(value) {
        let text = member_id(one)
            .ok_or_else(|| ScimError::bad_request(ScimType::InvalidValue, "A member must have a value."))?;
        users.push(text.parse().unwrap_or(UserId(Uuid::nil())));
    }
    users.sort_unstable();
    users.dedup();
    Ok(users)
}

/// The valid ids among the members to remove.
fn valid_ids(value: &Value) -> Vec<UserId> {
    as_list(value).iter().filter_map(|one| member_id(one)?.parse().ok()).collect()
}

fn as_list(value: &Value) -> &[Value] {
    match value {
        Value::Array(many) => many,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn member_id(one: &Value) -> Option<&str> {
    match one {
        Value::Object(parts) => field(parts, "value").and_then(Value::as_str),
        plain => plain.as_str(),
    }
}
