//! One database for each test, on either engine.

use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tempfile::TempDir;

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database in the cluster that `cargo xtask test` starts.
    Postgres,
}

/// The database of a test. A SQLite file is deleted when dropped; a PostgreSQL database goes with its cluster.
pub struct Database {
    /// The value of `--database`.
    pub address: String,
    _folder: Option<TempDir>,
}

impl Database {
    /// Creates an empty database.
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
    /// Executes a statement on a connection of its own; returns the number of affected rows.
    pub async fn execute(&self, sql: &str) -> u64 {
        if self.address.starts_with("postgres") {
            let mut connection = PgConnection::connect(&self.address).await.expect("the database answers");
            let done = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await;
            done.expect("the statement succeeds").rows_affected()
        } else {
            let (connection, sql) = (self.sqlite(), sql.to_owned());
            // It may wait for a transaction of a server that runs on this thread.
            let done = tokio::task::spawn_blocking(move || connection.execute(&sql, [])).await;
            done.expect("no panic").expect("the statement succeeds") as u64
        }
    }

    /// A connection to the SQLite file beside the server's, which waits for the server's transactions.
    pub fn sqlite(&self) -> rusqlite::Connection {
        let connection =
            rusqlite::Connection::open_with_flags(self.path(), rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE);
        let connection = connection.expect("the file opens");
        connection.busy_timeout(Duration::from_secs(5)).expect("it can be set");
        connection
    }

    /// The path of a SQLite file.
    pub fn path(&self) -> &Path {
        Path::new(self.address.strip_prefix("sqlite:").expect("a SQLite database"))
    }

    /// What a copy of the database contains: the bytes of SQLite's files, or every row of every table of PostgreSQL.
    pub async fn copy(&self) -> Vec<u8> {
        let Some(file) = self.address.strip_prefix("sqlite:") else { return self.rows().await.into_bytes() };
        let files = ["", "-wal", "-shm"].map(|end| std::fs::read(format!("{file}{end}")).unwrap_or_default());
        files.concat()
    }

    async fn rows(&self) -> String {
        let mut connection = PgConnection::connect(&self.address).await.expect("the database answers");
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
        let mut all = String::new();
        for table in tables {
            let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
            let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut connection).await.expect("rows");
            all.push_str(&rows.join("\n"));
        }
        all
    }

    /// The opcodes of SQLite's program for a statement (`EXPLAIN`).
    pub async fn sqlite_opcodes(&self, sql: &str) -> Vec<String> {
        let connection = self.sqlite();
        let mut statement = connection.prepare(&format!("EXPLAIN {sql}")).expect("SQLite can explain the statement");
        let steps = statement.raw_query().mapped(|step| step.get("opcode")).collect::<Result<_, _>>();
        steps.expect("SQLite can explain the statement")
    }

    /// The first column of a query's rows, read on a connection of its own.
    pub async fn first_column(&self, sql: &'static str) -> Vec<String> {
        if self.address.starts_with("postgres") {
            let mut connection = PgConnection::connect(&self.address).await.expect("the database answers");
            return sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("the query succeeds");
        }
        let connection = self.sqlite();
        let mut statement = connection.prepare(sql).expect("the query can be prepared");
        let rows = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect);
        rows.expect("the query succeeds")
    }
}

/// A temporary folder with mode 0700, about which the server does not warn; `tempfile` leaves the mode to the umask.
pub fn private_folder() -> TempDir {
    tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .tempdir()
        .expect("a temporary folder")
}

async fn create_in_cluster() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES")
        .expect("SEATKEEPER_TEST_POSTGRES is not set: run the tests with `cargo xtask test`");
    let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster).await.expect("the cluster answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    admin.execute(sqlx::query(create)).await.expect("a new database");
    let (server, _) = cluster.rsplit_once('/').expect("an address with a database");
    format!("{server}/{name}")
}
