//! Which attributes of a resource are shown (RFC 7644 §3.9).

use super::{
    filter::{self, Attr},
    schema,
};
use serde_json::{Map, Value};

/// Always shown.
const ALWAYS: [&str; 2] = ["id", "schemas"];

/// Which attributes are shown.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    only: Vec<Attr>,
    but: Vec<Attr>,
}

impl Shown {
    /// As it is asked for, with commas between.
    pub fn of(only: Option<&str>, but: Option<&str>) -> Self {
        let read = |text: Option<&str>| {
            let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
            words.filter_map(|word| filter::path(word).ok()).map(|path| path.attr).collect()
        };
        Self { only: read(only), but: read(but) }
    }

    /// Whether this attribute may be shown: whoever does not want it need not be given it.
    pub fn shows(&self, name: &str) -> bool {
        let whole = |attr: &Attr| attr.name.eq_ignore_ascii_case(name) && attr.sub.is_none();
        let named = |attr: &Attr| attr.name.eq_ignore_ascii_case(name);
        !self.but.iter().any(whole) && (self.only.is_empty() || self.only.iter().any(named))
    }

    /// The resource with what is shown of it.
    pub fn of_resource(&self, resource: Value) -> Value {
        let Value::Object(mut fields) = resource else { return resource };
        if !self.only.is_empty() {
            fields = self.chosen(&fields);
        }
        for attr in &self.but {
            leave_out(&mut fields, attr);
        }
        Value::Object(fields)
    }

    fn chosen(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        let mut chosen: Map<_, _> =
            ALWAYS.iter().filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone()))).collect();
        for attr in &self.only {
            match attr.schema.as_deref() {
                Some(schema) if !schema::is_core(schema) => {
                    let Some(Value::Object(inner)) = fields.get(schema) else { continue };
                    if attr.name.is_empty() {
                        chosen.insert(schema.to_owned(), Value::Object(inner.clone()));
                    } else if let Value::Object(into) =
                        chosen.entry(schema).or_insert_with(|| Value::Object(Map::new()))
                    {
                        choose(inner, into, attr);
                    }
                }
                _ => choose(fields, &mut chosen, attr),
            }
        }
        chosen
    }
}

fn named<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<(&'a String, &'a Value)> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))
}

fn choose(from: &Map<String, Value>, into: &mut Map<String, Value>, attr: &Attr) {
    let Some((name, value)) = named(from, &attr.name) else { return };
    let Some(sub) = &attr.sub else {
        into.insert(name.clone(), value.clone());
        return;
    };
    let part = |value: &Value, into: &mut Value| {
        if let (Some(parts), Some(into)) = (value.as_object(), into.as_object_mut())
            && let Some((sub, value)) = named(parts, sub)
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

fn leave_out(fields: &mut Map<String, Value>, attr: &Attr) {
    if let Some(schema) = attr.schema.as_deref().filter(|schema| !schema::is_core(schema)) {
        if attr.name.is_empty() {
            fields.remove(schema);
        } else if let Some(Value::Object(inner)) = fields.get_mut(schema) {
            leave_out(inner, &Attr { schema: None, ..attr.clone() });
        }
        return;
    }
    let Some(name) = named(fields, &attr.name).map(|(name, _)| name.clone()) else { return };
    if ALWAYS.contains(&name.as_str()) {
        return;
    }
    let inner = Attr { schema: None, name: attr.sub.clone().unwrap_or_default(), sub: None };
    match (&attr.sub, fields.get_mut(&name)) {
        (None, _) => drop(fields.remove(&name)),
        (Some(_), Some(Value::Object(parts))) => leave_out(parts, &inner),
        (Some(_), Some(Value::Array(values))) => {
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|parts| leave_out(parts, &inner));
        }
        (Some(_), _) => {}
    }
}
