//! Applies one PATCH operation to the attribute that its path names.

use super::PatchOp;
use crate::scim::{
    error::{ScimError, ScimType},
    filter::{Filter, Literal, Op, Path, StepBudget, field, weight},
    schema::{Attribute, Kind, check_value_count, find_attribute, unwrap_single},
};
use serde_json::{Map, Value};

/// Applies an operation to the attribute `target` of `resource`.
pub fn apply(
    resource: &mut Map<String, Value>,
    target: &Attribute,
    op: PatchOp,
    path: &Path,
    value: &Value,
    budget: &StepBudget,
) -> Result<(), ScimError> {
    let parts: &[Attribute] = if let Kind::Complex(parts) = target.kind { parts } else { &[] };
    let sub = path.sub.as_deref().or(path.attr.sub.as_deref());
    let sub =
        match sub {
            None => None,
            Some(name) => Some(find_attribute(parts, name).ok_or_else(|| {
                ScimError::bad_request(ScimType::InvalidPath, format!("{} has no {name}.", target.name))
            })?),
        };
    let value = match sub {
        Some(sub) => unwrap_single(sub.kind, value),
        None if target.multi_valued => value,
        None => unwrap_single(target.kind, value),
    };
    match (&path.filter, sub) {
        (Some(_), _) if !target.multi_valued => {
            return Err(ScimError::bad_request(ScimType::InvalidPath, format!("{} has only one value.", target.name)));
        }
        (Some(filter), sub) => apply_to_matching(resource, target, op, (filter, sub), value, budget)?,
        (None, Some(sub)) if target.multi_valued => apply_to_each(resource, target, op, sub, value, budget),
        (None, Some(sub)) => apply_to_part(resource, target, op, sub, value),
        (None, None) => apply_to_whole(resource, target, op, value, budget)?,
    }
    check_value_count(target, resource.get(target.name).and_then(Value::as_array).map_or(0, Vec::len))
}

/// Changes the attribute as a whole.
fn apply_to_whole(
    resource: &mut Map<String, Value>,
    target: &Attribute,
    op: PatchOp,
    value: &Value,
    budget: &StepBudget,
) -> Result<(), ScimError> {
    match (op, value) {
        (PatchOp::Remove, Value::Array(_) | Value::Object(_)) if target.multi_valued => {
            let removed = as_list(value);
            check_value_count(target, removed.len())?;
            let is_removed =
                |one: &Value| removed.iter().any(|other| budget.spend(1) && identity(one) == identity(other));
            values(resource, target).retain(|one| !is_removed(one));
        }
        (PatchOp::Remove, _) | (PatchOp::Replace, Value::Null) => drop(resource.remove(target.name)),
        (PatchOp::Add, _) if target.multi_valued => {
            check_value_count(target, as_list(value).len())?;
            add(values(resource, target), as_list(value), budget);
        }
        (_, Value::Object(parts)) if !target.multi_valued && matches!(target.kind, Kind::Complex(_)) => {
            let Some(existing) = object(resource, target) else { return Ok(()) };
            for (name, value) in parts {
                put(existing, name, value.clone());
            }
        }
        _ => drop(resource.insert(target.name.to_owned(), value.clone())),
    }
    Ok(())
}

/// Adds values. An existing value is not added again, but may become the primary one.
fn add(existing: &mut Vec<Value>, new: &[Value], budget: &StepBudget) {
    let mut primary = Vec::new();
    for one in new {
        let same = existing.iter().position(|other| !budget.spend(1) || is_equal_except_primary(one, other));
        let index = same.unwrap_or(existing.len());
        if index == existing.len() {
            existing.push(one.clone());
        }
        if is_primary(one) {
            primary = vec![index];
        }
    }
    make_primary(existing, &primary);
}

/// Changes a sub-attribute of a single-valued attribute.
fn apply_to_part(resource: &mut Map<String, Value>, target: &Attribute, op: PatchOp, sub: &Attribute, value: &Value) {
    if let Some(existing) = object(resource, target) {
        set(existing, op, sub, value);
    }
}

/// Changes a sub-attribute of each value.
fn apply_to_each(
    resource: &mut Map<String, Value>,
    target: &Attribute,
    op: PatchOp,
    sub: &Attribute,
    value: &Value,
    budget: &StepBudget,
) {
    let existing = values(resource, target);
    if existing.is_empty() && op != PatchOp::Remove {
        existing.push(Value::Object(Map::new()));
    }
    if !budget.spend(existing.len().saturating_mul(weight(value))) {
        return;
    }
    existing.iter_mut().filter_map(Value::as_object_mut).for_each(|one| set(one, op, sub, value));
}

/// Changes the values that match a filter. If none does, creates one that matches: `emails[type eq "work"].value`.
fn apply_to_matching(
    resource: &mut Map<String, Value>,
    target: &Attribute,
    op: PatchOp,
    (filter, sub): (&Filter, Option<&Attribute>),
    value: &Value,
    budget: &StepBudget,
) -> Result<(), ScimError> {
    let value = if sub.is_none() { unwrap_single(target.kind, value) } else { value };
    let existing = values(resource, target);
    if let (PatchOp::Remove, None) = (op, sub) {
        existing.retain(|one| !filter.matches(one, budget));
        return Ok(());
    }
    let mut matching: Vec<_> = (0..existing.len()).filter(|index| filter.matches(&existing[*index], budget)).collect();
    if op != PatchOp::Remove && matching.is_empty() {
        let mut created = Map::new();
        add_described(filter, &mut created);
        if created.is_empty() {
            return Err(ScimError::bad_request(
                ScimType::NoTarget,
                format!("No value of {} matches the filter.", target.name),
            ));
        }
        matching.push(existing.len());
        existing.push(Value::Object(created));
    }
    if !budget.spend(matching.len().saturating_mul(weight(value))) {
        return budget.check();
    }
    for index in &matching {
        match (sub, existing[*index].as_object_mut(), value) {
            (Some(sub), Some(parts), _) => set(parts, op, sub, value),
            (None, Some(parts), Value::Object(new)) => {
                new.iter().for_each(|(name, value)| put(parts, name, value.clone()));
            }
            (None, Some(parts), plain) => put(parts, "value", plain.clone()),
            (_, None, _) => {}
        }
    }
    matching.retain(|index| is_primary(&existing[*index]));
    let sets_primary = sub.map_or_else(|| is_primary(value), |sub| sub.name == "primary");
    if sets_primary {
        make_primary(existing, &matching);
    }
    Ok(())
}

/// Makes the last of these values the only primary one (RFC 7644 §3.5.2); changes nothing if there is none.
fn make_primary(values: &mut [Value], indexes: &[usize]) {
    let Some(last) = indexes.last() else { return };
    for (index, parts) in values.iter_mut().enumerate().filter_map(|(index, one)| Some((index, one.as_object_mut()?))) {
        if index == *last {
            put(parts, "primary", Value::Bool(true));
        } else {
            parts.retain(|name, value| !(name.eq_ignore_ascii_case("primary") && is_true(value)));
        }
    }
}

fn is_primary(value: &Value) -> bool {
    value.as_object().and_then(|parts| field(parts, "primary")).is_some_and(is_true)
}

/// Whether a value is true, also as a string or as a list of one.
fn is_true(value: &Value) -> bool {
    match unwrap_single(Kind::Bool, value) {
        Value::String(text) => text.trim().eq_ignore_ascii_case("true"),
        other => *other == Value::Bool(true),
    }
}

/// Adds the fields that a filter requires by equality to a new value.
fn add_described(filter: &Filter, created: &mut Map<String, Value>) {
    match filter {
        Filter::And(a, b) => {
            add_described(a, created);
            add_described(b, created);
        }
        Filter::Compare(attr, Op::Eq, literal) if attr.sub.is_none() => {
            let value = match literal {
                Literal::Text(text) => Value::from(text.as_str()),
                Literal::Bool(truth) => Value::Bool(*truth),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Null => return,
            };
            created.insert(attr.name.clone(), value);
        }
        _ => {}
    }
}

fn set(parts: &mut Map<String, Value>, op: PatchOp, sub: &Attribute, value: &Value) {
    match op {
        PatchOp::Remove => drop(parts.remove(sub.name)),
        PatchOp::Add | PatchOp::Replace => put(parts, sub.name, value.clone()),
    }
}

/// Inserts a field, replacing one whose name differs only in case.
fn put(parts: &mut Map<String, Value>, name: &str, value: Value) {
    parts.retain(|other, _| !other.eq_ignore_ascii_case(name));
    parts.insert(name.to_owned(), value);
}

fn as_list(value: &Value) -> &[Value] {
    match value {
        Value::Array(many) => many,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// What identifies a value to be removed: its `value`, if it has one.
fn identity(one: &Value) -> &Value {
    one.as_object().and_then(|parts| field(parts, "value")).unwrap_or(one)
}

/// Whether two values are equal except for `primary`.
fn is_equal_except_primary(one: &Value, other: &Value) -> bool {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return one == other };
    let is_primary_field = |name: &str| name.eq_ignore_ascii_case("primary");
    let count = |parts: &Map<String, Value>| parts.keys().filter(|name| !is_primary_field(name)).count();
    count(one) == count(other)
        && one.iter().all(|(name, value)| is_primary_field(name) || other.get(name).is_some_and(|other| other == value))
}

/// The values of a multi-valued attribute.
fn values<'a>(resource: &'a mut Map<String, Value>, target: &Attribute) -> &'a mut Vec<Value> {
    let existing = resource.entry(target.name).or_insert_with(|| Value::Array(Vec::new()));
    if !existing.is_array() {
        *existing = Value::Array(vec![existing.take()]);
    }
    match existing {
        Value::Array(values) => values,
        _ => unreachable!("made an array above"),
    }
}

/// The fields of a single-valued complex attribute.
fn object<'a>(resource: &'a mut Map<String, Value>, target: &Attribute) -> Option<&'a mut Map<String, Value>> {
    let existing = resource.entry(target.name).or_insert_with(|| Value::Object(Map::new()));
    if !existing.is_object() {
        *existing = Value::Object(Map::new());
    }
    existing.as_object_mut()
}
