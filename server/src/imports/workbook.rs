//! Reads one sheet of an Excel workbook (.xlsx) as rows of text. A workbook is a zip archive, so its unpacked size is
//! checked first (zip bombs).

use super::file_format::kind_error;
use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};
use seatkeeper_shared::{file_kind::FileKind, validate::FieldError};
use std::io::{Cursor, Read as _, copy, sink};
use zip::ZipArchive;

const MAX_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;
const MAX_ARCHIVE_ENTRIES: usize = 2_000;
/// The most cells of a workbook, 250,000 rows of 20. Empty cells count too, whether the file has them or they only
/// precede another cell of their row.
const MAX_CELLS: usize = 5_000_000;
/// The most text in all cells. Cells share texts in the file, so the unpacked size does not limit this.
const MAX_TEXT_BYTES: usize = 256 * 1024 * 1024;
/// Further columns are ignored.
const MAX_COLUMNS: usize = 200;

/// One sheet of a workbook, and the names of all sheets.
#[derive(Debug)]
pub struct Workbook {
    pub sheets: Vec<String>,
    /// The name of the sheet that was read.
    pub sheet: String,
    /// The rows that are not empty, each with its number.
    pub rows: Vec<(i64, Vec<String>)>,
}

/// Reads the named sheet, or the first one that is not empty.
///
/// # Errors
/// Returns an error if the workbook is damaged, protected or too large, or has no such sheet.
pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Workbook, FieldError> {
    check_unpacked_size(bytes, MAX_UNPACKED_BYTES)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let sheets = workbook.sheet_names();
    let wanted: Vec<String> = match sheet {
        Some(name) => sheets.iter().filter(|known| *known == name).cloned().collect(),
        None => sheets.clone(),
    };
    let mut found = Err(FieldError::Unknown);
    let mut budget = Budget { cells: MAX_CELLS, text_bytes: MAX_TEXT_BYTES };
    for name in wanted {
        let rows = rows(&mut workbook, &name, &mut budget)?;
        let is_empty = rows.is_empty();
        found = Ok(Workbook { sheets: sheets.clone(), sheet: name, rows });
        if !is_empty {
            break;
        }
    }
    found
}

fn damaged(_: XlsxError) -> FieldError {
    kind_error(FileKind::DamagedWorkbook)
}

/// Checks the unpacked size by unpacking everything once, because the sizes in an archive's headers cannot be trusted.
fn check_unpacked_size(bytes: &[u8], mut left: u64) -> Result<(), FieldError> {
    let broken = |_| kind_error(FileKind::DamagedWorkbook);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MAX_ARCHIVE_ENTRIES {
        return Err(too_large());
    }
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(broken)?;
        let size = copy(&mut entry.take(left + 1), &mut sink()).map_err(|_| kind_error(FileKind::DamagedWorkbook))?;
        left = left.checked_sub(size).ok_or_else(too_large)?;
    }
    Ok(())
}

fn too_large() -> FieldError {
    kind_error(FileKind::LargeWorkbook)
}

/// What may still be read of a workbook.
struct Budget {
    cells: usize,
    text_bytes: usize,
}

impl Budget {
    fn take(&mut self, cells: usize, text_bytes: usize) -> Result<(), FieldError> {
        self.cells = self.cells.checked_sub(cells).ok_or_else(too_large)?;
        self.text_bytes = self.text_bytes.checked_sub(text_bytes).ok_or_else(too_large)?;
        Ok(())
    }
}

/// Reads cell by cell: a range read at once would be allocated as large as the sheet claims to be.
fn rows(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    budget: &mut Budget,
) -> Result<Vec<(i64, Vec<String>)>, FieldError> {
    let mut cells = match workbook.worksheet_cells_reader(sheet) {
        Ok(cells) => cells,
        // A chart sheet.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(error) => return Err(damaged(error)),
    };
    let mut rows: Vec<(i64, Vec<String>)> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let (row, column) = (i64::from(row) + 1, usize::try_from(column).unwrap_or(usize::MAX));
        let text = text(cell.get_value());
        budget.take(1, text.len())?;
        if column >= MAX_COLUMNS || text.is_empty() {
            continue;
        }
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, Vec::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            budget.take(column.saturating_sub(cells.len()), 0)?;
            cells.resize(cells.len().max(column + 1), String::new());
            cells[column] = text;
        }
    }
    rows.sort_by_key(|(row, _)| *row);
    // Row numbers identify rows in the result, so they must be unique.
    rows.dedup_by_key(|(row, _)| *row);
    Ok(rows)
}

/// The text of a cell: whole numbers without a fraction, dates as ISO 8601.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(time) => date(time),
        DataRef::Error(error) => error.to_string(),
    }
}

fn date(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        return time.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::{ZipWriter, write::SimpleFileOptions};

    const USERS: &[u8] = include_bytes!("../../../tests/fixtures/users.xlsx");
    const FAR_CORNER: &[u8] = include_bytes!("../../../tests/fixtures/far_corner.xlsx");

    #[test]
    fn the_first_sheet_that_is_not_empty_is_read() {
        let workbook = read(USERS, None).expect("a workbook");
        assert_eq!(
            (workbook.sheets.as_slice(), workbook.sheet.as_str()),
            (["Leer", "Mitarbeiter", "Andere"].map(str::to_owned).as_slice(), "Mitarbeiter")
        );
        let rows: Vec<_> = workbook.rows.iter().map(|(row, cells)| (*row, cells.join("|"))).collect();
        assert_eq!(
            rows,
            [
                (1, "Unsere Mitarbeiter".to_owned()),
                (3, "Vorname|Nachname|E-Mail|Eintritt|Aktiviert|Nummer".to_owned()),
                (4, "Jürgen|Groß|juergen@example.org|2026-03-01|true|4711".to_owned()),
                (7, "Mia|Maß|mia@example.org|2026-03-01 12:00:00|false|0.5".to_owned()),
            ]
        );
        assert_eq!(read(USERS, Some("Andere")).expect("a sheet").rows.len(), 2);
        assert_eq!(read(USERS, Some("Nobody")).map(|workbook| workbook.rows), Err(FieldError::Unknown));
    }

    #[test]
    fn a_cell_in_the_far_corner_allocates_no_grid() {
        let rows = read(FAR_CORNER, None).expect("a workbook").rows;
        let cells: Vec<_> = rows.iter().map(|(row, cells)| (*row, cells.len())).collect();
        assert_eq!(cells, [(1, 1), (1_048_576, 1)]);
    }

    #[test]
    fn empty_cells_and_shared_texts_count() {
        let read = |bytes: &'static [u8], cells: usize, text_bytes: usize| {
            let mut workbook = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
            let sheet = workbook.sheet_names().pop().expect("a sheet");
            rows(&mut workbook, &sheet, &mut Budget { cells, text_bytes }).map(|rows| rows.len())
        };
        let rows = super::read(USERS, Some("Andere")).expect("a sheet").rows;
        let cells = rows.iter().map(|(_, cells)| cells.len()).sum();
        let text_bytes = rows.iter().flat_map(|(_, cells)| cells).map(String::len).sum();
        assert_eq!(read(USERS, cells, text_bytes), Ok(rows.len()));
        assert_eq!(read(USERS, cells - 1, text_bytes), Err(too_large()));
        assert_eq!(read(USERS, cells, text_bytes - 1), Err(too_large()));
        // One cell at the end of the first 200 columns comes with 199 empty ones.
        let rows: String = (1..=3).map(|row| format!(r#"<row r="{row}"><c r="GR{row}"><v>1</v></c></row>"#)).collect();
        let bytes = with_sheet(&rows);
        let read = |cells: usize| {
            let mut workbook = Xlsx::new(Cursor::new(&bytes[..])).expect("a workbook");
            super::rows(&mut workbook, "Andere", &mut Budget { cells, text_bytes: 3 }).map(|rows| rows.len())
        };
        assert_eq!((read(600), read(599)), (Ok(3), Err(too_large())));
    }

    /// The workbook of users with other rows in its last sheet.
    fn with_sheet(rows: &str) -> Vec<u8> {
        let mut from = ZipArchive::new(Cursor::new(USERS)).expect("an archive");
        let mut to = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..from.len() {
            let mut entry = from.by_index(index).expect("an entry");
            let name = entry.name().expect("a name").into_owned();
            to.start_file(&name, SimpleFileOptions::default()).expect("a file");
            if name == "xl/worksheets/sheet3.xml" {
                let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
                let sheet = format!(r#"<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>"#);
                to.write_all(sheet.as_bytes()).expect("written");
            } else {
                copy(&mut entry, &mut to).expect("copied");
            }
        }
        to.finish().expect("an archive").into_inner()
    }

    #[test]
    fn a_workbook_too_large_when_unpacked_is_refused() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("xl/workbook.xml", SimpleFileOptions::default()).expect("a file");
        archive.write_all(&vec![b' '; 2_000_000]).expect("written");
        let bytes = archive.finish().expect("an archive").into_inner();
        assert!(bytes.len() < 20_000, "the archive is small");
        assert_eq!(check_unpacked_size(&bytes, 1_999_999), Err(too_large()));
        assert_eq!(check_unpacked_size(&bytes, 2_000_000), Ok(()));
        assert!(matches!(read(&bytes, None), Err(FieldError::FileKind { .. })));
        assert!(matches!(read(&USERS[..USERS.len() / 2], None), Err(FieldError::FileKind { .. })));
    }
}
