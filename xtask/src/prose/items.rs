//! The items of a Rust file as far as their names and comments need them: read line by line, without a parser.

use std::path::Path;

/// Words that say nothing by themselves.
const FILLERS: [&str; 30] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "if", "in", "is", "it", "its", "of",
    "on", "one", "or", "that", "the", "their", "this", "to", "was", "what", "which", "with",
];

/// The public types that a file declares outside of its tests, with their lines.
pub fn public_types(path: &Path, text: &str) -> Vec<(String, usize)> {
    if !is_rust(path) {
        return Vec::new();
    }
    let code = text.lines().enumerate().take_while(|(_, line)| line.trim() != "mod tests {");
    let declared = code.filter_map(|(index, line)| {
        let after = line.trim_start().strip_prefix("pub ").or_else(|| public_within_crate(line.trim_start()))?;
        let (keyword, name) = after.split_once(' ')?;
        let is_type = ["struct", "enum", "trait", "type", "union"].contains(&keyword);
        is_type.then(|| (identifier(name).to_owned(), index + 1))
    });
    let declared = declared.filter(|(name, _)| !name.is_empty());
    declared.collect()
}

fn public_within_crate(line: &str) -> Option<&str> {
    line.strip_prefix("pub(crate) ")
}

/// The doc comments of one line that hold no word but those of the name that they stand above, with their lines.
///
/// Two kinds are left alone: the summaries of API operations, which are published, and enum variants of the crates that
/// the compiler holds to a comment for each public item.
pub fn repeated_names(path: &Path, text: &str) -> Vec<(usize, String)> {
    if !is_rust(path) {
        return Vec::new();
    }
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let is_doc = |index: usize| lines.get(index).is_some_and(|line| line.starts_with("/// "));
    let single =
        (0..lines.len()).filter(|index| is_doc(*index) && !is_doc(index + 1) && (*index == 0 || !is_doc(index - 1)));
    let must_document = path.starts_with("shared") || path.starts_with("client");
    let repeated = single.filter_map(|index| {
        let below = &lines[index + 1..];
        let name = name_below(below)?;
        let is_operation = below.first().is_some_and(|line| line.starts_with("#[utoipa::path"));
        if is_operation || (must_document && is_variant(below)) {
            return None;
        }
        let known = words_of_name(name);
        let said = words_of_prose(&lines[index][4..]);
        (!said.is_empty() && said.iter().all(|word| known.contains(word))).then(|| (index + 1, name.to_owned()))
    });
    repeated.collect()
}

/// Whether a line has this name as a whole word.
pub fn names(line: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rs")
}

/// The name of the item after a doc comment.
fn name_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    item_below(lines).and_then(name_of)
}

fn is_variant(lines: &[&str]) -> bool {
    item_below(lines).is_some_and(|line| line.starts_with(char::is_uppercase))
}

/// The first line of the item after a doc comment, beyond its attributes.
fn item_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let mut open = 0_usize;
    for line in lines {
        if open > 0 || line.starts_with("#[") {
            let (opened, closed) = (line.matches(['[', '(']).count(), line.matches([']', ')']).count());
            open = (open + opened).saturating_sub(closed);
            continue;
        }
        return Some(line);
    }
    None
}

fn name_of(line: &str) -> Option<&str> {
    let mut rest = line;
    if let Some(after) = rest.strip_prefix("pub(") {
        rest = after.split_once(") ").map_or(after, |(_, rest)| rest);
    }
    let words = [
        "pub ", "async ", "const ", "unsafe ", "extern ", "static ", "fn ", "struct ", "enum ", "trait ", "type ",
        "mod ",
    ];
    while let Some(after) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = after;
    }
    Some(identifier(rest)).filter(|name| !name.is_empty())
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// `seat_count` and `SeatCount` are "seat" and "count".
fn words_of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c != '_') {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.iter().map(|word| stem(word)).collect()
}

fn words_of_prose(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    words.filter(|word| !FILLERS.contains(&word.as_str())).map(|word| stem(&word)).collect()
}

fn stem(word: &str) -> String {
    word.strip_suffix('s').unwrap_or(word).to_owned()
}
