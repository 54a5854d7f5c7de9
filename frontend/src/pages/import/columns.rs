//! The meaning of a file's columns: as detected by the server, as matched for an earlier file, or as matched now.

use crate::local_storage;
use seatkeeper_shared::wire::imports::{ImportField, ImportPreview};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The matchings of earlier files.
const STORAGE_KEY: &str = "import-columns";
/// The most matchings that are stored.
const MAX_SAVED_MATCHINGS: usize = 20;

/// The meanings of a file's columns, by column key; ignored columns are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    detected: BTreeMap<String, ImportField>,
    chosen: BTreeMap<String, ImportField>,
}

/// The meanings matched for a set of headings. Contains only headings, no data of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedMatching {
    headings: Vec<String>,
    fields: BTreeMap<String, ImportField>,
}

impl Columns {
    /// The stored matching for the headings of the file, else the meanings that the server detected.
    pub fn of(preview: &ImportPreview) -> Self {
        Self::with(preview, &local_storage::get_json::<Vec<SavedMatching>>(STORAGE_KEY).unwrap_or_default())
    }

    fn with(preview: &ImportPreview, saved: &[SavedMatching]) -> Self {
        let understood = preview.columns.iter().filter_map(|column| Some((column.key.clone(), column.field?)));
        let detected: BTreeMap<_, _> = understood.collect();
        let headings = headings(preview);
        let chosen = saved.iter().find(|saved| saved.headings == headings).map(|saved| saved.fields.clone());
        Self { chosen: chosen.unwrap_or_else(|| detected.clone()), detected }
    }

    /// The meaning of a column, unless it is ignored.
    pub fn field(&self, key: &str) -> Option<ImportField> {
        self.chosen.get(key).copied()
    }

    /// Sets the meaning of a column; `None` ignores it. Another column with this meaning is ignored from then on: only
    /// one of them would be imported.
    pub fn choose(&mut self, key: &str, field: Option<ImportField>) {
        let Some(field) = field else {
            self.chosen.remove(key);
            return;
        };
        let detected = self.detected.clone();
        let is_detected = |key: &str| detected.get(key) == Some(&field);
        // The server knows the precedence of columns that have the same meaning by their headings.
        let may_stay = |other: &str| field.is_repeatable() || is_detected(key) && is_detected(other);
        self.chosen.retain(|other, of| *of != field || may_stay(other));
        self.chosen.insert(key.to_owned(), field);
    }

    /// Whether some column has this meaning.
    pub fn has(&self, field: ImportField) -> bool {
        self.chosen.values().any(|chosen| *chosen == field)
    }

    /// The mapping for the server as JSON, if it differs from what the server detects.
    pub fn mapping(&self) -> Option<String> {
        (self.chosen != self.detected).then(|| serde_json::to_string(&self.chosen).unwrap_or_default())
    }
}

fn headings(preview: &ImportPreview) -> Vec<String> {
    preview.columns.iter().map(|column| column.heading.clone()).collect()
}

/// Stores a matching for the next file with the same headings.
pub fn save_matching(preview: &ImportPreview, columns: &Columns) {
    let saved = local_storage::get_json::<Vec<SavedMatching>>(STORAGE_KEY).unwrap_or_default();
    local_storage::set_json(STORAGE_KEY, &with_matching(saved, headings(preview), columns));
}

fn with_matching(mut saved: Vec<SavedMatching>, headings: Vec<String>, columns: &Columns) -> Vec<SavedMatching> {
    saved.retain(|other| other.headings != headings);
    // A matching equal to the detection is not stored, so that later improvements of the detection take effect.
    if columns.chosen != columns.detected {
        saved.insert(0, SavedMatching { headings, fields: columns.chosen.clone() });
    }
    saved.truncate(MAX_SAVED_MATCHINGS);
    saved
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::wire::imports::{ImportColumn, ImportSource};
    use wasm_bindgen_test::wasm_bindgen_test;

    fn preview(headings: &[(&str, Option<ImportField>)]) -> ImportPreview {
        let column = |(heading, field): &(&str, Option<ImportField>)| ImportColumn {
            key: (*heading).to_owned(),
            heading: (*heading).to_owned(),
            field: *field,
            values: Vec::new(),
        };
        ImportPreview {
            source: ImportSource::Other,
            encoding: None,
            sheets: Vec::new(),
            sheet: None,
            heading_line: 1,
            rows: 1,
            columns: headings.iter().map(column).collect(),
        }
    }

    #[wasm_bindgen_test]
    fn a_meaning_moves_to_the_column_chosen_last() {
        let email = Some(ImportField::Email);
        let file = preview(&[("login", email), ("email", email), ("Kennung", None), ("Wer", None)]);
        let mut columns = Columns::with(&file, &[]);
        columns.choose("Kennung", Some(ImportField::Name));
        columns.choose("Wer", Some(ImportField::Name));
        assert_eq!((columns.field("Kennung"), columns.field("Wer")), (None, Some(ImportField::Name)));
        assert_eq!((columns.field("login"), columns.field("email")), (email, email), "detected together");
        columns.choose("Kennung", email);
        assert_eq!(["login", "email", "Kennung"].map(|key| columns.field(key)), [None, None, email]);
        columns.choose("Kennung", Some(ImportField::Enabled));
        columns.choose("email", Some(ImportField::Enabled));
        assert_eq!(columns.field("Kennung"), Some(ImportField::Enabled), "each can suspend the user");
    }

    #[wasm_bindgen_test]
    fn a_matching_is_reused_for_the_same_headings_only() {
        let file = preview(&[("Post", None), ("Name", Some(ImportField::Name))]);
        let mut columns = Columns::with(&file, &[]);
        assert_eq!((columns.mapping(), columns.has(ImportField::Email)), (None, false));
        columns.choose("Post", Some(ImportField::Email));
        assert_eq!(columns.mapping().as_deref(), Some(r#"{"Name":"name","Post":"email"}"#));
        let saved = with_matching(Vec::new(), headings(&file), &columns);
        assert_eq!(Columns::with(&file, &saved), columns);
        let other = preview(&[("Post", None), ("Name", Some(ImportField::Name)), ("Ort", None)]);
        assert!(!Columns::with(&other, &saved).has(ImportField::Email));
        columns.choose("Post", None);
        assert_eq!(with_matching(saved, headings(&file), &columns), []);
    }
}
