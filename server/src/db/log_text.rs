//! The short form of frequent texts of the event log in SQLite: what every session writes twice would otherwise be a
//! fifth of the file.
//!
//! Each of [`SHORT_FORMS`] is replaced by one control character. Kinds of events and facts, which are JSON, have none
//! of these, so that the text is restored exactly: seals cover it. Text that was stored as it is reads as it is.

/// The control characters and what they stand for, in the order in which they are replaced. Must never be changed, or
/// stored events would read differently; and a kind must not be added without shortening what is stored, because
/// filters compare the short form. The migration that introduced it (28) has the same.
const SHORT_FORMS: [(char, &str); 13] = [
    ('\u{1}', "session_created"),
    ('\u{2}', "session_ended"),
    ('\u{3}', "{\"message\":null,\"reason\":\"finished\"}"),
    ('\u{4}', "{\"message\":null,\"reason\":\""),
    ('\u{5}', "{\"device\":\""),
    ('\u{6}', "\",\"mode\":\"unattended\",\"platform\":null}"),
    ('\u{7}', "\",\"mode\":\"attended\",\"platform\":null}"),
    ('\u{8}', "\",\"mode\":\"application\",\"platform\":null}"),
    ('\u{e}', "\",\"mode\":\"unattended\",\"platform\":\""),
    ('\u{f}', "\",\"mode\":\"attended\",\"platform\":\""),
    ('\u{10}', "{\"platform\":\""),
    ('\u{11}', "{\"code\":\""),
    ('\u{12}', "\",\"product\":\""),
];

/// The form in which SQLite stores a kind or facts.
pub fn shorten(text: &str) -> String {
    SHORT_FORMS.iter().fold(text.to_owned(), |text, (short, long)| {
        if text.contains(long) { text.replace(long, short.encode_utf8(&mut [0; 4])) } else { text }
    })
}

/// The text that was shortened.
pub fn restore(stored: &str) -> String {
    let mut text = String::with_capacity(stored.len());
    for c in stored.chars() {
        match SHORT_FORMS.iter().find(|(short, _)| *short == c) {
            Some((_, long)) => text.push_str(long),
            None => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_log_is_restored_exactly() {
        let texts = [
            "session_created",
            "session_ended",
            "session_end_announced",
            r#"{"device":"Bench","mode":"unattended","platform":null}"#,
            r#"{"device":"\u0001 \",\"mode\":\"attended\",","mode":"attended","platform":"mac"}"#,
            r#"{"message":null,"reason":"finished"}"#,
            r#"{"message":"{\"message\":null,\"reason\":\"finished\"}","reason":"ended_by_admin"}"#,
            r#"{"message":null,"reason":"key_expired"}"#,
            r#"{"code":"full","product":"0190a7c4-0000-7000-8000-00000000000a"}"#,
            "{}",
            "",
        ];
        for text in texts {
            assert_eq!(restore(&shorten(text)), text);
            assert_eq!(restore(text), text, "what was not shortened reads as it is");
            assert!(shorten(text).len() <= text.len());
        }
    }

    #[test]
    fn what_every_session_writes_becomes_short() {
        assert_eq!(shorten("session_created"), "\u{1}");
        assert_eq!(shorten("session_ended"), "\u{2}");
        assert_eq!(shorten(r#"{"message":null,"reason":"finished"}"#), "\u{3}");
        assert_eq!(shorten(r#"{"device":"NB-1","mode":"attended","platform":null}"#), "\u{5}NB-1\u{7}");
    }

    #[test]
    fn no_text_stands_for_two_characters() {
        for (index, (short, long)) in SHORT_FORMS.iter().enumerate() {
            assert!(short.is_control() && !"\0\t\n\r".contains(*short));
            assert_eq!(shorten(long), short.to_string(), "it is not shortened in parts");
            assert!(SHORT_FORMS.iter().skip(index + 1).all(|(other, _)| other != short));
        }
    }
}
