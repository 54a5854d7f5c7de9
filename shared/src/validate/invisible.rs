//! Invisible characters. They are copied along from e-mails, spreadsheets and web pages, and make values differ that
//! look the same.

/// Whether a character has no width and changes no letter, or only controls the direction of text.
///
/// Joiners (U+200C, U+200D) belong to the spelling of names in several scripts, and are not among them.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character is a zero-width joiner or non-joiner.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Trims white space and invisible characters, including U+00A0 and U+FEFF.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || is_joiner(c))
}

/// Trims the text, removes invisible characters, and replaces other kinds of spaces with plain ones.
pub fn clean(text: &str) -> String {
    let plain = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
    trimmed(text).chars().filter(|c| !is_invisible(*c)).map(plain).collect()
}

/// The first invisible character of an address, including joiners and non-ASCII spaces.
pub fn find_invisible(address: &str) -> Option<char> {
    address.chars().find(|c| is_invisible(*c) || is_joiner(*c) || (c.is_whitespace() && !c.is_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_removed_and_joiners_stay() {
        assert_eq!(clean("\u{feff} Anna\u{a0}Beck\u{200b} "), "Anna Beck");
        assert_eq!(clean("\u{202e}Anna\u{2066}"), "Anna");
        assert_eq!(clean("می\u{200c}خواهم"), "می\u{200c}خواهم", "Persian needs its joiner");
        assert_eq!(clean("a\tb"), "a\tb", "control characters are not removed here");
        assert_eq!(clean("\u{200b}\u{feff}"), "");
    }
}
