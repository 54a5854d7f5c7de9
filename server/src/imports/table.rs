//! Reads an imported file, CSV or workbook, as a table: finds the headings, the separator and the meaning of the
//! columns.

use super::{
    file_format::{self, FileContent},
    headings::ColumnMeanings,
    mapping::{self, MAX_COLUMNS, Mapping},
    workbook::{self, Workbook},
};
use crate::csv_cell;
use csv::{ReaderBuilder, StringRecord};
use seatkeeper_shared::{
    problem::FieldProblem,
    validate::{FieldError, MAX_IMPORT_ROWS, invisible},
    wire::imports::{ImportColumn, ImportField, ImportPreview, ImportSource},
};
use std::{io::Cursor, sync::Arc};

/// The rows that are searched for headings, if the first row has none.
const MAX_TITLE_ROWS: usize = 6;
const PREVIEW_ROWS: usize = 5;
/// Longer headings are cut off: they are compared with each other.
const MAX_HEADING_CHARS: usize = 200;
/// The rows that are sampled to determine the meaning of a column.
const SAMPLE_ROWS: usize = 20;

/// Options for reading a file.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The name of the encoding; detected if absent.
    pub encoding: Option<String>,
    /// The name of a workbook's sheet; by default the first that is not empty.
    pub sheet: Option<String>,
    /// The meaning of the columns; by default determined from the headings.
    pub mapping: Option<Mapping>,
}

/// An imported file whose rows can be iterated any number of times.
#[derive(Clone, Debug)]
pub struct Table {
    records: Records,
    encoding: Option<&'static str>,
    sheets: Vec<String>,
    sheet: Option<String>,
    source: ImportSource,
    /// The number of records up to and including the headings.
    skip: usize,
    heading_line: i64,
    headings: Arc<[String]>,
    /// The columns by field. If a field has several columns, the first one that is not empty applies.
    columns: Arc<[(ImportField, usize)]>,
}

/// A row below the headings.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// The line on which the row begins; for a workbook the row's number.
    pub line: i64,
    values: Vec<(ImportField, usize, String)>,
    headings: Arc<[String]>,
    columns: Arc<[(ImportField, usize)]>,
}

impl TableRow {
    /// The trimmed value of a field; `None` if it is empty or there is no such column.
    pub fn get(&self, field: ImportField) -> Option<&str> {
        self.all(field).next().map(|(_, value)| value)
    }

    /// The values of all columns of a field, each with its heading.
    pub fn all(&self, field: ImportField) -> impl Iterator<Item = (&str, &str)> {
        let of_field = self.values.iter().filter(move |(of, ..)| *of == field);
        of_field.map(|(_, column, value)| (self.headings.get(*column).map_or("", String::as_str), value.as_str()))
    }

    /// The full name, or the first and last name joined.
    pub fn name(&self) -> Option<String> {
        let parts = || [ImportField::FirstName, ImportField::LastName].into_iter().filter_map(|part| self.get(part));
        let joined = || Some(parts().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty());
        self.get(ImportField::Name).map(str::to_owned).or_else(joined)
    }

    /// The heading of a field, if there is such a column.
    pub fn heading(&self, field: ImportField) -> Option<&str> {
        let column = self.columns.iter().find(|(of, _)| *of == field)?.1;
        self.headings.get(column).map(String::as_str).filter(|heading| !heading.is_empty())
    }
}

impl Table {
    /// Reads a file up to its headings.
    ///
    /// # Errors
    /// Returns an error if the file is not a table, or has no such sheet or no such columns.
    pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Self, Vec<FieldProblem>> {
        let problem = |field: &str| {
            let field = field.to_owned();
            move |error: FieldError| vec![FieldProblem { field: field.clone(), error }]
        };
        let encoding =
            options.encoding.as_deref().map(file_format::encoding).transpose().map_err(problem("encoding"))?;
        let mut table = match file_format::detect(bytes, encoding).map_err(problem("file"))? {
            FileContent::Text { text, encoding } => Self::of_text(&text, encoding),
            FileContent::Workbook => {
                let field = if options.sheet.is_some() { "sheet" } else { "file" };
                Self::of_workbook(workbook::read(bytes, options.sheet.as_deref()).map_err(problem(field))?)
            }
        };
        if table.headings.iter().all(String::is_empty) {
            return Err(problem("file")(FieldError::Required));
        }
        if let Some(mapping) = &options.mapping {
            let wrong = |errors: Vec<FieldError>| errors.into_iter().flat_map(problem("mapping")).collect::<Vec<_>>();
            let mut columns = mapping::columns(mapping, &table.headings, &table.columns).map_err(wrong)?;
            // Several columns with one meaning keep the precedence that their headings have.
            let precedence = |column: &_| table.columns.iter().position(|other| other == column).unwrap_or(usize::MAX);
            columns.sort_by_key(|column| (precedence(column), column.1));
            table.columns = columns.into();
        }
        Ok(table)
    }

    fn of_text(text: &str, encoding: &'static str) -> Self {
        let preamble = Preamble::read(text);
        let records = Records::Text {
            text: Arc::from(preamble.rest),
            first_line: preamble.line,
            separator: preamble.separator.unwrap_or_else(|| detect_separator(preamble.rest)),
        };
        Self { encoding: Some(encoding), ..Self::of_records(records, preamble.is_datev) }
    }

    fn of_workbook(workbook: Workbook) -> Self {
        let records = Records::Rows(workbook.rows.into());
        Self { sheets: workbook.sheets, sheet: Some(workbook.sheet), ..Self::of_records(records, false) }
    }

    fn of_records(records: Records, is_datev: bool) -> Self {
        let some: Vec<_> = records.iter().take(MAX_TITLE_ROWS + SAMPLE_ROWS).collect();
        let headings_at = |at: usize| {
            let clean = |cell: &String| {
                let start: String = cell.trim_start().chars().take(MAX_HEADING_CHARS).collect();
                invisible::clean(&start.replace(['\r', '\n', '\t'], " "))
            };
            let headings: Vec<_> = some.get(at).into_iter().flat_map(|(_, cells)| cells).map(clean).collect();
            let below = some.iter().skip(at + 1).take(SAMPLE_ROWS);
            let sample = |column: usize| {
                let cells = below.clone().filter_map(|(_, cells)| cells.get(column));
                cells.map(|cell| invisible::trimmed(cell).to_owned()).filter(|cell| !cell.is_empty()).collect()
            };
            let read = ColumnMeanings::read(&headings, is_datev, sample);
            (headings, read)
        };
        let (mut at, (mut headings, mut read)) = (0, headings_at(0));
        if read.are_unknown() {
            // There may be a title above the headings.
            let has_emails =
                |read: &ColumnMeanings| read.fields.iter().flatten().any(|(field, _)| *field == ImportField::Email);
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

    /// Whether there is a column for a field.
    pub fn has(&self, field: ImportField) -> bool {
        self.columns.iter().any(|(of, _)| *of == field)
    }

    /// The rows below the headings, without empty ones.
    pub fn rows(&self) -> impl Iterator<Item = TableRow> + Send + use<> {
        let (columns, headings, source) = (self.columns.clone(), self.headings.clone(), self.source);
        self.below_headings().map(move |(line, record)| {
            let cell = |(field, column): &(ImportField, usize)| {
                let text = clean_cell(record.get(*column)?, source);
                (!text.is_empty()).then_some((*field, *column, text))
            };
            let values = columns.iter().filter_map(cell).collect();
            TableRow { line, values, headings: headings.clone(), columns: columns.clone() }
        })
    }

    /// The number of rows below the headings, without empty ones; not counted beyond one more than an import may have.
    pub fn count_rows(&self) -> usize {
        self.below_headings().take(MAX_IMPORT_ROWS + 1).count()
    }

    fn below_headings(&self) -> impl Iterator<Item = (i64, Vec<String>)> + Send + use<> {
        let is_template = self.source == ImportSource::Entra;
        let is_example = move |cells: &[String]| {
            is_template && cells.first().is_some_and(|c| c.starts_with("Example:") || c.starts_with("Beispiel:"))
        };
        let rows = self.records.iter().skip(self.skip);
        rows.filter(move |(_, cells)| cells.iter().any(|c| !invisible::trimmed(c).is_empty()) && !is_example(cells))
    }

    /// The columns and the first rows.
    pub fn preview(&self) -> ImportPreview {
        let first: Vec<_> = self.below_headings().take(PREVIEW_ROWS).collect();
        let width = first.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0).max(self.headings.len());
        let column = |at: usize| {
            let heading = self.headings.get(at).cloned().unwrap_or_default();
            let value = |(_, cells): &(i64, Vec<String>)| {
                let value = cells.get(at).map(|cell| clean_cell(cell, self.source)).unwrap_or_default();
                if mapping::is_secret(&heading) && !value.is_empty() {
                    "•••".to_owned()
                } else {
                    truncated(&value)
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
            rows: i64::try_from(self.count_rows()).unwrap_or(i64::MAX),
            columns: (0..width).map(column).collect(),
        }
    }

    /// The column that an import requires, if it is missing.
    pub fn missing_column(&self) -> Option<FieldProblem> {
        let missing = || FieldProblem { field: "email".to_owned(), error: FieldError::Required };
        (!self.has(ImportField::Email)).then(missing)
    }
}

/// Truncates a value for the preview.
fn truncated(value: &str) -> String {
    const MAX_CHARS: usize = 80;
    match value.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// The value of a cell: without invisible characters around it, and without the apostrophe that an export prepends to a
/// formula. csvde writes values that are not ASCII as `X'…'`.
fn clean_cell(cell: &str, source: ImportSource) -> String {
    let cell = csv_cell::unescape_formula(invisible::trimmed(cell));
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

/// All rows of a file, including headings and titles.
#[derive(Clone, Debug)]
enum Records {
    Text {
        text: Arc<str>,
        first_line: i64,
        separator: u8,
    },
    /// The rows of a workbook's sheet with their numbers.
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
                // Lenient: quotes that are never closed make one long cell instead of an error.
                let records = builder.from_reader(Cursor::new(Bytes(text.clone()))).into_records();
                let mut lines = LineCounter { text: text.clone(), line: *first_line, counted: 0, last: 0 };
                let cells = |record: &StringRecord| record.iter().take(MAX_COLUMNS).map(str::to_owned).collect();
                Box::new(records.filter_map(Result::ok).map(move |record| (lines.at(&record), cells(&record))))
            }
        }
    }
}

/// Counts lines as the CSV reader does, to find the line on which each row begins.
struct LineCounter {
    text: Arc<str>,
    line: i64,
    counted: usize,
    /// The line of the previous row.
    last: i64,
}

impl LineCounter {
    fn at(&mut self, record: &StringRecord) -> i64 {
        let bytes = self.text.as_bytes();
        let mut start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        while matches!(bytes.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        self.line += count_line_breaks(bytes.get(self.counted..start).unwrap_or_default());
        self.counted = start;
        // Lines identify rows in the result, so they must be unique, whatever the line endings.
        self.last = self.line.max(self.last + 1);
        self.last
    }
}

/// Counts line breaks: CR, LF or CRLF, as the CSV reader does.
pub(super) fn count_line_breaks(bytes: &[u8]) -> i64 {
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => *at == 0 || bytes[at - 1] != b'\r',
        byte => **byte == b'\r',
    });
    i64::try_from(ends.count()).unwrap_or(i64::MAX)
}

/// A shared text as bytes, for a `Cursor`.
struct Bytes(Arc<str>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The lines before the headings: Excel's `sep=;`, the version line of Entra's templates, the `#TYPE` line of
/// PowerShell, and DATEV's header line.
struct Preamble<'a> {
    rest: &'a str,
    line: i64,
    separator: Option<u8>,
    is_datev: bool,
}

impl<'a> Preamble<'a> {
    fn read(text: &'a str) -> Self {
        let mut preamble = Self { rest: text, line: 1, separator: None, is_datev: false };
        while !preamble.rest.is_empty() {
            let (first, rest) = first_line(preamble.rest);
            let bare = first.trim().trim_start_matches('"').to_ascii_lowercase();
            if let Some(separator) = bare.strip_prefix("sep=") {
                let usable = |byte: &u8| byte.is_ascii_punctuation() && *byte != b'"';
                // A tab was trimmed with the white space.
                let byte = separator.bytes().next().or_else(|| first.contains('\t').then_some(b'\t'));
                preamble.separator = byte.filter(|byte| usable(byte) || *byte == b'\t');
            } else if ["extf", "dtvf"].iter().any(|word| bare.starts_with(word)) {
                preamble.is_datev = true;
            } else if !(bare.is_empty() || bare.starts_with("#type ") || bare.starts_with("version:")) {
                break;
            }
            (preamble.rest, preamble.line) = (rest, preamble.line + 1);
        }
        preamble
    }
}

fn first_line(text: &str) -> (&str, &str) {
    match text.find(['\r', '\n']) {
        Some(end) => (&text[..end], text[end..].strip_prefix("\r\n").unwrap_or(&text[end + 1..])),
        None => (text, ""),
    }
}

/// Detects the separator of cells: the candidate that is most frequent, outside quotes, in the first line that contains
/// any.
pub(super) fn detect_separator(text: &str) -> u8 {
    let text = Preamble::read(text).rest;
    let lines = std::iter::successors(Some(first_line(text)), |(_, rest)| (!rest.is_empty()).then(|| first_line(rest)));
    let most_frequent = |line: &str| {
        let counts = [b';', b',', b'\t', b'|'].map(|separator| (count_unquoted(line, separator), separator));
        // The first one wins a tie.
        counts.into_iter().rev().max_by_key(|(count, _)| *count).filter(|(count, _)| *count > 0)
    };
    lines.take(MAX_TITLE_ROWS).find_map(|(line, _)| most_frequent(line)).map_or(b',', |(_, separator)| separator)
}

/// Counts a separator outside quotes.
pub(super) fn count_unquoted(line: &str, separator: u8) -> usize {
    let mut quoted = false;
    let mut counts = |byte: &u8| {
        quoted ^= *byte == b'"';
        *byte == separator && !quoted
    };
    line.as_bytes().iter().filter(|byte| counts(byte)).count()
}

#[cfg(test)]
mod tests;
