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
    /// The database file, or its journal, is no longer at its path.
    #[error("the database file was deleted, moved or replaced; start Seatkeeper again once it is back at its place")]
    Gone,
    /// A newer version of Seatkeeper has changed the tables while this one runs.
    #[error(
        "a newer version of Seatkeeper has changed {database} (its tables are of version {version}); this one writes nothing any more"
    )]
    NewerSchema {
        /// Which.
        database: String,
        /// Of which version its tables are now.
        version: i64,
    },
    /// The database is away, full, read-only, or broken.
    #[error("{database} cannot be used: {reason}")]
    Unusable {
        /// Which, without what is needed to sign in.
        database: String,
        /// Why, once.
        reason: String,
    },
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
    #[error("that is no database: give sqlite:FILE or postgres://USER@HOST/NAME")]
    Address,
    /// An address of PostgreSQL that cannot be understood. It is not repeated: it may hold a password.
    #[error("the address of the database cannot be understood: {0}")]
    Unparsable(String),
    /// Another process has the file open.
    #[error("another Seatkeeper process uses {0}; two on one SQLite file would hand out seats twice")]
    Locked(String),
    /// The file has several names, by each of which it could be opened with a journal of its own.
    #[error(
        "{path} is one of {links} hard links to the same file; SQLite would keep a journal for each. Delete the others \
             (find them with `find … -samefile {path}`), or copy the file"
    )]
    HardLinks {
        /// Which.
        path: String,
        /// How many.
        links: u64,
    },
    /// The file is a mount point.
    #[error(
        "{0} is mounted as a single file, so its journal would lie elsewhere and be lost; mount its folder instead"
    )]
    MountedFile(String),
    /// The file is not on a disk of this machine.
    #[error(
        "{path} is on a network file system ({kind}), where SQLite's locks do not hold; give a file on a local disk, or \
             use PostgreSQL"
    )]
    NetworkFileSystem {
        /// Which.
        path: String,
        /// What kind of file system.
        kind: &'static str,
    },
    /// Another file came to its path while it was being opened.
    #[error("{0} was exchanged while it was being opened; nothing was changed. Start again")]
    Exchanged(String),
    /// The folder or the lock file cannot be made.
    #[error("cannot open {path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: std::io::Error,
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
    #[error("cannot open {path}: {reason}")]
    Sqlite {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file does not let itself be read.
    #[error("cannot read {path}: {reason}")]
    Reader {
        /// Which file.
        path: String,
        /// Why.
        reason: rusqlite::Error,
    },
    /// The file does not let itself be opened for writing.
    #[error("cannot write to {path}: {reason}")]
    Writer {
        /// Which file.
        path: String,
        /// Why.
        reason: OpenWriter,
    },
    /// The server cannot be reached, or lets nobody in.
    #[error("cannot open {database}: {reason}")]
    Database {
        /// Which, without what is needed to sign in.
        database: String,
        /// Why, once.
        reason: String,
    },
    /// A pooler gives each statement another connection.
    #[error(
        "the connection pooler at {0} works in statement mode, which allows no transactions; set pool_mode to transaction or \
             session (PgBouncer: pool_mode in pgbouncer.ini), or give the address of PostgreSQL itself"
    )]
    StatementPooler(String),
    /// The tables cannot be brought up to date.
    #[error("cannot bring the tables of {database} up to date: {reason}")]
    Migration {
        /// Which.
        database: String,
        /// Why, once.
        reason: String,
    },
    /// The tables are of a version that this program does not know.
    #[error(
        "{database} was changed by a newer version of Seatkeeper (its tables are of version {version}, this one knows up to \
             {known}); nothing was changed. Start that version or a newer one"
    )]
    NewerSchema {
        /// Which.
        database: String,
        /// Of which version its tables are.
        version: i64,
        /// The newest version that this program knows.
        known: i64,
    },
}
