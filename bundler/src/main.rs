//! Bundles the app; run by `cargo xtask`, with the arguments that [`main`] lists.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use seatkeeper_bundler::{Inputs, budget::Budget, bundle};

/// Arguments: the wasm file, the app's sources, the folder for the files, the folder for intermediate files, the file
/// for the sizes, wasm-bindgen and, if there is one, wasm-opt.
fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().context("run by `cargo xtask`");
    let (wasm, frontend, dist, work, sizes_file, wasm_bindgen) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let inputs = Inputs { wasm, frontend, wasm_bindgen, wasm_opt: arguments.next(), work, dist };
    let sizes = bundle(&inputs)?;
    let text = serde_json::to_string_pretty(&sizes)?;
    fs::write(&sizes_file, text).with_context(|| format!("cannot write {}", sizes_file.display()))?;
    let budget = Budget::read(&inputs.frontend.join("budget.toml"))?;
    eprint!("{}", budget.table(&sizes));
    Ok(())
}
