//! Reads what the log has about an event. Older and newer servers may have written other fields and values: nothing is
//! lost, and reading never fails.

use super::{
    Field, Kind,
    data::fields,
    value::{FactValue, FieldShape, Reader, Shape},
};
use serde_json::Value;

/// What a field is called in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// A field that this version knows.
    Known(Field),
    /// A field of a newer server.
    Unknown(String),
}

/// A fact of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A changed field, with its values before and after.
    Changed(FieldName, [FactValue; 2]),
    /// A field with a single value.
    Value(FieldName, FactValue),
}

/// Reads the facts of an event; those without a value are left out. `kind` is `None` if a newer server wrote the event.
pub fn read_facts(kind: Option<Kind>, facts: &Value) -> Vec<Fact> {
    let mut read = Vec::new();
    read_object(kind.map_or(&[], fields), facts, &mut read);
    read
}

fn read_object(fields: &[FieldShape], object: &Value, read: &mut Vec<Fact>) {
    for (name, value) in object.as_object().into_iter().flatten() {
        match shape(fields, name) {
            _ if value.is_null() => {}
            Some(Shape::Nested(fields)) if value.is_object() => read_object(fields, value, read),
            Some(Shape::Changes(fields)) if value.is_object() => read_changes(fields, value, read),
            None if name == Field::Changes.as_str() => read_changes(&[], value, read),
            None if value.is_object() => read_object(&[], value, read),
            shape => read.push(Fact::Value(field_name(name), read_value(shape, value))),
        }
    }
}

fn read_changes(fields: &[FieldShape], changes: &Value, read: &mut Vec<Fact>) {
    for (name, pair) in changes.as_object().into_iter().flatten() {
        let values = [0, 1].map(|side| read_value(shape(fields, name), &pair[side]));
        read.push(Fact::Changed(field_name(name), values));
    }
}

fn shape(fields: &[FieldShape], name: &str) -> Option<Shape> {
    fields.iter().find(|known| known.field.as_str() == name).map(|known| known.shape)
}

fn field_name(name: &str) -> FieldName {
    name.parse().map_or_else(|_| FieldName::Unknown(name.to_owned()), FieldName::Known)
}

fn read_value(shape: Option<Shape>, value: &Value) -> FactValue {
    match (shape, value) {
        (_, Value::Null) => FactValue::Nothing,
        (Some(Shape::One(reader)), value) => read_one(reader, value),
        (Some(Shape::List(reader)), Value::Array(all)) => {
            FactValue::List(all.iter().map(|one| read_one(reader, one)).collect())
        }
        (_, value) => unknown(value),
    }
}

fn read_one(reader: Reader, value: &Value) -> FactValue {
    reader(value).unwrap_or_else(|| unknown(value))
}

/// A value of unknown meaning. What it looks like says how it can be shown.
fn unknown(value: &Value) -> FactValue {
    match value {
        Value::Bool(flag) => FactValue::Flag(*flag),
        Value::String(text) => FactValue::Text(text.clone()),
        Value::Array(all) => FactValue::List(all.iter().map(unknown).collect()),
        Value::Number(number) if number.is_i64() => FactValue::Number(number.as_i64().unwrap_or_default()),
        other => FactValue::Unknown(other.clone()),
    }
}
