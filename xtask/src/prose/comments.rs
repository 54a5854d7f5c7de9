//! The prose in a line: its comment, and the words in it.

use std::path::Path;

use super::GENDERED;

/// The comment of a line of code, if it has one. A comment sign within a string counts as one: that finds too much,
/// never too little.
pub fn of_line<'a>(path: &Path, line: &'a str) -> Option<&'a str> {
    let signs: &[&str] = match path.extension().and_then(|ending| ending.to_str()) {
        Some("rs") => &["// ", "/// ", "//! "],
        Some("sql") => &["-- "],
        Some("css") => &["/* ", " * "],
        _ => &[],
    };
    signs.iter().filter_map(|sign| line.find(sign).map(|at| &line[at + sign.len()..])).next()
}

/// The first gendered pronoun in a text. What is quoted as code is left out.
pub fn gendered(text: &str) -> Option<&'static str> {
    let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let words = prose.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase);
    words.filter_map(|word| GENDERED.into_iter().find(|gendered| *gendered == word)).next()
}
