//! A database of its own for each test, on either engine.

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database in the cluster that `cargo xtask test` starts.
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
    pub async fn create(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = private_folder();
                let address = format!("sqlite:{}", folder.path().join("seatkeeper.sqlite3").display());
                Self { address, _folder: Some(folder) }
            }
            Engine::Postgres => {
                let address = create_in_cluster().await;
                Self { address, _folder: None }
            }
        }
    }
}

impl Database {
    /// What somebody does who can write to the database; how many rows that changed.
    pub async fn execute(&self, sql: &str) -> u64 {
        if self.address.starts_with("postgres") {
            let mut own = PgConnection::connect(&self.address).await.expect("the database answers");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut own).await.expect("it can be done").rows_affected()
        } else {
            let mut own = SqliteConnection::connect(&self.address).await.expect("the file opens");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut own).await.expect("it can be done").rows_affected()
        }
    }

    /// All that whoever copies the database has: the bytes of SQLite's files, or every row of every table of
    /// PostgreSQL.
    pub async fn copy(&self) -> Vec<u8> {
        let Some(file) = self.address.strip_prefix("sqlite:") else { return self.rows().await.into_bytes() };
        let files = ["", "-wal", "-shm"].map(|end| std::fs::read(format!("{file}{end}")).unwrap_or_default());
        files.concat()
    }

    async fn rows(&self) -> String {
        let mut own = PgConnection::connect(&self.address).await.expect("the database answers");
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut own).await.expect("tables");
        let mut all = String::new();
        for table in tables {
            let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
            let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut own).await.expect("rows");
            all.push_str(&rows.join("\n"));
        }
        all
    }

    /// The steps in which SQLite does something.
    pub async fn steps(&self, sql: &str) -> Vec<String> {
        let mut own = SqliteConnection::connect(&self.address).await.expect("the file opens");
        let steps = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN {sql}"))).fetch_all(&mut own).await;
        steps.expect("it is understood").iter().map(|step| sqlx::Row::get(step, "opcode")).collect()
    }

    /// What somebody reads there: the first column.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let read = if self.address.starts_with("postgres") {
            let mut own = PgConnection::connect(&self.address).await.expect("the database answers");
            sqlx::query_scalar(sql).fetch_all(&mut own).await
        } else {
            let mut own = SqliteConnection::connect(&self.address).await.expect("the file opens");
            sqlx::query_scalar(sql).fetch_all(&mut own).await
        };
        read.expect("it can be read")
    }
}

/// A temporary folder that the server has nothing to warn of: `tempfile` leaves its mode to the umask.
pub fn private_folder() -> TempDir {
    tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .tempdir()
        .expect("a temporary folder")
}

async fn create_in_cluster() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES")
        .expect("SEATKEEPER_TEST_POSTGRES names no cluster: run the tests with `cargo xtask test`");
    let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster).await.expect("the cluster answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    admin.execute(sqlx::query(create)).await.expect("a new database");
    let (server, _) = cluster.rsplit_once('/').expect("an address with a database");
    format!("{server}/{name}")
}
