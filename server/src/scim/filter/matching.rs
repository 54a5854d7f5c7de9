//! Evaluates filters on resources, within a budget of steps.

use super::{AttrPath, Filter, Literal, Op};
use crate::scim::{
    error::{ScimError, ScimType},
    schema,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::{cell::Cell, cmp::Ordering};

/// The value of a field; its name is compared case-insensitively.
pub fn field<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    of.get(name).or_else(|| of.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The values of an attribute in a resource: each value of a multi-valued attribute.
pub fn look_up<'a>(resource: &'a Value, attr: &AttrPath) -> Vec<&'a Value> {
    let root = match attr.schema.as_deref() {
        Some(uri) if !schema::is_core_schema(uri) => resource.as_object().and_then(|root| field(root, uri)),
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
    values
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (values, one) = match value {
        Value::Array(values) => (values.as_slice(), None),
        Value::Null => (&[][..], None),
        one => (&[][..], Some(one)),
    };
    values.iter().chain(one)
}

/// Limits how many values the filters of one request may examine.
#[derive(Debug)]
pub struct StepBudget {
    spent: Cell<u64>,
    limit: u64,
}

impl StepBudget {
    /// A new budget of this many steps.
    pub fn at_most(limit: u64) -> Self {
        Self { spent: Cell::new(0), limit }
    }

    /// The steps spent so far, which may exceed the limit.
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Spends some steps; returns whether the total is within the limit.
    pub fn spend(&self, steps: usize) -> bool {
        self.spent.set(self.spent.get().saturating_add(steps as u64));
        self.spent.get() <= self.limit
    }

    /// Checks the limit. If it was exceeded, the results of filters are meaningless.
    ///
    /// # Errors
    /// Returns `tooMany` if the limit was exceeded.
    pub fn check(&self) -> Result<(), ScimError> {
        if self.spent() <= self.limit {
            return Ok(());
        }
        let detail = "The request needs too many comparisons; narrow it down, or use a shorter filter.";
        Err(ScimError::bad_request(ScimType::TooMany, detail))
    }
}

impl Filter {
    /// Whether this resource, or this value of a multi-valued attribute, satisfies the filter. Once the budget is
    /// exceeded, attributes count as absent.
    pub fn matches(&self, resource: &Value, budget: &StepBudget) -> bool {
        let look_up = |attr: &AttrPath| {
            let values = look_up(resource, attr);
            let weight = values.iter().map(|value| weight(comparable(value))).sum::<usize>();
            if budget.spend(1 + weight) { values } else { Vec::new() }
        };
        match self {
            Self::And(a, b) => a.matches(resource, budget) && b.matches(resource, budget),
            Self::Or(a, b) => a.matches(resource, budget) || b.matches(resource, budget),
            Self::Not(inner) => !inner.matches(resource, budget),
            Self::Present(attr) => look_up(attr).iter().any(|value| is_present(value)),
            Self::ValuePath(attr, inner) => {
                let matches = |value: &Value| match value {
                    Value::Object(_) => inner.matches(value, budget),
                    plain => inner.matches(&serde_json::json!({ "value": plain }), budget),
                };
                look_up(attr).iter().any(|value| matches(value))
            }
            Self::Compare(attr, op, literal) => {
                let values = look_up(attr);
                let case_exact = schema::is_case_exact(attr);
                let equals = |value: &&Value| compare(value, literal, case_exact) == Some(Ordering::Equal);
                match (op, literal) {
                    (Op::Eq, Literal::Null) => !values.iter().any(|value| is_present(value)),
                    (Op::Ne, Literal::Null) => values.iter().any(|value| is_present(value)),
                    (Op::Eq, _) => values.iter().any(equals),
                    (Op::Ne, _) => !values.iter().any(equals),
                    _ => values.iter().any(|value| holds(value, *op, literal, case_exact)),
                }
            }
        }
    }
}

/// The steps that examining a value costs: long strings cost more.
pub fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 64,
        Value::Array(values) => values.iter().map(weight).sum::<usize>() + 1,
        Value::Object(parts) => parts.values().map(weight).sum::<usize>() + 1,
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(parts) => !parts.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The part of a value that is compared: the sub-attribute `value` of a complex value.
fn comparable(value: &Value) -> &Value {
    value.as_object().and_then(|parts| field(parts, "value")).unwrap_or(value)
}

fn holds(value: &Value, op: Op, literal: &Literal, case_exact: bool) -> bool {
    let order = || compare(value, literal, case_exact);
    let parts = |has: fn(&str, &str) -> bool| match (comparable(value), literal) {
        (Value::String(text), Literal::Text(wanted)) if case_exact => has(text, wanted),
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

/// The order of a value and a literal; `None` if their types are not comparable.
fn compare(value: &Value, literal: &Literal, case_exact: bool) -> Option<Ordering> {
    match (comparable(value), literal) {
        (Value::String(text), Literal::Text(wanted)) => Some(compare_text(text, wanted, case_exact)),
        (Value::String(text), Literal::Number(wanted)) => Some(compare_text(text, &wanted.to_string(), case_exact)),
        (Value::String(text), Literal::Bool(wanted)) => text.parse::<bool>().ok().map(|text| text.cmp(wanted)),
        (Value::Bool(truth), Literal::Bool(wanted)) => Some(truth.cmp(wanted)),
        (Value::Bool(truth), Literal::Text(wanted)) => {
            wanted.to_ascii_lowercase().parse::<bool>().ok().map(|wanted| truth.cmp(&wanted))
        }
        (Value::Number(number), Literal::Number(wanted)) => number.as_f64()?.partial_cmp(&wanted.as_f64()?),
        _ => None,
    }
}

fn compare_text(text: &str, wanted: &str, case_exact: bool) -> Ordering {
    // Most strings are not timestamps; this check is cheap.
    let may_be_timestamp = |text: &str| text.len() >= 20 && text.as_bytes()[0].is_ascii_digit();
    let timestamp = |text: &str| text.parse::<DateTime<Utc>>().ok();
    match Some((text, wanted))
        .filter(|_| may_be_timestamp(text) && may_be_timestamp(wanted))
        .map(|_| (timestamp(text), timestamp(wanted)))
    {
        Some((Some(at), Some(wanted))) => at.cmp(&wanted),
        _ if case_exact => text.cmp(wanted),
        _ => text.to_lowercase().cmp(&wanted.to_lowercase()),
    }
}
