//! Files the sessions of each user in runs as they fill up, where the database needs that (`db/filing.rs`).

use crate::{
    commit_hooks::CommitSubscriber,
    db::{Db, SESSIONS_PER_RUN},
    events::topics::EventSubject,
};
use seatkeeper_shared::audit::Kind;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::sync::Notify;

/// After how many sessions the task checks whether a run is full: a run is filed late by at most as many.
const SESSIONS_PER_CHECK: i64 = SESSIONS_PER_RUN / 8;

/// Counts the sessions that this process creates, and wakes the task. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct CreatedSessions {
    count: Arc<AtomicI64>,
    check_due: Arc<Notify>,
}

impl CommitSubscriber for CreatedSessions {
    fn on_commit(&self, event: &EventSubject) {
        if event.kind == Some(Kind::SessionCreated)
            && self.count.fetch_add(1, Ordering::Relaxed) % SESSIONS_PER_CHECK == 0
        {
            self.check_due.notify_one();
        }
    }

    /// Ignored: these were counted when they were committed.
    fn on_logged(&self, _: &EventSubject) {}
}

/// Files full runs, at first those that a server before this one left, until the task is dropped.
pub async fn run(db: Db, created: CreatedSessions) {
    if !db.files_sessions() {
        return;
    }
    loop {
        match db.file_run().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "sessions could not be filed by user; tried again later"),
        }
        created.check_due.notified().await;
    }
}
