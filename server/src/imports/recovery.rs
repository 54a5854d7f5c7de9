//! How imports end, also those whose server is gone: what their rows still waited for is looked up, so that the result says what
//! was written.

use crate::{
    app::App,
    db::DbError,
    events::Event,
    seats::Actor,
    store::imports::progress::{self, Pending, Progress},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::{ImportId, LicenseId, UserId},
    people::UserStatus,
    problem::Code,
    wire::imports::{ImportFailure, ImportProblem, ImportRow, ImportState},
};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, time::MissedTickBehavior};

/// How often a server tells the others that its import is alive.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);
/// The import of a server that was not heard for so long is given up by the others.
const MAX_SILENCE: TimeDelta = TimeDelta::minutes(1);
/// How often a server looks for imports of others that are gone.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);
/// How long a request waits for the end of an import that it has asked to stop.
const CANCEL_WAIT: Duration = Duration::from_secs(5);

/// The imports that run in this process.
#[derive(Clone, Debug)]
pub struct RunningImports(Arc<watch::Sender<bool>>);

impl Default for RunningImports {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl RunningImports {
    /// Registers an import for as long as the receiver lives; it becomes true when the server stops.
    pub(super) fn register(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    /// Lets each import finish the rows it is working on, and waits until all have ended.
    pub async fn stop(&self) {
        self.0.send_replace(true);
        self.0.closed().await;
    }
}

/// An import, for those who end it.
#[derive(Clone, Debug)]
pub(super) struct ImportRef {
    pub id: ImportId,
    pub dry_run: bool,
    pub actor: Actor,
}

impl ImportRef {
    /// What the log says of the import as a whole; nothing of a dry run.
    pub fn told(&self, kind: &'static str, mut facts: serde_json::Value) -> Vec<Event> {
        facts["import"] = json!(self.id);
        if self.dry_run { Vec::new() } else { vec![Event::new(kind, self.actor.clone(), None, facts)] }
    }
}

/// Ends an import that still runs, with all of its rows settled.
///
/// Two servers that do it at once: the second waits for the lock of the first and finds it ended.
///
/// # Errors
/// Not saved.
pub(super) async fn close(
    app: &App,
    import: &ImportRef,
    mut state: ImportState,
    mut failure: Option<ImportFailure>,
) -> Result<(), DbError> {
    let mut tx = app.db.begin_by_index().await?;
    let now = app.clock.now_in(&mut tx).await?;
    let told = match progress::lock(&mut tx, import.id).await? {
        Progress::Ended => return Ok(()),
        Progress::Running => import.told("import_ended", json!({ "state": state })),
        Progress::CancelRequested => {
            // Whoever asked for it stands in the log already.
            (state, failure) = (ImportState::Cancelled, None);
            Vec::new()
        }
    };
    let pending = progress::pending(&mut tx, import.id).await?;
    let standing = progress::standing(&mut tx, pending.iter().map(|(_, pending)| pending.user)).await?;
    let rows: Vec<_> = pending.into_iter().map(|(row, pending)| settled_by(&standing, row, pending)).collect();
    progress::settle(&mut tx, import.id, &rows, now).await?;
    progress::close(&mut tx, import.id, (state, failure), now).await?;
    app.commit(tx, &told).await
}

type Standing = HashMap<UserId, (UserStatus, HashSet<LicenseId>)>;

/// A row whose import stopped while it waited: what the user has was done, the rest was not.
fn settled_by(standing: &Standing, mut row: ImportRow, pending: Pending) -> ImportRow {
    let user = standing.get(&pending.user);
    let mut done = false;
    let mut look = |column: &str, value: &str, is_so: bool| {
        done |= is_so;
        if !is_so {
            let (column, value, code) = (column.to_owned(), value.to_owned(), Code::Interrupted);
            row.problems.push(ImportProblem { column, heading: None, value, code, error: None });
        }
    };
    if pending.suspend {
        let suspended = user.is_some_and(|(status, _)| *status == UserStatus::Suspended);
        look("status", UserStatus::Suspended.as_str(), suspended);
    }
    for (entry, any) in &pending.licenses {
        look("licenses", entry, user.is_some_and(|(_, held)| any.iter().any(|license| held.contains(license))));
    }
    row.outcome = super::plan::outcome(row.outcome, done, !row.problems.is_empty());
    row
}

/// Gives up imports that nobody works on any more: of servers that were not heard for a while.
///
/// # Errors
/// The database does not answer.
pub async fn give_up_silent(app: &App) -> Result<(), DbError> {
    if !app.db.is_shared() {
        // A server that is alone ends its own imports, however long that takes.
        return Ok(());
    }
    let before = app.clock.now() - MAX_SILENCE;
    give_up(app, progress::running(&app.db, Some(before)).await?).await
}

/// At the start of a server that has the database for itself: whatever runs is left over.
pub(crate) async fn at_start(app: &App) {
    if !app.db.is_shared() {
        give_up_all(app).await;
    }
}

/// Gives up every import, where nobody can be working on one.
pub async fn give_up_all(app: &App) {
    let left = async { give_up(app, progress::running(&app.db, None).await?).await };
    if let Err(error) = left.await {
        tracing::error!(%error, "cannot end an import that was interrupted");
    }
}

async fn give_up(app: &App, imports: Vec<ImportId>) -> Result<(), DbError> {
    for id in imports {
        tracing::warn!(import = %id, "an import was interrupted");
        let dry_run = crate::store::imports::get(&app.db, id).await?.is_none_or(|(_, import)| import.dry_run);
        let import = ImportRef { id, dry_run, actor: Actor::system() };
        close(app, &import, ImportState::Failed, Some(ImportFailure::Interrupted)).await?;
    }
    Ok(())
}

/// Gives up silent imports for as long as it lives.
pub async fn run(app: App) {
    let mut tick = tokio::time::interval(LOOK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = give_up_silent(&app).await {
            tracing::warn!(%error, "cannot look for imports that were interrupted");
        }
    }
}

/// Waits until an import that was asked to stop has written what it did.
///
/// # Errors
/// The database does not answer.
pub async fn wait_closed(app: &App, id: ImportId) -> Result<(), DbError> {
    give_up_silent(app).await?;
    let closed = async {
        loop {
            let running = crate::store::imports::get(&app.db, id).await?;
            if running.is_none_or(|(_, import)| import.state != ImportState::Running) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // It stops nevertheless, only later.
    tokio::time::timeout(CANCEL_WAIT, closed).await.unwrap_or(Ok(()))
}
