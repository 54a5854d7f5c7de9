//! The single connection that writes to the SQLite file. It runs on its own thread and takes batches of statements: a
//! transaction that reads nothing is sent once, together with its commit.
//!
//! A commit has two steps. First it is written to the write-ahead log, after which the next transaction may begin. Then
//! another thread forces the log to disk, for all commits written in the meantime; only then is the commit durable.

mod checkpoint;
mod log_syncer;

use super::{DbError, Endpoint, Row, Sql, Value, file::LockedFile, probe, row::SqliteRow};
use crate::tasks::spawn_thread;
use checkpoint::Checkpoints;
use log_syncer::LogSyncer;
use rusqlite::{Connection, OpenFlags, Params, Statement, params_from_iter};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{
    sync::{
        Mutex, OwnedMutexGuard,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    time::timeout,
};

/// How long a transaction waits for the one before it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// More than there are statements in the program.
const STATEMENT_CACHE_CAPACITY: usize = 500;

/// A handle to the connection. Clones share it.
#[derive(Clone, Debug)]
pub struct Writer {
    requests: UnboundedSender<WriteRequest>,
    transaction: Arc<Mutex<()>>,
}

/// Why the connection that writes could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenWriterError {
    /// SQLite returned an error.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The write-ahead log could not be opened, or a thread could not be started.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A transaction. No other one runs until it is committed or dropped.
#[derive(Debug)]
pub struct WriteTx {
    requests: UnboundedSender<WriteRequest>,
    /// Statements that are sent with the next request.
    deferred: Vec<BoundStatement>,
    begun: bool,
    /// A statement failed, so that the transaction accepts no more statements, as on PostgreSQL.
    failed: bool,
    _guard: OwnedMutexGuard<()>,
}

#[derive(Debug)]
struct BoundStatement {
    sql: &'static Sql,
    args: Vec<Value>,
}

#[derive(Debug)]
enum WriteRequest {
    Execute {
        statements: Vec<BoundStatement>,
        reply: oneshot::Sender<Result<StatementResult, DbError>>,
    },
    Commit {
        statements: Vec<BoundStatement>,
        reply: oneshot::Sender<Result<oneshot::Receiver<Result<(), DbError>>, DbError>>,
    },
    RollBack,
    Prepare {
        sql: &'static Sql,
        reply: oneshot::Sender<Result<(), DbError>>,
    },
    Probe {
        reply: oneshot::Sender<Result<oneshot::Receiver<Result<(), DbError>>, DbError>>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// A commit that is written to the log but may not be on disk yet.
#[derive(Debug)]
pub struct PendingCommit(Option<(oneshot::Receiver<Result<(), DbError>>, Endpoint)>);

impl PendingCommit {
    /// Waits until the commit is durable.
    ///
    /// # Errors
    /// Returns an error if that is unknown.
    pub async fn wait(self) -> Result<(), DbError> {
        match self.0 {
            Some((saved, endpoint)) => {
                saved.await.unwrap_or_else(|_| Err(closed())).map_err(|error| endpoint.locate(error))
            }
            None => Ok(()),
        }
    }

    /// Whether the commit is durable already, so that there is nothing to wait for.
    pub fn is_done(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn done() -> Self {
        Self(None)
    }
}

/// The result of the last statement of a batch.
#[derive(Debug, Default)]
pub(super) struct StatementResult {
    pub rows: Vec<Row>,
    pub changed: u64,
}

impl Writer {
    /// Opens a file whose schema is up to date.
    pub(super) fn open(file: &LockedFile) -> Result<Self, OpenWriterError> {
        let connection = connect(file.path())?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_CAPACITY);
        // secure_delete: zeroes replaced and deleted values within their page, so that no secrets remain there.
        // synchronous: a commit does not force the log to disk, the other thread does. Checkpoints and a restarted log
        // still do. cache_size: a commit after a page split scans the whole cache; a small one is faster, and the
        // system caches pages too. temp_store: a statement over many rows keeps its rollback data in memory instead of
        // a file. wal_autocheckpoint: another thread writes the log back; only if it falls behind does this connection
        // do so.
        connection.execute_batch(
            "PRAGMA secure_delete = FAST;
             PRAGMA synchronous = NORMAL;
             PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -16384;
             PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 16000;",
        )?;
        // Applies whenever the log restarts; the checkpoint thread truncates it if there are no more writes.
        connection.execute_batch(&format!("PRAGMA journal_size_limit = {}", checkpoint::MAX_LOG_BYTES))?;
        let (log_syncer, checkpoints) = (LogSyncer::start(file)?, Checkpoints::start(file.path())?);
        let (requests, incoming) = unbounded_channel();
        let path = file.path().to_owned();
        spawn_thread("sqlite-writer", move || run(connection, &path, &log_syncer, checkpoints, incoming))
            .map_err(OpenWriterError::Io)?;
        Ok(Self { requests, transaction: Arc::default() })
    }

    /// A writer that refuses every transaction, for a database that is only read.
    pub(super) fn closed() -> Self {
        Self { requests: unbounded_channel().0, transaction: Arc::default() }
    }

    /// Begins a transaction after the current one has ended.
    pub(super) async fn begin(&self) -> Result<WriteTx, DbError> {
        let guard = timeout(ACQUIRE_TIMEOUT, self.transaction.clone().lock_owned());
        let guard = guard.await.map_err(|_| DbError::Sqlx(sqlx::Error::PoolTimedOut))?;
        Ok(WriteTx {
            requests: self.requests.clone(),
            deferred: Vec::new(),
            begun: false,
            failed: false,
            _guard: guard,
        })
    }

    pub(super) async fn prepare(&self, sql: &'static Sql) -> Result<(), DbError> {
        let (reply, answer) = oneshot::channel();
        send(&self.requests, WriteRequest::Prepare { sql, reply }, answer).await?
    }

    /// Writes to a row kept for this, between two transactions. Skips the write while a transaction is in progress.
    pub(super) async fn probe(&self) -> Result<(), DbError> {
        let (reply, answer) = oneshot::channel();
        let saved = send(&self.requests, WriteRequest::Probe { reply }, answer).await??;
        saved.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        // The connection may be closed already.
        let _ = send(&self.requests, WriteRequest::Close { reply }, answer).await;
    }
}

impl WriteTx {
    /// Sends a statement with the next request.
    pub(super) fn defer(&mut self, sql: &'static Sql, args: Vec<Value>) {
        self.deferred.push(BoundStatement { sql, args });
    }

    pub(super) async fn execute(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<StatementResult, DbError> {
        self.defer(sql, args);
        let statements = self.take_deferred()?;
        self.begun = true;
        let (reply, answer) = oneshot::channel();
        let answer = send(&self.requests, WriteRequest::Execute { statements, reply }, answer).await?;
        self.failed = answer.is_err();
        answer
    }

    /// Commits, even if nothing was written: what the transaction has read may not be durable yet.
    pub(super) async fn commit(mut self, endpoint: Endpoint) -> Result<PendingCommit, DbError> {
        let statements = self.take_deferred()?;
        let (reply, answer) = oneshot::channel();
        self.begun = false;
        let saved = send(&self.requests, WriteRequest::Commit { statements, reply }, answer).await??;
        Ok(PendingCommit(Some((saved, endpoint))))
    }

    fn take_deferred(&mut self) -> Result<Vec<BoundStatement>, DbError> {
        if self.failed { Err(DbError::Undone) } else { Ok(std::mem::take(&mut self.deferred)) }
    }
}

impl Drop for WriteTx {
    fn drop(&mut self) {
        if self.begun {
            // Sent before the next transaction can begin. If the thread has ended, so has the transaction.
            let _ = self.requests.send(WriteRequest::RollBack);
        }
    }
}

async fn send<T>(
    requests: &UnboundedSender<WriteRequest>,
    request: WriteRequest,
    answer: oneshot::Receiver<T>,
) -> Result<T, DbError> {
    requests.send(request).map_err(|_| closed())?;
    answer.await.map_err(|_| closed())
}

fn closed() -> DbError {
    DbError::Sqlx(sqlx::Error::PoolClosed)
}

/// The loop of the writer thread. A reply that no caller waits for any more is dropped.
fn run(
    connection: Connection,
    file: &Path,
    log_syncer: &LogSyncer,
    mut checkpoints: Checkpoints,
    mut requests: UnboundedReceiver<WriteRequest>,
) {
    while let Some(request) = requests.blocking_recv() {
        match request {
            WriteRequest::Execute { statements, reply } => drop(reply.send(execute_all(&connection, statements))),
            WriteRequest::Commit { statements, reply } => {
                let written = commit(&connection, statements);
                if written.is_err() {
                    roll_back(&connection);
                }
                if matches!(written, Ok(true)) {
                    checkpoints.count_commit();
                }
                drop(reply.send(written.map(|has_written| log_syncer.sync(has_written))));
            }
            WriteRequest::RollBack => roll_back(&connection),
            WriteRequest::Probe { reply } => {
                drop(reply.send(probe_write(&connection, file).map(|()| log_syncer.sync(true))))
            }
            WriteRequest::Prepare { sql, reply } => drop(reply.send(prepare(&connection, sql))),
            WriteRequest::Close { reply } => {
                requests.close();
                drop(connection);
                // The caller may have stopped waiting.
                let _ = reply.send(());
                return;
            }
        }
    }
}

/// Checks that the disk has space and that a write succeeds. A transaction in progress shows the latter by itself.
fn probe_write(connection: &Connection, file: &Path) -> Result<(), DbError> {
    check_free_space(file)?;
    if connection.is_autocommit() {
        connection.execute_batch(probe::PROBE_SQL)?;
    }
    Ok(())
}

/// On a full disk, small writes may succeed for a while, because SQLite overwrites parts of the log that are no longer
/// needed.
fn check_free_space(file: &Path) -> Result<(), DbError> {
    const MIN_FREE_BYTES: u64 = 64 << 10;
    let Ok(about) = nix::sys::statvfs::statvfs(file.parent().unwrap_or(file)) else { return Ok(()) };
    // Some file systems do not report it.
    if about.blocks() == 0 {
        return Ok(());
    }
    let is_root = nix::unistd::geteuid().is_root();
    let free = if is_root { about.blocks_free() } else { about.blocks_available() };
    if free * about.fragment_size() >= MIN_FREE_BYTES {
        return Ok(());
    }
    let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    Err(DbError::Sqlite(rusqlite::Error::SqliteFailure(full, Some("the disk is full".to_owned()))))
}

/// Opens an existing file. The connection must be used by one thread at a time.
fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Returns whether there was a transaction to commit.
fn commit(connection: &Connection, statements: Vec<BoundStatement>) -> Result<bool, DbError> {
    if statements.is_empty() && connection.is_autocommit() {
        return Ok(false);
    }
    execute_all(connection, statements)?;
    connection.execute_batch("COMMIT")?;
    Ok(true)
}

fn execute_all(connection: &Connection, statements: Vec<BoundStatement>) -> Result<StatementResult, DbError> {
    if connection.is_autocommit() {
        // IMMEDIATE: a transaction that reads first and writes later would fail at once if another one has written.
        connection.execute_batch("BEGIN IMMEDIATE")?;
    }
    let mut result = StatementResult::default();
    for BoundStatement { sql, args } in statements {
        result = execute(connection, sql, args)?;
    }
    Ok(result)
}

fn execute(connection: &Connection, sql: &'static Sql, args: Vec<Value>) -> Result<StatementResult, DbError> {
    let (rendered, args) = sql.render_for(args);
    if let (Some(per_row), [Value::Rows(rows)]) = (rendered.per_row(), &*args) {
        let mut statement = connection.prepare_cached(&per_row.text)?;
        let mut changed = 0;
        for row in rows {
            let values = per_row.columns.iter().enumerate().map(|(index, column)| row.at(index, column));
            changed += statement.execute(params_from_iter(values))?;
        }
        return Ok(StatementResult { rows: Vec::new(), changed: changed as u64 });
    }
    let mut statement = connection.prepare_cached(rendered.on_sqlite())?;
    if statement.column_count() == 0 {
        let changed = statement.execute(params_from_iter(args))?;
        return Ok(StatementResult { rows: Vec::new(), changed: changed as u64 });
    }
    let rows = read_rows(&mut statement, params_from_iter(args))?;
    Ok(StatementResult { changed: rows.len() as u64, rows })
}

/// Reads all rows, each with the names of its columns.
pub(super) fn read_rows(statement: &mut Statement<'_>, args: impl Params) -> Result<Vec<Row>, rusqlite::Error> {
    let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let values = (0..columns.len()).map(|index| row.get(index)).collect::<Result<_, _>>()?;
        Ok(Row::Sqlite(SqliteRow { columns: columns.clone(), values }))
    };
    statement.query_map(args, row)?.collect()
}

fn prepare(connection: &Connection, sql: &Sql) -> Result<(), DbError> {
    let rendered = sql.rendered();
    connection.prepare(rendered.on_sqlite())?;
    if let Some(per_row) = rendered.per_row() {
        connection.prepare(&per_row.text)?;
    }
    Ok(())
}

/// Does nothing if SQLite rolled back by itself, as it does when the disk is full.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "transaction could not be rolled back");
    }
}
