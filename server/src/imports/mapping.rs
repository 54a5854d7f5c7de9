//! The column mapping that a user chooses for an import: each column is named by its heading, or by its number as `#1`.

use crate::normalize::fold;
use seatkeeper_shared::{validate::FieldError, wire::imports::ImportField};
use std::collections::BTreeMap;

/// The most columns of a file. Further columns are ignored.
pub(super) const MAX_COLUMNS: usize = 1_000;

/// Maps columns to fields; other columns are ignored.
pub type Mapping = BTreeMap<String, ImportField>;

/// Parses a mapping, which is a JSON object.
///
/// # Errors
/// Returns an error if the text is not a JSON object of known fields.
pub fn parse(text: &str) -> Result<Mapping, FieldError> {
    serde_json::from_str(text).map_err(|_| FieldError::Unknown)
}

/// A column's name in a mapping.
pub fn key(headings: &[String], column: usize) -> String {
    let heading = headings.get(column).map_or("", String::as_str);
    let folded = fold(heading);
    let is_unique = headings.iter().filter(|other| fold(other) == folded).count() == 1;
    if is_unique && !heading.is_empty() && !heading.starts_with('#') {
        heading.to_owned()
    } else {
        format!("#{}", column + 1)
    }
}

/// The columns that a mapping names, sorted by column.
///
/// # Errors
/// Returns an error for each column that does not exist or is ambiguous, and for each column whose meaning another
/// column has already. `detected` are the meanings by the headings: several columns that have the same meaning there
/// may keep it, because their precedence is known.
pub fn columns(
    mapping: &Mapping,
    headings: &[String],
    detected: &[(ImportField, usize)],
) -> Result<Vec<(ImportField, usize)>, Vec<FieldError>> {
    let (mut columns, mut errors) = (Vec::new(), Vec::new());
    for (key, field) in mapping {
        match column(key, headings) {
            Ok(column) => columns.push((*field, column, key.as_str())),
            Err(error) => errors.push(error),
        }
    }
    columns.sort_by_key(|(_, column, _)| *column);
    errors.extend(repeated_meanings(&columns, detected));
    if errors.is_empty() {
        Ok(columns.into_iter().map(|(field, column, _)| (field, column)).collect())
    } else {
        Err(errors)
    }
}

fn repeated_meanings(columns: &[(ImportField, usize, &str)], detected: &[(ImportField, usize)]) -> Vec<FieldError> {
    let is_detected = |field: ImportField, column: usize| detected.contains(&(field, column));
    let error = |(at, (field, column, key)): (usize, &(ImportField, usize, &str))| {
        let conflicts = |(of, other, _): &&(ImportField, usize, &str)| {
            of == field && other != column && !(is_detected(*field, *column) && is_detected(*field, *other))
        };
        let (_, _, first) = columns[..at].iter().find(conflicts).filter(|_| !field.is_repeatable())?;
        Some(FieldError::MeaningTwice {
            meaning: field.as_str().to_owned(),
            heading: quoted(first),
            other: quoted(key),
        })
    };
    columns.iter().enumerate().filter_map(error).collect()
}

/// A column's name as an error quotes it.
fn quoted(key: &str) -> String {
    key.chars().take(200).collect()
}

fn column(key: &str, headings: &[String]) -> Result<usize, FieldError> {
    let heading = || quoted(key);
    // Rows can be longer than the headings, so numbers may exceed them.
    if let Some(number) = key.strip_prefix('#').and_then(|number| number.parse::<usize>().ok()) {
        return (1..=MAX_COLUMNS)
            .contains(&number)
            .then(|| number - 1)
            .ok_or(FieldError::NoSuchColumn { heading: heading() });
    }
    let folded = fold(key);
    let mut found = (0..headings.len()).filter(|at| fold(&headings[*at]) == folded);
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column),
        (None, _) => Err(FieldError::NoSuchColumn { heading: heading() }),
        (Some(_), Some(_)) => Err(FieldError::ColumnTwice { heading: heading() }),
    }
}

/// Whether a column contains passwords, which a preview hides.
pub fn is_secret(heading: &str) -> bool {
    let heading = fold(heading);
    ["password", "passwort", "kennwort"].iter().any(|word| heading.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_heading_or_number() {
        let headings: Vec<_> = ["Mail", "Wer", "", "Wer", "#x"].map(str::to_owned).to_vec();
        let keys: Vec<_> = (0..5).map(|at| key(&headings, at)).collect();
        assert_eq!(keys, ["Mail", "#2", "#3", "#4", "#5"]);
        let mapping = parse(r##"{"mail": "email", "#4": "name"}"##).expect("a mapping");
        assert_eq!(columns(&mapping, &headings, &[]), Ok(vec![(ImportField::Email, 0), (ImportField::Name, 3)]));
        let missing = parse(r#"{"Ort": "name", "wer": "name"}"#).expect("a mapping");
        assert_eq!(
            columns(&missing, &headings, &[]),
            Err(vec![
                FieldError::NoSuchColumn { heading: "Ort".to_owned() },
                FieldError::ColumnTwice { heading: "wer".to_owned() },
            ])
        );
        assert_eq!(parse(r#"{"Mail": "shoe_size"}"#), Err(FieldError::Unknown));
        assert_eq!(parse("[]"), Err(FieldError::Unknown));
    }

    #[test]
    fn two_columns_cannot_have_the_same_meaning() {
        let headings: Vec<_> = ["Kennung", "Wer", "login", "email", "aktiv"].map(str::to_owned).to_vec();
        let read = |text: &str, detected: &[_]| columns(&parse(text).expect("a mapping"), &headings, detected);
        let twice = |meaning: &str, heading: &str, other: &str| {
            let [meaning, heading, other] = [meaning, heading, other].map(str::to_owned);
            Err(vec![FieldError::MeaningTwice { meaning, heading, other }])
        };
        assert_eq!(read(r#"{"Wer": "name", "Kennung": "name"}"#, &[]), twice("name", "Kennung", "Wer"));
        assert_eq!(read(r##"{"#2": "groups", "Kennung": "groups"}"##, &[]), twice("groups", "Kennung", "#2"));
        // Each of these columns can suspend the user.
        assert!(read(r#"{"Kennung": "enabled", "aktiv": "enabled"}"#, &[]).is_ok());
        // The headings give both columns this meaning, with a known precedence.
        let detected = [(ImportField::Email, 3), (ImportField::Email, 2)];
        assert!(read(r#"{"login": "email", "email": "email", "Wer": "name"}"#, &detected).is_ok());
        assert_eq!(read(r#"{"login": "email", "Wer": "email"}"#, &detected), twice("email", "Wer", "login"));
        assert!(read(r#"{"login": "email", "email": "email"}"#, &[]).is_err());
    }
}
