//! Forces the write-ahead log to disk, once for all commits that were written since the last time.

use crate::{
    db::{
        DbError,
        file::{FileId, LockedFile},
    },
    private_files,
    tasks::spawn_thread,
};
use std::{
    fs::File,
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel},
};
use tokio::sync::oneshot;

/// A handle to the thread that forces the log to disk.
pub(super) struct LogSyncer(Sender<SyncRequest>);

struct SyncRequest {
    /// False for a commit that wrote nothing.
    has_written: bool,
    reply: oneshot::Sender<Result<(), DbError>>,
}

/// The write-ahead log, and what is needed to check that it still belongs to the database at its path.
struct Log {
    file: File,
    expected: Option<ExpectedFiles>,
}

/// The paths that must lead to the database and its log. Holds no lock, so that closing the database releases the file
/// at once.
struct ExpectedFiles {
    database: (PathBuf, FileId),
    log: (PathBuf, FileId),
}

/// Why no more commits are acknowledged.
#[derive(Clone, Copy)]
enum Failure {
    Disk,
    Gone,
}

impl LogSyncer {
    /// Starts the thread. The database must be open in WAL mode, so that the log remains the same file.
    pub fn start(database: &LockedFile) -> io::Result<Self> {
        let mut name = database.path().as_os_str().to_owned();
        name.push("-wal");
        let log = PathBuf::from(name);
        let file = private_files::open_or_create(&log)?;
        let id = FileId::of(&file.metadata()?);
        let expected = ExpectedFiles { database: (database.path().to_owned(), database.id()), log: (log, id) };
        Self::with_log(Log { file, expected: Some(expected) })
    }

    fn with_log(log: Log) -> io::Result<Self> {
        let (requests, incoming) = channel();
        spawn_thread("sqlite-disk", move || run(&log, &incoming))?;
        Ok(Self(requests))
    }

    /// Makes all commits that were written so far durable. The receiver returns the result.
    pub fn sync(&self, has_written: bool) -> oneshot::Receiver<Result<(), DbError>> {
        let (reply, synced) = oneshot::channel();
        // If the thread has ended, the reply is dropped and the receiver returns an error.
        let _ = self.0.send(SyncRequest { has_written, reply });
        synced
    }
}

impl Log {
    fn sync(&self) -> Result<(), Failure> {
        if let Err(error) = self.file.sync_data() {
            // The operating system does not retry failed writes, and everything after them in the log would be lost
            // too. So no commit is acknowledged until a restart has read what is on disk.
            tracing::error!(%error, "the disk failed to save; all commits fail until Seatkeeper is restarted");
            return Err(Failure::Disk);
        }
        Ok(())
    }

    /// Checks that the files are still at their paths. Otherwise commits would be lost with the removed file, or
    /// another server could assign the same seats in a file that took its place.
    fn check_files(&self) -> Result<(), Failure> {
        let Some(expected) = &self.expected else { return Ok(()) };
        if [&expected.database, &expected.log].iter().all(|(path, id)| id.is_at(path)) {
            return Ok(());
        }
        let path = expected.database.0.display();
        tracing::error!(
            %path,
            "database file or its log was deleted, moved or replaced; all commits fail until a restart"
        );
        Err(Failure::Gone)
    }
}

fn run(log: &Log, requests: &Receiver<SyncRequest>) {
    let mut state = Ok(());
    while let Ok(first) = requests.recv() {
        let all: Vec<_> = std::iter::once(first).chain(requests.try_iter()).collect();
        if all.iter().any(|request| request.has_written) {
            // In this order: a commit is acknowledged only if the files were still in place after it became durable.
            state = state.and_then(|()| log.sync()).and_then(|()| log.check_files());
        }
        for request in all {
            let answer = state.map_err(|failure| match failure {
                Failure::Disk => DbError::Disk,
                Failure::Gone => DbError::Gone,
            });
            // The caller may have stopped waiting.
            let _ = request.reply.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;

    #[tokio::test]
    async fn a_commit_is_acknowledged_once_it_is_on_disk() {
        let syncer =
            LogSyncer::with_log(Log { file: tempfile::tempfile().expect("a file"), expected: None }).expect("a thread");
        assert!(matches!(syncer.sync(true).await, Ok(Ok(()))));
        assert!(matches!(syncer.sync(false).await, Ok(Ok(()))));
    }

    #[tokio::test]
    async fn nothing_is_acknowledged_after_the_disk_has_failed_once() {
        // A pipe accepts writes but cannot be forced to disk.
        let (_reader, writer) = io::pipe().expect("a pipe");
        let syncer =
            LogSyncer::with_log(Log { file: File::from(OwnedFd::from(writer)), expected: None }).expect("a thread");
        assert!(matches!(syncer.sync(false).await, Ok(Ok(()))), "there is nothing to sync yet");
        assert!(matches!(syncer.sync(true).await, Ok(Err(DbError::Disk))));
        assert!(matches!(syncer.sync(false).await, Ok(Err(DbError::Disk))), "it may have read what is not on disk");
    }
}
