//! Decides whether the app in `dist/` is up to date, by a fingerprint of its sources and its files.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::workspace::{dist, root, target};

/// The sources of the app, and the code that defines how it is built.
const SOURCES: [&str; 8] = [
    "frontend",
    "shared",
    "bundler",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "xtask/src/app.rs",
    "xtask/src/tools.rs",
];

/// Whether `dist/` was built from the current sources in this `variant`, and not changed since.
pub fn matches(variant: &str) -> Result<bool> {
    let last = fs::read_to_string(file()?).unwrap_or_default();
    Ok(last == fingerprint(variant)?)
}

/// Stores the fingerprint of a `dist/` that was just built in this `variant`.
pub fn save(variant: &str) -> Result<()> {
    let file = file()?;
    fs::write(&file, fingerprint(variant)?).with_context(|| format!("cannot write {}", file.display()))
}

fn file() -> Result<PathBuf> {
    Ok(target()?.join("app.fingerprint"))
}

/// Covers the sources and `dist/` itself, because `trunk serve` writes a development build to `dist/`, too.
fn fingerprint(variant: &str) -> Result<String> {
    let sources: Vec<PathBuf> = SOURCES.iter().map(|source| root().join(source)).collect();
    Ok(format!("{variant} {:016x} {:016x}", digest(&sources)?, digest(&[dist()])?))
}

/// A digest of the names and contents of all files below `paths`; missing paths are skipped.
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

/// Adds `path`, or all files below it, to `files`.
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
    use crate::temp_folder::TempFolder;

    #[test]
    fn a_digest_changes_with_content_and_names_only() {
        let temporary = TempFolder::new("fingerprint").unwrap();
        let folder = [temporary.path().to_path_buf()];
        let empty = digest(&folder).unwrap();
        fs::write(temporary.path().join("a"), "one").unwrap();
        let one = digest(&folder).unwrap();
        fs::write(temporary.path().join("a"), "one").unwrap();
        assert_ne!(one, empty);
        assert_eq!(one, digest(&folder).unwrap());
        fs::rename(temporary.path().join("a"), temporary.path().join("b")).unwrap();
        assert_ne!(one, digest(&folder).unwrap());
    }
}
