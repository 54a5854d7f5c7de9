//! The two engines behind one face. The only place that knows there are two.

mod ahead;
mod error;
mod file;
mod line;
mod nesting;
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
    PgPool, Postgres, Transaction,
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
        let pool = connections(12).connect_with(options).await?;
        sqlx::migrate!("../migrations/postgres").run(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    /// The same database over connections of one's own, where there is more than one that writes: whoever goes on with the same few
    /// finds them warm.
    fn over_own_connections(&self, number: u32) -> Self {
        match self {
            Self::Sqlite { .. } => self.clone(),
            Self::Postgres(pool) => {
                Self::Postgres(connections(number).connect_lazy_with(pool.connect_options().as_ref().clone()))
            }
        }
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

    /// Begins a transaction that reads and writes single rows of large tables.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn begin_by_index(&self) -> Result<Tx, DbError> {
        let Self::Postgres(pool) = self else { return self.begin().await };
        nesting::ask();
        Ok(Tx::on(Engine::Postgres(pool.begin_with(BEGIN_BY_INDEX).await?)))
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

/// So many connections to a server at most.
fn connections(number: u32) -> PgPoolOptions {
    let plans = Plans::default();
    PgPoolOptions::new()
        .max_connections(number)
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
            Engine::Postgres(tx) => {
                let query = sql.asked_of_postgres(args);
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
                let query = sql.asked_of_postgres(args);
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
