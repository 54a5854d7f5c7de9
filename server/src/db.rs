//! The two engines behind one face. The only place that knows there are two.

mod ahead;
mod error;
mod file;
mod line;
mod nesting;
mod own;
mod plans;
mod readers;
mod reading;
mod row;
mod sql;
mod value;
mod writer;

pub use ahead::Ahead;
pub use error::{DbError, OpenError};
pub use line::Line;
use nesting::Opened;
use own::Own;
use plans::Plans;
pub use readers::{Readers, Reading};
pub use row::{Column, Row};
pub use sql::Sql;
pub(crate) use sql::{statement, statements};
pub use value::{Fields, Value};
pub(crate) use value::{args, fields};
pub use writer::{OpenWriter, Saved, Writer, Writing};

use chrono::{DateTime, Utc};
use sqlx::{
    PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{fs, path::Path, str::FromStr, sync::Arc, time::Duration};

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
            Self::open_postgres(address).await
        } else {
            Err(OpenError::Address(address.to_owned()))
        }
    }

    async fn open_postgres(address: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(address)?;
        let plans = Plans::default();
        let pool = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(10))
            // Asking a connection whether it lives takes as long as a small question itself: not if it just answered one.
            .test_before_acquire(false)
            .before_acquire(move |connection, about| {
                let forget = plans.are_old();
                Box::pin(async move {
                    let is_well = match forget {
                        true => sqlx::Executor::execute(connection, "DISCARD PLANS").await.is_ok(),
                        false => about.idle_for < JUST_NOW || sqlx::Connection::ping(connection).await.is_ok(),
                    };
                    Ok(is_well)
                })
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
            Self::Postgres(pool) => Engine::Postgres(begun(pool, "BEGIN").await?),
        }))
    }

    /// Begins a transaction that reads and writes single rows of large tables.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn begin_by_index(&self) -> Result<Tx, DbError> {
        let Self::Postgres(pool) = self else { return self.begin().await };
        nesting::ask();
        Ok(Tx::on(Engine::Postgres(begun(pool, BEGIN_BY_INDEX).await?)))
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
                Engine::Postgres(begun(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
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
                let query = sql.asked_of_postgres(args);
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

    /// Takes care that no file has what was replaced: on SQLite, the log is written back into the file, where
    /// replaced values are zeroed. What PostgreSQL keeps of it is its own affair.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn scrub(&self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { readers, .. } => readers.write_back().await,
            Self::Postgres(_) => Ok(()),
        }
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
    fn on(engine: Engine) -> Self {
        Self { engine, opened: Opened::one() }
    }

    /// The same, held by this task from now on.
    fn handed_over(self) -> Self {
        Self::on(self.engine)
    }

    /// All rows.
    ///
    /// # Errors
    /// A constraint is broken, or the database is away.
    pub async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        Ok(match &mut self.engine {
            Engine::Sqlite(tx) => tx.ask(sql, args).await?.rows,
            Engine::Reading(tx) => tx.all(sql, args).await?,
            Engine::Postgres(tx) => all(tx, sql, args).await?,
            Engine::Own(tx) => all(tx.connection()?, sql, args).await?,
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
            Engine::Postgres(tx) => run(tx, sql, args).await?,
            Engine::Own(tx) => run(tx.connection()?, sql, args).await?,
        })
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
        Ok(Some(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(connection).await?))
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
            Engine::Own(tx) => tx.commit().await?,
        }
        Ok(Saved::already())
    }
}

async fn all(connection: &mut PgConnection, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
    Ok(sql.asked_of_postgres(args).fetch_all(connection).await?.into_iter().map(Row::Postgres).collect())
}

async fn run(connection: &mut PgConnection, sql: &'static Sql, args: Vec<Value>) -> Result<u64, DbError> {
    Ok(sql.asked_of_postgres(args).execute(connection).await?.rows_affected())
}
