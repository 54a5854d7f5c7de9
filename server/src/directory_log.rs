//! The recent requests of each directory: collected in memory and written in batches.

use crate::{
    db::{Db, DbError},
    store,
};
use seatkeeper_shared::{ids::DirectoryId, wire::directory::DirectoryRequest};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// How often collected requests are written.
const WRITE_INTERVAL: Duration = Duration::from_secs(2);
/// The most requests collected for one directory: no more are shown.
const MAX_REQUESTS: usize = 200;

/// The requests not yet written. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct DirectoryLog(Arc<Mutex<BTreeMap<DirectoryId, Vec<DirectoryRequest>>>>);

impl DirectoryLog {
    /// Records a request, dropping the oldest if there are too many.
    pub fn record(&self, directory: DirectoryId, request: DirectoryRequest) {
        let mut collected = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let requests = collected.entry(directory).or_default();
        if requests.len() >= MAX_REQUESTS {
            requests.remove(0);
        }
        requests.push(request);
    }

    fn take(&self) -> BTreeMap<DirectoryId, Vec<DirectoryRequest>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

/// Writes the collected requests.
///
/// # Errors
/// Returns an error if the database does not save them. They are lost then, which only affects the display.
pub async fn write(log: &DirectoryLog, db: &Db) -> Result<(), DbError> {
    // One transaction per directory: two servers that write at once wait for one row at a time.
    for (directory, requests) in log.take() {
        let mut tx = db.begin().await?;
        store::directories::store_requests(&mut tx, directory, &requests).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Writes the collected requests periodically, forever.
pub async fn run(log: DirectoryLog, db: Db) {
    loop {
        tokio::time::sleep(WRITE_INTERVAL).await;
        if let Err(error) = write(&log, &db).await {
            tracing::warn!(%error, "cannot write the directory request log");
        }
    }
}
