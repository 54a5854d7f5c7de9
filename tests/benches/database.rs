//! A new database for each server, on either engine, with durable settings.

use crate::statistics::median;
use anyhow::Context as _;
use seatkeeper::{db::Db, monotonic::MonotonicClock};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    fs,
    io::Write as _,
    sync::atomic::{AtomicU32, Ordering},
    time::Instant,
};
use tempfile::TempDir;

/// The number of writes after which the drive is asked to save.
const SYNCS: usize = 101;

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

    /// The size of a SQLite file, in bytes. Its write-ahead log must have been written back.
    pub fn file_bytes(&self) -> anyhow::Result<u64> {
        Ok(fs::metadata(self.address.trim_start_matches("sqlite:"))?.len())
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

/// How long the drive takes to make 4 kB durable: the median, in microseconds.
pub fn sync_micros() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut times = Vec::new();
    for _ in 0..SYNCS {
        file.write_all(&[1; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(times))
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
