//! Connections that only read the SQLite file. Each answers one question, or one transaction, at a time, on a thread that
//! may wait for the disk.

use super::{DbError, Row, Sql, Value, writer::read};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

/// How long a question waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// More than there are statements.
const STATEMENTS: usize = 500;

/// The connections. Clones share them.
#[derive(Clone, Debug)]
pub struct Readers {
    file: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

/// One of them, as long as it is needed.
#[derive(Debug)]
struct Lent {
    /// Only gone while a thread works with it.
    connection: Option<Connection>,
    home: Readers,
    _place: OwnedSemaphorePermit,
}

/// A transaction: it sees one state of everything.
#[derive(Debug)]
pub struct Reading(Lent);

impl Readers {
    /// At most so many connections at once. They are opened now: whoever cannot read must know it at the
    /// start, and none shall open what has taken the place of the file later.
    pub(super) fn open(file: &Path, most: usize) -> Result<Self, rusqlite::Error> {
        let idle = Arc::new(Mutex::new((0..most).map(|_| connect(file)).collect::<Result<_, _>>()?));
        Ok(Self { file: Arc::new(file.to_owned()), idle, places: Arc::new(Semaphore::new(most)) })
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// The file cannot be read, or the statement is wrong.
    pub async fn all(&self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        self.lend().await?.all(sql, args).await
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<Reading, DbError> {
        let mut lent = self.lend().await?;
        lent.with(|connection| connection.execute_batch("BEGIN")).await?;
        Ok(Reading(lent))
    }

    /// Writes the whole log back into the file and empties it.
    pub(super) async fn write_back(&self) -> Result<(), DbError> {
        let file = self.file.clone();
        let done = spawn_blocking(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&*file, flags)?;
            connection.busy_timeout(PATIENCE)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        });
        Ok(done.await.map_err(|_| closed())??)
    }

    pub(super) async fn close(&self) {
        self.places.close();
        let idle = std::mem::take(&mut *self.idle());
        // Nothing was written; there is nothing that could be lost.
        let _ = spawn_blocking(move || drop(idle)).await;
    }

    async fn lend(&self) -> Result<Lent, DbError> {
        let place = timeout(PATIENCE, self.places.clone().acquire_owned()).await;
        let place = place.map_err(|_| DbError::Sqlx(sqlx::Error::PoolTimedOut))?.map_err(|_| closed())?;
        Ok(Lent { connection: self.idle().pop(), home: self.clone(), _place: place })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let ask = move |connection: &Connection| {
            let (drawn, args) = sql.asked_with(args);
            let mut statement = connection.prepare_cached(drawn.on_sqlite())?;
            read(&mut statement, params_from_iter(args))
        };
        self.with(ask).await
    }

    /// Works with the connection on a thread that may wait. If nobody waits for the answer any more, or the work panics,
    /// the connection is gone with it, and another is opened when it is needed.
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, DbError> {
        let (connection, file) = (self.connection.take(), self.home.file.clone());
        let worked = spawn_blocking(move || {
            let connection = connection.map_or_else(|| connect(&file), Ok)?;
            let answer = work(&connection);
            Ok::<_, rusqlite::Error>((connection, answer))
        });
        let (connection, answer) = worked.await.map_err(|_| closed())??;
        self.connection = Some(connection);
        Ok(answer?)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // One that is still in a transaction, or that nobody will ask any more, goes.
        let ended = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        if ended && !self.home.places.is_closed() {
            self.home.idle().push(connection);
        }
    }
}

impl Reading {
    pub(super) async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        self.0.all(sql, args).await
    }
}

fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    // Whoever has it uses it alone.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

fn closed() -> DbError {
    DbError::Sqlx(sqlx::Error::PoolClosed)
}
