//! Brings what is sent into the form of the schema: names as it spells them, truth values that came as text, one value where
//! several can be. What is not known here is left out.

use super::{ENTERPRISE, Kind, Known, OF_ENTERPRISES, OF_USERS, known};
use crate::scim::fail::{Fail, Type};
use serde_json::{Map, Value};

/// The longest text of one attribute, in bytes: photos and certificates are long.
const LONGEST: usize = 65_536;

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
    let mut values: Vec<Value> = Vec::new();
    for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
        if let Some(value) = one(known, value)?.filter(|value| !values.contains(value)) {
            // At most one is the first: the last one that says so.
            if value["primary"] == true {
                values.iter_mut().filter_map(Value::as_object_mut).for_each(|other| drop(other.remove("primary")));
            }
            values.push(value);
        }
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

fn one(known: &Known, value: &Value) -> Result<Option<Value>, Fail> {
    let wrong = |what: &str| Err(Fail::bad(Type::InvalidValue, format!("{} must be {what}.", known.name)));
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
