//! Builds the app for release, with trunk and wasm-opt, into `dist/`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::process::{command, run, say};
use crate::workspace::dist;
use crate::{fingerprint, tools};

/// Builds `dist/` unless it is up to date.
pub fn build() -> Result<PathBuf> {
    let wasm_opt = tools::wasm_opt();
    let variant = if wasm_opt.is_some() { "optimized" } else { "plain" };
    if fingerprint::matches(variant)? {
        say("the app is up to date");
        return Ok(dist());
    }
    let mut trunk = tools::trunk()?;
    say("building the app (some minutes the first time, under a minute after a change)");
    // Not in Trunk.toml, where these options would apply to `trunk serve` as well.
    run(trunk.args(["build", "--release", "--cargo-profile", "wasm-release", "--dist"]).arg(dist()))?;
    match wasm_opt {
        Some(wasm_opt) => optimize(&wasm_opt)?,
        None => say("skipping wasm-opt: the app is about 50 % larger. Install node and npm to enable it"),
    }
    fingerprint::save(variant)?;
    Ok(dist())
}

/// Optimizes the wasm files for size. Not done by trunk, which would use any wasm-opt on PATH, or download one.
///
/// The file name keeps the hash of the unoptimized content, so browsers must not cache it as immutable.
fn optimize(wasm_opt: &Path) -> Result<()> {
    let mut files = Vec::new();
    fingerprint::collect(&dist(), &mut files)?;
    files.retain(|file| file.extension() == Some(OsStr::new("wasm")));
    ensure!(!files.is_empty(), "trunk wrote no wasm to {}: see its messages above", dist().display());
    for file in files {
        say("optimizing the app");
        let part = file.with_extension("part");
        // Without feature flags: with --all-features the result would use features that browsers lack.
        run(command(wasm_opt).arg("-Oz").arg(&file).arg("-o").arg(&part))?;
        fs::rename(&part, &file).with_context(|| format!("cannot replace {}", file.display()))?;
    }
    Ok(())
}
