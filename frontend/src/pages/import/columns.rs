//! What the columns of a file mean: as the server takes them, as somebody matched them the last time, or as they are matched now.

use crate::keep;
use seatkeeper_shared::wire::imports::{ImportField, ImportPreview};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Under which name it is kept what columns mean.
const KEPT: &str = "import-columns";
/// How many sets of headings are kept.
const MAX_KEPT: usize = 20;

/// The columns of a file, by their keys, with what they mean; those that are ignored are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    by_themselves: BTreeMap<String, ImportField>,
    chosen: BTreeMap<String, ImportField>,
}

/// What the columns under some headings were matched with. Headings only, nothing of what stands below them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    headings: Vec<String>,
    fields: BTreeMap<String, ImportField>,
}

impl Columns {
    /// As they were matched the last time that a file had these headings; else as the server takes them.
    pub fn of(preview: &ImportPreview) -> Self {
        Self::with(preview, &keep::value::<Vec<Kept>>(KEPT).unwrap_or_default())
    }

    fn with(preview: &ImportPreview, kept: &[Kept]) -> Self {
        let understood = preview.columns.iter().filter_map(|column| Some((column.key.clone(), column.field?)));
        let by_themselves: BTreeMap<_, _> = understood.collect();
        let headings = headings(preview);
        let chosen = kept.iter().find(|kept| kept.headings == headings).map(|kept| kept.fields.clone());
        Self { chosen: chosen.unwrap_or_else(|| by_themselves.clone()), by_themselves }
    }

    /// What a column means.
    pub fn field(&self, key: &str) -> Option<ImportField> {
        self.chosen.get(key).copied()
    }

    /// Says what a column means; nothing: it is ignored.
    pub fn choose(&mut self, key: &str, field: Option<ImportField>) {
        match field {
            Some(field) => drop(self.chosen.insert(key.to_owned(), field)),
            None => drop(self.chosen.remove(key)),
        }
    }

    /// Whether some column has this meaning.
    pub fn has(&self, field: ImportField) -> bool {
        self.chosen.values().any(|chosen| *chosen == field)
    }

    /// The mapping for the server, if it is other than what it does by itself.
    pub fn mapping(&self) -> Option<String> {
        (self.chosen != self.by_themselves).then(|| serde_json::to_string(&self.chosen).unwrap_or_default())
    }
}

fn headings(preview: &ImportPreview) -> Vec<String> {
    preview.columns.iter().map(|column| column.heading.clone()).collect()
}

/// Keeps what was matched, for the next file with these headings.
pub fn remember(preview: &ImportPreview, columns: &Columns) {
    let kept = keep::value::<Vec<Kept>>(KEPT).unwrap_or_default();
    keep::keep_value(KEPT, &remembered(kept, headings(preview), columns));
}

fn remembered(mut kept: Vec<Kept>, headings: Vec<String>, columns: &Columns) -> Vec<Kept> {
    kept.retain(|other| other.headings != headings);
    // What the server does by itself need not be kept: it may do better one day.
    if columns.chosen != columns.by_themselves {
        kept.insert(0, Kept { headings, fields: columns.chosen.clone() });
    }
    kept.truncate(MAX_KEPT);
    kept
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
    fn what_was_matched_is_known_for_the_same_headings_and_no_others() {
        let file = preview(&[("Post", None), ("Name", Some(ImportField::Name))]);
        let mut columns = Columns::with(&file, &[]);
        assert_eq!((columns.mapping(), columns.has(ImportField::Email)), (None, false));
        columns.choose("Post", Some(ImportField::Email));
        assert_eq!(columns.mapping().as_deref(), Some(r#"{"Name":"name","Post":"email"}"#));
        let kept = remembered(Vec::new(), headings(&file), &columns);
        assert_eq!(Columns::with(&file, &kept), columns);
        let other = preview(&[("Post", None), ("Name", Some(ImportField::Name)), ("Ort", None)]);
        assert!(!Columns::with(&other, &kept).has(ImportField::Email));
        columns.choose("Post", None);
        assert_eq!(remembered(kept, headings(&file), &columns), []);
    }
}
