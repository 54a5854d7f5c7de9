//! The part of `cargo xtask lint` that reads names and prose: what clippy has no lint for.

mod comments;
mod items;
mod nested;
mod styles;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, command, output};
use crate::workspace;

/// Longest line, in characters; the same as `max_width` in `rustfmt.toml`, which leaves comments and strings alone.
const MAX_WIDTH: usize = 120;

/// Words that name the user's sex. Comments and documents say "the user" or "they".
const GENDERED: [&str; 9] = ["he", "him", "his", "himself", "she", "her", "hers", "herself", "he's"];

/// Names that were replaced by the field's own terms, and must not come back.
const RETIRED: [&str; 65] = [
    "Bell",
    "bell.rs",
    "knocks.rs",
    "Knocks",
    "ahead.rs",
    "own.rs",
    "nesting.rs",
    "plans.rs",
    "choice.rs",
    "Drawn",
    "peaks.rs",
    "trends.rs",
    "prospects.rs",
    "Prospects",
    "reasons.rs",
    "paper.rs",
    "Bought",
    "trial.rs",
    "inbox.rs",
    "wanted.rs",
    "memory.rs",
    "Heard",
    "Dice",
    "dice",
    "seated.rs",
    "callers.rs",
    "uses.rs",
    "known.rs",
    "Came",
    "Told",
    "make_up",
    "put_right",
    "Asker",
    "departed",
    "sign_ins.rs",
    "identities.rs",
    "tags.rs",
    "app_files",
    "Fail",
    "Asked",
    "voice.rs",
    "span.rs",
    "picture.rs",
    "desk.rs",
    "board.rs",
    "told.rs",
    "heart.rs",
    "beats.rs",
    "mine.rs",
    "why.rs",
    "way.rs",
    "fold.rs",
    "keep.rs",
    "words.rs",
    "face.rs",
    "window.rs",
    "opened.rs",
    "Shelf",
    "taken_along",
    "wakeup",
    "Entered",
    "PATIENCE",
    "BELIEVED",
    "LONGEST",
    "TRIES",
];

/// Public types that may share their name with another one of the same crate, because they play the same role.
const SHARED_TYPE_NAMES: [(&str, &str); 2] = [
    ("Filter", "the filter of a page of the app, as its address bar holds it"),
    ("Answer", "what a client of a test received"),
];

/// A line that breaks a rule.
#[derive(Debug, PartialEq)]
struct Finding {
    path: PathBuf,
    line: usize,
    problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}:{}: {}", self.path.display(), self.line, self.problem)
    }
}

/// Checks every file that git tracks, or would.
///
/// # Errors
/// Returns an error if a file breaks a rule; each one is printed.
pub fn check() -> Result<()> {
    let files = files()?;
    let mut findings = Vec::new();
    let mut types = BTreeMap::<(String, String), Vec<(PathBuf, usize)>>::new();
    for path in &files {
        let text = fs::read_to_string(workspace::root().join(path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        findings.extend(check_file(path, &text));
        for (name, line) in items::public_types(path, &text) {
            types.entry((crate_of(path), name)).or_default().push((path.clone(), line));
        }
    }
    findings.extend(repeated_types(types));
    for finding in &findings {
        process::print_error(finding);
    }
    if findings.is_empty() { Ok(()) } else { bail!("{} lines to change", findings.len()) }
}

fn files() -> Result<Vec<PathBuf>> {
    let mut git = command("git");
    // Also in a checkout that belongs to another user, as in a container.
    git.args(["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"]);
    git.args(["*.rs", "*.sql", "*.css", "*.md"]);
    let listed = output(git.current_dir(workspace::root())).context("cannot list the files")?;
    let paths = listed.lines().map(PathBuf::from);
    Ok(paths.filter(|path| workspace::root().join(path).is_file()).collect())
}

fn crate_of(path: &Path) -> String {
    path.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned()).unwrap_or_default()
}

fn check_file(path: &Path, text: &str) -> Vec<Finding> {
    let is_document = path.extension().is_some_and(|ending| ending == "md");
    // A database holds the checksums of its migrations.
    let is_landed = path.starts_with("migrations");
    let mut findings = Vec::new();
    let mut find = |line: usize, problem: String| findings.push(Finding { path: path.to_owned(), line, problem });
    for (index, line) in text.lines().enumerate() {
        let (number, prose) = (index + 1, if is_document { Some(line) } else { comments::of_line(path, line) });
        // A table or a link in a document cannot be broken.
        if !is_document && !is_landed && line.chars().count() > MAX_WIDTH {
            find(number, format!("longer than {MAX_WIDTH} characters"));
        }
        if let Some(word) = prose.filter(|_| !is_landed).and_then(comments::gendered) {
            find(number, format!("`{word}`: write \"the user\" or \"they\""));
        }
        if !path.ends_with("xtask/src/prose.rs")
            && !path.ends_with("CHANGELOG.md")
            && let Some(name) = RETIRED.iter().find(|name| items::names(line, name))
        {
            find(number, format!("`{name}` was replaced by a term of the field"));
        }
    }
    for (line, problem) in styles::leaking_rules(path, text) {
        find(line, problem);
    }
    for (line, name) in nested::nested_types(path, text) {
        find(line, format!("`{name}` in `{name}`: name the outcomes with an enum"));
    }
    for (line, name) in items::repeated_names(path, text) {
        find(line, format!("the comment only repeats the name `{name}`: say more, or delete it"));
    }
    findings
}

fn repeated_types(types: BTreeMap<(String, String), Vec<(PathBuf, usize)>>) -> Vec<Finding> {
    let is_allowed = |name: &str| SHARED_TYPE_NAMES.iter().any(|(allowed, _)| *allowed == name);
    let repeated = types.into_iter().filter(|((_, name), places)| places.len() > 1 && !is_allowed(name));
    repeated
        .flat_map(|((_, name), places)| {
            let problem = format!("more than one public type of this crate is called `{name}`");
            places.into_iter().map(move |(path, line)| Finding { path, line, problem: problem.clone() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<(usize, String)> {
        check_file(Path::new(path), text).into_iter().map(|finding| (finding.line, finding.problem)).collect()
    }

    #[test]
    fn gendered_words_are_found_in_comments_and_documents_only() {
        let text = "/// What h\u{65} holds.\nlet h\u{65} = 1; // not h\u{69}m\nlet text = \"h\u{65}r\";\n";
        let lines: Vec<_> = problems("server/src/a.rs", text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 2]);
        assert_eq!(problems("README.md", "Ask her.\n").len(), 1);
        assert!(problems("README.md", "The others, there, his-tory.\n").len() == 1);
    }

    #[test]
    fn a_comment_that_repeats_the_name_is_found() {
        let text = "/// Its id.\npub id: u8,\n/// The longest page.\n#[derive(Debug)]\nstruct Longest;\n\
                    /// Seconds, at least 10.\nlease: u8,\n";
        assert_eq!(problems("server/src/a.rs", text).len(), 1);
    }

    #[test]
    fn long_lines_are_counted_in_characters() {
        assert!(problems("server/src/a.rs", &format!("// {}\n", "ä".repeat(117))).is_empty());
        assert_eq!(problems("server/src/a.rs", &format!("// {}\n", "ä".repeat(118))).len(), 1);
    }

    #[test]
    fn a_retired_name_is_found_as_a_whole_word() {
        assert_eq!(problems("server/src/a.rs", "use crate::Bell;\n").len(), 1);
        assert!(problems("server/src/a.rs", "use crate::Bells;\n").is_empty());
    }

    #[test]
    fn two_public_types_of_one_name_are_found_in_one_crate_only() {
        let at = |path: &str| (PathBuf::from(path), 1);
        let key = |of: &str| (of.to_owned(), "Known".to_owned());
        let types = BTreeMap::from([
            (key("server"), vec![at("server/src/a.rs"), at("server/src/b.rs")]),
            (key("shared"), vec![at("shared/src/a.rs")]),
        ]);
        assert_eq!(repeated_types(types).len(), 2);
    }
}
