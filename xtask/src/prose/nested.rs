//! Results in results and options in options, whose meaning only a comment can tell: an enum names the outcomes.

use std::path::Path;

/// The types of a Rust file whose argument is a type of the same name, each with its line.
pub fn nested_types(path: &Path, text: &str) -> Vec<(usize, &'static str)> {
    if path.extension().is_none_or(|ending| ending != "rs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for outer in ["Result", "Option"] {
        for (at, _) in text.match_indices(outer) {
            let begins = !text[..at].ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
            let argument = text[at + outer.len()..].strip_prefix('<').filter(|_| begins && !is_comment(text, at));
            if argument.is_some_and(|argument| is_of(argument, outer)) {
                found.push((text[..at].matches('\n').count() + 1, outer));
            }
        }
    }
    found
}

/// Whether a type is of this name and has arguments of its own, whatever its path: `io::Result<…>`.
fn is_of(text: &str, name: &str) -> bool {
    let text = text.trim_start();
    let end = text.find(|sign: char| !sign.is_alphanumeric() && sign != '_' && sign != ':').unwrap_or(text.len());
    text[end..].starts_with('<') && text[..end].rsplit("::").next() == Some(name)
}

fn is_comment(text: &str, at: usize) -> bool {
    let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[begin..at].trim_start().starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        nested_types(Path::new("server/src/a.rs"), text).into_iter().map(|(line, _)| line).collect()
    }

    /// Spelled so that this file does not contain what it looks for.
    fn nested(outer: &str, inner: &str) -> String {
        format!("let a = 1;\nfn b() -> {outer}<{inner}<u8, A>, B> {{}}\n")
    }

    #[test]
    fn a_type_in_one_of_the_same_name_is_found() {
        assert_eq!(lines(&nested("Result", "Result")), [2]);
        assert_eq!(lines(&nested("io::Result", "\n    std::result::Result")), [2], "also over two lines");
        assert_eq!(lines(&nested("Option", "Option")), [2]);
    }

    #[test]
    fn other_types_and_comments_are_not() {
        assert!(lines(&nested("Result", "Option")).is_empty());
        assert!(lines(&nested("ApiResult", "Result")).is_empty());
        assert!(lines(&nested("Option", "GroupOption")).is_empty());
        assert!(lines("fn b() -> Result<(), C> {}\nfn d() -> std::io::Result<()> {}\n").is_empty(), "side by side");
        assert!(lines(&nested("// Option", "Option").replace("fn b() -> ", "")).is_empty());
        assert!(nested_types(Path::new("README.md"), &nested("Option", "Option")).is_empty());
    }
}
