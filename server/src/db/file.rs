//! The SQLite file: kept from a second process, and looked over before anything is written to it.

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

/// How many read at once.
const READERS: usize = 4;

/// Opens a file, which is made if it is missing, and brings its tables up to date.
pub(super) async fn open(file: &Path) -> Result<Db, OpenError> {
    if let Some(folder) = file.parent() {
        private_files::create_folders(folder).map_err(|reason| unusable(folder, reason))?;
    }
    let path = resolve(file)?;
    let file = path.as_path();
    let found = writable(file)?;
    let lock = LockedFile::lock(path.clone())?;
    if found {
        sound(file).await?;
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
    let done = migrator.run(&mut connection).await;
    done.map_err(|error| schema::not_up_to_date(&name(file), &migrator, error))?;
    connection.close().await.map_err(problem)?;
    let writer = Writer::open(&lock).map_err(|reason| OpenError::Writer { path: name(file), reason })?;
    let readers = Readers::open(file, READERS).map_err(|reason| OpenError::Reader { path: name(file), reason })?;
    permissions::warn_of_wide(file);
    Ok(Db::Sqlite { writer, readers, lock: Some(Arc::new(lock)), endpoint: Endpoint::file(file) })
}

/// Whether there is a file with something in it. If so, it may be written to.
fn writable(file: &Path) -> Result<bool, OpenError> {
    let opened = match fs::OpenOptions::new().write(true).open(file) {
        Ok(opened) => opened,
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(false),
        Err(problem) => return Err(unusable(file, problem)),
    };
    let about = opened.metadata().map_err(|reason| unusable(file, reason))?;
    // Root may write to it all the same; whoever took the right away did not want that.
    if about.permissions().readonly() {
        return Err(OpenError::ReadOnly(name(file)));
    }
    Ok(about.len() > 0)
}

/// Goes on only with a whole database that is ours. Reads all of it once, about a gigabyte in some seconds; writes nothing,
/// so that a broken file can still be examined as it is.
async fn sound(file: &Path) -> Result<(), OpenError> {
    let mut magic = [0; MAGIC.len()];
    let begins = fs::File::open(file).and_then(|mut opened| opened.read_exact(&mut magic));
    match begins {
        Ok(()) if magic == *MAGIC => {}
        Err(problem) if problem.kind() != ErrorKind::UnexpectedEof => return Err(unusable(file, problem)),
        _ => return Err(OpenError::NotSqlite(name(file))),
    }
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(Duration::from_secs(5));
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| broken(file, error))?;
    let checked = check(&mut connection).await;
    // What matters was read already.
    let _ = connection.close().await;
    match checked.map_err(|error| broken(file, error))? {
        Checked::Ours => Ok(()),
        Checked::Foreign => Err(OpenError::Foreign(name(file))),
        Checked::Damaged(problem) => Err(OpenError::Damaged { path: name(file), problem }),
    }
}

enum Checked {
    Ours,
    Foreign,
    Damaged(String),
}

async fn check(connection: &mut SqliteConnection) -> Result<Checked, sqlx::Error> {
    let said: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
    if said != "ok" {
        // The line before it only says in which file.
        return Ok(Checked::Damaged(said.lines().last().unwrap_or_default().to_owned()));
    }
    // A file whose first start was killed has no table yet.
    let ours = "SELECT COUNT(*) = 0 OR SUM(name = '_sqlx_migrations') > 0 FROM sqlite_schema WHERE type = 'table'";
    let ours: bool = sqlx::query_scalar(ours).fetch_one(connection).await?;
    Ok(if ours { Checked::Ours } else { Checked::Foreign })
}

/// SQLite's codes for a file that is broken (11, CORRUPT) or no database (26, NOTADB).
fn broken(file: &Path, error: sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|inner| inner.code()?.parse::<u32>().ok());
    // The higher bits say where it was noticed.
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
