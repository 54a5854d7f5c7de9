//! Tells whether the app in `dist/` is what the present sources build.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::workspace::{dist, root, target};

/// All that goes into the app, and what says how it is built.
const SOURCES: [&str; 8] = [
    "frontend",
    "shared",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    ".cargo/config.toml",
    "xtask/src/app.rs",
    "xtask/src/tools.rs",
];

/// Whether `dist/` was made from the present sources in this `manner`, and nobody wrote to it since.
pub fn matches(manner: &str) -> Result<bool> {
    let last = fs::read_to_string(file()?).unwrap_or_default();
    Ok(last == fingerprint(manner)?)
}

/// Notes that `dist/` was made from the present sources in this `manner`.
pub fn save(manner: &str) -> Result<()> {
    let file = file()?;
    fs::write(&file, fingerprint(manner)?).with_context(|| format!("cannot write {}", file.display()))
}

fn file() -> Result<PathBuf> {
    Ok(target()?.join("app.fingerprint"))
}

/// Sources and product: `trunk serve` writes a development build to `dist/`, too.
fn fingerprint(manner: &str) -> Result<String> {
    let sources: Vec<PathBuf> = SOURCES.iter().map(|source| root().join(source)).collect();
    Ok(format!("{manner} {:016x} {:016x}", digest(&sources)?, digest(&[dist()])?))
}

/// A digest of the names and contents of all files below `paths`. A path that is not there has none.
fn digest(paths: &[PathBuf]) -> Result<u64> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        (file, content).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// Adds the files below `path`.
pub fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::digest;
    use crate::scratch::Scratch;

    #[test]
    fn a_digest_changes_with_content_and_names_only() {
        let scratch = Scratch::new("fingerprint").unwrap();
        let folder = [scratch.path().to_path_buf()];
        let nothing = digest(&folder).unwrap();
        fs::write(scratch.path().join("a"), "one").unwrap();
        let one = digest(&folder).unwrap();
        fs::write(scratch.path().join("a"), "one").unwrap();
        assert_ne!(one, nothing);
        assert_eq!(one, digest(&folder).unwrap());
        fs::rename(scratch.path().join("a"), scratch.path().join("b")).unwrap();
        assert_ne!(one, digest(&folder).unwrap());
    }
}
