//! Applies PATCH to users (RFC 7644 §3.5.2) in all the variants that directories send: operations in any case, Booleans
//! as strings, dotted or full attribute names instead of a path, and add where replace is meant or the reverse.

mod operations;
mod targets;

pub use operations::{MAX_GROUP_OPERATIONS, MAX_USER_OPERATIONS, Operation, PatchOp, parse_operations};

use super::{
    error::{ScimError, ScimType},
    filter::{self, AttrPath, Path, StepBudget},
    schema::{self, Attribute, Attributes, ENTERPRISE_ATTRIBUTES, ENTERPRISE_SCHEMA, USER_ATTRIBUTES},
};
use serde_json::{Map, Value};

/// The step budget of one PATCH: three times what the most operations on the most values need.
const MAX_PATCH_STEPS: u64 = 3 * MAX_USER_OPERATIONS as u64 * schema::MAX_VALUES as u64;

/// Applies the operations to the attributes of a user. The result must still be canonicalized.
///
/// # Errors
/// Returns an error if a path is invalid, unknown or read-only, or if the operations take too many steps.
pub fn apply_to_user(attributes: &mut Attributes, operations: &[Operation]) -> Result<(), ScimError> {
    apply_all(attributes, operations, &StepBudget::at_most(MAX_PATCH_STEPS))
}

fn apply_all(attributes: &mut Attributes, operations: &[Operation], budget: &StepBudget) -> Result<(), ScimError> {
    for operation in operations {
        match &operation.path {
            Some(path) => apply_at(attributes, operation.op, path, &operation.value, budget)?,
            None => apply_without_path(attributes, operation, budget)?,
        }
        budget.check()?;
    }
    Ok(())
}

/// Treats each field name of the value as a path. Unknown attributes are ignored, as in a whole resource, and so are
/// read-only ones, which some directories send unchanged.
fn apply_without_path(
    attributes: &mut Attributes,
    operation: &Operation,
    budget: &StepBudget,
) -> Result<(), ScimError> {
    for (name, value) in operation.fields()? {
        if is_read_only(name) {
            continue;
        }
        let Ok(path) = filter::parse_path(name) else { continue };
        if find(&path.attr).is_some() || is_whole_extension(&path.attr) {
            apply_at(attributes, operation.op, &path, value, budget)?;
        }
    }
    Ok(())
}

fn apply_at(
    attributes: &mut Attributes,
    op: PatchOp,
    path: &Path,
    value: &Value,
    budget: &StepBudget,
) -> Result<(), ScimError> {
    if is_read_only(&path.attr.name) {
        return Err(ScimError::bad_request(ScimType::Mutability, format!("{} cannot be changed.", path.attr.name)));
    }
    if is_whole_extension(&path.attr) {
        return apply_to_extension(attributes, op, value, budget);
    }
    let found = find(&path.attr).ok_or_else(|| {
        ScimError::bad_request(ScimType::InvalidPath, format!("There is no attribute {}.", path.attr))
    })?;
    let (FoundAttribute::Core(attribute) | FoundAttribute::Extension(attribute)) = found;
    if op == PatchOp::Remove && attribute.required && path.filter.is_none() && path.attr.sub.is_none() {
        return Err(ScimError::bad_request(ScimType::Mutability, format!("{} is required.", attribute.name)));
    }
    if let FoundAttribute::Core(_) = found {
        return targets::apply(attributes, attribute, op, path, value, budget);
    }
    let parts = attributes.entry(ENTERPRISE_SCHEMA).or_insert_with(|| Value::Object(Map::new()));
    match parts.as_object_mut() {
        Some(parts) => targets::apply(parts, attribute, op, path, value, budget),
        None => Ok(()),
    }
}

fn apply_to_extension(
    attributes: &mut Attributes,
    op: PatchOp,
    value: &Value,
    budget: &StepBudget,
) -> Result<(), ScimError> {
    match (op, schema::unwrap_single(schema::Kind::Complex(&[]), value)) {
        (PatchOp::Remove, _) => drop(attributes.remove(ENTERPRISE_SCHEMA)),
        (_, Value::Object(parts)) => {
            for (name, value) in parts {
                let attr = AttrPath { schema: Some(ENTERPRISE_SCHEMA.to_owned()), name: name.clone(), sub: None };
                if find(&attr).is_some() {
                    apply_at(attributes, op, &Path { attr, filter: None, sub: None }, value, budget)?;
                }
            }
        }
        _ => {
            return Err(ScimError::bad_request(ScimType::InvalidValue, "The value of an extension must be an object."));
        }
    }
    Ok(())
}

/// Whether only the server sets this attribute.
fn is_read_only(name: &str) -> bool {
    ["id", "meta", "schemas", "groups"].iter().any(|read_only| read_only.eq_ignore_ascii_case(name))
}

fn is_whole_extension(attr: &AttrPath) -> bool {
    attr.name.is_empty() && attr.schema.as_deref() == Some(ENTERPRISE_SCHEMA)
}

const EXTERNAL_ID: Attribute = Attribute {
    name: "externalId",
    kind: schema::Kind::Text,
    multi_valued: false,
    required: false,
    read_only: false,
    unique: false,
    canonical_values: &[],
};

/// An attribute, and where a resource has it.
enum FoundAttribute {
    Core(&'static Attribute),
    /// Within the object of the enterprise extension.
    Extension(&'static Attribute),
}

fn find(attr: &AttrPath) -> Option<FoundAttribute> {
    match attr.schema.as_deref() {
        Some(ENTERPRISE_SCHEMA) => {
            schema::find_attribute(ENTERPRISE_ATTRIBUTES, &attr.name).map(FoundAttribute::Extension)
        }
        Some(other) if !schema::is_core_schema(other) => None,
        _ if attr.name.eq_ignore_ascii_case("externalId") => Some(FoundAttribute::Core(&EXTERNAL_ID)),
        _ => schema::find_attribute(USER_ATTRIBUTES, &attr.name).map(FoundAttribute::Core),
    }
}

#[cfg(test)]
mod tests;
