//! Creates files and folders that only their owner can use, whatever the umask. This is the only place that creates any: the
//! server's `clippy.toml` bans the plain ways. A database, a token or a lease must not be readable by others for even a moment.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Creates a file that must not exist yet, for reading and writing.
///
/// # Errors
/// It exists, also as a symbolic link, or cannot be created.
#[expect(clippy::disallowed_methods, reason = "the one place that creates files")]
pub fn create_new(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)?;
    // A umask only takes bits away, so there was no moment at which others could open it. It may have taken the owner's.
    if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

/// Opens a file for reading and writing, and creates it if it is missing. One that exists keeps its content and its mode.
///
/// # Errors
/// It cannot be opened or created.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    match create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => File::options().read(true).write(true).open(path),
        created => created,
    }
}

/// Writes a whole file, or replaces it: readers see the old or the new content, never half of it. The new file is private even if
/// the old one was not. A symbolic link is followed; what is no regular file, such as a terminal or a pipe, is written to.
///
/// # Errors
/// It cannot be written; an old file is then as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
        return File::options().write(true).open(&target)?.write_all(content);
    }
    let part = part_of(&target);
    let written = write_new(&part, content).and_then(|()| fs::rename(&part, &target));
    match written {
        // The file is ours, its folder is not.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && target.exists() => overwrite(&target, content),
        Err(error) => {
            // It may never have been created.
            let _ = fs::remove_file(&part);
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

/// Creates a folder and all missing ones above it. Those that exist keep their mode.
///
/// # Errors
/// One of them cannot be created.
#[expect(clippy::disallowed_methods, reason = "the one place that creates folders")]
pub fn create_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        create_folders(above)?;
    }
    match DirBuilder::new().mode(FOLDER_MODE).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)),
        // Somebody else has just done so.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        // "File exists" would say the opposite of what is wrong.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(nix::errno::Errno::ENOTDIR.into()),
        Err(error) => Err(error),
    }
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

fn write_new(part: &Path, content: &[u8]) -> io::Result<()> {
    // Of a process with the same number that was killed.
    let _ = fs::remove_file(part);
    let mut file = create_new(part)?;
    file.write_all(content)?;
    file.sync_all()
}

fn overwrite(target: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).open(target)?;
    // Before anything is in it that others must not read.
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    file.set_len(0)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these files are made as others make them")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn new_files_and_folders_are_for_their_owner_alone() {
        let home = folder();
        let deep = home.path().join("a/b/c");
        create_folders(&deep).expect("it can be created");
        let file = deep.join("file");
        create_new(&file).expect("it can be created");
        assert_eq!([mode(&deep), mode(&home.path().join("a")), mode(&file)], [0o700, 0o700, 0o600]);
        assert_eq!(create_new(&file).expect_err("it exists").kind(), ErrorKind::AlreadyExists);
        create_folders(&deep).expect("it is there");
    }

    #[test]
    fn folders_and_files_that_exist_keep_their_mode() {
        let home = folder();
        let (below, file) = (home.path().join("data"), home.path().join("file"));
        fs::create_dir(&below).expect("a folder");
        fs::set_permissions(&below, Permissions::from_mode(0o755)).expect("it is ours");
        fs::write(&file, "old").expect("a file");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("it is ours");
        create_folders(&below.join("new")).expect("it can be created");
        open_or_create(&file).expect("it opens");
        assert_eq!([mode(&below), mode(&below.join("new")), mode(&file)], [0o755, 0o700, 0o644]);
        assert_eq!(fs::read_to_string(&file).expect("it can be read"), "old");
    }

    #[test]
    fn what_replaces_a_file_that_all_can_read_is_private() {
        let home = folder();
        let (file, link) = (home.path().join("file"), home.path().join("link"));
        fs::write(&file, "old").expect("a file");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("it is ours");
        symlink(&file, &link).expect("a link");
        replace(&link, b"secret").expect("it can be replaced");
        assert_eq!((fs::read_to_string(&file).expect("it can be read").as_str(), mode(&file)), ("secret", 0o600));
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink(), "the link still leads there");
        let names: Vec<_> =
            fs::read_dir(home.path()).expect("a folder").map(|entry| entry.expect("one").path()).collect();
        assert_eq!(names.len(), 2, "nothing is left over: {names:?}");
    }

    #[test]
    fn what_is_no_file_is_written_to() {
        replace(Path::new("/dev/null"), b"secret").expect("it takes everything");
        assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
    }

    #[test]
    fn the_server_bans_all_that_the_workspace_bans() {
        let (whole, own) = (include_str!("../../clippy.toml"), include_str!("../clippy.toml"));
        for line in whole.lines().filter(|line| line.contains("path =")) {
            assert!(own.contains(line.trim()), "server/clippy.toml replaces clippy.toml and must repeat: {line}");
        }
    }
}
