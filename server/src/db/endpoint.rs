//! The identity of a database for messages, and the state that all its connections share.

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

/// A database file or a PostgreSQL database. Clones share their state.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<State>);

#[derive(Debug)]
struct State {
    name: String,
    is_behind_pooler: bool,
    /// Why it cannot be reached at present, if the last check found that.
    failure: Mutex<Option<String>>,
    /// The version of its schema, if it is newer than this program.
    newer_schema: Mutex<Option<i64>>,
}

impl Endpoint {
    /// A SQLite file.
    pub(super) fn file(path: &Path) -> Self {
        Self::named(path.display().to_string(), false)
    }

    /// A PostgreSQL database, reached directly or through a pooler in transaction mode.
    pub(super) fn postgres(options: &PgConnectOptions, is_behind_pooler: bool) -> Self {
        Self::named(name_of(options), is_behind_pooler)
    }

    fn named(name: String, is_behind_pooler: bool) -> Self {
        Self(Arc::new(State { name, is_behind_pooler, failure: Mutex::default(), newer_schema: Mutex::default() }))
    }

    /// The file, or the host, port and database name. Contains no password.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether each transaction may run on another connection, so that connection state is lost between transactions.
    pub fn is_behind_pooler(&self) -> bool {
        self.0.is_behind_pooler
    }

    /// A query for PostgreSQL. Behind a pooler it is not a named prepared statement, which another connection would not
    /// have.
    pub(super) fn query(&self, sql: &'static Sql, args: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
        sql.postgres_query(args).persistent(!self.is_behind_pooler())
    }

    /// Records the version of the schema if it is newer than this program, or `None`. Returns whether that changed.
    pub fn set_newer_schema(&self, version: Option<i64>) -> bool {
        std::mem::replace(&mut *lock(&self.0.newer_schema), version) != version
    }

    /// Checks that this program knows the schema and may therefore write.
    ///
    /// # Errors
    /// Returns [`DbError::NewerSchema`] if a newer version of Seatkeeper has changed the schema.
    pub(super) fn may_write(&self) -> Result<(), DbError> {
        match *lock(&self.0.newer_schema) {
            Some(version) => Err(DbError::NewerSchema { database: self.name().to_owned(), version }),
            None => Ok(()),
        }
    }

    /// Records why the database cannot be reached, or `None`. Returns whether its availability changed.
    pub fn set_failure(&self, reason: Option<String>) -> bool {
        let before = std::mem::replace(&mut *lock(&self.0.failure), reason.clone());
        before.is_some() != reason.is_some()
    }

    /// Turns a failure of the whole database into [`DbError::Unusable`] with its name and the reason. Returns other
    /// errors as they are.
    pub fn locate(&self, error: DbError) -> DbError {
        let reason = match &error {
            // A pool reports only the timeout, not its cause.
            DbError::Sqlx(sqlx::Error::PoolTimedOut) => {
                let known = lock(&self.0.failure).clone();
                known.unwrap_or_else(|| "no connection became free in time".to_owned())
            }
            DbError::Sqlx(inner) if concerns_whole_server(inner) => reason(inner),
            DbError::Sqlite(inner) if concerns_whole_file(inner) => inner.to_string(),
            DbError::Disk => "the disk failed to save; check it and restart Seatkeeper".to_owned(),
            _ => return error,
        };
        DbError::Unusable { database: self.name().to_owned(), reason }
    }
}

/// The location of a PostgreSQL database, without its password.
pub(super) fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket() {
        Some(socket) => format!("PostgreSQL at {} port {port}, database {database}", socket.display()),
        None if host.contains(':') => format!("PostgreSQL at [{host}]:{port}, database {database}"),
        None => format!("PostgreSQL at {host}:{port}, database {database}"),
    }
}

/// The cause of an error, without the prefixes that sqlx adds.
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

/// What SQLite says about an error, without the statement, which rusqlite adds to some.
pub(super) fn sqlite_reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// Whether other statements would fail for the same reason.
fn concerns_whole_server(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(inner) => {
            // Connection, authentication, missing database, resources, operator intervention, I/O, and a read-only
            // database.
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
    let codes =
        [CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure].map(Some);
    codes.contains(&error.sqlite_error_code())
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
    fn a_failure_has_its_cause_once_and_the_name_of_the_database() {
        let options = PgConnectOptions::from_str("postgres://me@127.0.0.1:1/seats").expect("an address");
        let endpoint = Endpoint::postgres(&options, false);
        let refused = || DbError::from(sqlx::Error::Io(io::Error::from(io::ErrorKind::ConnectionRefused)));
        let said = "PostgreSQL at 127.0.0.1:1, database seats cannot be used: connection refused";
        assert_eq!(endpoint.locate(refused()).to_string(), said);
        endpoint.set_failure(Some("connection refused".to_owned()));
        let waited = DbError::from(sqlx::Error::PoolTimedOut);
        assert_eq!(endpoint.locate(waited).to_string(), said, "the known cause replaces the timeout of the pool");
        assert!(matches!(endpoint.locate(DbError::Retry), DbError::Retry));
    }

    #[test]
    fn a_newer_schema_is_not_written_to() {
        let endpoint = Endpoint::file(Path::new("/data/db"));
        assert!(endpoint.may_write().is_ok());
        assert!(endpoint.set_newer_schema(Some(99)) && !endpoint.set_newer_schema(Some(99)), "reported once");
        assert!(matches!(endpoint.may_write(), Err(DbError::NewerSchema { version: 99, .. })));
        assert!(endpoint.set_newer_schema(None));
        assert!(endpoint.may_write().is_ok());
    }
}
