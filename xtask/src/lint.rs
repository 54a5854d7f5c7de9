//! `cargo xtask lint`: checks format, lints for both targets, dependency rules, names and prose.

use std::process::Command;

use anyhow::{Result, bail};

use crate::packages::on_path;
use crate::process::{self, cargo, say};
use crate::{prose, tools};

#[derive(clap::Args)]
pub struct LintArgs {
    /// Check names and prose only, which takes a second.
    #[arg(long)]
    prose: bool,
}

/// Runs every check, also after one has failed.
pub fn run(args: &LintArgs) -> Result<()> {
    let mut failed = Vec::new();
    let programs = if args.prose { Vec::new() } else { programs()? };
    for (name, mut check) in programs {
        say(name);
        if let Err(problem) = process::run(&mut check) {
            if process::interrupted() {
                return Err(problem);
            }
            failed.push(name);
        }
    }
    say("names and prose");
    if let Err(problem) = prose::check() {
        process::print_error(format_args!("error: {problem:#}"));
        failed.push("names and prose");
    }
    if !failed.is_empty() {
        bail!("not clean: {}; `cargo fmt` and the messages above tell what to change", failed.join(", "));
    }
    say("clean");
    Ok(())
}

fn programs() -> Result<Vec<(&'static str, Command)>> {
    tools::wasm_target()?;
    let cargo = |arguments: &str| {
        let mut cargo = cargo();
        cargo.args(arguments.split_whitespace());
        cargo
    };
    let host = "clippy --locked --workspace --exclude seatkeeper-frontend --all-targets -- -D warnings";
    // This also lints `shared`, which is a path dependency.
    let wasm =
        format!("clippy --locked --package seatkeeper-frontend --all-targets --target {} -- -D warnings", tools::WASM);
    // The app may come to use it. Its tests need crates that are not built for browsers.
    let pool = format!("clippy --locked --package seatkeeper-pool --target {} -- -D warnings", tools::WASM);
    let mut checks = vec![
        ("format", cargo("fmt --check")),
        ("lints of the server", cargo(host)),
        ("lints of the app", cargo(&wasm)),
        ("lints of the pool for browsers", cargo(&pool)),
    ];
    if on_path(&["cargo-deny"]).is_some() {
        // Without `advisories`, which change daily and need the network; check them with `cargo deny check`.
        checks.push(("dependencies", cargo("deny --workspace --locked check bans licenses sources")));
    } else {
        say("cargo-deny is not installed: the licenses and sources of dependencies are not checked");
    }
    Ok(checks)
}
