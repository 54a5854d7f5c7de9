//! JSON objects within requests. Derived code also reads a list of the fields' values, so that `[]` would be a filter
//! that restricts nothing.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Map, Value};

type Fields = Map<String, Value>;

/// Reads an object, and nothing else.
pub fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(Value::Object(Fields::deserialize(deserializer)?)).map_err(D::Error::custom)
}

/// Reads an object or `null`.
pub fn optional_object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let fields = Option::<Fields>::deserialize(deserializer)?;
    fields.map(|fields| T::deserialize(Value::Object(fields)).map_err(D::Error::custom)).transpose()
}
