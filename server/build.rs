//! Rebuilds when the embedded migrations change and, with the feature `embed`, compresses the built app into the
//! binary.

#![expect(clippy::disallowed_methods, reason = "the build output is public: it needs no private file mode")]

use base64::Engine as _;
use sha2::{Digest, Sha256};
use std::{
    env, fs, io,
    io::Write as _,
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
        list.push_str(&embed(dist, &file, &out)?);
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

/// Writes the compressed forms of a file; returns its `StaticFile` entry as Rust source.
fn embed(dist: &Path, file: &Path, out: &Path) -> io::Result<String> {
    let plain = fs::read(file)?;
    let name = file.strip_prefix(dist).expect("below dist").to_string_lossy().replace('\\', "/");
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(&plain));
    let stem = out.join(&hash);
    let (br, gz) = (stem.with_extension("br"), stem.with_extension("gz"));
    if !br.exists() {
        brotli::CompressorWriter::new(fs::File::create(&br)?, 1 << 16, 11, 22).write_all(&plain)?;
        let mut gzip = flate2::write::GzEncoder::new(fs::File::create(&gz)?, flate2::Compression::best());
        gzip.write_all(&plain)?;
        gzip.finish()?;
    }
    let source = fs::canonicalize(file)?;
    Ok(format!(
        "StaticFile {{ path: {name:?}, hash: {hash:?}, plain: include_bytes!({source:?}), \
         br: include_bytes!({br:?}), gz: include_bytes!({gz:?}) }},\n"
    ))
}
