//! Parses the operations in the body of a PATCH request.

use crate::scim::{
    error::{ScimError, ScimType},
    filter::{self, Path},
};
use serde_json::{Map, Value};

/// The most operations in one PATCH of a user.
pub const MAX_USER_OPERATIONS: usize = 1_000;
/// The most operations in one PATCH of a group: some directories send one for each member.
pub const MAX_GROUP_OPERATIONS: usize = 10_000;

/// The kind of a PATCH operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchOp {
    /// Adds a value. Directories confuse it with `Replace`, so both accept the cases of the other.
    Add,
    /// Replaces a value.
    Replace,
    /// Removes a value.
    Remove,
}

/// One operation of a PATCH request.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub op: PatchOp,
    /// The target; if absent, the field names of the value are the paths.
    pub path: Option<Path>,
    /// The new value; `null` if there is none.
    pub value: Value,
}

impl Operation {
    /// The fields of the value, for an operation without a path.
    ///
    /// # Errors
    /// Returns an error if the value is not an object, or the operation removes something without a path.
    pub fn fields(&self) -> Result<&Map<String, Value>, ScimError> {
        match (&self.value, self.op) {
            (_, PatchOp::Remove) => Err(ScimError::bad_request(ScimType::NoTarget, "A remove needs a path.")),
            (Value::Object(fields), _) => Ok(fields),
            _ => Err(ScimError::bad_request(ScimType::InvalidValue, "Without a path the value must be an object.")),
        }
    }
}

/// Parses the operations of a PATCH body.
///
/// # Errors
/// Returns an error if the body is invalid, or has more than `max` operations.
pub fn parse_operations(body: &Value, max: usize) -> Result<Vec<Operation>, ScimError> {
    let list = body.as_object().and_then(|body| filter::field(body, "Operations")).and_then(Value::as_array);
    let list = list.ok_or_else(|| ScimError::bad_request(ScimType::InvalidSyntax, "Operations must be a list."))?;
    if list.is_empty() {
        return Err(ScimError::bad_request(ScimType::InvalidSyntax, "Operations must not be empty."));
    }
    if list.len() > max {
        return Err(ScimError::too_many(format!("There are more than {max} operations.")));
    }
    list.iter().map(parse_operation).collect()
}

fn parse_operation(sent: &Value) -> Result<Operation, ScimError> {
    let fields = sent
        .as_object()
        .ok_or_else(|| ScimError::bad_request(ScimType::InvalidSyntax, "An operation must be an object."))?;
    let op = match filter::field(fields, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => PatchOp::Add,
        Some("replace") => PatchOp::Replace,
        Some("remove") => PatchOp::Remove,
        _ => {
            return Err(ScimError::bad_request(
                ScimType::InvalidSyntax,
                "The op of an operation must be add, replace or remove.",
            ));
        }
    };
    let path = match filter::field(fields, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(filter::parse_path(text).map_err(|error| {
            ScimError::bad_request(ScimType::InvalidPath, format!("The path \"{text}\" is invalid {error}."))
        })?),
        Some(_) => return Err(ScimError::bad_request(ScimType::InvalidPath, "A path must be text.")),
    };
    let value = filter::field(fields, "value").cloned().unwrap_or_default();
    if path.is_none() && op == PatchOp::Remove {
        return Err(ScimError::bad_request(ScimType::NoTarget, "A remove needs a path."));
    }
    Ok(Operation { op, path, value })
}
