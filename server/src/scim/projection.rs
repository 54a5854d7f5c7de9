//! Which attributes of a resource to return (RFC 7644 §3.9).

use super::{
    filter::{self, AttrPath},
    schema,
};
use serde_json::{Map, Value};

/// The attributes that are always returned.
const ALWAYS_RETURNED: [&str; 2] = ["id", "schemas"];

/// The `attributes` and `excludedAttributes` of a request.
#[derive(Clone, Debug, Default)]
pub struct Projection {
    included: Vec<AttrPath>,
    excluded: Vec<AttrPath>,
}

impl Projection {
    /// Parses the two comma-separated lists. Names that are invalid are ignored.
    pub fn parse(included: Option<&str>, excluded: Option<&str>) -> Self {
        let read = |text: Option<&str>| {
            let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
            words.filter_map(|word| filter::parse_path(word).ok()).map(|path| path.attr).collect()
        };
        Self { included: read(included), excluded: read(excluded) }
    }

    /// Whether any part of this attribute is returned. If not, it need not be loaded.
    pub fn includes(&self, name: &str) -> bool {
        let whole = |attr: &AttrPath| attr.name.eq_ignore_ascii_case(name) && attr.sub.is_none();
        let any_part = |attr: &AttrPath| attr.name.eq_ignore_ascii_case(name);
        !self.excluded.iter().any(whole) && (self.included.is_empty() || self.included.iter().any(any_part))
    }

    /// Reduces a resource to the returned attributes.
    pub fn apply(&self, resource: Value) -> Value {
        let Value::Object(mut fields) = resource else { return resource };
        if !self.included.is_empty() {
            fields = self.select(&fields);
        }
        for attr in &self.excluded {
            exclude(&mut fields, attr);
        }
        Value::Object(fields)
    }

    fn select(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        let mut selected: Map<_, _> =
            ALWAYS_RETURNED.iter().filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone()))).collect();
        for attr in &self.included {
            match attr.schema.as_deref() {
                Some(schema) if !schema::is_core_schema(schema) => {
                    let Some(Value::Object(inner)) = fields.get(schema) else { continue };
                    if attr.name.is_empty() {
                        selected.insert(schema.to_owned(), Value::Object(inner.clone()));
                    } else if let Value::Object(into) =
                        selected.entry(schema).or_insert_with(|| Value::Object(Map::new()))
                    {
                        include(inner, into, attr);
                    }
                }
                _ => include(fields, &mut selected, attr),
            }
        }
        selected
    }
}

fn find_field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<(&'a String, &'a Value)> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))
}

fn include(from: &Map<String, Value>, into: &mut Map<String, Value>, attr: &AttrPath) {
    let Some((name, value)) = find_field(from, &attr.name) else { return };
    let Some(sub) = &attr.sub else {
        into.insert(name.clone(), value.clone());
        return;
    };
    let part = |value: &Value, into: &mut Value| {
        if let (Some(parts), Some(into)) = (value.as_object(), into.as_object_mut())
            && let Some((sub, value)) = find_field(parts, sub)
        {
            into.insert(sub.clone(), value.clone());
        }
    };
    match value {
        Value::Array(values) => {
            let there =
                into.entry(name.clone()).or_insert_with(|| vec![Value::Object(Map::new()); values.len()].into());
            for (value, into) in values.iter().zip(there.as_array_mut().into_iter().flatten()) {
                part(value, into);
            }
        }
        one => part(one, into.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))),
    }
}

fn exclude(fields: &mut Map<String, Value>, attr: &AttrPath) {
    if let Some(schema) = attr.schema.as_deref().filter(|schema| !schema::is_core_schema(schema)) {
        if attr.name.is_empty() {
            fields.remove(schema);
        } else if let Some(Value::Object(inner)) = fields.get_mut(schema) {
            exclude(inner, &AttrPath { schema: None, ..attr.clone() });
        }
        return;
    }
    let Some(name) = find_field(fields, &attr.name).map(|(name, _)| name.clone()) else { return };
    if ALWAYS_RETURNED.contains(&name.as_str()) {
        return;
    }
    let inner = AttrPath { schema: None, name: attr.sub.clone().unwrap_or_default(), sub: None };
    match (&attr.sub, fields.get_mut(&name)) {
        (None, _) => drop(fields.remove(&name)),
        (Some(_), Some(Value::Object(parts))) => exclude(parts, &inner),
        (Some(_), Some(Value::Array(values))) => {
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|parts| exclude(parts, &inner));
        }
        (Some(_), _) => {}
    }
}
