//! The body of a PATCH.

use crate::scim::{
    fail::{Fail, Type},
    filter::{self, Path},
};
use serde_json::{Map, Value};

/// The most operations of one PATCH of a user.
pub const MAX_USER_OPERATIONS: usize = 1_000;
/// The most of a group: some directories send one for each member.
pub const MAX_GROUP_OPERATIONS: usize = 10_000;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Puts something there. Directories mix this up with replacing; both do either.
    Add,
    /// Puts something in the place of what is there.
    Replace,
    /// Takes something away.
    Remove,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What it does.
    pub does: Does,
    /// Where; the fields of the value say that if it is absent.
    pub path: Option<Path>,
    /// What it puts there; `null` if nothing was given.
    pub value: Value,
}

impl Operation {
    /// The fields of the value, where there is no path.
    ///
    /// # Errors
    /// It has none, or something is to be removed and nobody says what.
    pub fn fields(&self) -> Result<&Map<String, Value>, Fail> {
        match (&self.value, self.does) {
            (_, Does::Remove) => Err(Fail::bad(Type::NoTarget, "A remove needs a path.")),
            (Value::Object(fields), _) => Ok(fields),
            _ => Err(Fail::bad(Type::InvalidValue, "Without a path the value must be an object.")),
        }
    }
}

/// Reads the operations of a body, so many at most.
///
/// # Errors
/// It is not the body of a PATCH, or has too many.
pub fn operations(body: &Value, most: usize) -> Result<Vec<Operation>, Fail> {
    let list = body.as_object().and_then(|body| filter::field(body, "Operations")).and_then(Value::as_array);
    let list = list.ok_or_else(|| Fail::bad(Type::InvalidSyntax, "Operations must be a list."))?;
    if list.is_empty() {
        return Err(Fail::bad(Type::InvalidSyntax, "There must be operations."));
    }
    if list.len() > most {
        return Err(Fail::too_many(format!("There are more than {most} operations.")));
    }
    list.iter().map(operation).collect()
}

fn operation(sent: &Value) -> Result<Operation, Fail> {
    let fields = sent.as_object().ok_or_else(|| Fail::bad(Type::InvalidSyntax, "An operation must be an object."))?;
    let does = match filter::field(fields, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Does::Add,
        Some("replace") => Does::Replace,
        Some("remove") => Does::Remove,
        _ => return Err(Fail::bad(Type::InvalidSyntax, "The op of an operation must be add, replace or remove.")),
    };
    let path = match filter::field(fields, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(filter::path(text).map_err(|wrong| {
            Fail::bad(Type::InvalidPath, format!("The path \"{text}\" is not understood {wrong}."))
        })?),
        Some(_) => return Err(Fail::bad(Type::InvalidPath, "A path must be text.")),
    };
    let value = filter::field(fields, "value").cloned().unwrap_or_default();
    if path.is_none() && does == Does::Remove {
        return Err(Fail::bad(Type::NoTarget, "A remove needs a path."));
    }
    Ok(Operation { does, path, value })
}
