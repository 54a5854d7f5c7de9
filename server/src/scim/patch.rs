//! PATCH of users (RFC 7644 §3.5.2) in all the forms that directories send: operations in any case of letters, truth values as text,
//! no path and dotted or full names instead, add where replace is meant and the other way round.

mod operations;
mod targets;

pub use operations::{Does, MAX_GROUP_OPERATIONS, MAX_USER_OPERATIONS, Operation, operations};

use super::{
    fail::{Fail, Type},
    filter::{self, Attr, Path, Steps},
    schema::{self, ENTERPRISE, Form, Known, OF_ENTERPRISES, OF_USERS},
};
use serde_json::{Map, Value};

/// The most that the operations of one PATCH may look at: three times what so many operations on so many values need.
const MAX_PATCH_STEPS: u64 = 3 * MAX_USER_OPERATIONS as u64 * schema::MAX_VALUES as u64;

/// Changes the attributes of a user. What comes out still has to be brought into form.
///
/// # Errors
/// A path is not understood, leads nowhere, or to what cannot be changed; or it would be too much work.
pub fn user(form: &mut Form, operations: &[Operation]) -> Result<(), Fail> {
    counted(form, operations, &Steps::at_most(MAX_PATCH_STEPS))
}

fn counted(form: &mut Form, operations: &[Operation], steps: &Steps) -> Result<(), Fail> {
    for operation in operations {
        match &operation.path {
            Some(path) => at(form, operation.does, path, &operation.value, steps)?,
            None => without_path(form, operation, steps)?,
        }
        steps.must_be_few()?;
    }
    Ok(())
}

/// Each field of the value is a path of its own. What is not known is left alone, as in a whole resource; and so is what only we
/// say, which some send along unchanged.
fn without_path(form: &mut Form, operation: &Operation, steps: &Steps) -> Result<(), Fail> {
    for (name, value) in operation.fields()? {
        if is_ours(name) {
            continue;
        }
        let Ok(path) = filter::path(name) else { continue };
        if find(&path.attr).is_some() || is_whole(&path.attr) {
            at(form, operation.does, &path, value, steps)?;
        }
    }
    Ok(())
}

fn at(form: &mut Form, does: Does, path: &Path, value: &Value, steps: &Steps) -> Result<(), Fail> {
    if is_ours(&path.attr.name) {
        return Err(Fail::bad(Type::Mutability, format!("{} cannot be changed.", path.attr.name)));
    }
    if is_whole(&path.attr) {
        return extension(form, does, value, steps);
    }
    let (of_enterprise, known) = find(&path.attr)
        .ok_or_else(|| Fail::bad(Type::InvalidPath, format!("There is no attribute {}.", path.attr)))?;
    if does == Does::Remove && known.required && path.filter.is_none() && path.attr.sub.is_none() {
        return Err(Fail::bad(Type::Mutability, format!("{} must be there.", known.name)));
    }
    if !of_enterprise {
        return targets::change(form, known, does, path, value, steps);
    }
    let parts = form.entry(ENTERPRISE).or_insert_with(|| Value::Object(Map::new()));
    match parts.as_object_mut() {
        Some(parts) => targets::change(parts, known, does, path, value, steps),
        None => Ok(()),
    }
}

fn extension(form: &mut Form, does: Does, value: &Value, steps: &Steps) -> Result<(), Fail> {
    match (does, schema::single(schema::Kind::Complex(&[]), value)) {
        (Does::Remove, _) => drop(form.remove(ENTERPRISE)),
        (_, Value::Object(parts)) => {
            for (name, value) in parts {
                let attr = Attr { schema: Some(ENTERPRISE.to_owned()), name: name.clone(), sub: None };
                if find(&attr).is_some() {
                    at(form, does, &Path { attr, filter: None, sub: None }, value, steps)?;
                }
            }
        }
        _ => return Err(Fail::bad(Type::InvalidValue, "The value of an extension must be an object.")),
    }
    Ok(())
}

/// What only we say, and no PATCH changes.
fn is_ours(name: &str) -> bool {
    ["id", "meta", "schemas", "groups"].iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

fn is_whole(attr: &Attr) -> bool {
    attr.name.is_empty() && attr.schema.as_deref() == Some(ENTERPRISE)
}

const EXTERNAL_ID: Known = Known {
    name: "externalId",
    kind: schema::Kind::Text,
    multi: false,
    required: false,
    read_only: false,
    unique: false,
    words: &[],
};

/// The attribute that is meant, and whether it is of the extension.
fn find(attr: &Attr) -> Option<(bool, &'static Known)> {
    match attr.schema.as_deref() {
        Some(ENTERPRISE) => schema::known(OF_ENTERPRISES, &attr.name).map(|known| (true, known)),
        Some(other) if !schema::is_core(other) => None,
        _ if attr.name.eq_ignore_ascii_case("externalId") => Some((false, &EXTERNAL_ID)),
        _ => schema::known(OF_USERS, &attr.name).map(|known| (false, known)),
    }
}

#[cfg(test)]
mod tests;
