//! Characters that nobody sees. They come along when text is copied out of mails, spreadsheets and web pages, and two values that
//! look the same would not be the same.

/// Whether a character takes no room and changes no letter, or only directs the order of others.
///
/// Joiners (U+200C, U+200D) belong to the spelling of names in several scripts, and are not among them.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character joins or separates its neighbours without being seen.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Text without the white space and invisible characters at both ends: U+00A0 and U+FEFF, too.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || is_joiner(c))
}

/// Text as it was meant: without invisible characters, and with plain spaces instead of those of other widths.
pub fn cleaned(text: &str) -> String {
    let plain = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
    trimmed(text).chars().filter(|c| !is_invisible(*c)).map(plain).collect()
}

/// The first character in an address that looks like nothing or like a plain space, and is not.
pub fn hidden_in(address: &str) -> Option<char> {
    address.chars().find(|c| is_invisible(*c) || is_joiner(*c) || (c.is_whitespace() && !c.is_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_goes_and_what_belongs_to_a_name_stays() {
        assert_eq!(cleaned("\u{feff} Anna\u{a0}Beck\u{200b} "), "Anna Beck");
        assert_eq!(cleaned("\u{202e}Anna\u{2066}"), "Anna");
        assert_eq!(cleaned("می\u{200c}خواهم"), "می\u{200c}خواهم", "Persian needs its joiner");
        assert_eq!(cleaned("a\tb"), "a\tb", "control characters are for others to refuse");
        assert_eq!(cleaned("\u{200b}\u{feff}"), "");
    }
}
