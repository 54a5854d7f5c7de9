//! Checkpoints: a thread writes the write-ahead log back into the database file, so that commits do not wait for that.

use super::{OpenWriterError, connect};
use crate::tasks::spawn_thread;
use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    time::Duration,
};

/// A checkpoint runs after this many commits. A full batch changes about 50 pages.
const COMMITS_PER_CHECKPOINT: u32 = 64;
/// A larger log is truncated as soon as no transaction reads from it. While one does, the log grows, and SQLite by
/// itself would never shrink the file again. The limit is the size that the log reaches by commits alone: a smaller one
/// would have the file truncated and extended all the time, which slows down commits.
pub(super) const MAX_LOG_BYTES: u64 = 64 << 20;
/// The pause before the next attempt to truncate the log if there are no commits.
const TRUNCATE_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How long an attempt may block commits.
const TRUNCATE_TIMEOUT: Duration = Duration::from_millis(50);
/// The log is truncated only if no more pages than this are left to write back, because commits wait meanwhile.
const MAX_TRUNCATE_PAGES: i64 = 1_000;

/// A handle to the checkpoint thread.
pub(super) struct Checkpoints {
    due: SyncSender<()>,
    commits: u32,
}

impl Checkpoints {
    pub fn start(file: &Path) -> Result<Self, OpenWriterError> {
        let connection = connect(file)?;
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        let (due, requests) = sync_channel(1);
        spawn_thread("sqlite-checkpoint", move || run(&connection, &log, &requests))?;
        Ok(Self { due, commits: 0 })
    }

    /// Counts a commit and requests a checkpoint when one is due. Does nothing if the thread is still busy.
    pub fn count_commit(&mut self) {
        self.commits += 1;
        if self.commits >= COMMITS_PER_CHECKPOINT {
            self.commits = 0;
            let _ = self.due.try_send(());
        }
    }
}

fn run(connection: &Connection, log: &Path, requests: &Receiver<()>) {
    let mut failed = false;
    loop {
        let received = match is_too_large(log) {
            true => requests.recv_timeout(TRUNCATE_RETRY_INTERVAL),
            false => requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if received == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        let result = write_back(connection, log);
        if let Err(error) = &result
            && !failed
        {
            tracing::warn!(%error, "checkpoint failed; the write-ahead log was not written back");
        }
        failed = result.is_err();
    }
}

fn write_back(connection: &Connection, log: &Path) -> Result<(), rusqlite::Error> {
    // PASSIVE waits for no other connection. Pages that it leaves, because a transaction still reads old ones, are left
    // to the next.
    let left = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    if left > MAX_TRUNCATE_PAGES || !is_too_large(log) {
        return Ok(());
    }
    connection.busy_timeout(TRUNCATE_TIMEOUT)?;
    // Fails to truncate while a transaction reads from the log, which is not an error.
    checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)").map(drop)
}

/// Returns how many pages of the log are left to write back.
fn checkpoint(connection: &Connection, pragma: &str) -> Result<i64, rusqlite::Error> {
    connection.query_row(pragma, [], |row| Ok(row.get::<_, i64>("log")? - row.get::<_, i64>("checkpointed")?))
}

fn is_too_large(log: &Path) -> bool {
    fs::metadata(log).is_ok_and(|found| found.len() > MAX_LOG_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::{Db, Sql, args, statement},
        monotonic::MonotonicClock,
    };
    use rusqlite::OpenFlags;

    static TABLE: Sql = statement!("CREATE TABLE filler (bytes BLOB) STRICT");
    static FILL: Sql = statement!("INSERT INTO filler VALUES (randomblob(1000000))");
    static WRITE: Sql = statement!("UPDATE sweeps SET last_at = last_at");

    async fn run(db: &Db, sql: &'static Sql) {
        let mut tx = db.begin().await.expect("a transaction");
        tx.run(sql, args![]).await.expect("the statement succeeds");
        tx.commit().await.expect("committed");
    }

    async fn wait_until_truncated(log: &Path) {
        let truncated = async {
            while is_too_large(log) {
                // The thread works by itself, and nobody but this test wants to know when it has.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), truncated).await.expect("it is truncated in time");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_log_shrinks_after_a_long_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, log) = (folder.path().join("db"), folder.path().join("db-wal"));
        let db = Db::open(&format!("sqlite:{}", file.display()), &MonotonicClock::default()).await.expect("a database");
        run(&db, &TABLE).await;
        for writes_continue in [true, false] {
            let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
            reader.execute_batch("BEGIN; SELECT count(*) FROM filler;").expect("it reads");
            for _ in 0..160 {
                run(&db, &FILL).await;
            }
            let large = fs::metadata(&log).expect("the log").len();
            assert!(large > 2 * MAX_LOG_BYTES, "the reader keeps the log: {large} bytes");
            drop(reader);
            if writes_continue {
                for _ in 0..2 * COMMITS_PER_CHECKPOINT {
                    run(&db, &WRITE).await;
                }
            }
            wait_until_truncated(&log).await;
        }
        db.close().await;
    }
}
