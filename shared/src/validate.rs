//! Which values are acceptable; the app's forms and the server ask the same functions.

mod common;
pub mod invisible;
pub mod links;

use serde::{Deserialize, Serialize};

/// The most seats a license can have.
pub const MAX_SEATS: i64 = 1_000_000;
/// The longest name of anything, in characters.
pub const MAX_NAME: usize = 120;
/// The longest notes on a contract, in characters.
pub const MAX_NOTES: usize = 4_000;
/// The longest e-mail address (RFC 5321 §4.5.3.1).
pub const MAX_EMAIL: usize = 254;
/// The highest price of a seat, in the smallest unit of its currency.
pub const MAX_PRICE: i64 = 100_000_000_000;
/// The longest message or reason, in characters.
pub const MAX_MESSAGE: usize = 500;
/// The shortest password, in characters, unless the account says otherwise (NIST SP 800-63B-4 asks for 15 without, 8 with a second factor; 12 is between).
pub const MIN_PASSWORD: usize = 12;
/// The fewest characters that an account may demand of a password.
pub const LEAST_PASSWORD: usize = 8;
/// The most characters that an account may demand of a password.
pub const MOST_PASSWORD: usize = 64;
/// The longest password, in characters: hashing is work.
pub const MAX_PASSWORD: usize = 256;
/// The shortest time for which a seat can be borrowed, in seconds.
pub const SHORTEST_BORROW: i64 = 60;
/// The longest time for which a seat can be borrowed, in seconds: 30 days.
pub const LONGEST_BORROW: i64 = 2_592_000;
/// How many digits a support key has.
pub const KEY_DIGITS: usize = 9;
/// The longest idempotency key, in characters.
pub const MAX_KEY: usize = 100;
/// The most rows that one import may have.
pub const MAX_IMPORT: usize = 250_000;
/// The most things one bulk request may name.
pub const MAX_BULK: usize = 1_000;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum FieldError {
    /// Nothing was given.
    #[error("must not be empty")]
    Required,
    /// Too short.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The fewest characters.
        min: usize,
    },
    /// Too long.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// A number outside its range.
    #[error("must be between {min} and {max}")]
    OutOfRange {
        /// The smallest number.
        min: i64,
        /// The largest number.
        max: i64,
    },
    /// Not an e-mail address.
    #[error("must be an e-mail address")]
    Email,
    /// Not an address that can be used here.
    #[error("must be an address that begins with https://")]
    Url,
    /// Control characters in it.
    #[error("must not contain control characters")]
    ControlCharacters,
    /// The end is not after the start.
    #[error("must be after the start")]
    EndBeforeStart,
    /// A password that many people have: the first that is tried.
    #[error("is one of the most common passwords")]
    TooCommon,
    /// Not an address of the kind that is asked for.
    #[error("must be an address that begins with https://")]
    Address,
    /// Not one of the values that are known here.
    #[error("is not a known value")]
    Unknown,
    /// A character in it that nobody sees: copied along, most likely.
    #[error("must not contain the invisible character {character}")]
    InvisibleCharacter {
        /// Which, as `U+200B`.
        character: String,
    },
    /// Not a file that is read here.
    #[error("is {kind}, not a table of text or an Excel workbook (.xlsx)")]
    FileKind {
        /// What it is, for example `PDF`.
        kind: String,
    },
    /// A byte that does not belong to the encoding of the other text.
    #[error("is not {encoding} at line {line}, column {column}: say which encoding it is, or mend that character")]
    NotEncoded {
        /// The encoding of the rest.
        encoding: String,
        /// The line, from 1.
        line: i64,
        /// The column of the table, from 1.
        column: i64,
    },
    /// Not a column of the file.
    #[error("names the column \"{heading}\", which is not in the file")]
    NoSuchColumn {
        /// The heading that was asked for.
        heading: String,
    },
    /// A heading stands over several columns.
    #[error("names the column \"{heading}\", which is there more than once: give its number as #1")]
    ColumnTwice {
        /// The heading.
        heading: String,
    },
}

/// A name: trimmed, without invisible characters, not empty, at most [`MAX_NAME`] characters, no control characters. Any script is
/// welcome.
///
/// # Errors
/// Says which of these it breaks.
pub fn name(text: &str) -> Result<String, FieldError> {
    let text = invisible::cleaned(text);
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    limited(&text, MAX_NAME)
}

/// For how many seconds a seat is borrowed: at least [`SHORTEST_BORROW`], at most [`LONGEST_BORROW`].
///
/// # Errors
/// Outside of that.
pub fn borrow_seconds(seconds: i64) -> Result<i64, FieldError> {
    within(seconds, SHORTEST_BORROW, LONGEST_BORROW)
}

/// A message to somebody: trimmed, at most [`MAX_MESSAGE`] characters; an empty one is none.
///
/// # Errors
/// Too long, or control characters in it.
pub fn message(text: Option<&str>) -> Result<Option<String>, FieldError> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => limited(text, MAX_MESSAGE).map(Some),
    }
}

/// Notes: trimmed, at most [`MAX_NOTES`] characters on any number of lines; empty ones are none.
///
/// # Errors
/// Too long, or control characters in it that end no line.
pub fn notes(text: &str) -> Result<Option<String>, FieldError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().count() > MAX_NOTES {
        Err(FieldError::TooLong { max: MAX_NOTES })
    } else if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        Err(FieldError::ControlCharacters)
    } else {
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }
}

/// A word that may be absent, as an order number: trimmed, at most [`MAX_NAME`] characters; an empty one is none.
///
/// # Errors
/// Too long, or control characters in it.
pub fn word(text: &str) -> Result<Option<String>, FieldError> {
    match text.trim() {
        "" => Ok(None),
        text => limited(text, MAX_NAME).map(Some),
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

/// An e-mail address, without white space and invisible characters around it. Only its shape is checked: one @, something on both
/// sides, no spaces.
///
/// # Errors
/// Not of that shape, longer than 254 characters (RFC 5321 §4.5.3.1), or with a character inside that nobody sees.
pub fn email(text: &str) -> Result<String, FieldError> {
    let text = invisible::trimmed(text);
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    if text.len() > MAX_EMAIL {
        return Err(FieldError::TooLong { max: MAX_EMAIL });
    }
    if let Some(c) = invisible::hidden_in(text) {
        return Err(FieldError::InvisibleCharacter { character: format!("U+{:04X}", u32::from(c)) });
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c);
    match text.split_once('@') {
        Some((local, domain))
            if !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !text.contains(odd) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(FieldError::Email),
    }
}

/// The form in which two e-mail addresses are compared: without case, and without what [`email`] takes away.
pub fn email_key(email: &str) -> String {
    invisible::trimmed(email).to_lowercase()
}

/// Whether an address is a page of ours, given as browsers read it: who comes back from signing in is sent nowhere else.
pub fn is_own_page(address: &str) -> bool {
    let strange = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
    let ours = address.starts_with('/') && !address.starts_with("//") && !address.contains(strange);
    ours && !["/api/", "/auth/"].iter().any(|other| address.starts_with(other))
}

/// A new password.
///
/// # Errors
/// Shorter than [`MIN_PASSWORD`] or longer than [`MAX_PASSWORD`] characters, or a common one.
pub fn password(text: &str) -> Result<(), FieldError> {
    password_of(text, MIN_PASSWORD)
}

/// A new password in an account that demands so many characters.
///
/// # Errors
/// Too short, longer than [`MAX_PASSWORD`] characters, or a common one.
pub fn password_of(text: &str, min: usize) -> Result<(), FieldError> {
    match text.chars().count() {
        n if n < min => Err(FieldError::TooShort { min }),
        n if n > MAX_PASSWORD => Err(FieldError::TooLong { max: MAX_PASSWORD }),
        _ if common::is(text) => Err(FieldError::TooCommon),
        _ => Ok(()),
    }
}

/// A support key as the customer wrote it, without what only structures it: nine digits, or nothing.
pub fn support_key(text: &str) -> Option<String> {
    let key: String = text.chars().filter(|c| !c.is_whitespace() && !"-.".contains(*c)).collect();
    (key.len() == KEY_DIGITS && key.bytes().all(|digit| digit.is_ascii_digit())).then_some(key)
}

/// A number of seats.
///
/// # Errors
/// Below 0 or above [`MAX_SEATS`].
pub fn seats(number: i64) -> Result<i64, FieldError> {
    within(number, 0, MAX_SEATS)
}

/// A number within its range, both ends included.
///
/// # Errors
/// Outside the range.
pub fn within(number: i64, min: i64, max: i64) -> Result<i64, FieldError> {
    if (min..=max).contains(&number) { Ok(number) } else { Err(FieldError::OutOfRange { min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_scripts_pass_and_keep_their_spelling() {
        for good in ["Mehmet Yılmaz", " 山田太郎 ", "O'Brien; DROP TABLE users", "<b>Anja</b>"] {
            assert_eq!(name(good), Ok(good.trim().to_owned()));
        }
        assert_eq!(name("  "), Err(FieldError::Required));
        assert_eq!(name("a\0b"), Err(FieldError::ControlCharacters));
        assert_eq!(name(&"ü".repeat(MAX_NAME + 1)), Err(FieldError::TooLong { max: MAX_NAME }));
        assert!(name(&"ü".repeat(MAX_NAME)).is_ok(), "characters count, not bytes");
    }

    #[test]
    fn emails_are_checked_by_shape_and_compared_without_case() {
        for good in ["a@b", "Jonas.Weber@Example.org", "öz+tag@exämple.org"] {
            assert!(email(good).is_ok(), "{good}");
        }
        for bad in ["a", "@b", "a@", "a@b@c", "a b@c", "a@.b", "a@b.", "<a@b>"] {
            assert_eq!(email(bad), Err(FieldError::Email), "{bad}");
        }
        assert_eq!(email_key(" Jonas@Example.ORG "), "jonas@example.org");
    }

    #[test]
    fn what_nobody_sees_in_an_address_is_cleaned_around_it_and_named_inside() {
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
    fn the_way_back_leads_to_no_other_site() {
        assert!(is_own_page("/") && is_own_page("/sessions?q=anja&state=live#top"));
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
            assert!(!is_own_page(bad), "{bad:?}");
        }
    }

    #[test]
    fn passwords_that_everybody_has_are_refused_in_any_case() {
        for bad in ["password1234", "Passwort1234", "QWERTZUIOP123", "111111111111", "abcabcabcabc", "iloveyou1234"] {
            assert_eq!(password(bad), Err(FieldError::TooCommon), "{bad}");
        }
        assert_eq!(password_of("password", LEAST_PASSWORD), Err(FieldError::TooCommon));
        assert_eq!(password_of("korrekt", 8), Err(FieldError::TooShort { min: 8 }));
        for good in ["correct horse battery", "Ölofen im Garten", "password of my cat"] {
            assert_eq!(password(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn notes_may_have_lines_and_order_numbers_may_not() {
        assert_eq!(notes(" Laufzeit:\r\n12 Monate\n"), Ok(Some("Laufzeit:\n12 Monate".to_owned())));
        assert_eq!((notes("  "), word(" ")), (Ok(None), Ok(None)));
        assert_eq!(notes("a\0b"), Err(FieldError::ControlCharacters));
        assert_eq!(notes(&"ü".repeat(MAX_NOTES + 1)), Err(FieldError::TooLong { max: MAX_NOTES }));
        assert_eq!(word(" PO-4711 "), Ok(Some("PO-4711".to_owned())));
        assert_eq!(word("a\nb"), Err(FieldError::ControlCharacters));
    }

    #[test]
    fn support_keys_are_nine_digits_however_they_are_written() {
        for good in ["482910537", " 482 910 537", "482-910-537", "482.910.537"] {
            assert_eq!(support_key(good).as_deref(), Some("482910537"), "{good}");
        }
        for bad in ["", "48291053", "4829105377", "48291053a", "٤٨٢٩١٠٥٣٧"] {
            assert_eq!(support_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn seats_have_a_range() {
        assert!(seats(0).is_ok() && seats(MAX_SEATS).is_ok());
        for bad in [-1, MAX_SEATS + 1, 1_000_000_000_000, i64::MIN] {
            assert_eq!(seats(bad), Err(FieldError::OutOfRange { min: 0, max: MAX_SEATS }));
        }
    }
}
