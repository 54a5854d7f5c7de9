//! A folder on a small file system, so that tests can fill the disk of a database.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A folder that is unmounted and deleted when dropped.
pub struct SmallDisk {
    folder: TempDir,
    is_mounted: bool,
}

impl SmallDisk {
    /// Mounts a tmpfs of this size. Without the right to mount, it is an ordinary folder, and standard output says so.
    pub fn create(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path());
        let is_mounted = mount.output().is_ok_and(|done| done.status.success());
        if !is_mounted {
            println!("cannot mount a small file system: the full-disk tests do nothing");
        }
        Self { folder, is_mounted }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it is a file system of its own, which may be filled.
    pub fn is_limited(&self) -> bool {
        self.is_mounted
    }

    /// Writes a file until not one more byte fits.
    pub fn fill(&self) {
        assert!(self.is_mounted, "only a small file system may be filled");
        let mut filler = fs::OpenOptions::new().create(true).append(true).open(self.filler()).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            while std::io::Write::write(&mut filler, &vec![7; size]).is_ok_and(|written| written > 0) {}
        }
    }

    /// Deletes the file written by [`Self::fill`].
    pub fn clear(&self) {
        fs::remove_file(self.filler()).expect("the disk was filled before");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_mounted {
            // Lazily: a process that was just killed may still have files open.
            let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
        }
    }
}
