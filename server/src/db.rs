//! The two engines behind one face. The only place that knows there are two.

mod file;
mod line;
mod nesting;
mod readers;
mod reading;
mod row;
mod sql;
mod value;
mod writer;

pub use line::Line;
use nesting::Opened;
pub use readers::{Readers, Reading};
pub use row::{Column, Row};
pub use sql::Sql;
pub(crate) use sql::{statement, statements};
pub use value::{Fields, Value};
pub(crate) use value::{args, fields};
pub use writer::{OpenWriter, Saved, Writer, Writing};

use chrono::{DateTime, Utc};
use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{fs, path::Path, str::FromStr, sync::Arc, time::Duration};

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

/// A database: SQLite with one writer and several readers, or a pool of PostgreSQL connections.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file, one process; the lock file keeps a second process out.
    Sqlite {
        /// The one connection that writes.
        writer: Writer,
        /// Connections that only read.
        readers: Readers,
        /// Held as long as the database is open.
        lock: Arc<fs::File>,
    },
    /// A server; any number of processes.
    Postgres(PgPool),
}

/// A connection that answered so recently is taken to live.
const JUST_NOW: Duration = Duration::from_secs(1);

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

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// Says what is in the way; nothing was overwritten.
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            file::open(Path::new(file.trim_start_matches("//"))).await
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            Self::open_postgres(address).await
        } else {
            Err(OpenError::Address(address.to_owned()))
        }
    }

    async fn open_postgres(address: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(address)?;
        let pool = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(10))
            // Asking a connection whether it lives takes as long as a small question itself: not if it just answered one.
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(
                    async move { Ok(about.idle_for < JUST_NOW || sqlx::Connection::ping(connection).await.is_ok()) },
                )
            })
            .connect_with(options)
            .await?;
        sqlx::migrate!("../migrations/postgres").run(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        nesting::ask();
        Ok(Tx::on(match self {
            Self::Sqlite { writer, .. } => Engine::Sqlite(writer.begin().await?),
            Self::Postgres(pool) => Engine::Postgres(pool.begin().await?),
        }))
    }

    /// Begins a transaction that only reads, and sees one state of everything.
    ///
    /// # Errors
    /// The database is away.
    pub async fn begin_read(&self) -> Result<Tx, DbError> {
        nesting::ask();
        Ok(Tx::on(match self {
            Self::Sqlite { readers, .. } => Engine::Reading(readers.begin().await?),
            Self::Postgres(pool) => {
                Engine::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        }))
    }

    /// All rows of a statement that only reads.
    ///
    /// # Errors
    /// The database is away, or the statement is wrong.
    pub async fn all(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        nesting::ask();
        Ok(match self {
            Self::Sqlite { readers, .. } => readers.all(sql, args).await?,
            Self::Postgres(pool) => {
                let query = value::asked_of_postgres(sql, args);
                query.fetch_all(pool).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row of a statement that only reads.
    ///
    /// # Errors
    /// The database is away, or the statement is wrong.
    pub async fn one(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Option<Row>, DbError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Lets the database check a statement without running it.
    ///
    /// # Errors
    /// The statement is wrong.
    pub async fn prepare(&self, sql: &'static Sql) -> Result<(), DbError> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        match self {
            Self::Sqlite { writer, .. } => writer.prepare(sql).await?,
            Self::Postgres(pool) => drop(pool.prepare(sql.drawn().on_postgres().into_sql_str()).await?),
        }
        Ok(())
    }

    /// Whether other processes may change this database.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Closes all connections; what is under way is finished first.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction. Dropped without [`Tx::commit`], it never was.
#[derive(Debug)]
pub struct Tx {
    engine: Engine,
    opened: Opened,
}

#[derive(Debug)]
enum Engine {
    /// On SQLite's one writer.
    Sqlite(Writing),
    /// On one of SQLite's readers.
    Reading(Reading),
    /// On a connection of the pool.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    fn on(engine: Engine) -> Self {
        Self { engine, opened: Opened::one() }
    }

    /// All rows.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away.
    pub async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        Ok(match &mut self.engine {
            Engine::Sqlite(tx) => tx.ask(sql, args).await?.rows,
            Engine::Reading(tx) => tx.all(sql, args).await?,
            Engine::Postgres(tx) => {
                let query = value::asked_of_postgres(sql, args);
                query.fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away.
    pub async fn one(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Option<Row>, DbError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away.
    pub async fn run(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<u64, DbError> {
        Ok(match &mut self.engine {
            Engine::Sqlite(tx) => tx.ask(sql, args).await?.changed,
            // It cannot change anything, and says so.
            Engine::Reading(tx) => tx.all(sql, args).await?.len() as u64,
            Engine::Postgres(tx) => {
                let query = value::asked_of_postgres(sql, args);
                query.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Runs a statement whose answer nobody needs: on SQLite together with the next one, at the latest with the commit.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away; this may be told by what comes next.
    pub async fn write(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<(), DbError> {
        match &mut self.engine {
            Engine::Sqlite(tx) => tx.later(sql, args),
            Engine::Reading(_) | Engine::Postgres(_) => drop(self.run(sql, args).await?),
        }
        Ok(())
    }

    /// Whether other processes may change this database.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// The database's own time, if it has one: SQLite's is that of this machine.
    pub(crate) async fn own_time(&mut self) -> Result<Option<DateTime<Utc>>, DbError> {
        match &mut self.engine {
            Engine::Sqlite(_) | Engine::Reading(_) => Ok(None),
            Engine::Postgres(tx) => {
                Ok(Some(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut **tx).await?))
            }
        }
    }

    /// Makes it so. Only after this may anybody be told.
    ///
    /// # Errors
    /// It is unknown whether it was saved; the caller must not say that it was.
    pub async fn commit(self) -> Result<(), DbError> {
        self.commit_ahead().await?.wait().await
    }

    /// The same, but returns when the next transaction may begin; what is returned tells when it is saved. Only then may
    /// anybody be told.
    ///
    /// # Errors
    /// It was not saved, or that is unknown.
    pub async fn commit_ahead(self) -> Result<Saved, DbError> {
        let Self { engine, opened: _opened } = self;
        match engine {
            Engine::Sqlite(tx) => return tx.commit().await,
            Engine::Reading(_) => {}
            Engine::Postgres(tx) => tx.commit().await?,
        }
        Ok(Saved::already())
    }
}
