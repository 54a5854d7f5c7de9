//! Opens the SQLite file: locks it against a second process and checks it before anything is written.

mod identity;
mod migrations;
mod mounts;
mod permissions;

pub(super) use identity::{FileId, LockedFile, resolve};

use super::{Db, Endpoint, OpenError, Readers, Writer, endpoint};
use crate::{private_files, tasks::spawn_blocking};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{
    fs,
    io::{self, ErrorKind, Read as _},
    panic::resume_unwind,
    path::Path,
    sync::Arc,
    time::Duration,
};

/// The first bytes of every SQLite file (<https://www.sqlite.org/fileformat2.html>, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How many transactions can read at once.
const MAX_READERS: usize = 4;
/// How long to wait for the lock of another program, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the file, creates it if it is missing, and runs its migrations.
pub(super) async fn open(file: &Path) -> Result<Db, OpenError> {
    let file = file.to_owned();
    // Checking a large file takes seconds.
    let opened = spawn_blocking(move || open_blocking(&file)).await;
    opened.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()))
}

fn open_blocking(file: &Path) -> Result<Db, OpenError> {
    if let Some(folder) = file.parent() {
        private_files::create_directories(folder).map_err(|reason| unusable(folder, reason))?;
    }
    let path = resolve(file)?;
    let file = path.as_path();
    let has_content = check_writable(file)?;
    let lock = LockedFile::lock(path.clone())?;
    if has_content {
        check_content(file)?;
    }
    migrate(file)?;
    let writer = Writer::open(&lock).map_err(|reason| OpenError::Writer { path: name(file), reason })?;
    let readers = Readers::open(file, MAX_READERS).map_err(|reason| OpenError::Reader { path: name(file), reason })?;
    permissions::warn_if_too_open(file);
    Ok(Db::Sqlite { writer, readers, lock: Some(Arc::new(lock)), endpoint: Endpoint::file(file) })
}

/// Runs the migrations on a connection of their own. Each is on disk before the next begins.
fn migrate(file: &Path) -> Result<(), OpenError> {
    let problem = |error| OpenError::Sqlite { path: name(file), reason: endpoint::sqlite_reason(&error) };
    let mut connection = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(problem)?;
    let configured = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;";
    connection.execute_batch(configured).map_err(problem)?;
    migrations::run(&mut connection, &name(file))?;
    connection.close().map_err(|(_, error)| problem(error))
}

fn connect(file: &Path, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Checks that the file may be written to. Returns whether it exists and is not empty.
fn check_writable(file: &Path) -> Result<bool, OpenError> {
    let opened = match fs::OpenOptions::new().write(true).open(file) {
        Ok(opened) => opened,
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(false),
        Err(problem) => return Err(unusable(file, problem)),
    };
    let about = opened.metadata().map_err(|reason| unusable(file, reason))?;
    // Root could write to it nevertheless, but the permission was removed on purpose.
    if about.permissions().readonly() {
        return Err(OpenError::ReadOnly(name(file)));
    }
    Ok(about.len() > 0)
}

/// Checks that the file is an undamaged database of Seatkeeper. Reads all of it once, at about a gigabyte in a few
/// seconds, and writes nothing, so that a damaged file can still be examined as it is.
fn check_content(file: &Path) -> Result<(), OpenError> {
    let mut magic = [0; MAGIC.len()];
    let begins = fs::File::open(file).and_then(|mut opened| opened.read_exact(&mut magic));
    match begins {
        Ok(()) if magic == *MAGIC => {}
        Err(problem) if problem.kind() != ErrorKind::UnexpectedEof => return Err(unusable(file, problem)),
        _ => return Err(OpenError::NotSqlite(name(file))),
    }
    let checked = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|connection| check(&connection));
    match checked.map_err(|error| unreadable(file, &error))? {
        Content::Seatkeeper => Ok(()),
        Content::Foreign => Err(OpenError::Foreign(name(file))),
        Content::Damaged(problem) => Err(OpenError::Damaged { path: name(file), problem }),
    }
}

enum Content {
    Seatkeeper,
    Foreign,
    Damaged(String),
}

fn check(connection: &Connection) -> Result<Content, rusqlite::Error> {
    let result: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if result != "ok" {
        // The last line has the problem; the one before it only names the file.
        return Ok(Content::Damaged(result.lines().last().unwrap_or_default().to_owned()));
    }
    // A file whose first start was killed has no table yet.
    let is_ours = "SELECT COUNT(*) = 0 OR SUM(name = '_sqlx_migrations') > 0 FROM sqlite_schema WHERE type = 'table'";
    let is_ours: bool = connection.query_row(is_ours, [], |row| row.get(0))?;
    Ok(if is_ours { Content::Seatkeeper } else { Content::Foreign })
}

/// Turns SQLite's errors for a damaged file and for a file that is no database into [`OpenError::Damaged`].
fn unreadable(file: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, reason) = (name(file), endpoint::sqlite_reason(error));
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Damaged { path, problem: reason },
        _ => OpenError::Sqlite { path, reason },
    }
}

fn unusable(path: &Path, reason: io::Error) -> OpenError {
    match reason.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly(name(path)),
        _ => OpenError::File { path: name(path), reason },
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
