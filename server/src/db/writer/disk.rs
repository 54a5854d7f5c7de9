//! Forces the write-ahead log to disk: once for all commits that were written since it was last done.

use crate::{
    db::{
        DbError,
        file::{FileId, LockedFile},
    },
    private_files,
};
use std::{
    fs::File,
    io,
    path::PathBuf,
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

/// The log, which is what is forced to disk, and how to tell that it still is the one of the database at its path.
struct Log {
    file: File,
    place: Option<Place>,
}

/// Where the database and its log must be. It holds no lock: whoever closes the database frees the file at once.
struct Place {
    database: (PathBuf, FileId),
    log: (PathBuf, FileId),
}

/// Why nothing more is saved.
#[derive(Clone, Copy)]
enum Broken {
    Disk,
    Gone,
}

impl Disk {
    /// Starts it for the log of a database that is open and in WAL mode, so that the log stays the same file.
    pub fn start(database: &LockedFile) -> io::Result<Self> {
        let mut name = database.path().as_os_str().to_owned();
        name.push("-wal");
        let log = PathBuf::from(name);
        let file = private_files::open_or_create(&log)?;
        let id = FileId::of(&file.metadata()?);
        let place = Place { database: (database.path().to_owned(), database.id()), log: (log, id) };
        Self::on(Log { file, place: Some(place) })
    }

    fn on(log: Log) -> io::Result<Self> {
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

impl Log {
    fn force(&self) -> Result<(), Broken> {
        if let Err(error) = self.file.sync_data() {
            // What was not saved is never tried again by the system, and all that comes after it in the log would be lost
            // with it. So nothing is acknowledged any more until a new start has read what is there.
            tracing::error!(%error, "the disk does not save; nothing more is saved until Seatkeeper is started again");
            return Err(Broken::Disk);
        }
        Ok(())
    }

    /// What is written to a file that nobody finds any more is lost, too; or another server hands out the same seats in the one that
    /// took its place.
    fn look(&self) -> Result<(), Broken> {
        let Some(place) = &self.place else { return Ok(()) };
        if [&place.database, &place.log].iter().all(|(path, id)| id.is_at(path)) {
            return Ok(());
        }
        let path = place.database.0.display();
        tracing::error!(
            %path,
            "the database file or its -wal was deleted, moved or replaced; nothing more is saved until Seatkeeper is started again"
        );
        Err(Broken::Gone)
    }
}

fn work(log: &Log, commits: &Receiver<Commit>) {
    let mut state = Ok(());
    while let Ok(first) = commits.recv() {
        let all: Vec<_> = std::iter::once(first).chain(commits.try_iter()).collect();
        if all.iter().any(|commit| commit.news) {
            // After the log was forced: what is acknowledged was at its place when it was safe.
            state = state.and_then(|()| log.force()).and_then(|()| log.look());
        }
        for commit in all {
            let answer = state.map_err(|broken| match broken {
                Broken::Disk => DbError::Disk,
                Broken::Gone => DbError::Gone,
            });
            // Nobody may be waiting any more.
            let _ = commit.reply.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;

    #[tokio::test]
    async fn what_is_written_is_acknowledged_once_the_disk_has_it() {
        let disk = Disk::on(Log { file: tempfile::tempfile().expect("a file"), place: None }).expect("a thread");
        assert!(matches!(disk.save(true).await, Ok(Ok(()))));
        assert!(matches!(disk.save(false).await, Ok(Ok(()))));
    }

    #[tokio::test]
    async fn after_the_disk_has_failed_once_nothing_is_acknowledged() {
        // A pipe takes what is written, and cannot be forced to disk.
        let (_reader, writer) = io::pipe().expect("a pipe");
        let disk = Disk::on(Log { file: File::from(OwnedFd::from(writer)), place: None }).expect("a thread");
        assert!(matches!(disk.save(false).await, Ok(Ok(()))), "nothing to save yet");
        assert!(matches!(disk.save(true).await, Ok(Err(DbError::Disk))));
        assert!(matches!(disk.save(false).await, Ok(Err(DbError::Disk))), "it may have read what was not saved");
    }
}
