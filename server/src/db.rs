//! Access to the database. The only module that distinguishes the two engines, SQLite and PostgreSQL.

mod dedicated_connection;
mod endpoint;
mod error;
mod file;
mod filing;
mod log_range;
mod log_text;
mod nested_tx_guard;
mod pg_listener;
mod plan_cache;
mod postgres;
mod prepared_tx;
mod probe;
mod read_only;
mod readers;
mod row;
pub mod schema;
mod sql;
mod value;
mod writer;

use dedicated_connection::DedicatedTx;
pub use endpoint::Endpoint;
pub use error::{DbError, OpenError};
use file::LockedFile;
pub use filing::SESSIONS_PER_RUN;
pub use log_range::LogRange;
use nested_tx_guard::NestedTxGuard;
pub use pg_listener::PgListener;
use plan_cache::PlanDiscardTimer;
pub use prepared_tx::PreparedTx;
pub use probe::WriteProbe;
pub use readers::{ReadTx, Readers};
pub use row::{Column, LogText, Row};
pub use sql::{ColumnDef, Columns, RowKind, Sql, select_kinds};
pub(crate) use sql::{statement, statements};
pub use value::{Fields, Value};
pub(crate) use value::{args, fields};
pub use writer::{OpenWriterError, PendingCommit, WriteTx, Writer};

use crate::monotonic::MonotonicClock;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction, postgres::PgArguments, query::Query};
use std::{path::Path, sync::Arc, time::Duration};

/// A database: SQLite with one writer and several readers, or a pool of PostgreSQL connections.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file, used by one process; the lock file keeps a second one out.
    Sqlite {
        writer: Writer,
        readers: Readers,
        /// Held for as long as the database is open for writing; `None` if it is only read.
        lock: Option<Arc<LockedFile>>,
        endpoint: Endpoint,
    },
    /// A server, used by any number of processes.
    Postgres { pool: PgPool, endpoint: Endpoint },
}

/// Begins a transaction in which PostgreSQL finds single rows by their indexes. Its cached plans may date from when a
/// table was empty and would scan all of it later. A bitmap scan of the live rows also visits all dead ones, every
/// time. And planning takes as long as execution.
macro_rules! by_index {
    ($begin:literal) => {
        concat!(
            $begin,
            "; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; ",
            "SET LOCAL enable_mergejoin = off; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_generic_plan"
        )
    };
}
const BEGIN_BY_INDEX: &str = by_index!("BEGIN");
const BEGIN_READ_BY_INDEX: &str = by_index!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

/// A connection that answered within this time is not pinged before it is used.
const RECENTLY_USED: Duration = Duration::from_secs(1);

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and runs its migrations. The ages of connections run by `monotonic`.
    ///
    /// # Errors
    /// Returns an error if the database cannot be opened or migrated. Nothing is overwritten then.
    pub async fn open(address: &str, monotonic: &MonotonicClock) -> Result<Self, OpenError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            file::open(Path::new(file.trim_start_matches("//"))).await
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            postgres::open(address, monotonic.clone()).await
        } else {
            Err(OpenError::Address)
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Sqlite { endpoint, .. } | Self::Postgres { endpoint, .. } => endpoint,
        }
    }

    /// Adds to a failure which database it concerns.
    fn located<T>(&self, result: Result<T, impl Into<DbError>>) -> Result<T, DbError> {
        result.map_err(|error| self.endpoint().locate(error.into()))
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached in time or must not be written to.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        nested_tx_guard::assert_none_open();
        self.endpoint().may_write()?;
        let engine = match self {
            Self::Sqlite { writer, .. } => Engine::SqliteWrite(self.located(writer.begin().await)?),
            Self::Postgres { pool, .. } => Engine::Postgres(self.located(begin_detached(pool, "BEGIN").await)?),
        };
        Ok(Tx::on(engine, self.endpoint().clone()))
    }

    /// Begins a transaction that reads and writes single rows of large tables by their indexes.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached in time or must not be written to.
    pub async fn begin_by_index(&self) -> Result<Tx, DbError> {
        let Self::Postgres { pool, endpoint } = self else { return self.begin().await };
        nested_tx_guard::assert_none_open();
        endpoint.may_write()?;
        let tx = self.located(begin_detached(pool, BEGIN_BY_INDEX).await)?;
        Ok(Tx::on(Engine::Postgres(tx), endpoint.clone()))
    }

    /// Begins a read-only transaction on one snapshot, for reading single rows of large tables by their indexes.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached in time.
    pub async fn begin_read_by_index(&self) -> Result<Tx, DbError> {
        let Self::Postgres { pool, endpoint } = self else { return self.begin_read().await };
        nested_tx_guard::assert_none_open();
        let tx = self.located(begin_detached(pool, BEGIN_READ_BY_INDEX).await)?;
        Ok(Tx::on(Engine::Postgres(tx), endpoint.clone()))
    }

    /// Begins a read-only transaction on one snapshot.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached in time.
    pub async fn begin_read(&self) -> Result<Tx, DbError> {
        nested_tx_guard::assert_none_open();
        let engine = match self {
            Self::Sqlite { readers, .. } => Engine::SqliteRead(self.located(readers.begin().await)?),
            Self::Postgres { pool, .. } => {
                const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Engine::Postgres(self.located(begin_detached(pool, BEGIN).await)?)
            }
        };
        Ok(Tx::on(engine, self.endpoint().clone()))
    }

    /// All rows of a statement that only reads.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached or the statement fails.
    pub async fn all(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        if self.endpoint().is_behind_pooler() {
            // A query takes two round trips, which a pooler could send to different connections.
            let mut tx = self.begin_read().await?;
            let rows = tx.all(sql, args).await?;
            tx.commit().await?;
            return Ok(rows);
        }
        nested_tx_guard::assert_none_open();
        match self {
            Self::Sqlite { readers, .. } => self.located(readers.all(sql, args).await),
            Self::Postgres { pool, endpoint } => {
                let read = || endpoint.query(sql, args.clone()).fetch_all(pool);
                let rows = self.located(postgres::on_live_connection(pool, read).await)?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of a statement that only reads.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached or the statement fails.
    pub async fn one(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Option<Row>, DbError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Lets the database check a statement without running it.
    ///
    /// # Errors
    /// Returns an error if the statement is invalid.
    pub async fn prepare(&self, sql: &'static Sql) -> Result<(), DbError> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        match self {
            Self::Sqlite { writer, .. } => writer.prepare(sql).await?,
            Self::Postgres { pool, .. } => drop(pool.prepare(sql.rendered().on_postgres().into_sql_str()).await?),
        }
        Ok(())
    }

    /// Removes replaced values from SQLite's files: writes the write-ahead log back into the database file, where
    /// replaced values are zeroed, and empties it. Does nothing on PostgreSQL.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub async fn scrub(&self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { readers, .. } => readers.write_back().await,
            Self::Postgres { .. } => Ok(()),
        }
    }

    /// Whether other processes may write to this database.
    pub fn has_other_writers(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Closes all connections after the statements in progress.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Begins a transaction in its own task, which continues when the caller is cancelled, as when a client disconnects.
/// Otherwise sqlx 0.9 would not know that a `BEGIN` whose answer was not received has to be rolled back, and the
/// connection's next user would be inside that transaction. In a read-only one they could not write, and would see an
/// outdated snapshot.
#[expect(clippy::disallowed_methods, reason = "awaited at once")]
async fn begin_detached(pool: &PgPool, statement: &'static str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begin = tokio::spawn(async move {
        let begin = || {
            let pool = pool.clone();
            async move { pool.begin_with(statement).await }
        };
        postgres::on_live_connection(&pool, begin).await
    });
    // The task neither panics nor is cancelled, except with the whole process.
    begin.await.unwrap_or(Err(sqlx::Error::PoolClosed))
}

/// A transaction, which is rolled back unless [`Tx::commit`] is called.
#[derive(Debug)]
pub struct Tx {
    engine: Engine,
    endpoint: Endpoint,
    guard: NestedTxGuard,
}

#[derive(Debug)]
enum Engine {
    SqliteWrite(WriteTx),
    SqliteRead(ReadTx),
    /// On a pooled connection.
    Postgres(Transaction<'static, Postgres>),
    /// On a connection outside of the pool.
    Dedicated(DedicatedTx),
}

impl Tx {
    fn on(engine: Engine, endpoint: Endpoint) -> Self {
        Self { engine, endpoint, guard: NestedTxGuard::new() }
    }

    /// The same transaction, counted for the current task from now on.
    pub fn handed_over(self) -> Self {
        Self::on(self.engine, self.endpoint)
    }

    /// Runs a statement and returns all its rows.
    ///
    /// # Errors
    /// Returns an error if a constraint is violated or the database cannot be reached.
    pub async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let endpoint = &self.endpoint;
        let result = match &mut self.engine {
            Engine::SqliteWrite(tx) => tx.execute(sql, args).await.map(|answer| answer.rows),
            Engine::SqliteRead(tx) => tx.all(sql, args).await,
            Engine::Postgres(tx) => all(tx, endpoint.query(sql, args)).await,
            Engine::Dedicated(tx) => all(tx.connection()?, endpoint.query(sql, args)).await,
        };
        result.map_err(|error| endpoint.locate(error))
    }

    /// Runs a statement and returns its first row.
    ///
    /// # Errors
    /// Returns an error if a constraint is violated or the database cannot be reached.
    pub async fn one(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Option<Row>, DbError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// Returns an error if a constraint is violated or the database cannot be reached.
    pub async fn run(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<u64, DbError> {
        let endpoint = &self.endpoint;
        let result = match &mut self.engine {
            Engine::SqliteWrite(tx) => tx.execute(sql, args).await.map(|answer| answer.changed),
            // SQLite refuses a statement that would change something.
            Engine::SqliteRead(tx) => tx.all(sql, args).await.map(|rows| rows.len() as u64),
            Engine::Postgres(tx) => run(tx, endpoint.query(sql, args)).await,
            Engine::Dedicated(tx) => run(tx.connection()?, endpoint.query(sql, args)).await,
        };
        result.map_err(|error| endpoint.locate(error))
    }

    /// Runs a statement whose result is not needed: on SQLite together with the next statement, or with the commit.
    ///
    /// # Errors
    /// Returns an error if a constraint is violated or the database cannot be reached. On SQLite the next call may
    /// return it.
    pub async fn write(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<(), DbError> {
        match &mut self.engine {
            Engine::SqliteWrite(tx) => tx.defer(sql, args),
            Engine::SqliteRead(_) | Engine::Postgres(_) | Engine::Dedicated(_) => drop(self.run(sql, args).await?),
        }
        Ok(())
    }

    /// Whether a statement can write to several tables (`WITH … INSERT`), which saves round trips to a database server.
    pub(crate) fn combines_writes(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_) | Engine::Dedicated(_))
    }

    /// The database server's time. `None` on SQLite, which uses this machine's.
    pub(crate) async fn server_time(&mut self) -> Result<Option<DateTime<Utc>>, DbError> {
        let connection = match &mut self.engine {
            Engine::SqliteWrite(_) | Engine::SqliteRead(_) => return Ok(None),
            Engine::Postgres(tx) => tx,
            Engine::Dedicated(tx) => tx.connection()?,
        };
        let query = sqlx::query_scalar("SELECT clock_timestamp()").persistent(!self.endpoint.is_behind_pooler());
        let time = query.fetch_one(connection).await;
        time.map(Some).map_err(|error| self.endpoint.locate(error.into()))
    }

    /// Commits the transaction. Its results may be reported only afterwards.
    ///
    /// # Errors
    /// Returns an error if the outcome is unknown. The caller must not report success.
    pub async fn commit(self) -> Result<(), DbError> {
        self.commit_early().await?.wait().await
    }

    /// Commits the transaction, but returns as soon as the next one may begin. The results may be reported only after
    /// [`PendingCommit::wait`] has returned.
    ///
    /// # Errors
    /// Returns an error if the transaction was not committed or the outcome is unknown.
    pub async fn commit_early(self) -> Result<PendingCommit, DbError> {
        let Self { engine, endpoint, guard: _guard } = self;
        let committed = match engine {
            Engine::SqliteWrite(tx) => tx.commit(endpoint.clone()).await,
            Engine::SqliteRead(_) => Ok(PendingCommit::done()),
            Engine::Postgres(tx) => tx.commit().await.map(|()| PendingCommit::done()).map_err(DbError::from),
            Engine::Dedicated(tx) => tx.commit().await.map(|()| PendingCommit::done()),
        };
        committed.map_err(|error| endpoint.locate(error))
    }
}

type PgQuery = Query<'static, Postgres, PgArguments>;

async fn all(connection: &mut PgConnection, query: PgQuery) -> Result<Vec<Row>, DbError> {
    Ok(query.fetch_all(connection).await?.into_iter().map(Row::Postgres).collect())
}

async fn run(connection: &mut PgConnection, query: PgQuery) -> Result<u64, DbError> {
    Ok(query.execute(connection).await?.rows_affected())
}
