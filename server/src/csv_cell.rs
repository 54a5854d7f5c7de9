//! How values stand in the cells of the files we write, so that what was written is read back unchanged.
//!
//! A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"). So does one that would
//! be read as such a cell: a name that begins with `'=` keeps its own apostrophe.

use std::borrow::Cow;

/// What a formula begins with; the wide forms are the same to some spreadsheets.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// What separates the entries of a list. We write the first; the others are what people use.
const SEPARATORS: [char; 4] = [';', ',', '|', '\n'];

fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA_STARTS)
}

/// A cell that no spreadsheet takes for a formula.
pub fn guard(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// What [`guard`] was given.
pub fn unguard(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

/// Several values in one cell. One that would be read as several, or otherwise, stands in quotes.
pub fn join_list<'a>(entries: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |entry: &str| {
        let is_plain =
            !entry.is_empty() && entry.trim() == entry && !entry.contains(SEPARATORS) && !entry.contains('"');
        if is_plain { entry.to_owned() } else { format!("\"{}\"", entry.replace('"', "\"\"")) }
    };
    entries.into_iter().map(quoted).collect::<Vec<_>>().join("; ")
}

/// The values in a cell; empty ones are left out.
pub fn split_list(cell: &str) -> Vec<String> {
    let (mut entries, mut rest) = (Vec::new(), cell.trim_start());
    while !rest.is_empty() {
        let (entry, after) = quoted(rest).unwrap_or_else(|| {
            let end = rest.find(SEPARATORS).unwrap_or(rest.len());
            (rest[..end].trim().to_owned(), &rest[end..])
        });
        if !entry.is_empty() {
            entries.push(entry);
        }
        rest = after.strip_prefix(SEPARATORS).unwrap_or(after).trim_start();
    }
    entries
}

/// An entry in quotes at the beginning, and what comes after it. Quotes that are not closed before a separator are part of a name.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut entry = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        entry.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                entry.push('"');
                rest = more;
            }
            None => {
                let after = after.trim_start();
                return (after.is_empty() || after.starts_with(SEPARATORS)).then_some((entry, after));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_apostrophe_of_ones_own_survives() {
        for (name, written) in [
            ("=Anna", "'=Anna"),
            ("'=Anna", "''=Anna"),
            ("''@x", "'''@x"),
            ("'n Beetje", "'n Beetje"),
            ("-1", "'-1"),
            ("\tx", "'\tx"),
            ("＝A", "'＝A"),
            ("'", "'"),
            ("a=1", "a=1"),
        ] {
            assert_eq!((guard(name).as_ref(), unguard(written)), (written, name));
        }
    }

    #[test]
    fn what_people_write_into_a_list_is_read() {
        assert_eq!(split_list("a; b,c|d\n e ;; "), ["a", "b", "c", "d", "e"]);
        assert_eq!(split_list("\"a; b\"; c"), ["a; b", "c"]);
        assert_eq!(split_list("\"x\" y; \"z"), ["\"x\" y", "\"z"]);
        assert_eq!(join_list(["Nord; Süd", "say \"hi\"", "plain"]), "\"Nord; Süd\"; \"say \"\"hi\"\"\"; plain");
    }

    proptest! {
        #[test]
        fn whatever_was_written_is_read_back(cell in "['=+@;,|\" a\t-]{0,8}") {
            let guarded = guard(&cell).into_owned();
            prop_assert_eq!(unguard(&guarded), cell);
        }

        #[test]
        fn whatever_list_was_written_is_read_back(entries in proptest::collection::vec("['=;,|\"\n a]{1,6}", 0..5)) {
            prop_assert_eq!(split_list(&join_list(entries.iter().map(String::as_str))), entries);
        }
    }
}
