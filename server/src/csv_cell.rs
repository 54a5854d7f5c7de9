//! Encodes values for CSV cells, so that an import reads back unchanged what an export has written.
//!
//! A cell that a spreadsheet would evaluate as a formula is prefixed with an apostrophe (OWASP, "CSV Injection"). So is
//! a cell that already looks like an escaped one: a name that begins with `'=` keeps its own apostrophe.

use std::borrow::Cow;

/// What a formula begins with; some spreadsheets also accept the full-width forms.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Separators of a list in one cell. Exports write the first; imports accept all of them.
const SEPARATORS: [char; 4] = [';', ',', '|', '\n'];

fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA_STARTS)
}

/// Escapes a cell that a spreadsheet would evaluate as a formula.
pub fn escape_formula(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Reverses [`escape_formula`].
pub fn unescape_formula(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

/// Joins several values for one cell. A value that would not be read back as it is gets quoted.
pub fn join_list<'a>(entries: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |entry: &str| {
        let is_plain =
            !entry.is_empty() && entry.trim() == entry && !entry.contains(SEPARATORS) && !entry.contains('"');
        if is_plain { entry.to_owned() } else { format!("\"{}\"", entry.replace('"', "\"\"")) }
    };
    entries.into_iter().map(quoted).collect::<Vec<_>>().join("; ")
}

/// Splits the values of a cell; empty ones are skipped.
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

/// A quoted entry at the start, and the rest. Quotes that are not closed before a separator belong to the value.
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
    fn an_apostrophe_in_the_value_survives() {
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
            assert_eq!((escape_formula(name).as_ref(), unescape_formula(written)), (written, name));
        }
    }

    #[test]
    fn lists_accept_all_separators_and_quotes() {
        assert_eq!(split_list("a; b,c|d\n e ;; "), ["a", "b", "c", "d", "e"]);
        assert_eq!(split_list("\"a; b\"; c"), ["a; b", "c"]);
        assert_eq!(split_list("\"x\" y; \"z"), ["\"x\" y", "\"z"]);
        assert_eq!(join_list(["Nord; Süd", "say \"hi\"", "plain"]), "\"Nord; Süd\"; \"say \"\"hi\"\"\"; plain");
    }

    proptest! {
        #[test]
        fn any_cell_is_read_back_as_it_was_written(cell in "['=+@;,|\" a\t-]{0,8}") {
            let escaped = escape_formula(&cell).into_owned();
            prop_assert_eq!(unescape_formula(&escaped), cell);
        }

        #[test]
        fn any_list_is_read_back_as_it_was_written(entries in proptest::collection::vec("['=;,|\"\n a]{1,6}", 0..5)) {
            prop_assert_eq!(split_list(&join_list(entries.iter().map(String::as_str))), entries);
        }
    }
}
