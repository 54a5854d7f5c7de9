//! Text as people search and sort it, and as it stands in addresses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The form in which names are compared: without case and accents, so that "yilmaz" finds "Yılmaz" and Ö sorts with O.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.trim().to_lowercase().nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'æ' => folded.push_str("ae"),
            c => folded.push(c),
        }
    }
    folded
}

/// What stands in an address as it is (RFC 3986 §2.3); everything else is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as it stands in an address.
pub fn encoded(value: &str) -> String {
    utf8_percent_encode(value, UNRESERVED).to_string()
}

/// The short name of a product: letters and digits of its name, joined by hyphens; nothing if it has none of a to z.
pub fn slug(name: &str) -> Option<String> {
    let folded = fold(name);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    (!slug.is_empty()).then_some(slug)
}

/// The longest text that is searched for, in characters: more than any name or address has, less than SQLite's limit.
const LONGEST_SEARCH: usize = 1_000;

/// A `LIKE` pattern (with `ESCAPE '!'`) that finds the folded text anywhere.
pub fn pattern(search: &str) -> Option<String> {
    anywhere(&fold(search))
}

/// What else finds e-mail addresses, which are stored in small letters and with their accents: the text as it is typed, and with the
/// domain in its other form (`bücher.example` is `xn--bcher-kva.example`, RFC 5890). Nothing where that is what [`pattern`] says.
pub fn email_patterns(search: &str) -> [Option<String>; 2] {
    let typed: String = search.trim().to_lowercase().nfc().collect();
    let (local, domain) =
        typed.rsplit_once('@').map_or(("", typed.as_str()), |(local, _)| typed.split_at(local.len() + 1));
    let other = match domain {
        ascii if ascii.split('.').any(|label| label.starts_with("xn--")) => Some(idna::domain_to_unicode(ascii).0),
        unicode if !unicode.is_ascii() => idna::domain_to_ascii(unicode).ok(),
        _ => None,
    };
    let other = other.map(|domain| format!("{local}{domain}"));
    let accented = Some(&typed).filter(|typed| **typed != fold(search));
    [accented.and_then(|typed| anywhere(typed)), other.and_then(|other| anywhere(&other))]
}

/// The same for text that is stored as people wrote it, and of which only `LOWER` is taken.
pub fn plain_pattern(search: &str) -> Option<String> {
    anywhere(&search.trim().to_lowercase())
}

fn anywhere(text: &str) -> Option<String> {
    let text: String = text.chars().take(LONGEST_SEARCH).collect();
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    (!escaped.is_empty()).then(|| format!("%{escaped}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_without_case_and_accents() {
        for (name, folded) in [
            ("Mehmet Yılmaz", "mehmet yilmaz"),
            ("Ebru Özdemir", "ebru ozdemir"),
            ("Pavel Horák", "pavel horak"),
            ("Straße", "strasse"),
            ("山田", "山田"),
        ] {
            assert_eq!(fold(name), folded);
        }
    }

    #[test]
    fn slugs_are_fit_for_addresses() {
        assert_eq!(slug("Remote Support v5").as_deref(), Some("remote-support-v5"));
        assert_eq!(slug("Größe & Co.").as_deref(), Some("grosse-co"));
        assert_eq!(slug("山田").as_deref(), None);
    }

    #[test]
    fn addresses_are_found_as_they_are_stored_and_as_they_are_typed() {
        let patterns = |text: &str| email_patterns(text).map(Option::unwrap_or_default);
        let both = ["%ö1@bücher.example%", "%ö1@xn--bcher-kva.example%"];
        assert_eq!(patterns("Ö1@Bücher.example"), both);
        assert_eq!(
            patterns("o\u{308}1@bu\u{308}cher.example "),
            both,
            "whether the accents are letters of their own or not"
        );
        assert_eq!(patterns("ö1@xn--bcher-kva.example"), [both[1], both[0]]);
        assert_eq!(patterns("bücher.example"), ["%bücher.example%", "%xn--bcher-kva.example%"]);
        assert_eq!(patterns("a@xn--bcher-kva.example"), ["", "%a@bücher.example%"]);
        for plain in ["anja_", "ANJA@Example.org", " "] {
            assert_eq!(email_patterns(plain), [None, None], "{plain}");
        }
    }

    #[test]
    fn a_percent_sign_finds_a_percent_sign() {
        assert_eq!(pattern("100%_!").as_deref(), Some("%100!%!_!!%"));
        assert_eq!(pattern("  "), None);
    }
}
