//! Opens a database only to read it, while a server may be using it: for checks from the command line.

use super::{Db, Endpoint, OpenError, Readers, Writer, file, postgres, schema};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` as it is: creates nothing, runs no migrations, and allows no writes.
    ///
    /// # Errors
    /// Returns an error if the database does not exist or cannot be read.
    pub async fn open_read_only(address: &str) -> Result<Self, OpenError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            open_file(Path::new(file.trim_start_matches("//")))
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            postgres::open_read_only(address).await
        } else {
            Err(OpenError::Address)
        }
    }
}

/// Opens the same resolved path as the server: under another name, SQLite would look for another write-ahead log. Takes
/// no lock.
fn open_file(path: &Path) -> Result<Db, OpenError> {
    let file = file::resolve(path)?;
    check_is_migrated(&file)?;
    let readers = Readers::open(&file, 2);
    let readers = readers.map_err(|reason| OpenError::Reader { path: file.display().to_string(), reason })?;
    Ok(Db::Sqlite { writer: Writer::closed(), readers, lock: None, endpoint: Endpoint::file(&file) })
}

/// Refuses a file in which ids and times may have other forms. Whatever else is wrong with it is reported later.
fn check_is_migrated(file: &Path) -> Result<(), OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let version = Connection::open_with_flags(file, flags).and_then(|connection| {
        connection.query_row("SELECT MAX(version) FROM _sqlx_migrations", [], |row| row.get::<_, i64>(0))
    });
    match version {
        Ok(version) if version < schema::known() => {
            Err(OpenError::OlderSchema { database: file.display().to_string(), version, known: schema::known() })
        }
        _ => Ok(()),
    }
}
