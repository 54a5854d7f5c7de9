//! Opens the SQLite file: locks it against a second process and checks it before anything is written.

mod identity;
mod mounts;
mod permissions;

pub(super) use identity::{FileId, LockedFile, resolve};

use super::{Db, Endpoint, OpenError, Readers, Writer, endpoint, schema};
use crate::private_files;
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    fs,
    io::{self, ErrorKind, Read as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// The first bytes of every SQLite file (<https://www.sqlite.org/fileformat2.html>, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How many transactions can read at once.
const MAX_READERS: usize = 4;

/// Opens the file, creates it if it is missing, and runs its migrations.
pub(super) async fn open(file: &Path) -> Result<Db, OpenError> {
    if let Some(folder) = file.parent() {
        private_files::create_directories(folder).map_err(|reason| unusable(folder, reason))?;
    }
    let path = resolve(file)?;
    let file = path.as_path();
    let has_content = check_writable(file)?;
    let lock = LockedFile::lock(path.clone())?;
    if has_content {
        check_content(file).await?;
    }
    let problem = |error: sqlx::Error| OpenError::Sqlite { path: name(file), reason: endpoint::reason(&error) };
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5));
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(problem)?;
    let migrator = sqlx::migrate!("../migrations/sqlite");
    let migrated = migrator.run(&mut connection).await;
    migrated.map_err(|error| schema::migration_error(&name(file), &migrator, error))?;
    connection.close().await.map_err(problem)?;
    let writer = Writer::open(&lock).map_err(|reason| OpenError::Writer { path: name(file), reason })?;
    let readers = Readers::open(file, MAX_READERS).map_err(|reason| OpenError::Reader { path: name(file), reason })?;
    permissions::warn_if_too_open(file);
    Ok(Db::Sqlite { writer, readers, lock: Some(Arc::new(lock)), endpoint: Endpoint::file(file) })
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
async fn check_content(file: &Path) -> Result<(), OpenError> {
    let mut magic = [0; MAGIC.len()];
    let begins = fs::File::open(file).and_then(|mut opened| opened.read_exact(&mut magic));
    match begins {
        Ok(()) if magic == *MAGIC => {}
        Err(problem) if problem.kind() != ErrorKind::UnexpectedEof => return Err(unusable(file, problem)),
        _ => return Err(OpenError::NotSqlite(name(file))),
    }
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(Duration::from_secs(5));
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| unreadable(file, error))?;
    let checked = check(&mut connection).await;
    // Everything was read already.
    let _ = connection.close().await;
    match checked.map_err(|error| unreadable(file, error))? {
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

async fn check(connection: &mut SqliteConnection) -> Result<Content, sqlx::Error> {
    let result: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
    if result != "ok" {
        // The last line has the problem; the one before it only names the file.
        return Ok(Content::Damaged(result.lines().last().unwrap_or_default().to_owned()));
    }
    // A file whose first start was killed has no table yet.
    let is_ours = "SELECT COUNT(*) = 0 OR SUM(name = '_sqlx_migrations') > 0 FROM sqlite_schema WHERE type = 'table'";
    let is_ours: bool = sqlx::query_scalar(is_ours).fetch_one(connection).await?;
    Ok(if is_ours { Content::Seatkeeper } else { Content::Foreign })
}

/// Turns SQLite's codes for a damaged file (11, CORRUPT) and for a file that is no database (26, NOTADB) into
/// [`OpenError::Damaged`].
fn unreadable(file: &Path, error: sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|inner| inner.code()?.parse::<u32>().ok());
    // The higher bits say where SQLite found the problem.
    match code.map(|code| code & 0xff) {
        Some(11 | 26) => OpenError::Damaged { path: name(file), problem: endpoint::reason(&error) },
        _ => OpenError::Sqlite { path: name(file), reason: endpoint::reason(&error) },
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
