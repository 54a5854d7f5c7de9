//! Checks what the documents say about tests, requirements and paths.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Requirements of level 1 and 2 in each chapter of OWASP ASVS 5.0.0.
const REQUIREMENTS: [(u32, usize); 17] = [
    (1, 27),
    (2, 11),
    (3, 19),
    (4, 10),
    (5, 9),
    (6, 35),
    (7, 18),
    (8, 7),
    (9, 7),
    (10, 29),
    (11, 14),
    (12, 9),
    (13, 13),
    (14, 9),
    (15, 13),
    (16, 16),
    (17, 7),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate is in the workspace").to_path_buf()
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("the document exists")
}

/// The cells of all table rows that begin with a number like `1.2.3`.
fn requirements(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The names of all functions, by the stem of their file.
fn tests_by_file() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::<String, BTreeSet<String>>::new();
    let mut folders: Vec<PathBuf> =
        ["tests/src", "server/src", "pool/src", "shared/src", "client/src"].map(|at| root().join(at)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                let names = text.lines().filter_map(|line| {
                    let (_, after) = line.trim_start().split_once("fn ")?;
                    Some(after.split(['(', '<']).next()?.to_owned())
                });
                let file = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
                all.entry(file).or_default().extend(names);
            }
        }
    }
    all
}

/// The module and the name of each test that is quoted as `module::test`.
fn named_tests(text: &str) -> Vec<(String, String)> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    quoted
        .filter_map(|name| name.rsplit_once("::"))
        .filter(|(module, test)| module.split("::").all(is_name) && is_name(test))
        .map(|(module, test)| (module.rsplit("::").next().unwrap_or(module).to_owned(), test.to_owned()))
        .collect()
}

#[test]
fn the_table_of_requirements_is_complete() {
    let text = document("ASVS.md");
    let lines = requirements(&text);
    for (chapter, count) in REQUIREMENTS {
        let here = lines.iter().filter(|line| line[0].starts_with(&format!("{chapter}."))).count();
        assert_eq!(here, count, "chapter {chapter}");
    }
    for line in &lines {
        assert_eq!(line.len(), 4, "{line:?}");
        assert!(["met", "n/a", "open"].contains(&line[2]), "{line:?}");
        assert!(line[3].len() > 3, "{line:?} has no evidence");
    }
    let numbers: BTreeSet<_> = lines.iter().map(|line| line[0]).collect();
    assert_eq!(numbers.len(), lines.len(), "a requirement is listed twice");
}

#[test]
fn every_test_named_in_a_document_exists() {
    let all = tests_by_file();
    let mut missing = Vec::new();
    for name in ["ASVS.md", "THREATS.md"] {
        let named = named_tests(&document(name));
        assert!(named.len() > 20, "{name} names too few tests");
        missing
            .extend(named.into_iter().filter(|(file, test)| !all.get(file).is_some_and(|tests| tests.contains(test))));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_path_in_the_recipes_exists() {
    let text = document("CONTRIBUTING.md");
    let (_, recipes) = text.split_once("\n## Recipes\n").expect("there are recipes");
    let (recipes, _) = recipes.split_once("\n## ").expect("more follows");
    let quoted = recipes.split('`').skip(1).step_by(2);
    let paths: Vec<_> = quoted.filter(|text| text.contains('/') || text.ends_with(".md")).collect();
    assert!(paths.len() > 30, "the recipes name too few files");
    let missing: Vec<_> = paths.into_iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
