//! A field of a change that can be left alone, emptied or set.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a change does to a value that may be empty. In JSON: an absent field, `null`, or the new value.
///
/// The field needs `#[serde(default, skip_serializing_if = "Patch::is_keep")]`, because only its struct knows whether
/// it is absent, and `#[schema(value_type = Option<T>)]` in the description of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The value stays.
    #[default]
    Keep,
    /// No value from now on.
    Clear,
    /// This value from now on.
    Set(T),
}

impl<T> Patch<T> {
    /// The change to this value, if there is a change.
    pub fn when(is_changed: bool, value: Option<T>) -> Self {
        if is_changed { value.into() } else { Self::Keep }
    }

    /// Whether the value stays.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value to be set.
    pub fn new_value(&self) -> Option<&T> {
        if let Self::Set(value) = self { Some(value) } else { None }
    }

    /// The value after the change.
    pub fn applied_to(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// The change to this value, or to none.
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.new_value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        Option::deserialize(field).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Body {
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        price: Patch<i64>,
    }

    #[test]
    fn an_absent_field_stays_null_clears_and_a_value_sets() {
        for (json, price, after) in [
            ("{}", Patch::Keep, Some(1)),
            (r#"{"price":null}"#, Patch::Clear, None),
            (r#"{"price":2}"#, Patch::Set(2), Some(2)),
        ] {
            let body: Body = serde_json::from_str(json).expect("a body");
            assert_eq!(body, Body { price });
            assert_eq!(serde_json::to_string(&body).expect("text"), json);
            assert_eq!(body.price.applied_to(Some(1)), after);
        }
        assert!(serde_json::from_str::<Body>(r#"{"price":"2"}"#).is_err());
    }

    #[test]
    fn only_a_changed_value_is_sent() {
        assert_eq!(Patch::when(false, Some(1)), Patch::Keep);
        assert_eq!(Patch::when(true, Some(1)), Patch::Set(1));
        assert_eq!(Patch::<i64>::when(true, None), Patch::Clear);
    }
}
