//! One change at the place that its path names.

use super::Does;
use crate::scim::{
    fail::{Fail, Type},
    filter::{Filter, Literal, Op, Path, Steps, field, weight},
    schema::{Kind, Known, check_value_count, known, single},
};
use serde_json::{Map, Value};

/// Changes an attribute, which is known, among these.
pub fn change(
    of: &mut Map<String, Value>,
    target: &Known,
    does: Does,
    path: &Path,
    value: &Value,
    steps: &Steps,
) -> Result<(), Fail> {
    let parts: &[Known] = if let Kind::Complex(parts) = target.kind { parts } else { &[] };
    let sub = path.sub.as_deref().or(path.attr.sub.as_deref());
    let sub = match sub {
        None => None,
        Some(name) => Some(
            known(parts, name)
                .ok_or_else(|| Fail::bad(Type::InvalidPath, format!("{} has no {name}.", target.name)))?,
        ),
    };
    let value = match sub {
        Some(sub) => single(sub.kind, value),
        None if target.multi => value,
        None => single(target.kind, value),
    };
    match (&path.filter, sub) {
        (Some(_), _) if !target.multi => {
            return Err(Fail::bad(Type::InvalidPath, format!("{} has only one value.", target.name)));
        }
        (Some(filter), sub) => chosen(of, target, does, (filter, sub), value, steps)?,
        (None, Some(sub)) if target.multi => each(of, target, does, sub, value, steps),
        (None, Some(sub)) => part(of, target, does, sub, value),
        (None, None) => whole(of, target, does, value, steps)?,
    }
    check_value_count(target, of.get(target.name).and_then(Value::as_array).map_or(0, Vec::len))
}

/// The attribute as a whole.
fn whole(of: &mut Map<String, Value>, target: &Known, does: Does, value: &Value, steps: &Steps) -> Result<(), Fail> {
    match (does, value) {
        (Does::Remove, Value::Array(_) | Value::Object(_)) if target.multi => {
            let gone = listed(value);
            check_value_count(target, gone.len())?;
            let there = values(of, target);
            there.retain(|one| !gone.iter().any(|gone| steps.take(1) && bare(one) == bare(gone)));
        }
        (Does::Remove, _) | (Does::Replace, Value::Null) => drop(of.remove(target.name)),
        (Does::Add, _) if target.multi => {
            check_value_count(target, listed(value).len())?;
            add(values(of, target), listed(value), steps);
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

/// Puts values to those that are there. What is there already is not added again, but may become the primary one.
fn add(there: &mut Vec<Value>, new: &[Value], steps: &Steps) {
    let mut primary = Vec::new();
    for one in new {
        let same = there.iter().position(|other| !steps.take(1) || is_same_but_primary(one, other));
        let place = same.unwrap_or(there.len());
        if place == there.len() {
            there.push(one.clone());
        }
        if says_primary(one) {
            primary = vec![place];
        }
    }
    make_primary(there, &primary);
}

/// A part of an attribute that has one value.
fn part(of: &mut Map<String, Value>, target: &Known, does: Does, sub: &Known, value: &Value) {
    if let Some(there) = object(of, target) {
        set(there, does, sub, value);
    }
}

/// A part of each value.
fn each(of: &mut Map<String, Value>, target: &Known, does: Does, sub: &Known, value: &Value, steps: &Steps) {
    let there = values(of, target);
    if there.is_empty() && does != Does::Remove {
        there.push(Value::Object(Map::new()));
    }
    if !steps.take(there.len().saturating_mul(weight(value))) {
        return;
    }
    there.iter_mut().filter_map(Value::as_object_mut).for_each(|one| set(one, does, sub, value));
}

/// Those values that a filter chooses. If there is none, one is made such as it says: `emails[type eq "work"].value`.
fn chosen(
    of: &mut Map<String, Value>,
    target: &Known,
    does: Does,
    (filter, sub): (&Filter, Option<&Known>),
    value: &Value,
    steps: &Steps,
) -> Result<(), Fail> {
    let value = if sub.is_none() { single(target.kind, value) } else { value };
    let there = values(of, target);
    if let (Does::Remove, None) = (does, sub) {
        there.retain(|one| !filter.matches(one, steps));
        return Ok(());
    }
    let mut such: Vec<_> = (0..there.len()).filter(|place| filter.matches(&there[*place], steps)).collect();
    if does != Does::Remove && such.is_empty() {
        let mut made = Map::new();
        as_said(filter, &mut made);
        if made.is_empty() {
            return Err(Fail::bad(Type::NoTarget, format!("No value of {} is such.", target.name)));
        }
        such.push(there.len());
        there.push(Value::Object(made));
    }
    if !steps.take(such.len().saturating_mul(weight(value))) {
        return steps.must_be_few();
    }
    for place in &such {
        match (sub, there[*place].as_object_mut(), value) {
            (Some(sub), Some(parts), _) => set(parts, does, sub, value),
            (None, Some(parts), Value::Object(new)) => {
                new.iter().for_each(|(name, value)| put(parts, name, value.clone()));
            }
            (None, Some(parts), plain) => put(parts, "value", plain.clone()),
            (_, None, _) => {}
        }
    }
    such.retain(|place| says_primary(&there[*place]));
    let sets_it = sub.map_or_else(|| says_primary(value), |sub| sub.name == "primary");
    if sets_it {
        make_primary(there, &such);
    }
    Ok(())
}

/// Of all values only these stay the primary ones (RFC 7644 §3.5.2); if they are none, whichever is.
fn make_primary(there: &mut [Value], these: &[usize]) {
    let Some(last) = these.last() else { return };
    for (place, parts) in there.iter_mut().enumerate().filter_map(|(place, one)| Some((place, one.as_object_mut()?))) {
        if place == *last {
            put(parts, "primary", Value::Bool(true));
        } else {
            parts.retain(|name, value| !(name.eq_ignore_ascii_case("primary") && is_true(value)));
        }
    }
}

fn says_primary(value: &Value) -> bool {
    value.as_object().and_then(|parts| field(parts, "primary")).is_some_and(is_true)
}

/// True, also as text or as a list of one.
fn is_true(value: &Value) -> bool {
    match single(Kind::Bool, value) {
        Value::String(text) => text.trim().eq_ignore_ascii_case("true"),
        other => *other == Value::Bool(true),
    }
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

/// What tells a value from others that are to be removed: its `value`, if it has one.
fn bare(one: &Value) -> &Value {
    one.as_object().and_then(|parts| field(parts, "value")).unwrap_or(one)
}

/// Whether two values differ at most in which of them is the primary one.
fn is_same_but_primary(one: &Value, other: &Value) -> bool {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return one == other };
    let is_primary = |name: &str| name.eq_ignore_ascii_case("primary");
    let count = |parts: &Map<String, Value>| parts.keys().filter(|name| !is_primary(name)).count();
    count(one) == count(other)
        && one.iter().all(|(name, value)| is_primary(name) || other.get(name).is_some_and(|other| other == value))
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
