//! What the bytes of a file are: a table of text in some encoding, a workbook, or something that is named and refused.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use seatkeeper_shared::validate::FieldError;

/// What files begin with that are no tables, and what they are called.
const KINDS: [(&[u8], &str); 13] = [
    (b"%PDF-", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or password-protected Excel workbook (.xls)"),
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3", "a SQLite database"),
    (b"PAR1", "Parquet"),
    (b"BEGIN:VCARD", "a vCard"),
    (b"\x7fELF", "a program"),
];
/// What text begins with that is no table.
const MARKUP: [(&str, &str); 7] = [
    ("<!doctype html", "a web page (HTML)"),
    ("<html", "a web page (HTML)"),
    ("<table", "a web page (HTML)"),
    ("<?xml", "XML"),
    ("<", "a web page or XML"),
    ("{", "JSON"),
    ("[{", "JSON"),
];

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// A table of text, and its encoding.
    Text {
        /// The text, without a byte order mark.
        text: String,
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// An Excel workbook.
    Workbook,
}

/// Looks what a file is; it is said which encoding its text has, or it is found out.
///
/// # Errors
/// Something else than a table; text that is not of one encoding.
pub fn content(bytes: &[u8], encoding: Option<&'static Encoding>) -> Result<Content, FieldError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return match zip_kind(bytes) {
            None => Ok(Content::Workbook),
            Some(kind) => Err(kind_error(kind)),
        };
    }
    if let Some((_, kind)) = KINDS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(kind_error(kind));
    }
    let (text, encoding) = decode(bytes, encoding)?;
    let start: String = text.trim_start().chars().take(20).collect::<String>().to_lowercase();
    if let Some((_, kind)) = MARKUP.iter().find(|(markup, _)| start.starts_with(markup)) {
        return Err(kind_error(kind));
    }
    if text.chars().take(10_000).any(|c| c == '\0') {
        return Err(kind_error("a binary file"));
    }
    Ok(Content::Text { text, encoding: encoding.name() })
}

pub(super) fn kind_error(kind: &str) -> FieldError {
    FieldError::FileKind { kind: kind.to_owned() }
}

/// What a zip archive is, by the names in it: nothing to refuse if it is a workbook.
fn zip_kind(bytes: &[u8]) -> Option<&'static str> {
    let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if has(b"xl/workbook.xml") {
        None
    } else if has(b"application/vnd.oasis.opendocument.spreadsheet") {
        Some("an OpenDocument spreadsheet (.ods)")
    } else if has(b"xl/workbook.bin") {
        Some("a binary Excel workbook (.xlsb)")
    } else if has(b"word/document.xml") {
        Some("a Word document (.docx)")
    } else {
        Some("a zip archive")
    }
}

/// The text of a file. A byte order mark decides; else what was said; else UTF-8 if it is that, UTF-16 if every other byte is zero,
/// and Windows-1252, as Excel writes it, if no byte beyond ASCII belongs to UTF-8.
fn decode(bytes: &[u8], said: Option<&'static Encoding>) -> Result<(String, &'static Encoding), FieldError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        // Who says otherwise knows that the mark lies.
        let encoding = said.filter(|_| encoding == UTF_8).unwrap_or(encoding);
        return Ok((decode_as(&bytes[mark..], encoding)?, encoding));
    }
    let encoding = match (said, std::str::from_utf8(bytes)) {
        (Some(encoding), _) => encoding,
        (None, _) if zeros(bytes, 1) => UTF_16LE,
        (None, _) if zeros(bytes, 0) => UTF_16BE,
        (None, Ok(text)) => return Ok((text.to_owned(), UTF_8)),
        (None, Err(_)) if has_utf_8(bytes) => UTF_8,
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
        _ => Err(not_encoded(&text, encoding)),
    }
}

/// Where the text before a bad byte ends: its line, and the column of the table there.
fn not_encoded(before: &str, encoding: &'static Encoding) -> FieldError {
    let separator = super::sheet::separator_of(before);
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let breaks = super::sheet::line_breaks(&before.as_bytes()[..start]);
    let column = super::sheet::unquoted(&before[start..], separator) + 1;
    let encoding = encoding.name().to_owned();
    FieldError::NotEncoded { encoding, line: breaks + 1, column: i64::try_from(column).unwrap_or(i64::MAX) }
}

/// Whether nearly every other byte is zero, from this one on: UTF-16 without a mark.
fn zeros(bytes: &[u8], from: usize) -> bool {
    let some = &bytes[..bytes.len().min(2_000)];
    let zeros = some.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let others = some.iter().skip(1 - from).step_by(2).filter(|byte| **byte == 0).count();
    some.len() >= 4 && others == 0 && zeros * 10 >= some.len() / 2 * 9
}

/// Whether some character beyond ASCII is written in UTF-8: then the whole was meant to be, and a byte has been spoiled.
fn has_utf_8(mut bytes: &[u8]) -> bool {
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

/// The encoding of this name, as the web knows it (WHATWG Encoding).
///
/// # Errors
/// No such encoding.
pub fn encoding(name: &str) -> Result<&'static Encoding, FieldError> {
    Encoding::for_label(name.as_bytes()).ok_or(FieldError::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, &'static str) {
        match content(bytes, None).expect("text") {
            Content::Text { text, encoding } => (text, encoding),
            Content::Workbook => panic!("a workbook"),
        }
    }

    #[test]
    fn encodings_are_found_out() {
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
    fn one_bad_byte_does_not_spoil_the_rest() {
        let mut bytes = "name;email;ort\r\nÖz;oz@example.org;Köln\r\n".as_bytes().to_vec();
        bytes.extend(b"\"Gr\xf6\xdfe; X\";a@b;M\xfcnchen\r\n");
        let at = |column| FieldError::NotEncoded { encoding: "UTF-8".to_owned(), line: 3, column };
        assert_eq!(content(&bytes, None), Err(at(1)));
        assert_eq!(content(&bytes, Some(UTF_8)), Err(at(1)));
        let mut third = "name;email;ort\r\nÖz;oz@example.org;Köln\r\n\"A;\";a@b;M".as_bytes().to_vec();
        third.push(0xfc);
        assert_eq!(content(&third, None), Err(at(3)));
        let Ok(Content::Text { text, .. }) = content(&bytes, Some(WINDOWS_1252)) else { panic!("text") };
        assert!(text.contains("Größe"), "who says that it is Windows-1252 is believed: {text}");
        let mut marked = b"\xef\xbb\xbfname\nM".to_vec();
        marked.push(0xfc);
        assert!(matches!(content(&marked, None), Err(FieldError::NotEncoded { line: 2, column: 1, .. })));
    }

    #[test]
    fn what_is_no_table_is_called_by_its_name() {
        for (bytes, kind) in [
            (&b"%PDF-1.7\n"[..], "PDF"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old or password-protected Excel workbook (.xls)"),
            (b"PK\x03\x04\x14\0\0\0notes.txt", "a zip archive"),
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)"),
            (b"PK\x03\x04word/document.xml", "a Word document (.docx)"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "an image (PNG)"),
            (b"\xff\xd8\xff\xe0", "an image (JPEG)"),
            (b"  <!DOCTYPE html><table>", "a web page (HTML)"),
            (b"<table><tr>", "a web page (HTML)"),
            (b"[{\"email\": \"a@b\"}]", "JSON"),
            (b"email\0name", "a binary file"),
        ] {
            assert_eq!(content(bytes, None), Err(kind_error(kind)));
        }
        assert_eq!(content(b"PK\x03\x04xl/workbook.xml", None), Ok(Content::Workbook));
    }
}
