//! Which database it is: what messages call it, and what all its connections have in common.

use super::{DbError, Sql, Value};
use sqlx::{
    Postgres,
    postgres::{PgArguments, PgConnectOptions},
    query::Query,
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// A database. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<State>);

#[derive(Debug)]
struct State {
    name: String,
    is_behind_pooler: bool,
    /// Why it cannot be reached at present, as far as that is known.
    failure: Mutex<Option<String>>,
    /// The newest version of its tables, if this program does not know it.
    newer_schema: Mutex<Option<i64>>,
}

impl Endpoint {
    /// A SQLite file.
    pub(super) fn file(path: &Path) -> Self {
        Self::named(path.display().to_string(), false)
    }

    /// A PostgreSQL database, directly or through a pooler that gives each transaction another connection.
    pub(super) fn postgres(options: &PgConnectOptions, is_behind_pooler: bool) -> Self {
        Self::named(name_of(options), is_behind_pooler)
    }

    fn named(name: String, is_behind_pooler: bool) -> Self {
        Self(Arc::new(State { name, is_behind_pooler, failure: Mutex::default(), newer_schema: Mutex::default() }))
    }

    /// What an operator calls it; without passwords.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether what one transaction leaves in its connection is not there for the next one.
    pub fn is_behind_pooler(&self) -> bool {
        self.0.is_behind_pooler
    }

    /// A statement for PostgreSQL. Behind a pooler it gets no name, by which it would be looked for in another connection.
    pub(super) fn ask(&self, sql: &'static Sql, args: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
        sql.asked_of_postgres(args).persistent(!self.is_behind_pooler())
    }

    /// Takes note of the newest version of the tables, if this program does not know it; whether that is news.
    pub fn set_newer_schema(&self, version: Option<i64>) -> bool {
        std::mem::replace(&mut *lock(&self.0.newer_schema), version) != version
    }

    /// Nothing is written to tables of which this program does not know what they mean.
    ///
    /// # Errors
    /// A newer version of Seatkeeper has changed them.
    pub(super) fn may_write(&self) -> Result<(), DbError> {
        match *lock(&self.0.newer_schema) {
            Some(version) => Err(DbError::NewerSchema { database: self.name().to_owned(), version }),
            None => Ok(()),
        }
    }

    /// Takes note of why it cannot be reached; whether that is news.
    pub fn set_failure(&self, reason: Option<String>) -> bool {
        let before = std::mem::replace(&mut *lock(&self.0.failure), reason.clone());
        before.is_some() != reason.is_some()
    }

    /// Says of a failure of the whole database which one it is, and why. What is wrong with one statement stays as it is.
    pub fn locate(&self, error: DbError) -> DbError {
        let reason = match &error {
            // A pool tells only that it has waited.
            DbError::Sqlx(sqlx::Error::PoolTimedOut) => {
                let known = lock(&self.0.failure).clone();
                known.unwrap_or_else(|| "no connection became free in time".to_owned())
            }
            DbError::Sqlx(inner) if concerns_all(inner) => reason(inner),
            DbError::Sqlite(inner) if concerns_whole_file(inner) => inner.to_string(),
            DbError::Disk => "the disk has failed to save; look at it and start Seatkeeper again".to_owned(),
            _ => return error,
        };
        DbError::Unusable { database: self.name().to_owned(), reason }
    }
}

/// Where a PostgreSQL database is; never with what is needed to sign in.
pub(super) fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket() {
        Some(socket) => format!("PostgreSQL at {} port {port}, database {database}", socket.display()),
        None if host.contains(':') => format!("PostgreSQL at [{host}]:{port}, database {database}"),
        None => format!("PostgreSQL at {host}:{port}, database {database}"),
    }
}

/// Why something failed, said once.
pub(super) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(inner) => inner.to_string(),
        sqlx::Error::Tls(inner) => format!("TLS: {inner}"),
        sqlx::Error::Protocol(inner) => inner.clone(),
        sqlx::Error::Database(inner) => inner.message().to_owned(),
        sqlx::Error::PoolTimedOut => "it does not answer".to_owned(),
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => "Seatkeeper has closed it".to_owned(),
        other => other.to_string(),
    }
}

/// Whether the next statement would fare no better.
fn concerns_all(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(inner) => {
            // Connections, sign-in, resources, an operator's doing, I/O; and a database that is read-only.
            let code = inner.code().unwrap_or_default();
            ["08", "28", "3D", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) || code == "25006"
        }
        _ => false,
    }
}

fn concerns_whole_file(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    let all =
        [CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure].map(Some);
    all.contains(&error.sqlite_error_code())
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io, str::FromStr as _};

    fn named(address: &str) -> String {
        name_of(&PgConnectOptions::from_str(address).expect("an address"))
    }

    #[test]
    fn a_database_is_named_without_its_password() {
        assert_eq!(
            named("postgres://me:secret@db.example.org:5433/seats"),
            "PostgreSQL at db.example.org:5433, database seats"
        );
        assert!(!named("postgres:///seats?host=/run/pg&user=me&password=secret").contains("secret"));
        assert_eq!(named("postgres://me:secret@db.example.org"), "PostgreSQL at db.example.org:5432, database me");
    }

    #[test]
    fn a_reason_is_said_once_with_the_name_of_the_database() {
        let options = PgConnectOptions::from_str("postgres://me@127.0.0.1:1/seats").expect("an address");
        let endpoint = Endpoint::postgres(&options, false);
        let refused = || DbError::from(sqlx::Error::Io(io::Error::from(io::ErrorKind::ConnectionRefused)));
        let said = "PostgreSQL at 127.0.0.1:1, database seats cannot be used: connection refused";
        assert_eq!(endpoint.locate(refused()).to_string(), said);
        endpoint.set_failure(Some("connection refused".to_owned()));
        let waited = DbError::from(sqlx::Error::PoolTimedOut);
        assert_eq!(endpoint.locate(waited).to_string(), said, "the pool's reason is not that it waited");
        assert!(matches!(endpoint.locate(DbError::Retry), DbError::Retry));
    }

    #[test]
    fn what_a_newer_version_has_changed_is_not_written_to() {
        let endpoint = Endpoint::file(Path::new("/data/db"));
        assert!(endpoint.may_write().is_ok());
        assert!(endpoint.set_newer_schema(Some(99)) && !endpoint.set_newer_schema(Some(99)), "said once");
        assert!(matches!(endpoint.may_write(), Err(DbError::NewerSchema { version: 99, .. })));
        assert!(endpoint.set_newer_schema(None));
        assert!(endpoint.may_write().is_ok());
    }
}
