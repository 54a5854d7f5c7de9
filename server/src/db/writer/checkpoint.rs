//! Writes the write-ahead log back into the database file, beside the connection that writes: whoever waits for a commit
//! must not wait for that too.

use super::OpenWriter;
use rusqlite::Connection;
use std::{
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

/// After how many commits. A full batch changes about 50 pages.
const COMMITS: u32 = 64;

/// The thread that does so.
pub(super) struct Checkpoints {
    due: SyncSender<()>,
    commits: u32,
}

impl Checkpoints {
    pub fn start(file: &Path) -> Result<Self, OpenWriter> {
        let connection = Connection::open(file)?;
        let (due, wanted) = sync_channel(1);
        let named = thread::Builder::new().name("sqlite-checkpoint".to_owned());
        named.spawn(move || work(&connection, &wanted))?;
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

fn work(connection: &Connection, wanted: &Receiver<()>) {
    while wanted.recv().is_ok() {
        // PASSIVE waits for nobody. What it leaves, for example because somebody reads old pages, the next one takes.
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log was not written back");
        }
    }
}
