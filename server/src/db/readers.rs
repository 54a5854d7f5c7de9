//! Connections that only read the SQLite file. Each runs one query or transaction at a time, on a thread that may
//! block.

use super::{DbError, Row, Sql, Value, writer::read_rows};
use crate::tasks::spawn_blocking;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a query waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// More than there are statements in the program.
const STATEMENT_CACHE_CAPACITY: usize = 500;

/// A pool of connections. Clones share them.
#[derive(Clone, Debug)]
pub struct Readers {
    file: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

/// A connection taken out of the pool until it is dropped.
#[derive(Debug)]
struct PooledReader {
    /// `None` only while a thread uses it.
    connection: Option<Connection>,
    pool: Readers,
    _permit: OwnedSemaphorePermit,
}

/// A read-only transaction on one snapshot.
#[derive(Debug)]
pub struct ReadTx(PooledReader);

impl Readers {
    /// Opens `max` connections at once, so that a file that cannot be read is reported at startup, and so that none of
    /// them opens a file that later takes its place.
    pub(super) fn open(file: &Path, max: usize) -> Result<Self, rusqlite::Error> {
        let idle = Arc::new(Mutex::new((0..max).map(|_| connect(file)).collect::<Result<_, _>>()?));
        Ok(Self { file: Arc::new(file.to_owned()), idle, permits: Arc::new(Semaphore::new(max)) })
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or the statement fails.
    pub async fn all(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        self.acquire().await?.all(sql, args).await
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<ReadTx, DbError> {
        let mut reader = self.acquire().await?;
        reader.with_connection(|connection| connection.execute_batch("BEGIN")).await?;
        Ok(ReadTx(reader))
    }

    /// Writes the whole write-ahead log back into the file and empties it.
    pub(super) async fn write_back(&self) -> Result<(), DbError> {
        let file = self.file.clone();
        let done = spawn_blocking(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&*file, flags)?;
            connection.busy_timeout(ACQUIRE_TIMEOUT)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        });
        Ok(done.await.map_err(|_| closed())??)
    }

    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        // These connections write nothing, so that a failure loses nothing.
        let _ = spawn_blocking(move || drop(idle)).await;
    }

    async fn acquire(&self) -> Result<PooledReader, DbError> {
        let permit = timeout(ACQUIRE_TIMEOUT, self.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| DbError::Sqlx(sqlx::Error::PoolTimedOut))?.map_err(|_| closed())?;
        Ok(PooledReader { connection: self.idle().pop(), pool: self.clone(), _permit: permit })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PooledReader {
    async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let query = move |connection: &Connection| {
            let (rendered, args) = sql.render_for(args);
            let mut statement = connection.prepare_cached(rendered.on_sqlite())?;
            read_rows(&mut statement, params_from_iter(args))
        };
        self.with_connection(query).await
    }

    /// Runs `work` with the connection on a thread that may block. If the caller stops waiting, or the work panics, the
    /// connection is dropped, and another one is opened when it is needed.
    async fn with_connection<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, DbError> {
        let (connection, file) = (self.connection.take(), self.pool.file.clone());
        let done = spawn_blocking(move || {
            let connection = connection.map_or_else(|| connect(&file), Ok)?;
            let answer = work(&connection);
            Ok::<_, rusqlite::Error>((connection, answer))
        });
        let (connection, answer) = done.await.map_err(|_| closed())??;
        self.connection = Some(connection);
        Ok(answer?)
    }
}

impl Drop for PooledReader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Dropped if it is still in a transaction or the pool is closed.
        let is_idle = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        if is_idle && !self.pool.permits.is_closed() {
            self.pool.idle().push(connection);
        }
    }
}

impl ReadTx {
    pub(super) async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        self.0.all(sql, args).await
    }
}

fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    // NO_MUTEX: each connection is used by one thread at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_CAPACITY);
    connection.execute_batch("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

fn closed() -> DbError {
    DbError::Sqlx(sqlx::Error::PoolClosed)
}
