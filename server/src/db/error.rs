//! What can go wrong with a database, and why one cannot be opened.

use super::OpenWriter;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A row with this value exists already; names the unique index.
    #[error("{0} is taken")]
    Taken(String),
    /// Two transactions were in each other's way; this one was undone and can be run again.
    #[error("the transaction was in the way of another")]
    Retry,
    /// A statement of the transaction has failed before, so that nothing more can be done in it.
    #[error("the transaction has failed before")]
    Undone,
    /// The disk has failed to save what was written.
    #[error("the disk does not save")]
    Disk,
    /// Anything else: the database is away, full, or was asked nonsense.
    #[error(transparent)]
    Sqlx(sqlx::Error),
    /// The same, said by the connection that writes to SQLite.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// A column holds what this version does not understand.
    #[error("column {column}: {problem}")]
    Unreadable {
        /// Which column.
        column: String,
        /// What is wrong.
        problem: String,
    },
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let Some(inner) = error.as_database_error() else { return Self::Sqlx(error) };
        if inner.is_unique_violation() {
            return Self::Taken(inner.constraint().map_or_else(|| sqlite_index(inner.message()), str::to_owned));
        }
        match inner.code().as_deref() {
            Some("40P01" | "40001") => Self::Retry,
            _ => Self::Sqlx(error),
        }
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        match &error {
            rusqlite::Error::SqliteFailure(code, Some(message))
                if [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY].contains(&code.extended_code) =>
            {
                Self::Taken(sqlite_index(message))
            }
            _ => Self::Sqlite(error),
        }
    }
}

/// SQLite says "UNIQUE constraint failed: users.email_key" where PostgreSQL names the index `users_email_key`.
fn sqlite_index(message: &str) -> String {
    let columns = message.rsplit(": ").next().unwrap_or_default();
    let last = columns.rsplit(", ").next().unwrap_or_default();
    last.replace('.', "_")
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address of a database.
    #[error("\"{0}\" is no database: give sqlite:FILE or postgres://USER@HOST/NAME")]
    Address(String),
    /// Another process has the file open.
    #[error("another Seatkeeper process uses {0}; two on one SQLite file would hand out seats twice")]
    Locked(String),
    /// The folder or the lock file cannot be made.
    #[error("cannot open {path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Neither we nor SQLite may write to the file.
    #[error("{0} is read-only; the server must be allowed to write to it and to its folder")]
    ReadOnly(String),
    /// The file is something else.
    #[error("{0} is not a SQLite database; nothing was changed. Give another file, or move this one away")]
    NotSqlite(String),
    /// The file has tables, but not ours.
    #[error("{0} is the database of another program; nothing was changed. Give another file")]
    Foreign(String),
    /// SQLite finds the file broken.
    #[error("{path} is damaged ({problem}); nothing was changed. Restore it from a backup")]
    Damaged {
        /// Which file.
        path: String,
        /// What SQLite says about it.
        problem: String,
    },
    /// The file does not let itself be opened.
    #[error("cannot open {path}: {source}")]
    Sqlite {
        /// Which file.
        path: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The file does not let itself be read.
    #[error("cannot read {path}: {source}")]
    Reader {
        /// Which file.
        path: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file does not let itself be opened for writing.
    #[error("cannot write to {path}: {source}")]
    Writer {
        /// Which file.
        path: String,
        /// Why.
        source: OpenWriter,
    },
    /// The database does not let itself be opened.
    #[error("cannot open the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought up to date.
    #[error("cannot bring the tables up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}
