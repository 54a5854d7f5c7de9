//! Rebuilds when the embedded migrations change and, with the feature `embed`, puts the built app into the binary.

#![expect(clippy::disallowed_methods, reason = "the build output is public: it needs no private file mode")]

use base64::Engine as _;
use sha2::{Digest, Sha256};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=../migrations");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    if env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return fs::write(out.join("static_files.rs"), "&[]");
    }
    let dist = Path::new("../dist");
    println!("cargo:rerun-if-changed=../dist");
    if !dist.join("index.html").exists() {
        panic!("dist/index.html is missing: build the app first, with `cargo xtask dist`");
    }
    let mut list = String::from("&[\n");
    for file in files_below(dist)? {
        list.push_str(&embed(dist, &file)?);
    }
    list.push(']');
    fs::write(out.join("static_files.rs"), list)
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else if !matches!(path.extension().and_then(|e| e.to_str()), Some("br" | "gz")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the `StaticFile` entry of a file, which has its compressed forms beside it, as Rust source.
fn embed(dist: &Path, file: &Path) -> io::Result<String> {
    let name = file.strip_prefix(dist).expect("below dist").to_string_lossy().replace('\\', "/");
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(fs::read(file)?));
    let plain = fs::canonicalize(file)?;
    let (br, gz) = (plain.with_added_extension("br"), plain.with_added_extension("gz"));
    Ok(format!(
        "StaticFile {{ path: {name:?}, hash: {hash:?}, plain: include_bytes!({plain:?}), \
         br: include_bytes!({br:?}), gz: include_bytes!({gz:?}) }},\n"
    ))
}
