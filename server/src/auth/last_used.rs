//! Records when cookies and tokens were last used, to about a minute: buffered in memory and written in batches.

use super::attempt_limit;
use crate::{caller::Credential, db::DbError, journal::Journal, store};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// A use is recorded only if the last recorded one is at least this old.
const LAST_USED_RESOLUTION: TimeDelta = TimeDelta::minutes(1);
const WRITE_INTERVAL: Duration = Duration::from_secs(20);

/// Uses that are not written yet. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct LastUsedBuffer(Arc<Mutex<HashMap<Credential, DateTime<Utc>>>>);

impl LastUsedBuffer {
    /// Records a use. Called only when a caller is read from the database, so at most once every few seconds per
    /// credential.
    pub fn record(&self, credential: Credential, last: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if last.is_none_or(|last| now - last >= LAST_USED_RESOLUTION) {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(credential, now);
        }
    }

    fn take(&self) -> Vec<(Credential, DateTime<Utc>)> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).drain().collect()
    }
}

/// Writes the recorded uses.
///
/// # Errors
/// Returns an error if the uses could not be saved. They are not retried: a later use will be recorded anyway.
pub async fn write(buffer: &LastUsedBuffer, journal: &Journal) -> Result<(), DbError> {
    let uses = buffer.take();
    if uses.is_empty() {
        return Ok(());
    }
    let mut tx = journal.db.begin().await?;
    store::browser_sessions::set_last_used(&mut tx, &uses).await?;
    tx.commit().await
}

/// Writes recorded uses and deletes expired attempt counters, periodically.
pub async fn run(buffer: LastUsedBuffer, journal: Journal) {
    loop {
        tokio::time::sleep(WRITE_INTERVAL).await;
        if let Err(error) = write(&buffer, &journal).await {
            tracing::warn!(%error, "last use of credentials not saved");
        }
        if let Err(error) = attempt_limit::delete_expired(&journal).await {
            tracing::warn!(%error, "expired sign-in attempts not deleted");
        }
    }
}
