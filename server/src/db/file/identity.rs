//! A database file is known by its device and inode, not by a name: one file can have many names, and one name can come to mean
//! another file.

use super::{mounts, name, unusable};
use crate::{db::OpenError, private_files};
use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// A file that this process alone may write to, as long as this value lives.
#[derive(Debug)]
pub struct LockedFile {
    path: PathBuf,
    id: FileId,
    /// Locks the inode, whatever its names. It must outlive all of SQLite's connections: closing any handle of a file takes away the
    /// locks that SQLite has on it.
    _database: File,
    /// Locks the name, where the system knows no locks that go beside SQLite's.
    _beside: File,
}

/// Tells a file apart from all others on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// That of an open file, or of what stands at a path.
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// Whether this path leads to the file at present.
    pub fn is_at(self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| Self::of(&found) == self)
    }
}

/// The one path to a database file, which may be missing: without symbolic links, `..` and the like. SQLite keeps its journal beside it,
/// so every process must arrive at the same one; a file that has others is refused.
///
/// # Errors
/// The file has several names, is none, or lies where SQLite's locks do not hold.
pub fn resolve(named: &Path) -> Result<PathBuf, OpenError> {
    let path = match fs::canonicalize(named) {
        Err(error) if error.kind() == ErrorKind::NotFound => missing(named)?,
        found => found.map_err(|reason| unusable(named, reason))?,
    };
    mounts::check(&path)?;
    match fs::metadata(&path) {
        Ok(found) => check(&path, &found)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(&path, error)),
    }
    Ok(path)
}

fn missing(named: &Path) -> Result<PathBuf, OpenError> {
    if fs::symlink_metadata(named).is_ok() {
        let nowhere = io::Error::new(ErrorKind::NotFound, "this symbolic link leads nowhere");
        return Err(unusable(named, nowhere));
    }
    let (Some(folder), Some(file)) = (named.parent(), named.file_name()) else {
        return Err(unusable(named, ErrorKind::IsADirectory.into()));
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
    /// Locks the file at a path from [`resolve`], which is created if it is missing.
    ///
    /// # Errors
    /// Another process uses it, or somebody is exchanging it at this moment.
    pub fn lock(path: PathBuf) -> Result<Self, OpenError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let beside = PathBuf::from(beside);
        let lock = private_files::open_or_create(&beside).map_err(|reason| unusable(&beside, reason))?;
        lock.try_lock().map_err(|_| OpenError::Locked(name(&path)))?;
        let database = private_files::open_or_create(&path).map_err(|reason| unusable(&path, reason))?;
        // Linux keeps these locks apart from those that SQLite sets (flock(2), fcntl(2)); other systems do not.
        #[cfg(target_os = "linux")]
        database.try_lock().map_err(|_| OpenError::Locked(name(&path)))?;
        let found = database.metadata().map_err(|reason| unusable(&path, reason))?;
        check(&path, &found)?;
        let locked = Self { id: FileId::of(&found), path, _database: database, _beside: lock };
        if locked.is_in_place() { Ok(locked) } else { Err(OpenError::Exchanged(name(&locked.path))) }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is known by.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Whether its path still leads to it: it was neither deleted, moved nor replaced.
    pub fn is_in_place(&self) -> bool {
        self.id.is_at(&self.path)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these files are made as others make them")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn all_names_of_a_file_lead_to_the_same_path() {
        let home = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(home.path()).expect("it is there");
        fs::create_dir(root.join("data")).expect("a folder");
        symlink(root.join("data"), root.join("folder")).expect("a link");
        symlink("data/db", root.join("link")).expect("a link");
        let file = root.join("data/db");
        for named in ["data/db", "folder/db", "data/../folder/./db"] {
            assert_eq!(resolve(&root.join(named)).expect("it may be created"), file, "{named}");
        }
        assert!(resolve(&root.join("link")).expect_err("it leads nowhere").to_string().contains("leads nowhere"));
        fs::write(&file, "").expect("a file");
        let open = File::open(&file).expect("it opens");
        let descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&open));
        let names = ["data/db", "folder/db", "link", "data/../folder/./db", descriptor.as_str()];
        for named in names {
            assert_eq!(resolve(&root.join(named)).expect("it is there"), file, "{named}");
        }
        assert!(resolve(&root.join("data")).expect_err("a folder").to_string().contains("not a regular file"));
        fs::hard_link(&file, root.join("second")).expect("a hard link");
        assert!(matches!(resolve(&file), Err(OpenError::HardLinks { links: 2, .. })));
    }

    #[test]
    fn one_file_is_locked_once_and_known_to_be_gone() {
        let home = tempfile::tempdir().expect("a folder");
        let file = fs::canonicalize(home.path()).expect("it is there").join("db");
        let locked = LockedFile::lock(file.clone()).expect("it is free");
        assert!(matches!(LockedFile::lock(file.clone()), Err(OpenError::Locked(_))));
        assert!(locked.is_in_place());
        fs::rename(&file, home.path().join("moved")).expect("it can be moved");
        assert!(!locked.is_in_place(), "it is gone");
        fs::write(&file, "").expect("another file");
        assert!(!locked.is_in_place(), "it is another one");
    }
}
