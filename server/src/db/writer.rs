//! The one connection that writes to the SQLite file. It lives on a thread of its own and takes bundles of statements: a
//! transaction that has nothing to read is handed over once, with its commit.
//!
//! A commit has two steps. First it is written to the write-ahead log; from then on the next transaction may begin. Then
//! the log is forced to disk, by another thread and for all that was written meanwhile; only after that is it saved.

mod checkpoint;
mod disk;

use super::{DbError, Endpoint, Row, Sql, Value, file::LockedFile, probe, row::Held};
use checkpoint::Checkpoints;
use disk::Disk;
use rusqlite::{Connection, OpenFlags, Params, Statement, params_from_iter};
use std::{path::Path, sync::Arc, thread, time::Duration};
use tokio::{
    sync::{
        Mutex, OwnedMutexGuard,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    time::timeout,
};

/// How long a transaction waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(30);
/// More than there are statements.
const STATEMENTS: usize = 500;

/// The connection. Clones share it.
#[derive(Clone, Debug)]
pub struct Writer {
    orders: UnboundedSender<Order>,
    turn: Arc<Mutex<()>>,
}

/// Why it could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenWriter {
    /// SQLite does not want to.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The file beside it, or a thread, could not be had.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A transaction on it, alone until it is committed or dropped.
#[derive(Debug)]
pub struct Writing {
    orders: UnboundedSender<Order>,
    /// Statements that go with the next hand-over.
    later: Vec<Step>,
    begun: bool,
    /// A statement has failed: nothing more may be done, as on PostgreSQL.
    failed: bool,
    _turn: OwnedMutexGuard<()>,
}

#[derive(Debug)]
struct Step {
    sql: &'static Sql,
    args: Vec<Value>,
}

#[derive(Debug)]
enum Order {
    Do { steps: Vec<Step>, reply: oneshot::Sender<Result<Answer, DbError>> },
    Commit { steps: Vec<Step>, reply: oneshot::Sender<Result<oneshot::Receiver<Result<(), DbError>>, DbError>> },
    RollBack,
    Prepare { sql: &'static Sql, reply: oneshot::Sender<Result<(), DbError>> },
    Probe { reply: oneshot::Sender<Result<oneshot::Receiver<Result<(), DbError>>, DbError>> },
    Close { reply: oneshot::Sender<()> },
}

/// A commit that is written, and will be saved.
#[derive(Debug)]
pub struct Saved(Option<(oneshot::Receiver<Result<(), DbError>>, Endpoint)>);

impl Saved {
    /// Waits until it outlives a loss of power.
    ///
    /// # Errors
    /// It is unknown whether it does.
    pub async fn wait(self) -> Result<(), DbError> {
        match self.0 {
            Some((saved, endpoint)) => {
                saved.await.unwrap_or_else(|_| Err(closed())).map_err(|error| endpoint.locate(error))
            }
            None => Ok(()),
        }
    }

    /// Whether it is saved already.
    pub fn is_done(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn already() -> Self {
        Self(None)
    }
}

/// What the last statement of a bundle said.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub rows: Vec<Row>,
    pub changed: u64,
}

impl Writer {
    /// Opens a file that is up to date.
    pub(super) fn open(file: &LockedFile) -> Result<Self, OpenWriter> {
        let connection = connect(file.path())?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A statement over many rows keeps what it may have to undo: in memory, not in a file of its own.
        // NORMAL: a commit does not force the log to disk, we do. Checkpoints and a log that begins anew still do so.
        // The log is written back by another thread; only if that does not keep up, everybody waits for it.
        // A commit in which a page was split looks through the whole cache: a small one takes less, and the system has another.
        // What is replaced or deleted is zeroed within its page: secrets do not linger there.
        connection.execute_batch(
            "PRAGMA secure_delete = FAST;
             PRAGMA synchronous = NORMAL;
             PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -16384;
             PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 16000;",
        )?;
        // Whenever the log begins anew; the other thread cuts it off if nobody writes any more.
        connection.execute_batch(&format!("PRAGMA journal_size_limit = {}", checkpoint::MAX_LOG_BYTES))?;
        let (disk, checkpoints) = (Disk::start(file)?, Checkpoints::start(file.path())?);
        let (orders, incoming) = unbounded_channel();
        let named = thread::Builder::new().name("sqlite-writer".to_owned());
        let path = file.path().to_owned();
        named.spawn(move || work(connection, &path, &disk, checkpoints, incoming)).map_err(OpenWriter::Io)?;
        Ok(Self { orders, turn: Arc::default() })
    }

    /// Where nothing can be written.
    pub(super) fn none() -> Self {
        Self { orders: unbounded_channel().0, turn: Arc::default() }
    }

    /// Waits for its turn.
    pub(super) async fn begin(&self) -> Result<Writing, DbError> {
        let turn = timeout(PATIENCE, self.turn.clone().lock_owned());
        let turn = turn.await.map_err(|_| DbError::Sqlx(sqlx::Error::PoolTimedOut))?;
        Ok(Writing { orders: self.orders.clone(), later: Vec::new(), begun: false, failed: false, _turn: turn })
    }

    pub(super) async fn prepare(&self, sql: &'static Sql) -> Result<(), DbError> {
        let (reply, answer) = oneshot::channel();
        hand_over(&self.orders, Order::Prepare { sql, reply }, answer).await?
    }

    /// Writes something that nobody needs, between two transactions; while one is under way that is not needed.
    pub(super) async fn probe(&self) -> Result<(), DbError> {
        let (reply, answer) = oneshot::channel();
        let saved = hand_over(&self.orders, Order::Probe { reply }, answer).await??;
        saved.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        // It may be closed already.
        let _ = hand_over(&self.orders, Order::Close { reply }, answer).await;
    }
}

impl Writing {
    /// Keeps a statement for the next hand-over.
    pub(super) fn later(&mut self, sql: &'static Sql, args: Vec<Value>) {
        self.later.push(Step { sql, args });
    }

    pub(super) async fn ask(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Answer, DbError> {
        self.later(sql, args);
        let steps = self.steps()?;
        self.begun = true;
        let (reply, answer) = oneshot::channel();
        let answer = hand_over(&self.orders, Order::Do { steps, reply }, answer).await?;
        self.failed = answer.is_err();
        answer
    }

    /// Writes it. Also if there is nothing to write: what it has read may not be saved yet.
    pub(super) async fn commit(mut self, endpoint: Endpoint) -> Result<Saved, DbError> {
        let steps = self.steps()?;
        let (reply, answer) = oneshot::channel();
        self.begun = false;
        let saved = hand_over(&self.orders, Order::Commit { steps, reply }, answer).await??;
        Ok(Saved(Some((saved, endpoint))))
    }

    fn steps(&mut self) -> Result<Vec<Step>, DbError> {
        if self.failed { Err(DbError::Undone) } else { Ok(std::mem::take(&mut self.later)) }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.begun {
            // Before the next one has its turn. If the thread is gone, so is the transaction.
            let _ = self.orders.send(Order::RollBack);
        }
    }
}

async fn hand_over<T>(
    orders: &UnboundedSender<Order>,
    order: Order,
    answer: oneshot::Receiver<T>,
) -> Result<T, DbError> {
    orders.send(order).map_err(|_| closed())?;
    answer.await.map_err(|_| closed())
}

fn closed() -> DbError {
    DbError::Sqlx(sqlx::Error::PoolClosed)
}

/// What the thread does. Whoever does not wait for an answer any more is done without.
fn work(
    connection: Connection,
    file: &Path,
    disk: &Disk,
    mut checkpoints: Checkpoints,
    mut orders: UnboundedReceiver<Order>,
) {
    while let Some(order) = orders.blocking_recv() {
        match order {
            Order::Do { steps, reply } => drop(reply.send(bundle(&connection, steps))),
            Order::Commit { steps, reply } => {
                let written = commit(&connection, steps);
                if written.is_err() {
                    roll_back(&connection);
                }
                if matches!(written, Ok(true)) {
                    checkpoints.count();
                }
                drop(reply.send(written.map(|news| disk.save(news))));
            }
            Order::RollBack => roll_back(&connection),
            Order::Probe { reply } => drop(reply.send(try_to_write(&connection, file).map(|()| disk.save(true)))),
            Order::Prepare { sql, reply } => drop(reply.send(prepare(&connection, sql))),
            Order::Close { reply } => {
                orders.close();
                drop(connection);
                // Nobody may be waiting any more.
                let _ = reply.send(());
                return;
            }
        }
    }
}

/// Whether there is room, and a write succeeds; while a transaction is under way, that one will tell.
fn try_to_write(connection: &Connection, file: &Path) -> Result<(), DbError> {
    has_room(file)?;
    if connection.is_autocommit() {
        connection.execute_batch(probe::WRITE)?;
    }
    Ok(())
}

/// SQLite writes into the log over what is no longer needed there, so that small writes may succeed for a while on a full disk.
fn has_room(file: &Path) -> Result<(), DbError> {
    const MIN_FREE_BYTES: u64 = 64 << 10;
    let Ok(about) = nix::sys::statvfs::statvfs(file.parent().unwrap_or(file)) else { return Ok(()) };
    // Some file systems do not tell.
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

/// Opens a file that is there. Whoever has the connection uses it alone.
fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Whether there was something to write.
fn commit(connection: &Connection, steps: Vec<Step>) -> Result<bool, DbError> {
    if steps.is_empty() && connection.is_autocommit() {
        return Ok(false);
    }
    bundle(connection, steps)?;
    connection.execute_batch("COMMIT")?;
    Ok(true)
}

fn bundle(connection: &Connection, steps: Vec<Step>) -> Result<Answer, DbError> {
    if connection.is_autocommit() {
        // IMMEDIATE: a transaction that reads first and writes later would fail at once when another has written.
        connection.execute_batch("BEGIN IMMEDIATE")?;
    }
    let mut answer = Answer::default();
    for Step { sql, args } in steps {
        answer = step(connection, sql, args)?;
    }
    Ok(answer)
}

fn step(connection: &Connection, sql: &'static Sql, args: Vec<Value>) -> Result<Answer, DbError> {
    let (drawn, args) = sql.asked_with(args);
    if let (Some(spread), [Value::Rows(rows)]) = (drawn.spread(), &*args) {
        let mut statement = connection.prepare_cached(&spread.text)?;
        let mut changed = 0;
        for row in rows {
            let values = spread.columns.iter().enumerate().map(|(at, column)| row.at(at, column));
            changed += statement.execute(params_from_iter(values))?;
        }
        return Ok(Answer { rows: Vec::new(), changed: changed as u64 });
    }
    let mut statement = connection.prepare_cached(drawn.on_sqlite())?;
    if statement.column_count() == 0 {
        let changed = statement.execute(params_from_iter(args))?;
        return Ok(Answer { rows: Vec::new(), changed: changed as u64 });
    }
    let rows = read(&mut statement, params_from_iter(args))?;
    Ok(Answer { changed: rows.len() as u64, rows })
}

/// All rows, each with the names of its columns.
pub(super) fn read(statement: &mut Statement<'_>, args: impl Params) -> Result<Vec<Row>, rusqlite::Error> {
    let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let values = (0..columns.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
        Ok(Row::Sqlite(Held { columns: columns.clone(), values }))
    };
    statement.query_map(args, row)?.collect()
}

fn prepare(connection: &Connection, sql: &Sql) -> Result<(), DbError> {
    let drawn = sql.drawn();
    connection.prepare(drawn.on_sqlite())?;
    if let Some(spread) = drawn.spread() {
        connection.prepare(&spread.text)?;
    }
    Ok(())
}

/// When the disk is full, SQLite has done so by itself.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be undone");
    }
}
