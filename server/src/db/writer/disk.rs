//! Forces the write-ahead log to disk: once for all commits that were written since it was last done.

use crate::db::DbError;
use std::{
    fs::File,
    io,
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};
use tokio::sync::oneshot;

/// The thread that does so.
pub(super) struct Disk(Sender<Commit>);

struct Commit {
    /// Whether something was written.
    news: bool,
    reply: oneshot::Sender<Result<(), DbError>>,
}

impl Disk {
    /// Starts it for the log of a database that is open and in WAL mode, so that the log stays the same file.
    pub fn start(database: &Path) -> io::Result<Self> {
        let mut name = database.as_os_str().to_owned();
        name.push("-wal");
        Self::on(File::options().create(true).truncate(false).write(true).open(name)?)
    }

    fn on(log: File) -> io::Result<Self> {
        let (commits, incoming) = channel();
        thread::Builder::new().name("sqlite-disk".to_owned()).spawn(move || work(&log, &incoming))?;
        Ok(Self(commits))
    }

    /// Saves what was written so far; tells when that is done.
    pub fn save(&self, news: bool) -> oneshot::Receiver<Result<(), DbError>> {
        let (reply, saved) = oneshot::channel();
        // If the thread is gone, so is the reply, and whoever waits for it is told.
        let _ = self.0.send(Commit { news, reply });
        saved
    }
}

fn work(log: &File, commits: &Receiver<Commit>) {
    let mut broken = false;
    while let Ok(first) = commits.recv() {
        let all: Vec<_> = std::iter::once(first).chain(commits.try_iter()).collect();
        if !broken
            && all.iter().any(|commit| commit.news)
            && let Err(error) = log.sync_data()
        {
            // What was not saved is never tried again by the system, and all that comes after it in the log would be lost
            // with it. So nothing is acknowledged any more until a new start has read what is there.
            tracing::error!(%error, "the disk does not save; nothing more is saved until Seatkeeper is started again");
            broken = true;
        }
        for commit in all {
            // Nobody may be waiting any more.
            let _ = commit.reply.send(if broken { Err(DbError::Disk) } else { Ok(()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;

    #[tokio::test]
    async fn what_is_written_is_acknowledged_once_the_disk_has_it() {
        let disk = Disk::on(tempfile::tempfile().expect("a file")).expect("a thread");
        assert!(matches!(disk.save(true).await, Ok(Ok(()))));
        assert!(matches!(disk.save(false).await, Ok(Ok(()))));
    }

    #[tokio::test]
    async fn after_the_disk_has_failed_once_nothing_is_acknowledged() {
        // A pipe takes what is written, and cannot be forced to disk.
        let (_reader, writer) = io::pipe().expect("a pipe");
        let disk = Disk::on(File::from(OwnedFd::from(writer))).expect("a thread");
        assert!(matches!(disk.save(false).await, Ok(Ok(()))), "nothing to save yet");
        assert!(matches!(disk.save(true).await, Ok(Err(DbError::Disk))));
        assert!(matches!(disk.save(false).await, Ok(Err(DbError::Disk))), "it may have read what was not saved");
    }
}
