//! The file of an import as rows: where they begin, what separates their cells, and what its columns mean. No decisions on users.

use super::{
    file::{self, Content},
    headings::Headings,
    mapping::{self, Mapping},
    workbook::{self, Workbook},
};
use crate::{csv_cell, http::problem::Fields};
use csv::{ReaderBuilder, StringRecord};
use seatkeeper_shared::{
    problem::FieldProblem,
    validate::{FieldError, invisible},
    wire::imports::{ImportColumn, ImportField, ImportPreview, ImportSource},
};
use std::{io::Cursor, sync::Arc};

/// In how many rows it is looked for headings, if the first are none.
const MAX_TITLE_ROWS: usize = 6;
/// How many rows a preview shows.
const PREVIEW_ROWS: usize = 5;
/// How many rows are looked at to tell what a column means.
const SAMPLE_ROWS: usize = 20;

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The name of its encoding; found out if absent.
    pub encoding: Option<String>,
    /// Which sheet of a workbook; the first that is not empty if absent.
    pub sheet: Option<String>,
    /// What its columns mean; told by their headings if absent.
    pub mapping: Option<Mapping>,
}

/// A file that can be read row by row, as often as one likes.
#[derive(Clone, Debug)]
pub struct Sheet {
    records: Records,
    encoding: Option<&'static str>,
    sheets: Vec<String>,
    sheet: Option<String>,
    source: ImportSource,
    /// How many records there are up to the headings, these included.
    skip: usize,
    heading_line: i64,
    headings: Arc<[String]>,
    /// What stands in which column; of several for one field the first that is not empty counts.
    columns: Arc<[(ImportField, usize)]>,
}

/// A row: the line on which it begins, and its cells.
#[derive(Clone, Debug)]
pub struct Cells {
    /// The line.
    pub line: i64,
    values: Vec<(ImportField, usize, String)>,
    headings: Arc<[String]>,
    columns: Arc<[(ImportField, usize)]>,
}

impl Cells {
    /// What stands in a column, trimmed; nothing if it is empty or there is none.
    pub fn get(&self, field: ImportField) -> Option<&str> {
        self.all(field).next().map(|(_, value)| value)
    }

    /// What stands in all columns of a field, each with its heading.
    pub fn all(&self, field: ImportField) -> impl Iterator<Item = (&str, &str)> {
        let of_field = self.values.iter().filter(move |(of, ..)| *of == field);
        of_field.map(|(_, column, value)| (self.headings.get(*column).map_or("", String::as_str), value.as_str()))
    }

    /// The name: the whole one, or the first and the last.
    pub fn name(&self) -> Option<String> {
        let parts = || [ImportField::FirstName, ImportField::LastName].into_iter().filter_map(|part| self.get(part));
        let joined = || Some(parts().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty());
        self.get(ImportField::Name).map(str::to_owned).or_else(joined)
    }

    /// The heading over a field, if there is such a column.
    pub fn heading(&self, field: ImportField) -> Option<&str> {
        let column = self.columns.iter().find(|(of, _)| *of == field)?.1;
        self.headings.get(column).map(String::as_str).filter(|heading| !heading.is_empty())
    }
}

impl Sheet {
    /// Reads the headings of a file.
    ///
    /// # Errors
    /// It is no table, has no such sheet, or no such columns.
    pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Self, Vec<FieldProblem>> {
        let problem = |field: &str| {
            let field = field.to_owned();
            move |error: FieldError| vec![FieldProblem { field: field.clone(), error }]
        };
        let encoding = options.encoding.as_deref().map(file::encoding).transpose().map_err(problem("encoding"))?;
        let mut sheet = match file::content(bytes, encoding).map_err(problem("file"))? {
            Content::Text { text, encoding } => Self::of_text(&text, encoding),
            Content::Workbook => {
                let field = if options.sheet.is_some() { "sheet" } else { "file" };
                Self::of_workbook(workbook::read(bytes, options.sheet.as_deref()).map_err(problem(field))?)
            }
        };
        if sheet.headings.iter().all(String::is_empty) {
            return Err(problem("file")(FieldError::Required));
        }
        if let Some(mapping) = &options.mapping {
            let wrong = |errors: Vec<FieldError>| errors.into_iter().flat_map(problem("mapping")).collect::<Vec<_>>();
            let mut columns = mapping::columns(mapping, &sheet.headings).map_err(wrong)?;
            // Of several columns for one field those first that go first by themselves.
            let by_itself = |column: &_| sheet.columns.iter().position(|other| other == column).unwrap_or(usize::MAX);
            columns.sort_by_key(|column| (by_itself(column), column.1));
            sheet.columns = columns.into();
        }
        Ok(sheet)
    }

    fn of_text(text: &str, encoding: &'static str) -> Self {
        let start = Preamble::read(text);
        let records = Records::Text {
            text: Arc::from(start.rest),
            first_line: start.line,
            separator: start.separator.unwrap_or_else(|| separator_of(start.rest)),
        };
        Self { encoding: Some(encoding), ..Self::of_records(records, start.is_datev) }
    }

    fn of_workbook(workbook: Workbook) -> Self {
        let records = Records::Rows(workbook.rows.into());
        Self { sheets: workbook.sheets, sheet: Some(workbook.sheet), ..Self::of_records(records, false) }
    }

    fn of_records(records: Records, is_datev: bool) -> Self {
        let some: Vec<_> = records.iter().take(MAX_TITLE_ROWS + SAMPLE_ROWS).collect();
        let headings_at = |at: usize| {
            let clean = |cell: &String| invisible::cleaned(&cell.replace(['\r', '\n', '\t'], " "));
            let headings: Vec<_> = some.get(at).into_iter().flat_map(|(_, cells)| cells).map(clean).collect();
            let below = some.iter().skip(at + 1).take(SAMPLE_ROWS);
            let sample = |column: usize| {
                let cells = below.clone().filter_map(|(_, cells)| cells.get(column));
                cells.map(|cell| invisible::trimmed(cell).to_owned()).filter(|cell| !cell.is_empty()).collect()
            };
            let read = Headings::read(&headings, is_datev, sample);
            (headings, read)
        };
        let (mut at, (mut headings, mut read)) = (0, headings_at(0));
        if read.are_unknown() {
            // A title may stand above the headings.
            let has_emails =
                |read: &Headings| read.fields.iter().flatten().any(|(field, _)| *field == ImportField::Email);
            let below = (1..some.len().min(MAX_TITLE_ROWS)).map(|at| (at, headings_at(at)));
            if let Some(found) = { below }.find(|(_, (_, read))| has_emails(read)) {
                (at, (headings, read)) = found;
            }
        }
        let numbered = read.fields.iter().enumerate();
        let mut columns: Vec<_> =
            numbered.filter_map(|(column, field)| field.map(|(field, rank)| (field, rank, column))).collect();
        columns.sort_by_key(|(_, rank, column)| (*rank, *column));
        Self {
            encoding: None,
            sheets: Vec::new(),
            sheet: None,
            source: read.source,
            skip: at + 1,
            heading_line: some.get(at).map_or(1, |(line, _)| *line),
            headings: headings.into(),
            columns: columns.into_iter().map(|(field, _, column)| (field, column)).collect(),
            records,
        }
    }

    /// Whether it has a column.
    pub fn has(&self, field: ImportField) -> bool {
        self.columns.iter().any(|(of, _)| *of == field)
    }

    /// The rows below the headings; empty ones are left out.
    pub fn rows(&self) -> impl Iterator<Item = Cells> + Send + use<> {
        let (columns, headings, source) = (self.columns.clone(), self.headings.clone(), self.source);
        self.below_headings().map(move |(line, record)| {
            let cell = |(field, column): &(ImportField, usize)| {
                let text = plain(record.get(*column)?, source);
                (!text.is_empty()).then_some((*field, *column, text))
            };
            let values = columns.iter().filter_map(cell).collect();
            Cells { line, values, headings: headings.clone(), columns: columns.clone() }
        })
    }

    fn below_headings(&self) -> impl Iterator<Item = (i64, Vec<String>)> + Send + use<> {
        let is_template = self.source == ImportSource::Entra;
        let is_example = move |cells: &[String]| {
            is_template && cells.first().is_some_and(|c| c.starts_with("Example:") || c.starts_with("Beispiel:"))
        };
        let rows = self.records.iter().skip(self.skip);
        rows.filter(move |(_, cells)| cells.iter().any(|c| !invisible::trimmed(c).is_empty()) && !is_example(cells))
    }

    /// What is in it, with the first rows.
    pub fn preview(&self) -> ImportPreview {
        let first: Vec<_> = self.below_headings().take(PREVIEW_ROWS).collect();
        let width = first.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0).max(self.headings.len());
        let column = |at: usize| {
            let heading = self.headings.get(at).cloned().unwrap_or_default();
            let value = |(_, cells): &(i64, Vec<String>)| {
                let value = cells.get(at).map(|cell| plain(cell, self.source)).unwrap_or_default();
                if mapping::is_secret(&heading) && !value.is_empty() {
                    "•••".to_owned()
                } else {
                    shortened(&value)
                }
            };
            ImportColumn {
                key: mapping::key(&self.headings, at),
                field: self.columns.iter().find(|(_, column)| *column == at).map(|(field, _)| *field),
                values: first.iter().map(value).collect(),
                heading,
            }
        };
        ImportPreview {
            source: self.source,
            encoding: self.encoding.map(str::to_owned),
            sheets: self.sheets.clone(),
            sheet: self.sheet.clone(),
            heading_line: self.heading_line,
            rows: i64::try_from(self.below_headings().count()).unwrap_or(i64::MAX),
            columns: (0..width).map(column).collect(),
        }
    }

    /// Notes what is missing for an import.
    pub fn check(&self, fields: &mut Fields) {
        if !self.has(ImportField::Email) {
            fields.wrong("email", FieldError::Required);
        }
    }
}

/// A value as long as a preview shows it.
fn shortened(value: &str) -> String {
    const LENGTH: usize = 80;
    match value.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// A cell as it was meant: without what surrounds it unseen, and without the apostrophe that an export puts before what looks like a
/// formula. csvde writes what is not ASCII as `X'…'`.
fn plain(cell: &str, source: ImportSource) -> String {
    let cell = csv_cell::unguard(invisible::trimmed(cell));
    let hex = cell.strip_prefix("X'").and_then(|rest| rest.strip_suffix('\'')).filter(|hex| hex.len() % 2 == 0);
    match hex.filter(|hex| source == ImportSource::Csvde && hex.is_ascii()) {
        Some(hex) => {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
            let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| cell.to_owned())
        }
        None => cell.to_owned(),
    }
}

/// The rows of a file, headings and titles included.
#[derive(Clone, Debug)]
enum Records {
    /// CSV.
    Text { text: Arc<str>, first_line: i64, separator: u8 },
    /// A sheet of a workbook: each row with its number.
    Rows(Arc<[(i64, Vec<String>)]>),
}

impl Records {
    fn iter(&self) -> Box<dyn Iterator<Item = (i64, Vec<String>)> + Send> {
        match self {
            Self::Rows(rows) => {
                let rows = rows.clone();
                Box::new((0..rows.len()).map(move |at| rows[at].clone()))
            }
            Self::Text { text, first_line, separator } => {
                let mut builder = ReaderBuilder::new();
                builder.has_headers(false).flexible(true).delimiter(*separator);
                // Whatever stands there: quotes that are never closed make one long cell, and no mistake.
                let records = builder.from_reader(Cursor::new(Bytes(text.clone()))).into_records();
                let mut lines = Lines { text: text.clone(), line: *first_line, counted: 0, last: 0 };
                let cells = |record: &StringRecord| record.iter().map(str::to_owned).collect();
                Box::new(records.filter_map(Result::ok).map(move |record| (lines.at(&record), cells(&record))))
            }
        }
    }
}

/// Counts lines as the reader does: where a row's first cell stands.
struct Lines {
    text: Arc<str>,
    line: i64,
    counted: usize,
    /// The line of the row before.
    last: i64,
}

impl Lines {
    fn at(&mut self, record: &StringRecord) -> i64 {
        let bytes = self.text.as_bytes();
        let mut start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        while matches!(bytes.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        self.line += line_breaks(bytes.get(self.counted..start).unwrap_or_default());
        self.counted = start;
        // Rows are known by their lines: no two have the same, whatever ends them.
        self.last = self.line.max(self.last + 1);
        self.last
    }
}

/// How many lines end in a text: by CR, by LF, or by both together, as the reader of CSV takes them.
pub(super) fn line_breaks(bytes: &[u8]) -> i64 {
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => *at == 0 || bytes[at - 1] != b'\r',
        byte => **byte == b'\r',
    });
    i64::try_from(ends.count()).unwrap_or(i64::MAX)
}

/// The bytes of a text that is shared.
struct Bytes(Arc<str>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What stands before the headings: Excel's `sep=;`, the version of Entra's templates, the type that PowerShell writes, DATEV's
/// own first line.
struct Preamble<'a> {
    rest: &'a str,
    line: i64,
    separator: Option<u8>,
    is_datev: bool,
}

impl<'a> Preamble<'a> {
    fn read(text: &'a str) -> Self {
        let mut start = Self { rest: text, line: 1, separator: None, is_datev: false };
        while !start.rest.is_empty() {
            let (first, rest) = first_line(start.rest);
            let bare = first.trim().trim_start_matches('"').to_ascii_lowercase();
            if let Some(said) = bare.strip_prefix("sep=") {
                let usable = |byte: &u8| byte.is_ascii_punctuation() && *byte != b'"';
                // A tab is trimmed away with the white space.
                let byte = said.bytes().next().or_else(|| first.contains('\t').then_some(b'\t'));
                start.separator = byte.filter(|byte| usable(byte) || *byte == b'\t');
            } else if ["extf", "dtvf"].iter().any(|word| bare.starts_with(word)) {
                start.is_datev = true;
            } else if !(bare.is_empty() || bare.starts_with("#type ") || bare.starts_with("version:")) {
                break;
            }
            (start.rest, start.line) = (rest, start.line + 1);
        }
        start
    }
}

fn first_line(text: &str) -> (&str, &str) {
    match text.find(['\r', '\n']) {
        Some(end) => (&text[..end], text[end..].strip_prefix("\r\n").unwrap_or(&text[end + 1..])),
        None => (text, ""),
    }
}

/// What separates the cells: whatever the first line with any of these has most of, quotes left aside.
pub(super) fn separator_of(text: &str) -> u8 {
    let text = Preamble::read(text).rest;
    let lines = std::iter::successors(Some(first_line(text)), |(_, rest)| (!rest.is_empty()).then(|| first_line(rest)));
    let most = |line: &str| {
        let counts = [b';', b',', b'\t', b'|'].map(|separator| (unquoted(line, separator), separator));
        // Of equally many the first.
        counts.into_iter().rev().max_by_key(|(count, _)| *count).filter(|(count, _)| *count > 0)
    };
    lines.take(MAX_TITLE_ROWS).find_map(|(line, _)| most(line)).map_or(b',', |(_, separator)| separator)
}

/// How often a separator stands outside of quotes.
pub(super) fn unquoted(line: &str, separator: u8) -> usize {
    let mut quoted = false;
    let mut counts = |byte: &u8| {
        quoted ^= *byte == b'"';
        *byte == separator && !quoted
    };
    line.as_bytes().iter().filter(|byte| counts(byte)).count()
}

#[cfg(test)]
mod tests;
