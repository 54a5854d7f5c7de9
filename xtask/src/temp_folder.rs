//! A temporary folder that is deleted when dropped, and a random token.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A new folder in the system's temporary folder; dropping it deletes it with its content.
pub struct TempFolder(PathBuf);

impl TempFolder {
    /// Creates the folder, with `name` as a part of its name.
    pub fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("seatkeeper-{name}-{}", random_token()));
        fs::create_dir(&path)
            .with_context(|| format!("cannot create {}; set TMPDIR to a writable folder", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        if let Err(problem) = fs::remove_dir_all(&self.0) {
            crate::process::print_error(format_args!("warning: cannot delete {}: {problem}", self.0.display()));
        }
    }
}

/// 128 random bits in hexadecimal, from the only source of randomness in the standard library.
pub fn random_token() -> String {
    let half = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", half(), half())
}
