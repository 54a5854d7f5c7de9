//! Rules about the sources that no compiler checks.

use std::{fs, path::Path};

/// Calls `check` with each Rust file below a folder of the workspace: its path from there, and its text.
fn for_each_source(folder: &str, check: &mut impl FnMut(&str, &str)) {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate is in the workspace").join(folder);
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("below it").display().to_string();
                check(&name, &fs::read_to_string(&path).expect("a source"));
            }
        }
    }
}

/// Whether this line has a call of `sleep` that no comment directly before it justifies.
fn sleeps_for_no_reason(lines: &[&str], number: usize) -> bool {
    let is_call = lines[number].contains("sleep(") && !lines[number].trim_start().starts_with("//");
    let comments = lines[..number].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
    is_call && !comments.into_iter().any(|line| line.contains("// Sleeps: "))
}

#[test]
fn tests_do_not_sleep() {
    /// The pauses of `eventually` and of the browser, and faults at random times.
    const EXEMPT: [&str; 4] = ["harness/wait.rs", "e2e/browser.rs", "torture", "sources.rs"];
    let mut sleeping = Vec::new();
    for_each_source("tests/src", &mut |name, text| {
        let lines: Vec<_> = text.lines().collect();
        if !EXEMPT.iter().any(|exempt| name.starts_with(exempt)) {
            let found = (0..lines.len()).filter(|number| sleeps_for_no_reason(&lines, *number));
            sleeping.extend(found.map(|number| format!("{name}:{}: {}", number + 1, lines[number].trim())));
        }
    });
    assert!(sleeping.is_empty(), "wait with `eventually`, or say why not (`// Sleeps: …`): {sleeping:#?}");
}

#[test]
fn a_sleep_needs_its_reason_directly_before_it() {
    let lines = ["// Sleeps: for a reason.", "sleep(a)", "sleep(b)", "// sleep(c)", "// Why?", "sleep(d)"];
    let found: Vec<_> = (0..lines.len()).filter(|number| sleeps_for_no_reason(&lines, *number)).collect();
    assert_eq!(found, [2, 5]);
}

/// The server's state belongs to `App`, so that two of them in one process share nothing but what is listed here.
#[test]
fn the_server_has_no_global_state_but_what_a_process_shares() {
    const SHARED: [&str; 2] = [
        // The cores of the machine.
        "scim/compute.rs: static PERMITS: Semaphore",
        // Tasks have one id in the whole process; debug builds only.
        "db/nested_tx_guard.rs: static OPEN_TRANSACTIONS: LazyLock<Mutex",
    ];
    const CHANGEABLE: [&str; 9] =
        ["Mutex", "RwLock", "Atomic", "OnceLock", "OnceCell", "Semaphore", "Notify", "Cell<", "thread_local!"];
    let mut found = Vec::new();
    for_each_source("server/src", &mut |name, text| {
        for line in text.lines().map(str::trim_start) {
            let declares = line.starts_with("static ") || line.starts_with("pub") && line.contains(" static ");
            if (declares || line.starts_with("thread_local!")) && CHANGEABLE.iter().any(|kind| line.contains(kind)) {
                found.push(format!("{name}: {line}"));
            }
        }
    });
    found.retain(|line| !SHARED.iter().any(|shared| line.starts_with(shared)));
    assert!(found.is_empty(), "give it an owner in `App`: {found:#?}");
}
