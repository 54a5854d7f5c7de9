//! Brings what is sent into the form of the schema: names as it spells them, truth values that came as text, one value where
//! several can be. What is not known here is left out.

use super::{ENTERPRISE, Kind, Known, OF_ENTERPRISES, OF_USERS, known};
use crate::scim::{
    fail::{Fail, Type},
    filter::field,
};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The longest text of one attribute, in bytes: photos and certificates are long.
const LONGEST: usize = 65_536;

/// The most values that one attribute of a user may have.
pub const MAX_VALUES: usize = 500;

/// The attributes of a user in the form of the schema.
pub type Form = Map<String, Value>;

/// Brings all attributes of a user into form, without those that only we set.
///
/// # Errors
/// A value is of another kind than its attribute.
pub fn formed(sent: &Map<String, Value>) -> Result<Form, Fail> {
    let mut form = Form::new();
    for (name, value) in sent {
        if name.eq_ignore_ascii_case("externalId") {
            put(&mut form, "externalId", one(&Known::text("externalId"), value)?);
        } else if name.eq_ignore_ascii_case(ENTERPRISE) {
            let Value::Object(parts) = value else { continue };
            put(&mut form, ENTERPRISE, complex(OF_ENTERPRISES, parts)?);
        } else if let Some(known) = known(OF_USERS, name).filter(|known| !known.read_only) {
            put(&mut form, known.name, canonical(known, value)?);
        }
    }
    Ok(form)
}

fn put(form: &mut Form, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        form.insert(name.to_owned(), value);
    }
}

/// A value of an attribute in its form; nothing if it is empty.
///
/// # Errors
/// It is of another kind.
fn canonical(known: &Known, value: &Value) -> Result<Option<Value>, Fail> {
    if !known.multi {
        return one(known, value);
    }
    let sent = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    check_value_count(known, sent.len())?;
    let (mut values, mut places, mut primary) = (Vec::<Value>::new(), HashMap::new(), None);
    for value in sent {
        let Some(mut value) = one(known, value)? else { continue };
        // At most one is the first: the last one that says so.
        let said = value.as_object_mut().and_then(|parts| parts.remove("primary"));
        let place = *places.entry(value.to_string()).or_insert(values.len());
        if place == values.len() {
            values.push(value);
        }
        match said {
            Some(Value::Bool(true)) => primary = Some(place),
            Some(other) => drop(values[place].as_object_mut().map(|parts| parts.insert("primary".to_owned(), other))),
            None => {}
        }
    }
    if let Some(parts) = primary.and_then(|place| values.get_mut(place)).and_then(Value::as_object_mut) {
        parts.insert("primary".to_owned(), Value::Bool(true));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Refuses more values than an attribute may have.
///
/// # Errors
/// `invalidValue`.
pub fn check_value_count(known: &Known, values: usize) -> Result<(), Fail> {
    if values <= MAX_VALUES {
        return Ok(());
    }
    Err(Fail::bad(Type::InvalidValue, format!("{} may have {MAX_VALUES} values at most.", known.name)))
}

/// The value of an attribute that has only one, where a list of one was sent, or an object in which it is the `value`.
pub fn single(kind: Kind, value: &Value) -> &Value {
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

fn one(known: &Known, value: &Value) -> Result<Option<Value>, Fail> {
    let wrong = |what: &str| Err(Fail::bad(Type::InvalidValue, format!("{} must be {what}.", known.name)));
    let value = single(known.kind, value);
    match (known.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex(parts), Value::Object(sent)) => complex(parts, sent),
        // Some send the value alone where parts are expected.
        (Kind::Complex(parts), Value::String(text)) if super::known(parts, "value").is_some() => {
            let sent = [("value".to_owned(), Value::from(text.as_str()))].into_iter().collect();
            complex(parts, &sent)
        }
        (Kind::Complex(_), Value::String(text)) if text.trim().is_empty() => Ok(None),
        (Kind::Complex(_), _) => wrong("an object"),
        (Kind::Bool, Value::Bool(truth)) => Ok(Some(Value::Bool(*truth))),
        (Kind::Bool, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            "" => Ok(None),
            _ => wrong("true or false"),
        },
        (Kind::Bool, _) => wrong("true or false"),
        (_, Value::String(text)) if text.len() > LONGEST => wrong("shorter"),
        // PostgreSQL knows no NUL.
        (_, Value::String(text)) if text.contains('\0') => wrong("without control characters"),
        (_, Value::String(text)) => Ok((!text.is_empty()).then(|| Value::from(text.as_str()))),
        (_, Value::Number(number)) => Ok(Some(Value::from(number.to_string()))),
        (_, Value::Bool(_) | Value::Array(_) | Value::Object(_)) => wrong("text"),
    }
}

fn complex(parts: &[Known], sent: &Map<String, Value>) -> Result<Option<Value>, Fail> {
    let mut form = Map::new();
    for (name, value) in sent {
        if let Some(part) = known(parts, name).filter(|part| !part.read_only) {
            put(&mut form, part.name, one(part, value)?);
        }
    }
    // What only says of which kind a value is says nothing without one.
    let says_something = form.keys().any(|name| name != "type" && name != "primary");
    Ok(says_something.then_some(Value::Object(form)))
}

/// Takes out what only we say of a resource.
pub fn remove_readonly(form: &mut Form) {
    for name in ["id", "meta", "schemas", "groups"] {
        form.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn emails(values: Vec<Value>) -> Result<Form, Fail> {
        formed(json!({ "userName": "x", "emails": values }).as_object().expect("an object"))
    }

    #[test]
    fn as_many_values_as_are_allowed_are_taken_and_no_more() {
        let many = |number: usize| (0..number).map(|n| json!({ "value": format!("a{n}"), "primary": true })).collect();
        let form = emails(many(MAX_VALUES)).expect("a form");
        let values = form["emails"].as_array().expect("values");
        assert_eq!((values.len(), values.iter().filter(|one| one["primary"] == true).count()), (MAX_VALUES, 1));
        assert_eq!(values[MAX_VALUES - 1]["primary"], true, "the last one that says so");
        assert_eq!(emails(many(MAX_VALUES + 1)).expect_err("too many").kind, Some(Type::InvalidValue));
    }

    #[test]
    fn a_value_that_comes_twice_is_there_once_with_the_last_word_on_which_is_the_first() {
        let [a, b] = ["a", "b"].map(|value| json!({ "value": value }));
        let primary = |value: &str, primary: bool| json!({ "value": value, "primary": primary });
        for (sent, there) in [
            (vec![primary("a", true), b.clone(), a.clone()], vec![primary("a", true), b.clone()]),
            (vec![primary("a", true), primary("b", true), a.clone()], vec![a.clone(), primary("b", true)]),
            (vec![a.clone(), primary("b", true), primary("a", true)], vec![primary("a", true), b.clone()]),
            (vec![primary("a", false), b.clone()], vec![primary("a", false), b]),
        ] {
            let form = emails(sent.clone()).expect("a form");
            assert_eq!(form["emails"], Value::from(there), "{sent:?}");
            assert_eq!(formed(&form), Ok(form), "{sent:?}");
        }
    }
}
