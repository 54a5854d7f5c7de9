//! A new database for each server, on either engine, with the durable settings of real ones.

use anyhow::Context as _;
use seatkeeper::db::Db;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in cargo's target directory: temporary folders may lie in memory, where saving costs nothing.
    Sqlite,
    /// A database in the cluster that `cargo xtask bench` starts.
    Postgres,
}

/// An empty database. The file goes with it; the cluster goes as a whole.
pub struct Database {
    /// What `--database` takes.
    pub address: String,
    _folder: Option<TempDir>,
}

impl Database {
    /// A new one.
    pub async fn create(engine: Engine) -> anyhow::Result<Self> {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no folder for the database")?;
                let address = format!("sqlite:{}", folder.path().join("seatkeeper.sqlite3").display());
                Ok(Self { address, _folder: Some(folder) })
            }
            Engine::Postgres => Ok(Self { address: create_in_cluster().await?, _folder: None }),
        }
    }

    /// Lets PostgreSQL look at what is in the tables, as it does by itself within a minute. What it takes for empty, it reads whole.
    pub async fn analyze(&self) -> anyhow::Result<()> {
        PgConnection::connect(&self.address).await?.execute("ANALYZE").await?;
        Ok(())
    }

    /// Opens it with up-to-date tables; no server may run on it if it is SQLite.
    pub async fn open(&self) -> anyhow::Result<Db> {
        Db::open(&self.address).await.context("a database for measuring does not open")
    }
}

async fn create_in_cluster() -> anyhow::Result<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES")
        .context("SEATKEEPER_TEST_POSTGRES names no cluster: run this with `cargo xtask bench`")?;
    let name = format!("bench_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster).await.context("the cluster does not answer")?;
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    admin.execute(sqlx::query(create)).await?;
    let (server, _) = cluster.rsplit_once('/').context("the cluster's address names no database")?;
    Ok(format!("{server}/{name}"))
}
