//! One change at the place that its path names.

use super::Does;
use crate::scim::{
    fail::{Fail, Type},
    filter::{Filter, Literal, Op, Path, field},
    schema::{Kind, Known, known},
};
use serde_json::{Map, Value};

/// Changes an attribute, which is known, among these.
pub fn change(of: &mut Map<String, Value>, target: &Known, does: Does, path: &Path, value: &Value) -> Result<(), Fail> {
    let parts: &[Known] = if let Kind::Complex(parts) = target.kind { parts } else { &[] };
    let sub = path.sub.as_deref().or(path.attr.sub.as_deref());
    let sub = match sub {
        None => None,
        Some(name) => Some(
            known(parts, name)
                .ok_or_else(|| Fail::bad(Type::InvalidPath, format!("{} has no {name}.", target.name)))?,
        ),
    };
    match (&path.filter, sub) {
        (Some(_), _) if !target.multi => {
            Err(Fail::bad(Type::InvalidPath, format!("{} has only one value.", target.name)))
        }
        (Some(filter), sub) => chosen(of, target, does, (filter, sub), value),
        (None, Some(sub)) if target.multi => each(of, target, does, sub, value),
        (None, Some(sub)) => part(of, target, does, sub, value),
        (None, None) => whole(of, target, does, value),
    }
}

/// The attribute as a whole.
fn whole(of: &mut Map<String, Value>, target: &Known, does: Does, value: &Value) -> Result<(), Fail> {
    match (does, value) {
        (Does::Remove, Value::Array(_) | Value::Object(_)) if target.multi => {
            let gone = listed(value);
            values(of, target).retain(|one| !gone.iter().any(|gone| is_the_same(one, gone)));
        }
        (Does::Remove, _) | (Does::Replace, Value::Null) => drop(of.remove(target.name)),
        (Does::Add, _) if target.multi => {
            let there = values(of, target);
            for one in listed(value) {
                if !there.iter().any(|other| other == one) {
                    there.push(one.clone());
                }
            }
        }
        (_, Value::Object(parts)) if !target.multi && matches!(target.kind, Kind::Complex(_)) => {
            let Some(there) = object(of, target) else { return Ok(()) };
            for (name, value) in parts {
                put(there, name, value.clone());
            }
        }
        _ => drop(of.insert(target.name.to_owned(), value.clone())),
    }
    Ok(())
}

/// A part of an attribute that has one value.
fn part(of: &mut Map<String, Value>, target: &Known, does: Does, sub: &Known, value: &Value) -> Result<(), Fail> {
    if let Some(there) = object(of, target) {
        set(there, does, sub, value);
    }
    Ok(())
}

/// A part of each value.
fn each(of: &mut Map<String, Value>, target: &Known, does: Does, sub: &Known, value: &Value) -> Result<(), Fail> {
    let there = values(of, target);
    if there.is_empty() && does != Does::Remove {
        there.push(Value::Object(Map::new()));
    }
    there.iter_mut().filter_map(Value::as_object_mut).for_each(|one| set(one, does, sub, value));
    Ok(())
}

/// Those values that a filter chooses. If there is none, one is made such as it says: `emails[type eq "work"].value`.
fn chosen(
    of: &mut Map<String, Value>,
    target: &Known,
    does: Does,
    (filter, sub): (&Filter, Option<&Known>),
    value: &Value,
) -> Result<(), Fail> {
    let there = values(of, target);
    if let (Does::Remove, None) = (does, sub) {
        there.retain(|one| !filter.matches(one));
        return Ok(());
    }
    if does != Does::Remove && !there.iter().any(|one| filter.matches(one)) {
        let mut made = Map::new();
        as_said(filter, &mut made);
        if made.is_empty() {
            return Err(Fail::bad(Type::NoTarget, format!("No value of {} is such.", target.name)));
        }
        there.push(Value::Object(made));
    }
    for one in there.iter_mut().filter(|one| filter.matches(one)) {
        match (sub, one.as_object_mut(), value) {
            (Some(sub), Some(parts), _) => set(parts, does, sub, value),
            (None, Some(parts), Value::Object(new)) => {
                new.iter().for_each(|(name, value)| put(parts, name, value.clone()));
            }
            (None, Some(parts), plain) => put(parts, "value", plain.clone()),
            (_, None, _) => {}
        }
    }
    Ok(())
}

/// What a value is that a filter describes.
fn as_said(filter: &Filter, made: &mut Map<String, Value>) {
    match filter {
        Filter::And(a, b) => {
            as_said(a, made);
            as_said(b, made);
        }
        Filter::Compare(attr, Op::Eq, literal) if attr.sub.is_none() => {
            let value = match literal {
                Literal::Text(text) => Value::from(text.as_str()),
                Literal::Bool(truth) => Value::Bool(*truth),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Null => return,
            };
            made.insert(attr.name.clone(), value);
        }
        _ => {}
    }
}

fn set(parts: &mut Map<String, Value>, does: Does, sub: &Known, value: &Value) {
    match does {
        Does::Remove => drop(parts.remove(sub.name)),
        Does::Add | Does::Replace => put(parts, sub.name, value.clone()),
    }
}

/// Puts a value under a name, in the place of one whose name differs in case.
fn put(parts: &mut Map<String, Value>, name: &str, value: Value) {
    parts.retain(|other, _| !other.eq_ignore_ascii_case(name));
    parts.insert(name.to_owned(), value);
}

fn listed(value: &Value) -> &[Value] {
    match value {
        Value::Array(many) => many,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// Whether a value is the one that is to be removed: by its `value`, if it has one.
fn is_the_same(one: &Value, gone: &Value) -> bool {
    let plain = |value: &Value| match value {
        Value::Object(parts) => field(parts, "value").cloned().unwrap_or_else(|| value.clone()),
        plain => plain.clone(),
    };
    plain(one) == plain(gone)
}

/// The values of an attribute that has several.
fn values<'a>(of: &'a mut Map<String, Value>, target: &Known) -> &'a mut Vec<Value> {
    let there = of.entry(target.name).or_insert_with(|| Value::Array(Vec::new()));
    if !there.is_array() {
        *there = Value::Array(vec![there.take()]);
    }
    match there {
        Value::Array(values) => values,
        _ => unreachable!("it was made an array"),
    }
}

/// The parts of an attribute that has one value.
fn object<'a>(of: &'a mut Map<String, Value>, target: &Known) -> Option<&'a mut Map<String, Value>> {
    let there = of.entry(target.name).or_insert_with(|| Value::Object(Map::new()));
    if !there.is_object() {
        *there = Value::Object(Map::new());
    }
    there.as_object_mut()
}
