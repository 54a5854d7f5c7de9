//! The two engines behind one face. The only place that knows there are two.

mod ahead;
mod endpoint;
mod error;
mod file;
mod line;
mod nesting;
mod own;
mod plans;
mod postgres;
mod probe;
mod readers;
mod reading;
mod row;
pub mod schema;
mod sql;
mod value;
mod writer;

pub use ahead::Ahead;
pub use endpoint::Endpoint;
pub use error::{DbError, OpenError};
use file::LockedFile;
pub use line::Line;
use nesting::Opened;
use own::Own;
use plans::Plans;
pub use probe::WriteProbe;
pub use readers::{Readers, Reading};
pub use row::{Column, Row};
pub use sql::Sql;
pub(crate) use sql::{statement, statements};
pub use value::{Fields, Value};
pub(crate) use value::{args, fields};
pub use writer::{OpenWriter, Saved, Writer, Writing};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction, postgres::PgArguments, query::Query};
use std::{path::Path, sync::Arc, time::Duration};

/// A database: SQLite with one writer and several readers, or a pool of PostgreSQL connections.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file, one process; the lock file keeps a second process out.
    Sqlite {
        /// The one connection that writes.
        writer: Writer,
        /// Connections that only read.
        readers: Readers,
        /// Held as long as the database is open to write to it.
        lock: Option<Arc<LockedFile>>,
        /// Which file.
        endpoint: Endpoint,
    },
    /// A server; any number of processes.
    Postgres {
        /// Connections for whoever needs one.
        pool: PgPool,
        /// Which server and database.
        endpoint: Endpoint,
    },
}

/// For a transaction that goes to single rows: PostgreSQL shall find them by their indexes. It keeps plans from when a table was
/// empty, and these would read all of it later; a bitmap of what lives reads all that is dead, again each time; and to plan a
/// statement takes it as long as to run it.
const BEGIN_BY_INDEX: &str = "
    BEGIN;
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_bitmapscan = off;
    SET LOCAL enable_hashjoin = off;
    SET LOCAL enable_mergejoin = off;
    SET LOCAL jit = off;
    SET LOCAL plan_cache_mode = force_generic_plan";

/// A connection that answered so recently is taken to live.
const JUST_NOW: Duration = Duration::from_secs(1);

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// Says what is in the way; nothing was overwritten.
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            file::open(Path::new(file.trim_start_matches("//"))).await
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            postgres::open(address).await
        } else {
            Err(OpenError::Address)
        }
    }

    /// Which one it is.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Sqlite { endpoint, .. } | Self::Postgres { endpoint, .. } => endpoint,
        }
    }

    /// Says of a failure which database it is about.
    fn located<T>(&self, done: Result<T, impl Into<DbError>>) -> Result<T, DbError> {
        done.map_err(|error| self.endpoint().locate(error.into()))
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        nesting::ask();
        self.endpoint().may_write()?;
        let engine = match self {
            Self::Sqlite { writer, .. } => Engine::Sqlite(self.located(writer.begin().await)?),
            Self::Postgres { pool, .. } => Engine::Postgres(self.located(begun(pool, "BEGIN").await)?),
        };
        Ok(Tx::on(engine, self.endpoint().clone()))
    }

    /// Begins a transaction that reads and writes single rows of large tables.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn begin_by_index(&self) -> Result<Tx, DbError> {
        let Self::Postgres { pool, endpoint } = self else { return self.begin().await };
        nesting::ask();
        endpoint.may_write()?;
        let tx = self.located(begun(pool, BEGIN_BY_INDEX).await)?;
        Ok(Tx::on(Engine::Postgres(tx), endpoint.clone()))
    }

    /// Begins a transaction that only reads, and sees one state of everything.
    ///
    /// # Errors
    /// The database is away.
    pub async fn begin_read(&self) -> Result<Tx, DbError> {
        nesting::ask();
        let engine = match self {
            Self::Sqlite { readers, .. } => Engine::Reading(self.located(readers.begin().await)?),
            Self::Postgres { pool, .. } => {
                const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Engine::Postgres(self.located(begun(pool, BEGIN).await)?)
            }
        };
        Ok(Tx::on(engine, self.endpoint().clone()))
    }

    /// All rows of a statement that only reads.
    ///
    /// # Errors
    /// The database is away, or the statement is wrong.
    pub async fn all(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        if self.endpoint().is_behind_pooler() {
            // Asking takes two steps, which a pooler would send to different connections.
            let mut tx = self.begin_read().await?;
            let rows = tx.all(sql, args).await?;
            tx.commit().await?;
            return Ok(rows);
        }
        nesting::ask();
        match self {
            Self::Sqlite { readers, .. } => self.located(readers.all(sql, args).await),
            Self::Postgres { pool, endpoint } => {
                let rows = self.located(endpoint.ask(sql, args).fetch_all(pool).await)?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
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
            Self::Postgres { pool, .. } => drop(pool.prepare(sql.drawn().on_postgres().into_sql_str()).await?),
        }
        Ok(())
    }

    /// Takes care that no file has what was replaced: on SQLite, the log is written back into the file, where
    /// replaced values are zeroed. What PostgreSQL keeps of it is its own affair.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn scrub(&self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { readers, .. } => readers.write_back().await,
            Self::Postgres { .. } => Ok(()),
        }
    }

    /// Whether other processes may change this database.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Closes all connections; what is under way is finished first.
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

/// Begins a transaction in a task of its own, which goes on if nobody waits for it any more, as when a client hangs up: of a `BEGIN` whose
/// answer nobody took, sqlx 0.9 does not know that it has to be rolled back, and whoever uses the connection next would be inside of that
/// transaction. In one that only reads they could not write, and would see callers as they once were.
async fn begun(pool: &PgPool, statement: &'static str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begin = tokio::spawn(async move { pool.begin_with(statement).await });
    // The task neither panics nor is cancelled, except with the whole process.
    begin.await.unwrap_or(Err(sqlx::Error::PoolClosed))
}

/// A transaction. Dropped without [`Tx::commit`], it never was.
#[derive(Debug)]
pub struct Tx {
    engine: Engine,
    endpoint: Endpoint,
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
    /// On one of one's own.
    Own(Own),
}

impl Tx {
    fn on(engine: Engine, endpoint: Endpoint) -> Self {
        Self { engine, endpoint, opened: Opened::one() }
    }

    /// The same, held by this task from now on.
    fn handed_over(self) -> Self {
        Self::on(self.engine, self.endpoint)
    }

    /// All rows.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away.
    pub async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let endpoint = &self.endpoint;
        let asked = match &mut self.engine {
            Engine::Sqlite(tx) => tx.ask(sql, args).await.map(|answer| answer.rows),
            Engine::Reading(tx) => tx.all(sql, args).await,
            Engine::Postgres(tx) => all(tx, endpoint.ask(sql, args)).await,
            Engine::Own(tx) => all(tx.connection()?, endpoint.ask(sql, args)).await,
        };
        asked.map_err(|error| endpoint.locate(error))
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
        let endpoint = &self.endpoint;
        let done = match &mut self.engine {
            Engine::Sqlite(tx) => tx.ask(sql, args).await.map(|answer| answer.changed),
            // It cannot change anything, and says so.
            Engine::Reading(tx) => tx.all(sql, args).await.map(|rows| rows.len() as u64),
            Engine::Postgres(tx) => run(tx, endpoint.ask(sql, args)).await,
            Engine::Own(tx) => run(tx.connection()?, endpoint.ask(sql, args)).await,
        };
        done.map_err(|error| endpoint.locate(error))
    }

    /// Runs a statement whose answer nobody needs: on SQLite together with the next one, at the latest with the commit.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away; this may be told by what comes next.
    pub async fn write(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<(), DbError> {
        match &mut self.engine {
            Engine::Sqlite(tx) => tx.later(sql, args),
            Engine::Reading(_) | Engine::Postgres(_) | Engine::Own(_) => drop(self.run(sql, args).await?),
        }
        Ok(())
    }

    /// Whether other processes may change this database.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_) | Engine::Own(_))
    }

    /// The database's own time, if it has one: SQLite's is that of this machine.
    pub(crate) async fn own_time(&mut self) -> Result<Option<DateTime<Utc>>, DbError> {
        let connection = match &mut self.engine {
            Engine::Sqlite(_) | Engine::Reading(_) => return Ok(None),
            Engine::Postgres(tx) => tx,
            Engine::Own(tx) => tx.connection()?,
        };
        let asked = sqlx::query_scalar("SELECT clock_timestamp()").persistent(!self.endpoint.is_behind_pooler());
        let told = asked.fetch_one(connection).await;
        told.map(Some).map_err(|error| self.endpoint.locate(error.into()))
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
        let Self { engine, endpoint, opened: _opened } = self;
        let done = match engine {
            Engine::Sqlite(tx) => tx.commit(endpoint.clone()).await,
            Engine::Reading(_) => Ok(Saved::already()),
            Engine::Postgres(tx) => tx.commit().await.map(|()| Saved::already()).map_err(DbError::from),
            Engine::Own(tx) => tx.commit().await.map(|()| Saved::already()),
        };
        done.map_err(|error| endpoint.locate(error))
    }
}

type Asked = Query<'static, Postgres, PgArguments>;

async fn all(connection: &mut PgConnection, asked: Asked) -> Result<Vec<Row>, DbError> {
    Ok(asked.fetch_all(connection).await?.into_iter().map(Row::Postgres).collect())
}

async fn run(connection: &mut PgConnection, asked: Asked) -> Result<u64, DbError> {
    Ok(asked.execute(connection).await?.rows_affected())
}
