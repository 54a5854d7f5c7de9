//! `cargo xtask lint`: format, lints for both targets, and the rules for dependencies.

use std::process::Command;

use anyhow::{Result, bail};

use crate::packages::on_path;
use crate::process::{self, cargo, say};
use crate::tools;

/// Runs every check, also after one has failed.
pub fn run() -> Result<()> {
    tools::wasm_target()?;
    let mut failed = Vec::new();
    for (name, mut check) in checks() {
        say(name);
        if let Err(problem) = process::run(&mut check) {
            if process::interrupted() {
                return Err(problem);
            }
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("not clean: {}; `cargo fmt` and the messages above tell what to change", failed.join(", "));
    }
    say("clean");
    Ok(())
}

fn checks() -> Vec<(&'static str, Command)> {
    let cargo = |arguments: &str| {
        let mut cargo = cargo();
        cargo.args(arguments.split_whitespace());
        cargo
    };
    let host = "clippy --locked --workspace --exclude seatkeeper-frontend --all-targets -- -D warnings";
    // Clippy looks at `shared` as well: it is a dependency by path.
    let wasm =
        format!("clippy --locked --package seatkeeper-frontend --all-targets --target {} -- -D warnings", tools::WASM);
    let mut checks = vec![
        ("format", cargo("fmt --check")),
        ("lints of the server", cargo(host)),
        ("lints of the app", cargo(&wasm)),
    ];
    if on_path(&["cargo-deny"]).is_some() {
        // Not `advisories`: they change from day to day and need the network; ask for them with `cargo deny check`.
        checks.push(("dependencies", cargo("deny --workspace --locked check bans licenses sources")));
    } else {
        say("cargo-deny is not installed: licences and duplicates of dependencies are not checked");
    }
    checks
}
