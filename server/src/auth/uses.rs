//! When cookies and tokens were last used: gathered beside the requests and written together, to about a minute.

use super::{callers::Credential, tries};
use crate::{app::App, db::DbError, store};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// A use is only worth writing down if the last one that is known is older than this.
const COARSE: TimeDelta = TimeDelta::minutes(1);
/// How often what was gathered is written.
const EVERY: Duration = Duration::from_secs(20);

/// The uses that are not written yet. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Uses(Arc<Mutex<HashMap<Credential, DateTime<Utc>>>>);

impl Uses {
    /// Takes note of a use. It is called only when a caller was read from the database, so at most once in some seconds for each.
    pub fn note(&self, credential: Credential, last: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if last.is_none_or(|last| now - last >= COARSE) {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(credential, now);
        }
    }

    fn take(&self) -> Vec<(Credential, DateTime<Utc>)> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).drain().collect()
    }
}

/// Writes what was gathered.
///
/// # Errors
/// Not saved. It is not tried again: whoever goes on will be noted again.
pub async fn write(app: &App) -> Result<(), DbError> {
    let uses = app.uses.take();
    if uses.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::sign_ins::used(&mut tx, &uses).await?;
    tx.commit().await
}

/// Writes what was gathered, again and again.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = write(&app).await {
            tracing::warn!(%error, "when cookies and tokens were last used was not written down");
        }
        if let Err(error) = tries::forget_over(&app).await {
            tracing::warn!(%error, "tries of sign-ins that are over were not forgotten");
        }
    }
}
