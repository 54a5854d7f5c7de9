//! Builds the app as it ships: trunk in release, then wasm-opt, into `dist/`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::process::{command, run, say};
use crate::workspace::dist;
use crate::{fingerprint, tools};

/// Brings `dist/` up to date; takes no time if it is.
pub fn build() -> Result<PathBuf> {
    let wasm_opt = tools::wasm_opt();
    let manner = if wasm_opt.is_some() { "optimised" } else { "plain" };
    if fingerprint::matches(manner)? {
        say("the app is up to date");
        return Ok(dist());
    }
    let mut trunk = tools::trunk()?;
    say("building the app (some minutes the first time, under a minute after a change)");
    // Not in Trunk.toml: there it would hold for `trunk serve` as well.
    run(trunk.args(["build", "--release", "--cargo-profile", "wasm-release", "--dist"]).arg(dist()))?;
    match wasm_opt {
        Some(wasm_opt) => optimise(&wasm_opt)?,
        None => say("wasm-opt left out: the app is about half as big again. To have it, install node and npm"),
    }
    fingerprint::save(manner)?;
    Ok(dist())
}

/// Not by trunk: it would take any wasm-opt that is on PATH, or download one.
///
/// The name of the file keeps the hash of its unoptimised content, so it must not be cached for ever.
fn optimise(wasm_opt: &Path) -> Result<()> {
    let mut files = Vec::new();
    fingerprint::collect(&dist(), &mut files)?;
    files.retain(|file| file.extension() == Some(OsStr::new("wasm")));
    ensure!(!files.is_empty(), "trunk wrote no wasm to {}: look at its messages above", dist().display());
    for file in files {
        say("making the app small");
        let part = file.with_extension("part");
        // No feature flags: with --all-features the result uses what browsers do not know yet.
        run(command(wasm_opt).arg("-Oz").arg(&file).arg("-o").arg(&part))?;
        fs::rename(&part, &file).with_context(|| format!("cannot replace {}", file.display()))?;
    }
    Ok(())
}
