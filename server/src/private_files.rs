//! Creates files and directories that only their owner can access, whatever the umask. All files are created here: the
//! server's `clippy.toml` bans the standard functions, because a database, a token or a lease must never be readable by
//! others, not even for a moment.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// Creates a file that must not exist yet, for reading and writing.
///
/// # Errors
/// Returns an error if the path exists, even as a symbolic link, or if it cannot be created.
#[expect(clippy::disallowed_methods, reason = "the only place that creates files")]
pub fn create_new(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)?;
    // A umask only removes bits, so others could never open the file; but it may have removed the owner's bits as well.
    if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

/// Opens a file for reading and writing, and creates it if it is missing. An existing file keeps its content and mode.
///
/// # Errors
/// Returns an error if the file cannot be opened or created.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    match create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => File::options().read(true).write(true).open(path),
        created => created,
    }
}

/// Creates or replaces a file atomically: readers see the old or the new content. The new file is private even if the
/// old one was not. A symbolic link is followed; a target that is not a regular file, such as a terminal or a pipe, is
/// written to directly.
///
/// # Errors
/// Returns an error if the file cannot be written; an old file is unchanged then.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
        return File::options().write(true).open(&target)?.write_all(content);
    }
    let temporary = temporary_path(&target);
    let written = write_new(&temporary, content).and_then(|()| fs::rename(&temporary, &target));
    match written {
        // The process may write the file but not its directory.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && target.exists() => overwrite(&target, content),
        Err(error) => {
            // The temporary file may not exist.
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

/// Creates a directory and its missing parents. Existing directories keep their mode.
///
/// # Errors
/// Returns an error if one of them cannot be created.
#[expect(clippy::disallowed_methods, reason = "the only place that creates directories")]
pub fn create_directories(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directories(parent)?;
    }
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE)),
        // Another process has just created it.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        // "File exists" would be misleading: the path is not a directory.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(nix::errno::Errno::ENOTDIR.into()),
        Err(error) => Err(error),
    }
}

fn temporary_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    // A killed process with the same id may have left one.
    let _ = fs::remove_file(path);
    let mut file = create_new(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn overwrite(target: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).open(target)?;
    // Before the content is written, which others must not read.
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    file.set_len(0)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests create files as other programs do")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("the file exists").permissions().mode() & 0o777
    }

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    #[test]
    fn new_files_and_directories_are_private() {
        let home = directory();
        let deep = home.path().join("a/b/c");
        create_directories(&deep).expect("it can be created");
        let file = deep.join("file");
        create_new(&file).expect("it can be created");
        assert_eq!([mode(&deep), mode(&home.path().join("a")), mode(&file)], [0o700, 0o700, 0o600]);
        assert_eq!(create_new(&file).expect_err("it exists").kind(), ErrorKind::AlreadyExists);
        create_directories(&deep).expect("it exists");
    }

    #[test]
    fn existing_files_and_directories_keep_their_mode() {
        let home = directory();
        let (below, file) = (home.path().join("data"), home.path().join("file"));
        fs::create_dir(&below).expect("a directory");
        fs::set_permissions(&below, Permissions::from_mode(0o755)).expect("it is ours");
        fs::write(&file, "old").expect("a file");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("it is ours");
        create_directories(&below.join("new")).expect("it can be created");
        open_or_create(&file).expect("it opens");
        assert_eq!([mode(&below), mode(&below.join("new")), mode(&file)], [0o755, 0o700, 0o644]);
        assert_eq!(fs::read_to_string(&file).expect("it can be read"), "old");
    }

    #[test]
    fn the_replacement_of_a_public_file_is_private() {
        let home = directory();
        let (file, link) = (home.path().join("file"), home.path().join("link"));
        fs::write(&file, "old").expect("a file");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("it is ours");
        symlink(&file, &link).expect("a link");
        replace(&link, b"secret").expect("it can be replaced");
        assert_eq!((fs::read_to_string(&file).expect("it can be read").as_str(), mode(&file)), ("secret", 0o600));
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink(), "the link is still a link");
        let names: Vec<_> =
            fs::read_dir(home.path()).expect("a directory").map(|entry| entry.expect("one").path()).collect();
        assert_eq!(names.len(), 2, "nothing is left over: {names:?}");
    }

    #[test]
    fn a_device_is_written_to() {
        replace(Path::new("/dev/null"), b"secret").expect("it can be written");
        assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
    }

    #[test]
    fn a_clippy_toml_of_a_crate_repeats_the_bans_of_the_workspace() {
        let whole = include_str!("../../clippy.toml");
        let server = ("server", include_str!("../clippy.toml"));
        let pool = ("pool", include_str!("../../pool/clippy.toml"));
        for (name, own) in [server, pool] {
            for line in whole.lines().filter(|line| line.contains("path =")) {
                assert!(own.contains(line.trim()), "{name}/clippy.toml replaces clippy.toml and must repeat: {line}");
            }
        }
    }
}
