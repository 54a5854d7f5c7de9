//! The file of an import: its encoding, what separates its cells, and what its columns mean. No decisions on users.

use crate::text::fold;
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, WINDOWS_1252};
use std::{collections::HashMap, io::Cursor, sync::Arc};

/// The columns that are understood, each with what it may be called, without case, accents, spaces, hyphens and underscores.
const COLUMNS: [(Column, &[&str]); 6] = [
    (Column::Name, &["name", "fullname", "username", "benutzer", "vollername", "mitarbeiter", "anzeigename"]),
    (Column::Email, &["email", "mail", "emailaddress", "emailadresse", "mailadresse"]),
    (Column::Role, &["role", "rolle"]),
    (Column::Status, &["status", "state", "zustand"]),
    (Column::Licenses, &["licenses", "license", "products", "product", "lizenzen", "lizenz", "produkte", "produkt"]),
    (Column::Groups, &["groups", "group", "gruppen", "gruppe"]),
];

/// A column that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The user's name.
    Name,
    /// His e-mail address, by which he is known.
    Email,
    /// His role.
    Role,
    /// Active or suspended.
    Status,
    /// Licenses he gets.
    Licenses,
    /// Groups he comes into.
    Groups,
}

impl Column {
    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Role => "role",
            Self::Status => "status",
            Self::Licenses => "licenses",
            Self::Groups => "groups",
        }
    }
}

/// A file that can be read row by row, as often as one likes.
#[derive(Clone)]
pub struct Sheet {
    text: Arc<str>,
    /// The line on which the head stands.
    first_line: i64,
    separator: u8,
    columns: HashMap<Column, usize>,
}

/// A row: the line on which it begins, and its cells.
#[derive(Clone, Debug)]
pub struct Cells {
    /// The line.
    pub line: i64,
    columns: HashMap<Column, String>,
}

impl Cells {
    /// What stands in a column, trimmed; nothing if it is empty or there is none.
    pub fn get(&self, column: Column) -> Option<&str> {
        self.columns.get(&column).map(String::as_str)
    }
}

impl Sheet {
    /// Reads the head of a file. UTF-8 with or without a mark, UTF-16 with one, and else Windows-1252, as Excel writes it.
    pub fn read(bytes: &[u8]) -> Self {
        let text = decoded(bytes);
        let (first_line, text, separator) = separated(&text);
        let mut sheet = Self { text: Arc::from(text), first_line, separator, columns: HashMap::new() };
        let head = sheet.records().next();
        for (place, name) in head.iter().flat_map(StringRecord::iter).enumerate() {
            let name: String = fold(name).chars().filter(|c| c.is_alphanumeric()).collect();
            if let Some((column, _)) = COLUMNS.iter().find(|(_, names)| names.contains(&name.as_str())) {
                sheet.columns.entry(*column).or_insert(place);
            }
        }
        sheet
    }

    /// Whether it has a column.
    pub fn has(&self, column: Column) -> bool {
        self.columns.contains_key(&column)
    }

    /// The rows below the head; empty ones are left out.
    pub fn rows(&self) -> impl Iterator<Item = Cells> + Send + use<> {
        let (columns, mut lines) = (self.columns.clone(), Lines::of(self));
        let rows = self.records().skip(1).filter(|record| record.iter().any(|cell| !cell.trim().is_empty()));
        rows.map(move |record| {
            let cell = |(column, place): (&Column, &usize)| {
                let text = plain(record.get(*place)?.trim());
                (!text.is_empty()).then(|| (*column, text.to_owned()))
            };
            Cells { line: lines.at(&record), columns: columns.iter().filter_map(cell).collect() }
        })
    }

    /// Whatever stands there: quotes that are never closed make one long cell, and no mistake.
    fn records(&self) -> impl Iterator<Item = StringRecord> + Send + use<> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.separator);
        builder.from_reader(Cursor::new(Bytes(self.text.clone()))).into_records().filter_map(Result::ok)
    }
}

/// Counts lines as people do: where a row's first cell stands.
struct Lines {
    text: Arc<str>,
    line: i64,
    counted: usize,
}

impl Lines {
    fn of(sheet: &Sheet) -> Self {
        Self { text: sheet.text.clone(), line: sheet.first_line, counted: 0 }
    }

    fn at(&mut self, record: &StringRecord) -> i64 {
        let bytes = self.text.as_bytes();
        let mut start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        while matches!(bytes.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        let passed = bytes.get(self.counted..start).unwrap_or_default();
        self.line += i64::try_from(passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
        self.counted = start;
        self.line
    }
}

/// The bytes of a text that is shared.
struct Bytes(Arc<str>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A cell without the apostrophe that an export puts before what looks like a formula.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

fn decoded(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// On which line the head stands, the text from there, and what separates the cells: what Excel's first line `sep=;` says,
/// or whatever the head has most of.
fn separated(text: &str) -> (i64, &str, u8) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(&[separator]) = first.trim_end_matches('\r').strip_prefix("sep=").map(str::as_bytes) {
        return (2, rest, separator);
    }
    let most = [b';', b',', b'\t'].into_iter().rev().max_by_key(|s| first.bytes().filter(|b| b == s).count());
    (1, text, most.unwrap_or(b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(i64, Option<String>, Option<String>)> {
        let get = |cells: &Cells, column| cells.get(column).map(str::to_owned);
        Sheet::read(bytes).rows().map(|c| (c.line, get(&c, Column::Name), get(&c, Column::Email))).collect()
    }

    fn one(line: i64, name: &str, email: &str) -> (i64, Option<String>, Option<String>) {
        (line, Some(name.to_owned()), Some(email.to_owned()))
    }

    #[test]
    fn what_excel_writes_is_understood() {
        let expected = [one(2, "Öz, Ana", "oz@example.org")];
        assert_eq!(rows("name,email\n\"Öz, Ana\",oz@example.org\n".as_bytes()), expected);
        assert_eq!(rows("\u{feff}Name;E-Mail\r\nÖz, Ana;oz@example.org\r\n".as_bytes()), expected);
        assert_eq!(rows(b"Benutzer;E-Mail-Adresse\r\n\xd6z, Ana;oz@example.org"), expected, "Windows-1252");
        assert_eq!(rows("Voller Name\tmail\nÖz, Ana\toz@example.org".as_bytes()), expected);
        let utf16: Vec<u8> =
            "\u{feff}name;email\r\nÖz, Ana;oz@example.org".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows(&utf16), expected);
        let said = "sep=|\r\nname|email\r\nÖz, Ana|oz@example.org";
        assert_eq!(rows(said.as_bytes()), [one(3, "Öz, Ana", "oz@example.org")]);
    }

    #[test]
    fn line_breaks_in_quotes_stay_in_their_cell_and_lines_are_counted() {
        let text = "name,email,notes\r\n\"A\nB\",a@b,\"x\r\ny\"\r\n\r\nC,c@d,\r\n";
        assert_eq!(rows(text.as_bytes()), [one(2, "A\nB", "a@b"), one(6, "C", "c@d")]);
    }

    #[test]
    fn rows_may_be_short_long_or_empty() {
        let text = "email,name\na@b\n,,\nc@d,C,more\n";
        assert_eq!(rows(text.as_bytes()), [(2, None, Some("a@b".to_owned())), one(4, "C", "c@d")]);
        assert_eq!(rows(b""), []);
        assert!(!Sheet::read(b"what,ever\n1,2").has(Column::Email));
        assert_eq!(rows(b"email,name\n\"never closed,x\ny,z\n").len(), 1);
    }

    #[test]
    fn what_an_export_has_defused_is_as_before() {
        assert_eq!(rows(b"name,email\n'=A,'+a@b\n"), [one(2, "=A", "+a@b")]);
        assert_eq!(rows(b"name,email\n'n Beetje,a@b\n"), [one(2, "'n Beetje", "a@b")]);
    }
}
