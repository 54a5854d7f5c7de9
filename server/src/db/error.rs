//! Errors of the database while it is open and while it is being opened.

use super::OpenWriterError;

/// An error of an open database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique index, which it names, already has this value.
    #[error("{0} is taken")]
    Taken(String),
    /// The transaction conflicted with another one and was rolled back. It can be run again.
    #[error("the transaction conflicted with another one")]
    Retry,
    /// An earlier statement of the transaction failed, so that it accepts no more statements.
    #[error("an earlier statement of the transaction failed")]
    Undone,
    /// The operating system could not force written data to disk.
    #[error("the disk failed to save")]
    Disk,
    /// The database file, or its write-ahead log, is no longer at its path.
    #[error("the database file was deleted, moved or replaced; put it back and restart Seatkeeper")]
    Gone,
    /// A newer version of Seatkeeper changed the schema while this one was running.
    #[error(
        "a newer version of Seatkeeper has changed {database} (its schema is version {version}); this version no \
         longer writes to it"
    )]
    NewerSchema {
        /// The database, without a password.
        database: String,
        /// The version of its schema.
        version: i64,
    },
    /// The database is unreachable, full, read-only or damaged.
    #[error("{database} cannot be used: {reason}")]
    Unusable {
        /// The database, without a password.
        database: String,
        reason: String,
    },
    /// Any other error of PostgreSQL or of the pool.
    #[error(transparent)]
    Sqlx(sqlx::Error),
    /// Any other error of SQLite.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// A column is missing, NULL, or has a value that this version cannot interpret.
    #[error("column {column}: {problem}")]
    Unreadable { column: String, problem: String },
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let Some(inner) = error.as_database_error() else { return Self::Sqlx(error) };
        if inner.is_unique_violation() {
            return Self::Taken(inner.constraint().unwrap_or_default().to_owned());
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

/// The name of the index as PostgreSQL has it, `users_email_key`, from SQLite's "UNIQUE constraint failed:
/// users.email_key".
fn sqlite_index(message: &str) -> String {
    let columns = message.rsplit(": ").next().unwrap_or_default();
    let last = columns.rsplit(", ").next().unwrap_or_default();
    last.replace('.', "_")
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is neither of SQLite nor of PostgreSQL.
    #[error("not the address of a database; give sqlite:FILE or postgres://USER@HOST/NAME")]
    Address,
    /// The PostgreSQL address cannot be parsed. The message does not contain it, because it may include a password.
    #[error("invalid database address: {0}")]
    Unparsable(String),
    /// Another process has the file open.
    #[error("another Seatkeeper process uses {0}; two processes on one SQLite file would assign seats twice")]
    Locked(String),
    /// The file has several hard links, and SQLite would use another write-ahead log for each.
    #[error(
        "{path} is one of {links} hard links to the same file, and SQLite would keep a journal for each. Delete the \
         others (find them with `find … -samefile {path}`), or copy the file"
    )]
    HardLinks { path: String, links: u64 },
    /// The file is a mount point.
    #[error(
        "{0} is mounted as a single file, so that its journal would be stored elsewhere and lost; mount its folder \
         instead"
    )]
    MountedFile(String),
    /// The file is not on a local disk.
    #[error(
        "{path} is on a network file system ({kind}), where SQLite's locks do not work; use a file on a local disk, or \
         use PostgreSQL"
    )]
    NetworkFileSystem {
        path: String,
        /// The name of the file system.
        kind: &'static str,
    },
    /// Another file took its path while it was being opened.
    #[error("{0} was replaced while it was being opened; nothing was changed. Start again")]
    Replaced(String),
    /// The folder, the file or its lock file cannot be opened or created.
    #[error("cannot open {path}: {reason}")]
    File { path: String, reason: std::io::Error },
    /// The file or its folder is not writable.
    #[error("{0} is read-only; the server must be allowed to write to it and to its folder")]
    ReadOnly(String),
    /// The file is not a SQLite database.
    #[error("{0} is not a SQLite database; nothing was changed. Use another file, or move this one away")]
    NotSqlite(String),
    /// The file has tables, but not Seatkeeper's.
    #[error("{0} is the database of another program; nothing was changed. Use another file")]
    Foreign(String),
    /// SQLite's integrity check failed.
    #[error("{path} is damaged ({problem}); nothing was changed. Restore it from a backup")]
    Damaged {
        path: String,
        /// SQLite's description.
        problem: String,
    },
    /// SQLite cannot open the file.
    #[error("cannot open {path}: {reason}")]
    Sqlite { path: String, reason: String },
    /// The connections that read cannot be opened.
    #[error("cannot read {path}: {reason}")]
    Reader { path: String, reason: rusqlite::Error },
    /// The connection that writes cannot be opened.
    #[error("cannot write to {path}: {reason}")]
    Writer { path: String, reason: OpenWriterError },
    /// The server cannot be reached or rejects the connection.
    #[error("cannot open {database}: {reason}")]
    Database {
        /// The database, without a password.
        database: String,
        reason: String,
    },
    /// The pooler is in statement mode, in which each statement may run on another connection.
    #[error(
        "the connection pooler at {0} works in statement mode, which allows no transactions; set pool_mode to \
         transaction or session (PgBouncer: pool_mode in pgbouncer.ini), or give the address of PostgreSQL itself"
    )]
    StatementPooler(String),
    /// A migration failed.
    #[error("cannot migrate {database}: {reason}")]
    Migration { database: String, reason: String },
    /// The schema is newer than this program.
    #[error(
        "{database} was changed by a newer version of Seatkeeper (its schema is version {version}, this version knows \
         versions up to {known}); nothing was changed. Start that version or a newer one"
    )]
    NewerSchema {
        database: String,
        /// The version of its schema.
        version: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file was not migrated yet, and may only be read.
    #[error(
        "{database} is of an older version of Seatkeeper (its schema is version {version}, this version reads version \
         {known}); start the server with it once, which migrates it, or use that version"
    )]
    OlderSchema {
        database: String,
        /// The version of its schema.
        version: i64,
        /// The version that this program reads.
        known: i64,
    },
}
