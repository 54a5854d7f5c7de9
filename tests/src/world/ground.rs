//! A folder for a database, which can run full if we may mount file systems.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A folder that is gone when we are done with it.
pub struct Ground {
    folder: TempDir,
    small: bool,
}

impl Ground {
    /// A folder on a small file system of its own. Without the right to mount one it lies on the big disk, and says so.
    pub fn small(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path());
        let small = mount.output().is_ok_and(|done| done.status.success());
        if !small {
            println!("no right to mount a small file system: no disk is filled");
        }
        Self { folder, small }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it can be filled.
    pub fn is_small(&self) -> bool {
        self.small
    }

    /// Leaves no room for another byte.
    pub fn fill(&self) {
        assert!(self.small, "the big disk must not be filled");
        let mut filler = fs::OpenOptions::new().create(true).append(true).open(self.filler()).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            while std::io::Write::write(&mut filler, &vec![7; size]).is_ok_and(|written| written > 0) {}
        }
    }

    /// Makes room again.
    pub fn clear(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if self.small {
            // Lazily: a process that was just killed may still hold it.
            let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
        }
    }
}
