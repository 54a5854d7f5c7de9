//! Brings incoming attributes into canonical form: names as the schema spells them, Booleans from strings, a list where
//! only one value was sent. Unknown attributes are dropped.

use super::{Attribute, ENTERPRISE_ATTRIBUTES, ENTERPRISE_SCHEMA, Kind, USER_ATTRIBUTES, find_attribute};
use crate::scim::{
    error::{ScimError, ScimType},
    filter::field,
};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The longest string of one attribute, in bytes: photos and certificates are long.
const MAX_TEXT_BYTES: usize = 65_536;

/// The most values of one attribute of a user.
pub const MAX_VALUES: usize = 500;

/// The attributes of a user as JSON, in canonical form.
pub type Attributes = Map<String, Value>;

/// Brings all attributes of a user into canonical form, without read-only ones.
///
/// # Errors
/// Returns an error if a value does not have the type of its attribute.
pub fn canonicalize(sent: &Map<String, Value>) -> Result<Attributes, ScimError> {
    let mut attributes = Attributes::new();
    for (name, value) in sent {
        if name.eq_ignore_ascii_case("externalId") {
            put(&mut attributes, "externalId", single_value(&Attribute::text("externalId"), value)?);
        } else if name.eq_ignore_ascii_case(ENTERPRISE_SCHEMA) {
            let Value::Object(parts) = value else { continue };
            put(&mut attributes, ENTERPRISE_SCHEMA, complex(ENTERPRISE_ATTRIBUTES, parts)?);
        } else if let Some(attribute) = find_attribute(USER_ATTRIBUTES, name).filter(|attribute| !attribute.read_only) {
            put(&mut attributes, attribute.name, canonical_value(attribute, value)?);
        }
    }
    Ok(attributes)
}

fn put(attributes: &mut Attributes, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        attributes.insert(name.to_owned(), value);
    }
}

/// The canonical form of an attribute's value; `None` if it is empty.
///
/// # Errors
/// Returns an error if the value does not have the attribute's type.
fn canonical_value(attribute: &Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    if !attribute.multi_valued {
        return single_value(attribute, value);
    }
    let sent = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    check_value_count(attribute, sent.len())?;
    let (mut values, mut indexes, mut primary) = (Vec::<Value>::new(), HashMap::new(), None);
    for value in sent {
        let Some(mut value) = single_value(attribute, value)? else { continue };
        // At most one value is the primary one: the last one marked so.
        let marked = value.as_object_mut().and_then(|parts| parts.remove("primary"));
        let index = *indexes.entry(value.to_string()).or_insert(values.len());
        if index == values.len() {
            values.push(value);
        }
        match marked {
            Some(Value::Bool(true)) => primary = Some(index),
            Some(other) => drop(values[index].as_object_mut().map(|parts| parts.insert("primary".to_owned(), other))),
            None => {}
        }
    }
    if let Some(parts) = primary.and_then(|index| values.get_mut(index)).and_then(Value::as_object_mut) {
        parts.insert("primary".to_owned(), Value::Bool(true));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Checks the number of values of an attribute.
///
/// # Errors
/// Returns `invalidValue` if there are more than [`MAX_VALUES`].
pub fn check_value_count(attribute: &Attribute, values: usize) -> Result<(), ScimError> {
    if values <= MAX_VALUES {
        return Ok(());
    }
    let detail = format!("{} may have {MAX_VALUES} values at most.", attribute.name);
    Err(ScimError::bad_request(ScimType::InvalidValue, detail))
}

/// Unwraps the value of a single-valued attribute that was sent as a list of one, or as an object with a `value`.
pub fn unwrap_single(kind: Kind, value: &Value) -> &Value {
    let value = match value {
        Value::Array(list) if list.len() == 1 => &list[0],
        other => other,
    };
    match (kind, value) {
        (Kind::Complex(_), other) => other,
        (_, Value::Object(parts)) => field(parts, "value").unwrap_or(value),
        (_, other) => other,
    }
}

fn single_value(attribute: &Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    let invalid = |expected: &str| {
        let detail = format!("{} must be {expected}.", attribute.name);
        Err(ScimError::bad_request(ScimType::InvalidValue, detail))
    };
    let value = unwrap_single(attribute.kind, value);
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex(parts), Value::Object(sent)) => complex(parts, sent),
        // Some directories send only the value instead of an object.
        (Kind::Complex(parts), Value::String(text)) if find_attribute(parts, "value").is_some() => {
            let sent = [("value".to_owned(), Value::from(text.as_str()))].into_iter().collect();
            complex(parts, &sent)
        }
        (Kind::Complex(_), Value::String(text)) if text.trim().is_empty() => Ok(None),
        (Kind::Complex(_), _) => invalid("an object"),
        (Kind::Bool, Value::Bool(truth)) => Ok(Some(Value::Bool(*truth))),
        (Kind::Bool, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            "" => Ok(None),
            _ => invalid("true or false"),
        },
        (Kind::Bool, _) => invalid("true or false"),
        (_, Value::String(text)) if text.len() > MAX_TEXT_BYTES => invalid("shorter"),
        // PostgreSQL cannot store NUL.
        (_, Value::String(text)) if text.contains('\0') => invalid("without control characters"),
        (_, Value::String(text)) => Ok((!text.is_empty()).then(|| Value::from(text.as_str()))),
        (_, Value::Number(number)) => Ok(Some(Value::from(number.to_string()))),
        (_, Value::Bool(_) | Value::Array(_) | Value::Object(_)) => invalid("text"),
    }
}

fn complex(parts: &[Attribute], sent: &Map<String, Value>) -> Result<Option<Value>, ScimError> {
    let mut attributes = Map::new();
    for (name, value) in sent {
        if let Some(part) = find_attribute(parts, name).filter(|part| !part.read_only) {
            put(&mut attributes, part.name, single_value(part, value)?);
        }
    }
    // `type` and `primary` mean nothing without a value.
    let has_value = attributes.keys().any(|name| name != "type" && name != "primary");
    Ok(has_value.then_some(Value::Object(attributes)))
}

/// Removes the attributes that only the server sets.
pub fn remove_read_only(attributes: &mut Attributes) {
    for name in ["id", "meta", "schemas", "groups"] {
        attributes.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn emails(values: Vec<Value>) -> Result<Attributes, ScimError> {
        canonicalize(json!({ "userName": "x", "emails": values }).as_object().expect("an object"))
    }

    #[test]
    fn an_attribute_may_have_500_values_and_no_more() {
        let many = |number: usize| (0..number).map(|n| json!({ "value": format!("a{n}"), "primary": true })).collect();
        let attributes = emails(many(MAX_VALUES)).expect("valid attributes");
        let values = attributes["emails"].as_array().expect("values");
        assert_eq!((values.len(), values.iter().filter(|one| one["primary"] == true).count()), (MAX_VALUES, 1));
        assert_eq!(values[MAX_VALUES - 1]["primary"], true, "the last one marked so");
        assert_eq!(emails(many(MAX_VALUES + 1)).expect_err("too many").scim_type, Some(ScimType::InvalidValue));
    }

    #[test]
    fn duplicate_values_are_merged_and_the_last_primary_wins() {
        let [a, b] = ["a", "b"].map(|value| json!({ "value": value }));
        let primary = |value: &str, primary: bool| json!({ "value": value, "primary": primary });
        for (sent, expected) in [
            (vec![primary("a", true), b.clone(), a.clone()], vec![primary("a", true), b.clone()]),
            (vec![primary("a", true), primary("b", true), a.clone()], vec![a.clone(), primary("b", true)]),
            (vec![a.clone(), primary("b", true), primary("a", true)], vec![primary("a", true), b.clone()]),
            (vec![primary("a", false), b.clone()], vec![primary("a", false), b]),
        ] {
            let attributes = emails(sent.clone()).expect("valid attributes");
            assert_eq!(attributes["emails"], Value::from(expected), "{sent:?}");
            assert_eq!(canonicalize(&attributes), Ok(attributes), "{sent:?}");
        }
    }
}
