//! Builds the app for release into `dist/`: compiled by cargo, then split into files by the bundler.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{cargo, run, say};
use crate::workspace::{self, dist};
use crate::{fingerprint, tools};

/// What each page of the built app downloads, as JSON.
pub fn sizes() -> Result<PathBuf> {
    Ok(workspace::target()?.join("app-sizes.json"))
}

/// Builds `dist/` unless it is up to date.
pub fn build() -> Result<PathBuf> {
    let wasm_opt = tools::wasm_opt();
    let variant = if wasm_opt.is_some() { "optimized" } else { "plain" };
    if fingerprint::matches(variant)? && sizes()?.is_file() {
        say("the app is up to date");
        return Ok(dist());
    }
    tools::wasm_target()?;
    let wasm_bindgen = tools::wasm_bindgen()?.folder.join("wasm-bindgen");
    say("building the app (some minutes the first time, two minutes after a change)");
    let wasm = compile()?;
    say("splitting the app into files");
    if wasm_opt.is_none() {
        say("skipping wasm-opt: the app is about 50 % larger. Install node and npm to enable it");
    }
    let mut bundler = cargo();
    bundler.args(["run", "--quiet", "--package", "seatkeeper-bundler", "--"]).arg(wasm).arg(frontend()).arg(dist());
    bundler.arg(workspace::target()?.join("app")).arg(sizes()?).arg(wasm_bindgen).args(wasm_opt);
    run(&mut bundler)?;
    fingerprint::save(variant)?;
    Ok(dist())
}

/// Compiles the app, linked with relocations, which splitting needs; returns the wasm file.
fn compile() -> Result<PathBuf> {
    const PROFILE: &str = "wasm-release";
    let package = "seatkeeper-frontend";
    let mut compile = cargo();
    compile.args(["rustc", "--package", package, "--bin", package, "--features", "split", "--target", tools::WASM]);
    // For the last crate only: the other ones are the same in any build.
    run(compile.args(["--profile", PROFILE, "--", "-Clink-args=--emit-relocs"]))?;
    Ok(workspace::target()?.join(tools::WASM).join(PROFILE).join(package).with_extension("wasm"))
}

fn frontend() -> PathBuf {
    workspace::root().join("frontend")
}
