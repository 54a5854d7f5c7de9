//! The modules of the server import only from the layers below their own, as drawn in ARCHITECTURE.md.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate is in the workspace").to_path_buf()
}

/// The layer of each module, 0 being the highest: the names before the descriptions in the picture.
fn layers(document: &str) -> BTreeMap<&str, usize> {
    let (_, rest) = document.split_once("```layers\n").expect("the picture");
    let (picture, _) = rest.split_once("```").expect("its end");
    picture
        .lines()
        .enumerate()
        .flat_map(|(layer, line)| {
            let names = line.split_once("  ").map_or(line, |(names, _)| names);
            names.split(' ').map(move |name| (name, layer))
        })
        .collect()
}

/// The modules that a source imports or names: what follows `crate::`, also in groups.
fn imports(source: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, prefix) in source.match_indices("crate::") {
        let rest = &source[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group)),
            None => found.extend([first_name(rest)]),
        }
    }
    found.remove("");
    found
}

/// The first names of the members of a group of imports, whose opening brace has been read.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut begins, mut found) = (0, true, Vec::new());
    for (at, sign) in group.char_indices() {
        match sign {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            sign if begins && !sign.is_whitespace() => {
                found.push(first_name(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    found
}

fn first_name(text: &str) -> &str {
    text.split(|sign: char| !sign.is_ascii_lowercase() && sign != '_' && !sign.is_ascii_digit()).next().unwrap_or("")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")).chain(below).collect()
}

/// The imports against the direction, each as `file: module`.
fn violations(layers: &BTreeMap<&str, usize>, file: &str, source: &str) -> Vec<String> {
    let own = file.split(['/', '.']).next().unwrap_or_default();
    let layer = layers.get(own).unwrap_or_else(|| panic!("{own} is not in the picture of ARCHITECTURE.md"));
    let is_upward = |name: &str| layers.get(name).is_some_and(|of| of <= layer);
    let upward = imports(source).into_iter().filter(|name| *name != own && is_upward(name));
    upward.map(|name| format!("{file}: {name}")).collect()
}

#[test]
fn modules_import_only_from_lower_layers() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the document");
    let (layers, folder) = (layers(&document), root().join("server/src"));
    let mut modules = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in sources(&folder) {
        let file = path.strip_prefix(&folder).expect("a file below").to_string_lossy().into_owned();
        if file == "lib.rs" || file == "main.rs" {
            continue;
        }
        wrong.extend(violations(&layers, &file, &fs::read_to_string(&path).expect("a source")));
        modules.insert(file.split(['/', '.']).next().unwrap_or_default().to_owned());
    }
    assert_eq!(wrong, Vec::<String>::new());
    let drawn: BTreeSet<_> = layers.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(drawn, modules, "the picture has every module, and no other");
}

/// The sources of the server that contain a text.
fn files_with(text: &str) -> Vec<String> {
    let folder = root().join("server/src");
    let found = sources(&folder)
        .into_iter()
        .filter(|path| fs::read_to_string(path).expect("a source").contains(text))
        .map(|path| path.strip_prefix(&folder).expect("a file below").to_string_lossy().into_owned());
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    found
}

#[test]
fn only_entitlements_approves_changes_of_memberships() {
    assert_eq!(files_with("impl MembershipApproval for"), ["entitlements/authority.rs"]);
}

#[test]
fn one_module_decides_what_a_change_of_a_user_is() {
    assert_eq!(files_with("impl UserChangeApproval for"), ["user_changes/locked.rs"]);
    let refusing = files_with("Code::LastAdmin)");
    assert_eq!(
        refusing,
        [
            "api/bulk/preview.rs",
            "entitlements/rules.rs",
            "problem/decisions.rs",
            "seats/batch/licenses.rs",
            "seats/user_changes.rs"
        ],
        "each asks `keeps_an_admin`, or passes on the refusal of `user_changes`"
    );
}

/// What changes who may have what is called by `entitlements` alone, which reconciles and records the source with it.
#[test]
fn only_entitlements_gives_and_takes() {
    for call in [
        ".seats.grant(",
        ".seats.revoke(",
        ".seats.grant_by_rule(",
        ".seats.delete_group(",
        "rules::apply(",
        "mark_manual(",
        "withdraw_manual(",
        "directory_rules::set_rules(",
        "directory_rules::set_given_role(",
    ] {
        let elsewhere: Vec<_> =
            files_with(call).into_iter().filter(|file| !file.starts_with("entitlements/")).collect();
        assert_eq!((elsewhere, files_with(call).is_empty()), (Vec::<String>::new(), false), "{call}");
    }
}

#[test]
fn only_reconciling_commits_without_consequences() {
    assert_eq!(files_with("Journal::new("), ["app.rs"], "and `Entitlements::new` takes it");
    let inner = files_with("entitlements.journal.commit(");
    assert!(!inner.is_empty() && inner.iter().all(|file| file.starts_with("entitlements/rules")), "{inner:?}");
}

#[test]
fn an_import_against_the_direction_is_found() {
    let layers = layers("```layers\nhttp api  edges\nstore\ndb       SQL\n```");
    assert_eq!(violations(&layers, "db/row.rs", "use crate::store;"), ["db/row.rs: store"]);
    assert_eq!(violations(&layers, "store.rs", "use crate::{db::{Db, api}, http::problem};"), ["store.rs: http"]);
    assert_eq!(violations(&layers, "http/a.rs", "fn a() { crate::api::b() }"), ["http/a.rs: api"], "the same layer");
    assert_eq!(violations(&layers, "api.rs", "use crate::{api::x, db, store::y};"), Vec::<String>::new());
}
