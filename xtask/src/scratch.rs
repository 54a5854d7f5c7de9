//! A private folder that is gone when we are done with it, and a number nobody can guess.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A new folder in the system's temporary folder; dropping it removes it with all it holds.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder; `name` says what for.
    pub fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("seatkeeper-{name}-{}", token()));
        fs::create_dir(&path).with_context(|| format!("cannot create {}; set TMPDIR elsewhere", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(problem) = fs::remove_dir_all(&self.0) {
            crate::process::complain(format_args!("warning: {} was left behind: {problem}", self.0.display()));
        }
    }
}

/// 128 random bits in hexadecimal, from the only source of chance that the standard library has.
pub fn token() -> String {
    let half = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", half(), half())
}
