//! Detects the format of an uploaded file: text in some encoding, an Excel workbook, or something that is refused by
//! name.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use seatkeeper_shared::{file_kind::FileKind, validate::FieldError};

/// Magic bytes of unsupported formats.
const UNSUPPORTED_FORMATS: [(&[u8], FileKind); 13] = [
    (b"%PDF-", FileKind::Pdf),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::OldWorkbook),
    (b"\x89PNG", FileKind::Image),
    (b"\xff\xd8\xff", FileKind::Image),
    (b"GIF8", FileKind::Image),
    (b"\x1f\x8b", FileKind::Archive),
    (b"7z\xbc\xaf\x27\x1c", FileKind::Archive),
    (b"Rar!", FileKind::Archive),
    (b"{\\rtf", FileKind::RichText),
    (b"SQLite format 3", FileKind::Database),
    (b"PAR1", FileKind::Parquet),
    (b"BEGIN:VCARD", FileKind::Vcard),
    (b"\x7fELF", FileKind::Program),
];
/// How text that is not a table begins.
const MARKUP_FORMATS: [(&str, FileKind); 7] = [
    ("<!doctype html", FileKind::Html),
    ("<html", FileKind::Html),
    ("<table", FileKind::Html),
    ("<?xml", FileKind::Xml),
    ("<", FileKind::Markup),
    ("{", FileKind::Json),
    ("[{", FileKind::Json),
];

#[derive(Debug, PartialEq, Eq)]
pub enum FileContent {
    Text {
        /// The text, without a byte order mark.
        text: String,
        /// The WHATWG name of the encoding.
        encoding: &'static str,
    },
    Workbook,
}

/// Detects the format of a file and decodes its text, in the given encoding or in a detected one.
///
/// # Errors
/// Returns an error if the file is not a table, or if its text is not valid in the encoding.
pub fn detect(bytes: &[u8], encoding: Option<&'static Encoding>) -> Result<FileContent, FieldError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return match unsupported_zip_kind(bytes) {
            None => Ok(FileContent::Workbook),
            Some(kind) => Err(kind_error(kind)),
        };
    }
    if let Some((_, kind)) = UNSUPPORTED_FORMATS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(kind_error(*kind));
    }
    let (text, encoding) = decode(bytes, encoding)?;
    let start: String = text.trim_start().chars().take(20).collect::<String>().to_lowercase();
    if let Some((_, kind)) = MARKUP_FORMATS.iter().find(|(markup, _)| start.starts_with(markup)) {
        return Err(kind_error(*kind));
    }
    if text.chars().take(10_000).any(|c| c == '\0') {
        return Err(kind_error(FileKind::Binary));
    }
    Ok(FileContent::Text { text, encoding: encoding.name() })
}

pub(super) fn kind_error(kind: FileKind) -> FieldError {
    FieldError::FileKind { kind }
}

/// The kind of a zip archive, by the file names in it; `None` for an Excel workbook.
fn unsupported_zip_kind(bytes: &[u8]) -> Option<FileKind> {
    let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if has(b"xl/workbook.xml") {
        None
    } else if has(b"application/vnd.oasis.opendocument.spreadsheet") {
        Some(FileKind::OpenDocument)
    } else if has(b"xl/workbook.bin") {
        Some(FileKind::BinaryWorkbook)
    } else if has(b"word/document.xml") {
        Some(FileKind::Word)
    } else {
        Some(FileKind::Archive)
    }
}

/// Decodes the text of a file. The encoding is determined by a byte order mark; otherwise by the given encoding;
/// otherwise UTF-16 if every other byte is zero, UTF-8 if it is valid or has at least one multi-byte character, and
/// Windows-1252, as Excel writes it.
fn decode(bytes: &[u8], given: Option<&'static Encoding>) -> Result<(String, &'static Encoding), FieldError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        // An explicit choice overrides the mark of UTF-8.
        let encoding = given.filter(|_| encoding == UTF_8).unwrap_or(encoding);
        return Ok((decode_as(&bytes[mark..], encoding)?, encoding));
    }
    let encoding = match (given, std::str::from_utf8(bytes)) {
        (Some(encoding), _) => encoding,
        (None, _) if is_utf_16(bytes, 1) => UTF_16LE,
        (None, _) if is_utf_16(bytes, 0) => UTF_16BE,
        (None, Ok(text)) => return Ok((text.to_owned(), UTF_8)),
        (None, Err(_)) if has_utf_8_sequence(bytes) => UTF_8,
        (None, Err(_)) => WINDOWS_1252,
    };
    Ok((decode_as(bytes, encoding)?, encoding))
}

fn decode_as(bytes: &[u8], encoding: &'static Encoding) -> Result<String, FieldError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len()));
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        _ => Err(invalid_byte(&text, encoding)),
    }
}

/// The error for an invalid byte: its line, and its column of the table.
fn invalid_byte(before: &str, encoding: &'static Encoding) -> FieldError {
    let separator = super::table::detect_separator(before);
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let breaks = super::table::count_line_breaks(&before.as_bytes()[..start]);
    let column = super::table::count_unquoted(&before[start..], separator) + 1;
    let encoding = encoding.name().to_owned();
    FieldError::NotEncoded { encoding, line: breaks + 1, column: i64::try_from(column).unwrap_or(i64::MAX) }
}

/// Whether the text is UTF-16 without a byte order mark: nearly every other byte, from this index on, is zero.
fn is_utf_16(bytes: &[u8], first_zero: usize) -> bool {
    let some = &bytes[..bytes.len().min(2_000)];
    let zeros = some.iter().skip(first_zero).step_by(2).filter(|byte| **byte == 0).count();
    let others = some.iter().skip(1 - first_zero).step_by(2).filter(|byte| **byte == 0).count();
    some.len() >= 4 && others == 0 && zeros * 10 >= some.len() / 2 * 9
}

/// Whether the text contains a valid multi-byte sequence of UTF-8: then all of it was meant to be UTF-8, and a byte is
/// damaged.
fn has_utf_8_sequence(mut bytes: &[u8]) -> bool {
    loop {
        let (valid, rest) = match std::str::from_utf8(bytes) {
            Ok(valid) => (valid, &[][..]),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), &rest[error.error_len().unwrap_or(rest.len())..])
            }
        };
        if !valid.is_ascii() {
            return true;
        }
        if rest.is_empty() {
            return false;
        }
        bytes = rest;
    }
}

/// Looks up an encoding by its label in the WHATWG Encoding Standard.
///
/// # Errors
/// Returns an error if there is no such encoding.
pub fn encoding(name: &str) -> Result<&'static Encoding, FieldError> {
    Encoding::for_label(name.as_bytes()).ok_or(FieldError::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, &'static str) {
        match detect(bytes, None).expect("text") {
            FileContent::Text { text, encoding } => (text, encoding),
            FileContent::Workbook => panic!("a workbook"),
        }
    }

    #[test]
    fn encodings_are_detected() {
        let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: &str| {
            format!("{mark}name;e\nÖz;a@b").encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>()
        };
        let read = "name;e\nÖz;a@b".to_owned();
        for mark in ["\u{feff}", ""] {
            assert_eq!(text(&utf16(u16::to_le_bytes, mark)), (read.clone(), "UTF-16LE"));
            assert_eq!(text(&utf16(u16::to_be_bytes, mark)), (read.clone(), "UTF-16BE"));
        }
        assert_eq!(text("\u{feff}name;e\nÖz;a@b".as_bytes()), (read.clone(), "UTF-8"));
        assert_eq!(text(b"name;e\n\xd6z;a@b"), (read, "windows-1252"));
    }

    #[test]
    fn an_invalid_byte_is_reported_with_its_line_and_column() {
        let mut bytes = "name;email;ort\r\nÖz;oz@example.org;Köln\r\n".as_bytes().to_vec();
        bytes.extend(b"\"Gr\xf6\xdfe; X\";a@b;M\xfcnchen\r\n");
        let at = |column| FieldError::NotEncoded { encoding: "UTF-8".to_owned(), line: 3, column };
        assert_eq!(detect(&bytes, None), Err(at(1)));
        assert_eq!(detect(&bytes, Some(UTF_8)), Err(at(1)));
        let mut third = "name;email;ort\r\nÖz;oz@example.org;Köln\r\n\"A;\";a@b;M".as_bytes().to_vec();
        third.push(0xfc);
        assert_eq!(detect(&third, None), Err(at(3)));
        let Ok(FileContent::Text { text, .. }) = detect(&bytes, Some(WINDOWS_1252)) else { panic!("text") };
        assert!(text.contains("Größe"), "an explicit encoding is used: {text}");
        let mut marked = b"\xef\xbb\xbfname\nM".to_vec();
        marked.push(0xfc);
        assert!(matches!(detect(&marked, None), Err(FieldError::NotEncoded { line: 2, column: 1, .. })));
    }

    #[test]
    fn unsupported_formats_are_refused_by_name() {
        for (bytes, kind) in [
            (&b"%PDF-1.7\n"[..], FileKind::Pdf),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", FileKind::OldWorkbook),
            (b"PK\x03\x04\x14\0\0\0notes.txt", FileKind::Archive),
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", FileKind::OpenDocument),
            (b"PK\x03\x04word/document.xml", FileKind::Word),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileKind::Image),
            (b"\xff\xd8\xff\xe0", FileKind::Image),
            (b"  <!DOCTYPE html><table>", FileKind::Html),
            (b"<table><tr>", FileKind::Html),
            (b"[{\"email\": \"a@b\"}]", FileKind::Json),
            (b"email\0name", FileKind::Binary),
        ] {
            assert_eq!(detect(bytes, None), Err(kind_error(kind)));
        }
        assert_eq!(detect(b"PK\x03\x04xl/workbook.xml", None), Ok(FileContent::Workbook));
    }
}
