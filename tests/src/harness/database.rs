//! One database for each test, on either engine.

use super::sqlite_form::sqlite_form;
use seatkeeper::{db::Db, monotonic::MonotonicClock};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    fs::File,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database in the cluster that `cargo xtask test` starts.
    Postgres,
}

/// The database of a test, which is deleted after it.
pub struct Database {
    /// The value of `--database`.
    pub address: String,
    _folder: Option<TempDir>,
}

/// The names of PostgreSQL databases whose tests have ended. The next test drops them, since dropping a value cannot
/// wait; without that, a run of all tests would fill many gigabytes.
static ENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Drop for Database {
    fn drop(&mut self) {
        if self.address.starts_with("postgres") {
            ENDED.lock().unwrap_or_else(PoisonError::into_inner).push(database_name(&self.address).to_owned());
        }
    }
}

impl Database {
    /// Creates an empty database.
    pub async fn create(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::file(),
            Engine::Postgres => Self { address: create_in_cluster("template0").await, _folder: None },
        }
    }

    /// Creates a database with the current schema, by copying the one that the first call has migrated.
    pub async fn migrated(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let template = SQLITE_TEMPLATE.get_or_init(migrate_file).await;
                let database = Self::file();
                let copied = File::options().write(true).create_new(true).mode(0o600).open(database.path());
                copied.and_then(|mut file| file.write_all(template)).expect("the template can be copied");
                database
            }
            Engine::Postgres => {
                let template = POSTGRES_TEMPLATE.get_or_init(migrate_in_cluster).await;
                Self { address: create_in_cluster(template).await, _folder: None }
            }
        }
    }

    /// A file in a folder of its own, which does not exist yet.
    fn file() -> Self {
        let folder = private_folder();
        let address = format!("sqlite:{}", folder.path().join("seatkeeper.sqlite3").display());
        Self { address, _folder: Some(folder) }
    }
}

/// The bytes of a migrated SQLite file.
static SQLITE_TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// The name of a migrated PostgreSQL database to which nothing is connected.
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

async fn migrate_file() -> Vec<u8> {
    let database = Database::file();
    // Closing it moves the write-ahead log into the file.
    Db::open(&database.address, &MonotonicClock::default()).await.expect("the migrations run").close().await;
    std::fs::read(database.path()).expect("the migrated file")
}

async fn migrate_in_cluster() -> String {
    let address = create_in_cluster("template0").await;
    Db::open(&address, &MonotonicClock::default()).await.expect("the migrations run").close().await;
    database_name(&address).to_owned()
}

fn database_name(address: &str) -> &str {
    address.rsplit_once('/').expect("an address with a database").1
}

impl Database {
    /// Executes a statement, in PostgreSQL's form of ids and times, on a connection of its own; returns the number of
    /// affected rows.
    pub async fn execute(&self, sql: &str) -> u64 {
        if self.address.starts_with("postgres") {
            let mut connection = PgConnection::connect(&self.address).await.expect("the database answers");
            let done = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await;
            done.expect("the statement succeeds").rows_affected()
        } else {
            let (connection, sql) = (self.sqlite(), sqlite_form(sql));
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
        let mut statement = connection.prepare(&sqlite_form(sql)).expect("the query can be prepared");
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

/// Creates a database by copying another one. Returns its address.
async fn create_in_cluster(template: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES")
        .expect("SEATKEEPER_TEST_POSTGRES is not set: run the tests with `cargo xtask test`");
    let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster).await.expect("the cluster answers");
    let ended = std::mem::take(&mut *ENDED.lock().unwrap_or_else(PoisonError::into_inner));
    for ended in ended {
        let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {ended} WITH (FORCE)"));
        admin.execute(sqlx::query(drop)).await.expect("a database without a test can be dropped");
    }
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"));
    admin.execute(sqlx::query(create)).await.expect("a new database");
    let (server, _) = cluster.rsplit_once('/').expect("an address with a database");
    format!("{server}/{name}")
}
