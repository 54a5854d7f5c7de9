//! Splits the compiled wasm at the functions that are marked in the app's code (`wasm_split`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use wasm_split_cli_support::{Options, transform};

use crate::module::ParsedModule;

/// The name under which the main module imports the functions that load the others.
pub const LOADER_MODULE: &str = "./__wasm_split.js";

/// The modules of a split app.
pub struct SplitApp {
    /// What every page needs, before wasm-bindgen.
    pub main: Vec<u8>,
    /// What some pages need: one piece for each set of parts that have code in common.
    pub pieces: Vec<Piece>,
    /// The names of all parts.
    pub parts: BTreeSet<String>,
}

/// Code and data that exactly these parts of the app need.
pub struct Piece {
    pub users: BTreeSet<String>,
    pub wasm: Vec<u8>,
    /// Its code and data, in bytes.
    pub size: usize,
}

/// Splits a module that was linked with relocations; `folder` is for intermediate files.
pub fn split(wasm: &[u8], folder: &Path) -> Result<SplitApp> {
    let main = folder.join("main.wasm");
    let mut options = Options::new(wasm);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = LOADER_MODULE;
    let split = transform(options).map_err(|problem| anyhow!("{problem:#}")).context("cannot split the app")?;
    let mut users: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (part, files) in &split.prefetch_map {
        for file in files {
            users.entry(file).or_default().insert(part.clone());
        }
    }
    let pieces = users.into_iter().map(|(file, users)| {
        let wasm = read(&folder.join(file).with_extension("wasm"))?;
        let size = ParsedModule::parse(&wasm)?.size();
        Ok(Piece { users, wasm, size })
    });
    let pieces = pieces.collect::<Result<_>>()?;
    Ok(SplitApp { main: read(&main)?, pieces, parts: split.prefetch_map.into_keys().collect() })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
