//! Identifies a database file by its device and inode: one file can have many names, and a name can come to mean
//! another file.

use super::{mounts, name, unusable};
use crate::{db::OpenError, private_files};
use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// A file that only this process may write to, for as long as this value lives.
#[derive(Debug)]
pub struct LockedFile {
    path: PathBuf,
    id: FileId,
    /// Locks the inode, whatever its names. It must outlive all of SQLite's connections: closing any handle of a file
    /// releases the locks that SQLite holds on it.
    database_lock: File,
    /// Locks the name, on systems that have no locks independent of SQLite's.
    lock_file: File,
}

/// Distinguishes a file from all others on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// Whether this path leads to the file at present.
    pub fn is_at(self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| Self::of(&found) == self)
    }
}

/// The canonical path to a database file, which may not exist yet: without symbolic links and `..`. SQLite keeps its
/// write-ahead log beside the file, so every process must use the same path; a file with several hard links is refused.
///
/// # Errors
/// Returns an error if the file has several names, is not a regular file, or is on a file system where SQLite's locks
/// do not work.
pub fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    let path = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => resolve_missing(path)?,
        found => found.map_err(|reason| unusable(path, reason))?,
    };
    mounts::check(&path)?;
    match fs::metadata(&path) {
        Ok(found) => check(&path, &found)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(&path, error)),
    }
    Ok(path)
}

fn resolve_missing(path: &Path) -> Result<PathBuf, OpenError> {
    if fs::symlink_metadata(path).is_ok() {
        let dangling = io::Error::new(ErrorKind::NotFound, "this symbolic link leads nowhere");
        return Err(unusable(path, dangling));
    }
    let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else {
        return Err(unusable(path, ErrorKind::IsADirectory.into()));
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    Ok(fs::canonicalize(folder).map_err(|reason| unusable(folder, reason))?.join(file))
}

fn check(path: &Path, found: &Metadata) -> Result<(), OpenError> {
    if !found.is_file() {
        return Err(unusable(path, io::Error::new(ErrorKind::InvalidInput, "this is not a regular file")));
    }
    match found.nlink() {
        0 | 1 => Ok(()),
        links => Err(OpenError::HardLinks { path: name(path), links }),
    }
}

impl LockedFile {
    /// Locks the file at a path from [`resolve`], and creates it if it is missing.
    ///
    /// # Errors
    /// Returns an error if another process uses the file, or if it is being replaced at this moment.
    pub fn lock(path: PathBuf) -> Result<Self, OpenError> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let lock_file = private_files::open_or_create(&lock_path).map_err(|reason| unusable(&lock_path, reason))?;
        lock_file.try_lock().map_err(|_| OpenError::Locked(name(&path)))?;
        let database = private_files::open_or_create(&path).map_err(|reason| unusable(&path, reason))?;
        // On Linux these locks are independent of those that SQLite sets (flock(2), fcntl(2)); on other systems they
        // are not.
        #[cfg(target_os = "linux")]
        database.try_lock().map_err(|_| OpenError::Locked(name(&path)))?;
        let found = database.metadata().map_err(|reason| unusable(&path, reason))?;
        check(&path, &found)?;
        let locked = Self { id: FileId::of(&found), path, database_lock: database, lock_file };
        if locked.is_in_place() { Ok(locked) } else { Err(OpenError::Replaced(name(&locked.path))) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn id(&self) -> FileId {
        self.id
    }

    /// Whether its path still leads to it: it was not deleted, moved or replaced.
    pub fn is_in_place(&self) -> bool {
        self.id.is_at(&self.path)
    }
}

impl Drop for LockedFile {
    /// A child that is just being started has copies of all open files until it executes its program. Closing the files
    /// here would leave the locks to it.
    fn drop(&mut self) {
        // If that fails, closing the files follows.
        let _ = self.database_lock.unlock();
        let _ = self.lock_file.unlock();
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these files imitate files that others create")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn all_names_of_a_file_lead_to_the_same_path() {
        let home = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(home.path()).expect("it exists");
        fs::create_dir(root.join("data")).expect("a folder");
        symlink(root.join("data"), root.join("folder")).expect("a link");
        symlink("data/db", root.join("link")).expect("a link");
        let file = root.join("data/db");
        for path in ["data/db", "folder/db", "data/../folder/./db"] {
            assert_eq!(resolve(&root.join(path)).expect("it may be created"), file, "{path}");
        }
        assert!(resolve(&root.join("link")).expect_err("it leads nowhere").to_string().contains("leads nowhere"));
        fs::write(&file, "").expect("a file");
        let open = File::open(&file).expect("it opens");
        let descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&open));
        let names = ["data/db", "folder/db", "link", "data/../folder/./db", descriptor.as_str()];
        for path in names {
            assert_eq!(resolve(&root.join(path)).expect("it exists"), file, "{path}");
        }
        assert!(resolve(&root.join("data")).expect_err("a folder").to_string().contains("not a regular file"));
        fs::hard_link(&file, root.join("second")).expect("a hard link");
        assert!(matches!(resolve(&file), Err(OpenError::HardLinks { links: 2, .. })));
    }

    #[test]
    fn a_file_is_locked_once_and_its_removal_is_detected() {
        let home = tempfile::tempdir().expect("a folder");
        let file = fs::canonicalize(home.path()).expect("it exists").join("db");
        let locked = LockedFile::lock(file.clone()).expect("it is free");
        assert!(matches!(LockedFile::lock(file.clone()), Err(OpenError::Locked(_))));
        assert!(locked.is_in_place());
        fs::rename(&file, home.path().join("moved")).expect("it can be moved");
        assert!(!locked.is_in_place(), "it was moved");
        fs::write(&file, "").expect("another file");
        assert!(!locked.is_in_place(), "another file took its path");
    }

    #[test]
    fn a_copy_of_the_open_files_does_not_keep_the_lock() {
        let home = tempfile::tempdir().expect("a folder");
        let path = fs::canonicalize(home.path()).expect("it exists").join("db");
        let locked = LockedFile::lock(path.clone()).expect("the first lock");
        assert!(matches!(LockedFile::lock(path.clone()), Err(OpenError::Locked(_))));
        let copies = [&locked.database_lock, &locked.lock_file].map(|file| file.try_clone().expect("a copy"));
        drop(locked);
        assert!(LockedFile::lock(path).is_ok());
        drop(copies);
    }
}
