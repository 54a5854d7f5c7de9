//! Closes imports, including those of servers that have crashed. The state of rows that were still pending is looked
//! up, so that the result says what was applied.

use crate::{
    db::DbError,
    events::Event,
    imports::Imports,
    seats::Actor,
    store::imports::progress::{self, PendingRow, Progress},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    audit::EventData,
    ids::{ImportId, LicenseId, UserId},
    people::UserStatus,
    problem::Code,
    wire::imports::{ImportFailure, ImportProblem, ImportRow, ImportState},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, timeout},
};

/// How often a server confirms that it is processing its import.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);
/// After this time without a heartbeat, other servers close the import.
const MAX_HEARTBEAT_AGE: TimeDelta = TimeDelta::minutes(1);
/// How often a server looks for stale imports.
const STALE_CHECK_INTERVAL: Duration = Duration::from_secs(15);
/// How often a request to cancel looks whether another server has closed the import, which sends no notification.
const REMOTE_CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How long a request to cancel waits for the import to end.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// The imports that run in this process.
#[derive(Clone, Debug, Default)]
pub struct RunningImports {
    stopping: Arc<watch::Sender<bool>>,
    /// Changes when this process has closed an import.
    closed: Arc<watch::Sender<()>>,
}

impl RunningImports {
    /// Registers an import until the receiver is dropped. The value becomes true when the server stops.
    pub(super) fn register(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Lets each import finish its current chunk, and waits until all imports have ended.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        self.stopping.closed().await;
    }
}

/// What closing an import requires.
#[derive(Clone, Debug)]
pub(super) struct ImportRef {
    pub id: ImportId,
    pub dry_run: bool,
    pub actor: Actor,
}

impl ImportRef {
    /// The event about the import as a whole; none for a dry run.
    pub fn events(&self, data: impl FnOnce(ImportId) -> EventData) -> Vec<Event> {
        if self.dry_run { Vec::new() } else { vec![Event::new(data(self.id), self.actor.clone(), None)] }
    }
}

/// Closes an import that is still running, and settles its pending rows.
///
/// If two servers do this at once, the second one waits for the lock and finds the import closed.
///
/// # Errors
/// Returns an error if the end was not saved.
pub(super) async fn close(
    imports: &Imports,
    import: &ImportRef,
    mut state: ImportState,
    mut failure: Option<ImportFailure>,
) -> Result<(), DbError> {
    let mut tx = imports.db.begin_by_index().await?;
    let now = imports.clock.now_in(&mut tx).await?;
    let events = match progress::lock(&mut tx, import.id).await? {
        Progress::Ended => return Ok(()),
        Progress::Running => import.events(|import| EventData::ImportEnded { import, state }),
        Progress::CancelRequested => {
            // The request to cancel is in the log already.
            (state, failure) = (ImportState::Cancelled, None);
            Vec::new()
        }
    };
    let pending = progress::pending(&mut tx, import.id).await?;
    let states = progress::user_states(&mut tx, pending.iter().map(|(_, pending)| pending.user)).await?;
    let rows: Vec<_> = pending.into_iter().map(|(row, pending)| settle_pending(&states, row, pending)).collect();
    progress::settle(&mut tx, import.id, &rows, now).await?;
    progress::close(&mut tx, import.id, (state, failure), now).await?;
    imports.commit(tx, &events).await?;
    imports.running.closed.send_replace(());
    Ok(())
}

type UserStates = HashMap<UserId, (UserStatus, HashSet<LicenseId>)>;

/// Settles a row that was pending when its import stopped: what the user has was applied, the rest was not.
fn settle_pending(states: &UserStates, mut row: ImportRow, pending: PendingRow) -> ImportRow {
    let user = states.get(&pending.user);
    let mut done = false;
    let mut settle = |column: &str, value: &str, is_applied: bool| {
        done |= is_applied;
        if !is_applied {
            let (column, value, code) = (column.to_owned(), value.to_owned(), Code::Interrupted);
            row.problems.push(ImportProblem { column, heading: None, value, code, error: None });
        }
    };
    if pending.suspend {
        let suspended = user.is_some_and(|(status, _)| *status == UserStatus::Suspended);
        settle("status", UserStatus::Suspended.as_str(), suspended);
    }
    for (entry, any) in &pending.licenses {
        settle("licenses", entry, user.is_some_and(|(_, held)| any.iter().any(|license| held.contains(license))));
    }
    row.outcome = super::plan::outcome(row.outcome, done, !row.problems.is_empty());
    row
}

/// Closes stale imports, whose servers have not sent a heartbeat for a while.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn close_stale(imports: &Imports) -> Result<(), DbError> {
    if !imports.db.has_other_writers() {
        // With SQLite there is no other server, and this one closes its own imports however long that takes.
        return Ok(());
    }
    let before = imports.clock.now() - MAX_HEARTBEAT_AGE;
    close_interrupted(imports, progress::running(&imports.db, Some(before)).await?).await
}

/// At the start of a server that does not share its database: every running import is left over.
pub(crate) async fn at_start(imports: &Imports) {
    if !imports.db.has_other_writers() {
        close_all(imports).await;
    }
}

/// Closes all running imports; for use when no server can be processing one.
pub async fn close_all(imports: &Imports) {
    let closed = async { close_interrupted(imports, progress::running(&imports.db, None).await?).await };
    if let Err(error) = closed.await {
        tracing::error!(%error, "interrupted import not closed");
    }
}

async fn close_interrupted(imports: &Imports, ids: Vec<ImportId>) -> Result<(), DbError> {
    for id in ids {
        tracing::warn!(import_id = %id, "import was interrupted");
        let dry_run = crate::store::imports::get(&imports.db, id).await?.is_none_or(|(_, import)| import.dry_run);
        let import = ImportRef { id, dry_run, actor: Actor::system() };
        close(imports, &import, ImportState::Failed, Some(ImportFailure::Interrupted)).await?;
    }
    Ok(())
}

/// Closes stale imports periodically, for ever.
pub async fn run(imports: Imports) {
    let mut tick = tokio::time::interval(STALE_CHECK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = close_stale(&imports).await {
            tracing::warn!(%error, "stale imports not closed; will retry");
        }
    }
}

/// Waits until a cancelled import has saved its result, for a limited time.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn wait_closed(imports: &Imports, id: ImportId) -> Result<(), DbError> {
    close_stale(imports).await?;
    // Before the first look, so that no end is missed.
    let mut closed_here = imports.running.closed.subscribe();
    let closed = async {
        loop {
            let running = crate::store::imports::get(&imports.db, id).await?;
            if running.is_none_or(|(_, import)| import.state != ImportState::Running) {
                return Ok(());
            }
            if imports.db.has_other_writers() {
                let _ = timeout(REMOTE_CHECK_INTERVAL, closed_here.changed()).await;
            } else {
                let _ = closed_here.changed().await;
            }
        }
    };
    // After the timeout the import still stops, only later.
    timeout(CANCEL_TIMEOUT, closed).await.unwrap_or(Ok(()))
}
