//! The last requests of directories: gathered beside the requests, and written together.

use crate::{app::App, db::DbError, store};
use seatkeeper_shared::{ids::DirectoryId, wire::directory::DirectoryRequest};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// How often what was gathered is written.
const EVERY: Duration = Duration::from_secs(2);
/// So many of a directory are gathered at most: no more are shown.
const MOST: usize = 200;

/// The requests that are not written yet. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct DirectoryLog(Arc<Mutex<BTreeMap<DirectoryId, Vec<DirectoryRequest>>>>);

impl DirectoryLog {
    /// Takes note of a request.
    pub fn note(&self, directory: DirectoryId, request: DirectoryRequest) {
        let mut gathered = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let requests = gathered.entry(directory).or_default();
        if requests.len() >= MOST {
            requests.remove(0);
        }
        requests.push(request);
    }

    fn take(&self) -> BTreeMap<DirectoryId, Vec<DirectoryRequest>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

/// Writes what was gathered.
///
/// # Errors
/// Not saved, and forgotten: it is only for people who look on.
pub async fn write(app: &App) -> Result<(), DbError> {
    // Each directory by itself: two servers that write at once wait for one row at a time.
    for (directory, requests) in app.directory_log.take() {
        let mut tx = app.db.begin().await?;
        store::directories::asked(&mut tx, directory, &requests).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Writes what was gathered, again and again.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = write(&app).await {
            tracing::warn!(%error, "the last requests of directories were not written down");
        }
    }
}
