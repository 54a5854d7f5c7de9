//! Validation of input values. The app's forms and the server use the same functions.

mod common;
mod flat;
pub mod invisible;
pub mod urls;

pub use flat::FlatFieldError;

use crate::file_kind::FileKind;
use serde::{Deserialize, Serialize};

/// The most seats of a license.
pub const MAX_SEATS: i64 = 1_000_000;
/// The longest name of anything, in characters.
pub const MAX_NAME_CHARS: usize = 120;
/// The longest notes on a contract, in characters.
pub const MAX_NOTES_CHARS: usize = 4_000;
/// The longest e-mail address, in bytes (RFC 5321 §4.5.3.1).
pub const MAX_EMAIL_BYTES: usize = 254;
/// The highest price of a seat, in the smallest unit of its currency.
pub const MAX_PRICE_MINOR: i64 = 100_000_000_000;
/// The longest message or reason, in characters.
pub const MAX_MESSAGE_CHARS: usize = 500;
/// The default minimum length of a password, in characters. NIST SP 800-63B-4 requires 15 without a second factor and 8
/// with one; 12 lies between.
pub const DEFAULT_PASSWORD_MIN: usize = 12;
/// The lowest minimum password length that an account can set, in characters.
pub const LOWEST_PASSWORD_MIN: usize = 8;
/// The highest minimum password length that an account can set, in characters.
pub const HIGHEST_PASSWORD_MIN: usize = 64;
/// The longest password, in characters: hashing costs time.
pub const MAX_PASSWORD_CHARS: usize = 256;
/// The shortest time for which a seat can be borrowed, in seconds.
pub const MIN_BORROW_SECONDS: i64 = 60;
/// The longest time for which a seat can be borrowed, in seconds: 30 days.
pub const MAX_BORROW_SECONDS: i64 = 2_592_000;
/// The number of digits of a support key.
pub const SUPPORT_KEY_DIGITS: usize = 9;
/// The longest idempotency key, in characters.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 100;
/// The most rows of one import.
pub const MAX_IMPORT_ROWS: usize = 250_000;
/// The most operations of one session batch.
pub const MAX_BATCH_OPERATIONS: usize = 100;
/// The most items of one bulk request.
pub const MAX_BULK_ITEMS: usize = 1_000;

/// Why a value is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "error", rename_all = "snake_case", try_from = "FlatFieldError")]
pub enum FieldError {
    /// The value is empty.
    #[error("must not be empty")]
    Required,
    /// The text is too short.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The minimum, in characters.
        min: usize,
    },
    /// The text is too long.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The maximum, in characters.
        max: usize,
    },
    /// The number is outside its range.
    #[error("must be between {min} and {max}")]
    OutOfRange {
        /// The minimum, inclusive.
        min: i64,
        /// The maximum, inclusive.
        max: i64,
    },
    /// The text is not an e-mail address.
    #[error("must be an e-mail address")]
    Email,
    /// The text is not an acceptable issuer URL.
    #[error("must be an address that begins with https://")]
    Url,
    /// The text contains control characters.
    #[error("must not contain control characters")]
    ControlCharacters,
    /// The end is not after the start.
    #[error("must be after the start")]
    EndBeforeStart,
    /// The password is one of the most common ones, which attackers try first.
    #[error("is one of the most common passwords")]
    TooCommon,
    /// The value must be unique, and something else has it already.
    #[error("is taken")]
    Taken,
    /// The text is not an acceptable URL.
    #[error("must be an address that begins with https://")]
    Address,
    /// The value is unknown.
    #[error("is not a known value")]
    Unknown,
    /// The text contains an invisible character, probably copied by accident.
    #[error("must not contain the invisible character {character}")]
    InvisibleCharacter {
        /// The code point, as in `U+200B`.
        character: String,
    },
    /// The file format is not supported.
    #[error("is {}, not a text table or an Excel workbook (.xlsx)", .kind.description())]
    FileKind {
        /// What the file is.
        kind: FileKind,
    },
    /// The file contains a byte that is invalid in its encoding.
    #[error("is not {encoding} at line {line}, column {column}: name the encoding, or correct that character")]
    NotEncoded {
        /// The encoding of the rest of the file.
        encoding: String,
        /// The line, from 1.
        line: i64,
        /// The column of the table, from 1.
        column: i64,
    },
    /// The file has no such column.
    #[error("names the column \"{heading}\", which is not in the file")]
    NoSuchColumn {
        /// The requested heading.
        heading: String,
    },
    /// Several columns have this heading.
    #[error("names the column \"{heading}\", which occurs more than once: give its number, as in #1")]
    ColumnTwice {
        /// The ambiguous heading.
        heading: String,
    },
    /// A mapping gives two columns the same meaning, of which only one would be used.
    #[error("gives the columns \"{heading}\" and \"{other}\" the same meaning, {meaning}: map only one of them")]
    MeaningTwice {
        /// The meaning of both columns: an `ImportField`.
        meaning: String,
        /// The first of the columns, as named in the mapping.
        heading: String,
        /// The other column, as named in the mapping.
        other: String,
    },
}

/// Validates a name and returns it trimmed and without invisible characters. Any script is accepted.
///
/// # Errors
/// Returns an error if the name is empty, longer than [`MAX_NAME_CHARS`], or contains control characters.
pub fn name(text: &str) -> Result<String, FieldError> {
    let text = invisible::clean(text);
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    limited(&text, MAX_NAME_CHARS)
}

/// Validates for how many seconds a seat is borrowed.
///
/// # Errors
/// Returns an error outside of [`MIN_BORROW_SECONDS`] to [`MAX_BORROW_SECONDS`].
pub fn borrow_seconds(seconds: i64) -> Result<i64, FieldError> {
    in_range(seconds, MIN_BORROW_SECONDS, MAX_BORROW_SECONDS)
}

/// Validates a message and returns it trimmed; an empty one counts as absent.
///
/// # Errors
/// Returns an error if it is longer than [`MAX_MESSAGE_CHARS`], or contains control characters.
pub fn message(text: Option<&str>) -> Result<Option<String>, FieldError> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => limited(text, MAX_MESSAGE_CHARS).map(Some),
    }
}

/// Validates multi-line notes and returns them trimmed, with `\n` line ends; empty ones count as absent.
///
/// # Errors
/// Returns an error if they are longer than [`MAX_NOTES_CHARS`], or contain control characters other than line ends and
/// tabs.
pub fn notes(text: &str) -> Result<Option<String>, FieldError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().count() > MAX_NOTES_CHARS {
        Err(FieldError::TooLong { max: MAX_NOTES_CHARS })
    } else if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        Err(FieldError::ControlCharacters)
    } else {
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }
}

/// Validates an optional one-line text, such as an order number, and returns it trimmed; an empty one counts as absent.
///
/// # Errors
/// Returns an error if it is longer than [`MAX_NAME_CHARS`], or contains control characters.
pub fn optional_text(text: &str) -> Result<Option<String>, FieldError> {
    match text.trim() {
        "" => Ok(None),
        text => limited(text, MAX_NAME_CHARS).map(Some),
    }
}

fn limited(text: &str, max: usize) -> Result<String, FieldError> {
    if text.chars().count() > max {
        Err(FieldError::TooLong { max })
    } else if text.chars().any(char::is_control) {
        Err(FieldError::ControlCharacters)
    } else {
        Ok(text.to_owned())
    }
}

/// Validates an e-mail address and returns it without surrounding white space and invisible characters. Only the form
/// is checked: one @, text on both sides, no spaces.
///
/// # Errors
/// Returns an error if the form is wrong, the address is longer than [`MAX_EMAIL_BYTES`], or contains an invisible
/// character.
pub fn email(text: &str) -> Result<String, FieldError> {
    let text = invisible::trimmed(text);
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    if text.len() > MAX_EMAIL_BYTES {
        return Err(FieldError::TooLong { max: MAX_EMAIL_BYTES });
    }
    if let Some(c) = invisible::find_invisible(text) {
        return Err(FieldError::InvisibleCharacter { character: format!("U+{:04X}", u32::from(c)) });
    }
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c);
    match text.split_once('@') {
        Some((local, domain))
            if !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !text.contains(forbidden) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(FieldError::Email),
    }
}

/// The normalized form for comparing e-mail addresses: lower case, and trimmed as by [`email`].
pub fn email_key(email: &str) -> String {
    invisible::trimmed(email).to_lowercase()
}

/// Whether a path leads to a page of the app, as browsers interpret it. A sign-in only redirects to such pages.
pub fn is_app_path(path: &str) -> bool {
    let forbidden = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains(forbidden);
    is_local && !["/api/", "/auth/"].iter().any(|other| path.starts_with(other))
}

/// Validates a new password with the default minimum length.
///
/// # Errors
/// Returns an error if it is shorter than [`DEFAULT_PASSWORD_MIN`] or longer than [`MAX_PASSWORD_CHARS`] characters, or
/// a common one.
pub fn password(text: &str) -> Result<(), FieldError> {
    password_with_min(text, DEFAULT_PASSWORD_MIN)
}

/// Validates a new password with the account's minimum length, in characters.
///
/// # Errors
/// Returns an error if it is shorter than `min` or longer than [`MAX_PASSWORD_CHARS`] characters, or a common one.
pub fn password_with_min(text: &str, min: usize) -> Result<(), FieldError> {
    match text.chars().count() {
        n if n < min => Err(FieldError::TooShort { min }),
        n if n > MAX_PASSWORD_CHARS => Err(FieldError::TooLong { max: MAX_PASSWORD_CHARS }),
        _ if common::is_common(text) => Err(FieldError::TooCommon),
        _ => Ok(()),
    }
}

/// Parses a support key as a customer types it, with spaces, hyphens or dots. `None` unless it has
/// [`SUPPORT_KEY_DIGITS`] digits.
pub fn support_key(text: &str) -> Option<String> {
    let key: String = text.chars().filter(|c| !c.is_whitespace() && !"-.".contains(*c)).collect();
    (key.len() == SUPPORT_KEY_DIGITS && key.bytes().all(|digit| digit.is_ascii_digit())).then_some(key)
}

/// Validates a number of seats.
///
/// # Errors
/// Returns an error below 0 or above [`MAX_SEATS`].
pub fn seats(number: i64) -> Result<i64, FieldError> {
    in_range(number, 0, MAX_SEATS)
}

/// Validates that a number is within a range, both ends included.
///
/// # Errors
/// Returns an error outside the range.
pub fn in_range(number: i64, min: i64, max: i64) -> Result<i64, FieldError> {
    if (min..=max).contains(&number) { Ok(number) } else { Err(FieldError::OutOfRange { min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_scripts_are_accepted_unchanged() {
        for good in ["Mehmet Yılmaz", " 山田太郎 ", "O'Brien; DROP TABLE users", "<b>Anja</b>"] {
            assert_eq!(name(good), Ok(good.trim().to_owned()));
        }
        assert_eq!(name("  "), Err(FieldError::Required));
        assert_eq!(name("a\0b"), Err(FieldError::ControlCharacters));
        assert_eq!(name(&"ü".repeat(MAX_NAME_CHARS + 1)), Err(FieldError::TooLong { max: MAX_NAME_CHARS }));
        assert!(name(&"ü".repeat(MAX_NAME_CHARS)).is_ok(), "characters count, not bytes");
    }

    #[test]
    fn emails_are_checked_by_form_and_compared_without_case() {
        for good in ["a@b", "Jonas.Weber@Example.org", "öz+tag@exämple.org"] {
            assert!(email(good).is_ok(), "{good}");
        }
        for bad in ["a", "@b", "a@", "a@b@c", "a b@c", "a@.b", "a@b.", "<a@b>"] {
            assert_eq!(email(bad), Err(FieldError::Email), "{bad}");
        }
        assert_eq!(email_key(" Jonas@Example.ORG "), "jonas@example.org");
    }

    #[test]
    fn invisible_characters_are_trimmed_around_an_address_and_refused_inside() {
        for around in
            ["\u{feff}a@b.c", "a@b.c\u{a0}", "\u{200b}a@b.c\u{200b}", "\u{202a}a@b.c\u{202c}", "\u{2060}a@b.c\t"]
        {
            assert_eq!((email(around).as_deref(), email_key(around).as_str()), (Ok("a@b.c"), "a@b.c"), "{around:?}");
        }
        for (inside, character) in [
            ("a\u{200b}@b.c", "U+200B"),
            ("a@b\u{ad}.c", "U+00AD"),
            ("a@\u{feff}b.c", "U+FEFF"),
            ("a\u{a0}b@c.d", "U+00A0"),
            ("a@b\u{200d}.c", "U+200D"),
        ] {
            let character = character.to_owned();
            assert_eq!(email(inside), Err(FieldError::InvisibleCharacter { character }), "{inside:?}");
        }
        assert_eq!(email("\u{feff}\u{200b}"), Err(FieldError::Required));
        assert_eq!(name("\u{feff}Anna\u{a0}Beck"), Ok("Anna Beck".to_owned()));
        assert_eq!(name("\u{200b}"), Err(FieldError::Required));
    }

    #[test]
    fn a_redirect_never_leads_to_another_site() {
        assert!(is_app_path("/") && is_app_path("/sessions?q=anja&state=live#top"));
        for bad in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "sessions",
            " /sessions",
            "/auth/oidc/x/start",
            "/api/v1/me",
        ] {
            assert!(!is_app_path(bad), "{bad:?}");
        }
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for bad in ["password1234", "Passwort1234", "QWERTZUIOP123", "111111111111", "abcabcabcabc", "iloveyou1234"] {
            assert_eq!(password(bad), Err(FieldError::TooCommon), "{bad}");
        }
        assert_eq!(password_with_min("password", LOWEST_PASSWORD_MIN), Err(FieldError::TooCommon));
        assert_eq!(password_with_min("korrekt", 8), Err(FieldError::TooShort { min: 8 }));
        for good in ["correct horse battery", "Ölofen im Garten", "password of my cat"] {
            assert_eq!(password(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn notes_may_have_several_lines_and_order_numbers_may_not() {
        assert_eq!(notes(" Laufzeit:\r\n12 Monate\n"), Ok(Some("Laufzeit:\n12 Monate".to_owned())));
        assert_eq!((notes("  "), optional_text(" ")), (Ok(None), Ok(None)));
        assert_eq!(notes("a\0b"), Err(FieldError::ControlCharacters));
        assert_eq!(notes(&"ü".repeat(MAX_NOTES_CHARS + 1)), Err(FieldError::TooLong { max: MAX_NOTES_CHARS }));
        assert_eq!(optional_text(" PO-4711 "), Ok(Some("PO-4711".to_owned())));
        assert_eq!(optional_text("a\nb"), Err(FieldError::ControlCharacters));
    }

    #[test]
    fn support_keys_are_parsed_with_any_separators() {
        for good in ["482910537", " 482 910 537", "482-910-537", "482.910.537"] {
            assert_eq!(support_key(good).as_deref(), Some("482910537"), "{good}");
        }
        for bad in ["", "48291053", "4829105377", "48291053a", "٤٨٢٩١٠٥٣٧"] {
            assert_eq!(support_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_number_of_seats_is_limited() {
        assert!(seats(0).is_ok() && seats(MAX_SEATS).is_ok());
        for bad in [-1, MAX_SEATS + 1, 1_000_000_000_000, i64::MIN] {
            assert_eq!(seats(bad), Err(FieldError::OutOfRange { min: 0, max: MAX_SEATS }));
        }
    }
}
