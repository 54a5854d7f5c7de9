//! Writes the write-ahead log back into the database file, beside the connection that writes: whoever waits for a commit
//! must not wait for that too.

use super::{OpenWriter, connect};
use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

/// After how many commits. A full batch changes about 50 pages.
const COMMITS: u32 = 64;
/// A log that is larger is cut off as soon as nobody reads what is in it. As long as somebody does, it grows; SQLite by itself would
/// then keep it as large as it once was. It is as large as the log may become while commits alone fill it, so that it is not cut off and
/// made again all the time, which would cost each commit more.
pub(super) const MAX_LOG_BYTES: u64 = 64 << 20;
/// How long to wait before the next try to cut it off, if nobody commits.
const RETRY: Duration = Duration::from_secs(1);
/// How long a try may keep commits waiting.
const TRUNCATE_TIMEOUT: Duration = Duration::from_millis(50);
/// How many pages may be left to write back when it is cut off; commits wait meanwhile.
const MAX_PAGES_LEFT: i64 = 1_000;

/// The thread that does so.
pub(super) struct Checkpoints {
    due: SyncSender<()>,
    commits: u32,
}

impl Checkpoints {
    pub fn start(file: &Path) -> Result<Self, OpenWriter> {
        let connection = connect(file)?;
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        let (due, wanted) = sync_channel(1);
        let named = thread::Builder::new().name("sqlite-checkpoint".to_owned());
        named.spawn(move || work(&connection, &log, &wanted))?;
        Ok(Self { due, commits: 0 })
    }

    /// Counts a commit. If the thread is still at work, it goes on by itself.
    pub fn count(&mut self) {
        self.commits += 1;
        if self.commits >= COMMITS {
            self.commits = 0;
            let _ = self.due.try_send(());
        }
    }
}

fn work(connection: &Connection, log: &Path, wanted: &Receiver<()>) {
    let mut failed = false;
    loop {
        let due = match is_too_large(log) {
            true => wanted.recv_timeout(RETRY),
            false => wanted.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if due == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        let written = write_back(connection, log);
        if let Err(error) = &written
            && !failed
        {
            tracing::warn!(%error, "the write-ahead log was not written back");
        }
        failed = written.is_err();
    }
}

fn write_back(connection: &Connection, log: &Path) -> Result<(), rusqlite::Error> {
    // PASSIVE waits for nobody. What it leaves, for example because somebody reads old pages, the next one takes.
    let left = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    if left > MAX_PAGES_LEFT || !is_too_large(log) {
        return Ok(());
    }
    connection.busy_timeout(TRUNCATE_TIMEOUT)?;
    // Whoever still reads keeps it from being cut off; that is no fault.
    checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)").map(drop)
}

/// How many pages of the log are not written back.
fn checkpoint(connection: &Connection, pragma: &str) -> Result<i64, rusqlite::Error> {
    connection.query_row(pragma, [], |row| Ok(row.get::<_, i64>("log")? - row.get::<_, i64>("checkpointed")?))
}

fn is_too_large(log: &Path) -> bool {
    fs::metadata(log).is_ok_and(|found| found.len() > MAX_LOG_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, Sql, args, statement};
    use rusqlite::OpenFlags;
    use std::time::Instant;

    static TABLE: Sql = statement!("CREATE TABLE filler (bytes BLOB) STRICT");
    static FILL: Sql = statement!("INSERT INTO filler VALUES (randomblob(1000000))");
    static WRITE: Sql = statement!("UPDATE sweeps SET last_at = last_at");

    async fn run(db: &Db, sql: &'static Sql) {
        let mut tx = db.begin().await.expect("a transaction");
        tx.run(sql, args![]).await.expect("it can be done");
        tx.commit().await.expect("it is saved");
    }

    async fn shrinks(log: &Path) {
        let until = Instant::now() + Duration::from_secs(60);
        while fs::metadata(log).expect("the log").len() > MAX_LOG_BYTES {
            assert!(Instant::now() < until, "it is still {} bytes", fs::metadata(log).expect("the log").len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_log_shrinks_again_after_somebody_has_read_for_long() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, log) = (folder.path().join("db"), folder.path().join("db-wal"));
        let db = Db::open(&format!("sqlite:{}", file.display())).await.expect("a database");
        run(&db, &TABLE).await;
        for writes_go_on in [true, false] {
            let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
            reader.execute_batch("BEGIN; SELECT count(*) FROM filler;").expect("it reads");
            for _ in 0..160 {
                run(&db, &FILL).await;
            }
            let large = fs::metadata(&log).expect("the log").len();
            assert!(large > 2 * MAX_LOG_BYTES, "the reader keeps it: {large} bytes");
            drop(reader);
            if writes_go_on {
                for _ in 0..2 * COMMITS {
                    run(&db, &WRITE).await;
                }
            }
            shrinks(&log).await;
        }
        db.close().await;
    }
}
