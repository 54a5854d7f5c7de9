//! Wakes the other processes on the same PostgreSQL database after a commit, and is woken by them, with NOTIFY and
//! LISTEN.
//!
//! A notification carries no data, is sent after the commit by its own task, and may get lost. A process that misses
//! one finds the events at its next poll of the log. The listener counts as connected only after one of its own
//! notifications has come back: some poolers and databases accept LISTEN and never deliver.

use crate::{
    commit_hooks::CommitHooks,
    db::{Db, DbError, PgListener},
};
use std::{convert::Infallible, time::Duration};
use tokio::time::{sleep, timeout};

/// The shortest time between two notifications of one process: each takes a lock that all processes wait for.
const MIN_NOTIFY_INTERVAL: Duration = Duration::from_millis(75);
/// After this time without a commit, a notification is sent to check that the listener still works.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long a process waits for its own notification to come back.
const ECHO_TIMEOUT: Duration = Duration::from_secs(5);
/// The pauses between attempts to connect; the last one repeats.
const RETRY_INTERVALS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error("notifications are not delivered")]
    NotDelivered,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Sends and receives notifications for as long as the process runs. Returns at once if no other process can share the
/// database, or if notifications cannot be delivered.
pub async fn run(db: Db, commit_hooks: CommitHooks) {
    let mut failures = 0;
    loop {
        let listener = timeout(ECHO_TIMEOUT, db.listen()).await;
        let listener = listener.map_err(|_| ListenError::NotDelivered).and_then(|listener| Ok(listener?));
        let Err(error) = match listener {
            Ok(None) => return,
            Ok(Some(listener)) => exchange(listener, &commit_hooks).await,
            Err(error) => Err(error),
        };
        if commit_hooks.is_listening() {
            failures = 0;
        }
        commit_hooks.set_listening(false);
        if failures == 0 {
            tracing::warn!(%error, "no notifications from other processes; polling the event log instead");
        }
        sleep(RETRY_INTERVALS[failures.min(RETRY_INTERVALS.len() - 1)]).await;
        failures += 1;
    }
}

/// Passes notifications on in both directions until the connection is lost.
async fn exchange(mut listener: PgListener, commit_hooks: &CommitHooks) -> Result<Infallible, ListenError> {
    notify(&mut listener).await?;
    let (echo_timeout, notify_pause) = (sleep(ECHO_TIMEOUT), sleep(MIN_NOTIFY_INTERVAL));
    tokio::pin!(echo_timeout, notify_pause);
    let mut waiting = true;
    loop {
        let next_notify = async {
            notify_pause.as_mut().await;
            // A commit and a timeout are both reasons to notify.
            let _ = timeout(KEEPALIVE_INTERVAL, commit_hooks.committed_here()).await;
        };
        tokio::select! {
            notified = listener.notified() => {
                notified?;
                waiting = false;
                commit_hooks.notification_received();
            }
            () = echo_timeout.as_mut(), if waiting => return Err(ListenError::NotDelivered),
            () = next_notify, if !waiting => {
                notify(&mut listener).await?;
                echo_timeout.set(sleep(ECHO_TIMEOUT));
                notify_pause.set(sleep(MIN_NOTIFY_INTERVAL));
                waiting = true;
            }
        }
    }
}

/// Sends a notification.
async fn notify(listener: &mut PgListener) -> Result<(), ListenError> {
    timeout(ECHO_TIMEOUT, listener.notify()).await.map_err(|_| ListenError::NotDelivered)??;
    Ok(())
}
