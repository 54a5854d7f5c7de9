//! Transactions that are begun before there is something to do in them: one that follows soon need not wait for the server to
//! begin it. Until its first statement such a transaction sees and holds nothing but its connection.

use super::{Db, DbError, Tx};
use std::time::{Duration, Instant};
use tokio::{sync::oneshot, time::sleep};

/// How soon one must follow another, and how long one waits for that.
const SOON: Duration = Duration::from_millis(50);

/// Begins transactions that go to single rows of large tables, one after the other.
#[derive(Debug)]
pub struct Ahead {
    db: Db,
    begun: Option<oneshot::Sender<oneshot::Sender<Tx>>>,
    last: Option<Instant>,
}

impl Ahead {
    /// Nothing is begun yet.
    pub fn new(db: &Db) -> Self {
        // One that is being committed, and the next one.
        Self { db: db.over_own_connections(2), begun: None, last: None }
    }

    /// Begins one in advance if the last one followed soon on another. Call it while that is being committed.
    pub fn prepare(&mut self) {
        let before = self.last.replace(Instant::now());
        // SQLite has one writer, and begins in no time.
        if !self.db.is_shared() || before.is_none_or(|before| before.elapsed() > SOON) {
            return;
        }
        let (begun, wanted) = oneshot::channel::<oneshot::Sender<Tx>>();
        let db = self.db.clone();
        tokio::spawn(async move {
            let Ok(tx) = db.begin_by_index().await else { return };
            tokio::select! {
                wanted = wanted => if let Ok(wanted) = wanted { drop(wanted.send(tx)) },
                () = sleep(SOON) => {}
            }
        });
        self.begun = Some(begun);
    }

    /// The one that was begun, if it still waits, or else a new one.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn take(&mut self) -> Result<Tx, DbError> {
        let (wanted, tx) = oneshot::channel();
        let asked = self.begun.take().is_some_and(|begun| begun.send(wanted).is_ok());
        match asked.then_some(tx) {
            // It may have ended at this moment.
            Some(tx) => match tx.await {
                Ok(tx) => Ok(tx.handed_over()),
                Err(_) => self.db.begin_by_index().await,
            },
            None => self.db.begin_by_index().await,
        }
    }
}

