//! A new database for each server, on either engine, with durable settings.

use anyhow::Context as _;
use seatkeeper::{db::Db, monotonic::MonotonicClock};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchEngine {
    /// A file in cargo's target directory, since temporary folders may be in memory, where a commit costs nothing.
    Sqlite,
    /// A database in the cluster that `cargo xtask bench` starts.
    Postgres,
}

/// The database of a server. A SQLite file is deleted when dropped; a PostgreSQL database goes with its cluster.
pub struct BenchDatabase {
    /// The value of `--database`.
    pub address: String,
    _folder: Option<TempDir>,
}

impl BenchDatabase {
    /// Creates an empty database.
    pub async fn create(engine: BenchEngine) -> anyhow::Result<Self> {
        match engine {
            BenchEngine::Sqlite => {
                let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no folder for the database")?;
                let address = format!("sqlite:{}", folder.path().join("seatkeeper.sqlite3").display());
                Ok(Self { address, _folder: Some(folder) })
            }
            BenchEngine::Postgres => Ok(Self { address: create_in_cluster().await?, _folder: None }),
        }
    }

    /// Updates PostgreSQL's statistics, as autovacuum does within a minute. A table that it takes for empty is scanned
    /// sequentially.
    pub async fn analyze(&self) -> anyhow::Result<()> {
        PgConnection::connect(&self.address).await?.execute("ANALYZE").await?;
        Ok(())
    }

    /// Opens the database and applies the migrations; no server may use it if it is SQLite.
    pub async fn open(&self) -> anyhow::Result<Db> {
        Db::open(&self.address, &MonotonicClock::default()).await.context("cannot open the database of a benchmark")
    }
}

async fn create_in_cluster() -> anyhow::Result<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES")
        .context("SEATKEEPER_TEST_POSTGRES is not set: run this with `cargo xtask bench`")?;
    let name = format!("bench_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster).await.context("the cluster does not answer")?;
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    admin.execute(sqlx::query(create)).await?;
    let (server, _) = cluster.rsplit_once('/').context("the address of the cluster has no database")?;
    Ok(format!("{server}/{name}"))
}
