//! A [`FieldError`] as JSON has it: one object with the details of all errors. Serde's own way to read an enum of this
//! form copies the object first, with ten times the code, which every browser would download.

use super::FieldError;
use crate::file_kind::FileKind;
use serde::Deserialize;

/// A field error before it is known which one it is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FlatFieldError {
    /// The name of the field, where the error is that of a field.
    pub(crate) field: Option<String>,
    error: String,
    min: Option<i64>,
    max: Option<i64>,
    line: Option<i64>,
    column: Option<i64>,
    kind: Option<FileKind>,
    character: Option<String>,
    encoding: Option<String>,
    heading: Option<String>,
    other: Option<String>,
    meaning: Option<String>,
}

impl TryFrom<FlatFieldError> for FieldError {
    type Error = String;

    fn try_from(flat: FlatFieldError) -> Result<Self, String> {
        let error = flat.error.clone();
        read(flat).ok_or_else(|| format!("unknown or incomplete field error `{error}`"))
    }
}

/// The error, if it is known and has its details.
fn read(flat: FlatFieldError) -> Option<FieldError> {
    let FlatFieldError { field: _, error, min, max, line, column, kind, character, encoding, heading, other, meaning } =
        flat;
    let length = |value: Option<i64>| usize::try_from(value?).ok();
    Some(match error.as_str() {
        "required" => FieldError::Required,
        "too_short" => FieldError::TooShort { min: length(min)? },
        "too_long" => FieldError::TooLong { max: length(max)? },
        "out_of_range" => FieldError::OutOfRange { min: min?, max: max? },
        "email" => FieldError::Email,
        "url" => FieldError::Url,
        "control_characters" => FieldError::ControlCharacters,
        "end_before_start" => FieldError::EndBeforeStart,
        "too_common" => FieldError::TooCommon,
        "taken" => FieldError::Taken,
        "address" => FieldError::Address,
        "unknown" => FieldError::Unknown,
        "invisible_character" => FieldError::InvisibleCharacter { character: character? },
        "file_kind" => FieldError::FileKind { kind: kind? },
        "not_encoded" => FieldError::NotEncoded { encoding: encoding?, line: line?, column: column? },
        "no_such_column" => FieldError::NoSuchColumn { heading: heading? },
        "column_twice" => FieldError::ColumnTwice { heading: heading? },
        "meaning_twice" => FieldError::MeaningTwice { meaning: meaning?, heading: heading?, other: other? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::FieldProblem;

    /// Each error once.
    fn all() -> Vec<FieldError> {
        let text = || "x".to_owned();
        vec![
            FieldError::Required,
            FieldError::TooShort { min: 1 },
            FieldError::TooLong { max: 2 },
            FieldError::OutOfRange { min: -3, max: 4 },
            FieldError::Email,
            FieldError::Url,
            FieldError::ControlCharacters,
            FieldError::EndBeforeStart,
            FieldError::TooCommon,
            FieldError::Taken,
            FieldError::Address,
            FieldError::Unknown,
            FieldError::InvisibleCharacter { character: text() },
            FieldError::FileKind { kind: FileKind::Html },
            FieldError::NotEncoded { encoding: text(), line: 5, column: 6 },
            FieldError::NoSuchColumn { heading: text() },
            FieldError::ColumnTwice { heading: text() },
            FieldError::MeaningTwice { meaning: text(), heading: text(), other: text() },
        ]
    }

    /// The error after this one in the list: it does not compile until a new error is listed, too.
    fn position(error: &FieldError) -> usize {
        match error {
            FieldError::Required => 0,
            FieldError::TooShort { .. } => 1,
            FieldError::TooLong { .. } => 2,
            FieldError::OutOfRange { .. } => 3,
            FieldError::Email => 4,
            FieldError::Url => 5,
            FieldError::ControlCharacters => 6,
            FieldError::EndBeforeStart => 7,
            FieldError::TooCommon => 8,
            FieldError::Taken => 9,
            FieldError::Address => 10,
            FieldError::Unknown => 11,
            FieldError::InvisibleCharacter { .. } => 12,
            FieldError::FileKind { .. } => 13,
            FieldError::NotEncoded { .. } => 14,
            FieldError::NoSuchColumn { .. } => 15,
            FieldError::ColumnTwice { .. } => 16,
            FieldError::MeaningTwice { .. } => 17,
        }
    }

    #[test]
    fn each_error_is_read_as_it_was_written() {
        let positions: Vec<_> = all().iter().map(position).collect();
        assert_eq!(positions, (0..18).collect::<Vec<_>>());
        for error in all() {
            let text = serde_json::to_string(&error).unwrap();
            assert_eq!(serde_json::from_str::<FieldError>(&text).unwrap(), error, "{text}");
            let problem = FieldProblem { field: "name".to_owned(), error };
            let text = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<FieldProblem>(&text).unwrap(), problem, "{text}");
        }
    }

    #[test]
    fn what_is_unknown_or_incomplete_is_refused() {
        for text in ["{}", r#"{"error":"new"}"#, r#"{"error":"too_long"}"#, r#"{"error":"too_long","max":-1}"#] {
            assert!(serde_json::from_str::<FieldError>(text).is_err(), "{text}");
        }
        let error = serde_json::from_str::<FieldProblem>(r#"{"error":"email"}"#).unwrap_err();
        assert!(error.to_string().contains("missing field"), "{error}");
    }
}
