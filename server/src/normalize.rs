//! Normalized text: the form in which names are compared, search patterns, slugs and percent-encoded values.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The form in which names are compared: without case and diacritics, so "yilmaz" finds "Yılmaz" and Ö sorts with O.
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

/// The unreserved characters of RFC 3986 §2.3; every other character is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a value for use in a URL.
pub fn percent_encode(value: &str) -> String {
    utf8_percent_encode(value, UNRESERVED).to_string()
}

/// The slug of a product: the ASCII letters and digits of its name, words joined by hyphens. `None` if there are none.
pub fn slug(name: &str) -> Option<String> {
    let folded = fold(name);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    (!slug.is_empty()).then_some(slug)
}

/// More characters than any name or e-mail address has, and fewer than SQLite's limit for a pattern.
const MAX_SEARCH_CHARS: usize = 1_000;

/// A `LIKE` pattern (with `ESCAPE '!'`) that matches the folded text anywhere. `None` for an empty search.
pub fn like_pattern(search: &str) -> Option<String> {
    anywhere(&fold(search))
}

/// Further `LIKE` patterns for e-mail addresses, which are stored in lower case with their diacritics: the text as
/// typed, and with the domain in its other form (`bücher.example` is `xn--bcher-kva.example`, RFC 5890). `None` where
/// [`like_pattern`] gives the same pattern.
pub fn email_like_patterns(search: &str) -> [Option<String>; 2] {
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

/// A `LIKE` pattern for a column that is compared with `LOWER` only, because it is stored as entered.
pub fn lowercase_like_pattern(search: &str) -> Option<String> {
    anywhere(&search.trim().to_lowercase())
}

fn anywhere(text: &str) -> Option<String> {
    let text: String = text.chars().take(MAX_SEARCH_CHARS).collect();
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    (!escaped.is_empty()).then(|| format!("%{escaped}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_diacritics() {
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
    fn slugs_need_no_encoding_in_urls() {
        assert_eq!(slug("Remote Support v5").as_deref(), Some("remote-support-v5"));
        assert_eq!(slug("Größe & Co.").as_deref(), Some("grosse-co"));
        assert_eq!(slug("山田").as_deref(), None);
    }

    #[test]
    fn email_patterns_match_the_typed_and_the_other_form_of_a_domain() {
        let patterns = |text: &str| email_like_patterns(text).map(Option::unwrap_or_default);
        let both = ["%ö1@bücher.example%", "%ö1@xn--bcher-kva.example%"];
        assert_eq!(patterns("Ö1@Bücher.example"), both);
        assert_eq!(patterns("o\u{308}1@bu\u{308}cher.example "), both, "composed and decomposed diacritics are equal");
        assert_eq!(patterns("ö1@xn--bcher-kva.example"), [both[1], both[0]]);
        assert_eq!(patterns("bücher.example"), ["%bücher.example%", "%xn--bcher-kva.example%"]);
        assert_eq!(patterns("a@xn--bcher-kva.example"), ["", "%a@bücher.example%"]);
        for plain in ["anja_", "ANJA@Example.org", " "] {
            assert_eq!(email_like_patterns(plain), [None, None], "{plain}");
        }
    }

    #[test]
    fn wildcards_are_escaped() {
        assert_eq!(like_pattern("100%_!").as_deref(), Some("%100!%!_!!%"));
        assert_eq!(like_pattern("  "), None);
    }
}
