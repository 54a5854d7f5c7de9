//! Whether a resource is such as a filter says.

use super::{Attr, Filter, Literal, Op};
use crate::scim::{
    fail::{Fail, Type},
    schema,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::{cell::Cell, cmp::Ordering};

/// The value of a field, whatever the case of the letters of its name.
pub fn field<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    of.get(name).or_else(|| of.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The values that an attribute has in a resource.
#[derive(Debug, Default)]
pub struct Looked<'a>(pub Vec<&'a Value>);

/// Looks up an attribute: of several values each one, of what has parts the part `value`.
pub fn look_up<'a>(resource: &'a Value, attr: &Attr) -> Looked<'a> {
    let root = match attr.schema.as_deref() {
        Some(uri) if !schema::is_core(uri) => resource.as_object().and_then(|root| field(root, uri)),
        _ => Some(resource),
    };
    let found = root.and_then(Value::as_object).and_then(|root| field(root, &attr.name));
    let mut values = Vec::new();
    for value in found.into_iter().flat_map(each) {
        match (&attr.sub, value) {
            (Some(sub), Value::Object(parts)) => values.extend(field(parts, sub).into_iter().flat_map(each)),
            (Some(sub), plain) if sub.eq_ignore_ascii_case("value") => values.push(plain),
            (Some(_), _) => {}
            (None, plain) => values.push(plain),
        }
    }
    Looked(values)
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Value::Array(many) => (many.as_slice(), None),
        Value::Null => (&[][..], None),
        one => (&[][..], Some(one)),
    };
    many.iter().chain(one)
}

/// Counts the values that filters look at, so that no request makes them look at too many.
#[derive(Debug)]
pub struct Steps {
    taken: Cell<u64>,
    most: u64,
}

impl Steps {
    /// None yet, and so many at most.
    pub fn at_most(most: u64) -> Self {
        Self { taken: Cell::new(0), most }
    }

    /// How many there were.
    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// Takes some more; whether that is not too much.
    pub fn take(&self, more: usize) -> bool {
        self.taken.set(self.taken.get().saturating_add(more as u64));
        self.taken.get() <= self.most
    }

    /// Goes on only if there were not too many. What filters said after that means nothing.
    ///
    /// # Errors
    /// `tooMany`.
    pub fn must_be_few(&self) -> Result<(), Fail> {
        if self.taken() <= self.most {
            return Ok(());
        }
        Err(Fail::bad(Type::TooMany, "Too much would have to be compared; ask for less, or with a shorter filter."))
    }
}

impl Filter {
    /// Whether this resource, or this one of several values, is such. Of nothing, if too much would have to be looked at.
    pub fn matches(&self, resource: &Value, steps: &Steps) -> bool {
        let look_up = |attr: &Attr| {
            let values = look_up(resource, attr).0;
            let weight = values.iter().map(|value| weight(plain(value))).sum::<usize>();
            if steps.take(1 + weight) { values } else { Vec::new() }
        };
        match self {
            Self::And(a, b) => a.matches(resource, steps) && b.matches(resource, steps),
            Self::Or(a, b) => a.matches(resource, steps) || b.matches(resource, steps),
            Self::Not(inner) => !inner.matches(resource, steps),
            Self::Present(attr) => look_up(attr).iter().any(|value| has_something(value)),
            Self::Some(attr, inner) => {
                let plain = |value: &Value| match value {
                    Value::Object(_) => inner.matches(value, steps),
                    plain => inner.matches(&serde_json::json!({ "value": plain }), steps),
                };
                look_up(attr).iter().any(|value| plain(value))
            }
            Self::Compare(attr, op, literal) => {
                let values = look_up(attr);
                let exact = schema::is_exact(attr);
                let equals = |value: &&Value| compare(value, literal, exact) == Some(Ordering::Equal);
                match (op, literal) {
                    (Op::Eq, Literal::Null) => !values.iter().any(|value| has_something(value)),
                    (Op::Ne, Literal::Null) => values.iter().any(|value| has_something(value)),
                    (Op::Eq, _) => values.iter().any(equals),
                    (Op::Ne, _) => !values.iter().any(equals),
                    _ => values.iter().any(|value| holds(value, *op, literal, exact)),
                }
            }
        }
    }
}

/// How much work a value makes: long texts make more.
pub fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 64,
        Value::Array(many) => many.iter().map(weight).sum::<usize>() + 1,
        Value::Object(parts) => parts.values().map(weight).sum::<usize>() + 1,
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn has_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(many) => !many.is_empty(),
        Value::Object(parts) => !parts.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// What of a value is compared: of what has parts the part `value`.
fn plain(value: &Value) -> &Value {
    value.as_object().and_then(|parts| field(parts, "value")).unwrap_or(value)
}

fn holds(value: &Value, op: Op, literal: &Literal, exact: bool) -> bool {
    let order = || compare(value, literal, exact);
    let parts = |has: fn(&str, &str) -> bool| match (plain(value), literal) {
        (Value::String(text), Literal::Text(wanted)) if exact => has(text, wanted),
        (Value::String(text), Literal::Text(wanted)) => has(&text.to_lowercase(), &wanted.to_lowercase()),
        (Value::String(text), Literal::Number(wanted)) => has(text, &wanted.to_string()),
        _ => false,
    };
    match op {
        Op::Eq => order() == Some(Ordering::Equal),
        Op::Ne => order() != Some(Ordering::Equal),
        Op::Gt => order() == Some(Ordering::Greater),
        Op::Ge => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        Op::Lt => order() == Some(Ordering::Less),
        Op::Le => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        Op::Co => parts(|text, wanted| text.contains(wanted)),
        Op::Sw => parts(|text, wanted| text.starts_with(wanted)),
        Op::Ew => parts(|text, wanted| text.ends_with(wanted)),
    }
}

/// How a value stands to what it is compared with; nothing if they are not of one kind.
fn compare(value: &Value, literal: &Literal, exact: bool) -> Option<Ordering> {
    match (plain(value), literal) {
        (Value::String(text), Literal::Text(wanted)) => Some(compare_text(text, wanted, exact)),
        (Value::String(text), Literal::Number(wanted)) => Some(compare_text(text, &wanted.to_string(), exact)),
        (Value::String(text), Literal::Bool(wanted)) => text.parse::<bool>().ok().map(|text| text.cmp(wanted)),
        (Value::Bool(truth), Literal::Bool(wanted)) => Some(truth.cmp(wanted)),
        (Value::Bool(truth), Literal::Text(wanted)) => {
            wanted.to_ascii_lowercase().parse::<bool>().ok().map(|wanted| truth.cmp(&wanted))
        }
        (Value::Number(number), Literal::Number(wanted)) => number.as_f64()?.partial_cmp(&wanted.as_f64()?),
        _ => None,
    }
}

fn compare_text(text: &str, wanted: &str, exact: bool) -> Ordering {
    // Most texts are no moments, which is cheap to see.
    let may_be = |text: &str| text.len() >= 20 && text.as_bytes()[0].is_ascii_digit();
    let moment = |text: &str| text.parse::<DateTime<Utc>>().ok();
    match Some((text, wanted)).filter(|_| may_be(text) && may_be(wanted)).map(|_| (moment(text), moment(wanted))) {
        Some((Some(at), Some(wanted))) => at.cmp(&wanted),
        _ if exact => text.cmp(wanted),
        _ => text.to_lowercase().cmp(&wanted.to_lowercase()),
    }
}
