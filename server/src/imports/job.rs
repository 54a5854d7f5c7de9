//! A running import: processes the rows in chunks and makes sure that its end is saved.

use super::{
    chunk::ImportChunk,
    plan::{ImporterRights, NameIndex},
    recovery::{self, HEARTBEAT, ImportRef},
    table::Table,
};
use crate::{
    auth::{Caller, Scope},
    db::DbError,
    imports::Imports,
    seats::{Actor, Origin, dry_run::DryRun},
    store::{self, imports::progress},
};
use seatkeeper_shared::{
    ids::UserId,
    validate::email_key,
    wire::{
        imports::{ImportFailure, ImportField, ImportState, ImportView},
        licenses::LicenseView,
    },
};
use std::{collections::HashSet, time::Duration};
use tokio::{sync::watch, time::MissedTickBehavior};

/// How many rows one transaction writes: few enough that other writers do not wait long. On SQLite, all of them wait.
const CHUNK_ROWS: usize = 500;
const CHUNK_ROWS_OF_ONE_WRITER: usize = 150;
/// The first delay before saving the end is retried; it doubles with each attempt.
const INITIAL_RETRY_DELAY: Duration = Duration::from_millis(200);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);

/// A running import.
pub(super) struct ImportJob {
    pub imports: Imports,
    pub import: ImportRef,
    pub rights: ImporterRights,
    pub names: NameIndex,
    /// The state of a dry run so far.
    pub dry_run: Option<DryRun>,
    /// The normalized e-mail addresses of the rows so far.
    seen: HashSet<String>,
    stopping: watch::Receiver<bool>,
}

/// The licenses and groups that the importing user can name: all, or the groups that a limited manager manages.
pub(super) async fn read_names(imports: &Imports, manager: Option<UserId>) -> Result<NameIndex, DbError> {
    let now = imports.clock.now();
    let mut licenses = store::licenses::all(&imports.db, now).await?;
    // If an entry matches several licenses, those that can be used now are tried first.
    licenses.sort_by_key(|license: &LicenseView| {
        (license.archived_at.is_some(), license.ends_at.is_some_and(|end| end <= now), license.id)
    });
    let giving = store::group_licenses::giving_groups(&imports.db).await?;
    Ok(NameIndex::of(&licenses, store::groups::all(&imports.db, manager).await?, giving))
}

/// How the processing of rows ended without an error.
enum RowsOutcome {
    Completed,
    Cancelled,
    ServerStopping,
}

impl ImportJob {
    pub async fn prepare(imports: &Imports, caller: &Caller, import: &ImportView) -> Result<Self, DbError> {
        let manager = Scope::of(caller).manager();
        let rights = ImporterRights::of(&caller.rights, caller.id);
        let names = read_names(imports, manager).await?;
        let dry_run = if import.dry_run { Some(DryRun::read(&imports.db, &names.licenses()).await?) } else { None };
        let actor = Actor { origin: Origin::Import, ..caller.actor() };
        let import = ImportRef { id: import.id, dry_run: import.dry_run, actor };
        let (imports, seen, stopping) = (imports.clone(), HashSet::new(), imports.running.register());
        Ok(Self { imports, import, rights, names, dry_run, seen, stopping })
    }

    /// Processes all rows and saves how the import ended.
    pub async fn run(self, table: Table) {
        let (imports, import, stopping) = (self.imports.clone(), self.import.clone(), self.stopping.clone());
        // In a separate task, so that a panic is noticed here.
        let work = imports.tasks.spawn_to_end(self.process_rows(table));
        let ended = tokio::select! {
            ended = work => ended,
            never = send_heartbeats(&imports, &import) => match never {},
        };
        let (state, failure) = match ended {
            Ok(Ok(RowsOutcome::Completed)) => (ImportState::Done, None),
            Ok(Ok(RowsOutcome::Cancelled)) => (ImportState::Cancelled, None),
            Ok(Ok(RowsOutcome::ServerStopping)) => (ImportState::Failed, Some(ImportFailure::Interrupted)),
            Ok(Err(error)) => {
                tracing::error!(%error, import_id = %import.id, "import failed");
                (ImportState::Failed, Some(ImportFailure::Database))
            }
            Err(error) => {
                tracing::error!(%error, import_id = %import.id, "import panicked");
                (ImportState::Failed, Some(ImportFailure::Internal))
            }
        };
        close_with_retries(&imports, &import, (state, failure), stopping).await;
    }

    async fn process_rows(mut self, table: Table) -> Result<RowsOutcome, DbError> {
        let mut rows = table.rows();
        let chunk_rows = if self.imports.db.has_other_writers() { CHUNK_ROWS } else { CHUNK_ROWS_OF_ONE_WRITER };
        loop {
            if *self.stopping.borrow() {
                return Ok(RowsOutcome::ServerStopping);
            }
            let chunk: Vec<_> = rows.by_ref().take(chunk_rows).collect();
            if chunk.is_empty() {
                return Ok(RowsOutcome::Completed);
            }
            let is_first = |email: Option<&str>| email.is_none_or(|email| self.seen.insert(email_key(email)));
            let first: Vec<_> = chunk.iter().map(|row| row.get(ImportField::Email)).map(is_first).collect();
            if !(ImportChunk { rows: &chunk, first: &first }).run(&mut self).await? {
                return Ok(RowsOutcome::Cancelled);
            }
        }
    }
}

/// Tells other servers that this import is being processed.
async fn send_heartbeats(imports: &Imports, import: &ImportRef) -> std::convert::Infallible {
    let mut tick = tokio::time::interval(HEARTBEAT);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let sent = async {
            let mut tx = imports.db.begin().await?;
            let now = imports.clock.now_in(&mut tx).await?;
            progress::heartbeat(&mut tx, import.id, now).await?;
            tx.commit().await
        };
        if let Err(error) = sent.await {
            tracing::warn!(%error, import_id = %import.id, "import heartbeat not saved");
        }
    }
}

/// Saves the end of an import, with retries. If the server stops meanwhile, the import is closed at the next start or
/// by another server.
async fn close_with_retries(
    imports: &Imports,
    import: &ImportRef,
    (state, failure): (ImportState, Option<ImportFailure>),
    mut stopping: watch::Receiver<bool>,
) {
    let mut delay = INITIAL_RETRY_DELAY;
    loop {
        let stops = *stopping.borrow();
        match recovery::close(imports, import, state, failure).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, import_id = %import.id, "end of import not saved; will retry"),
        }
        if stops {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => delay = (delay * 2).min(MAX_RETRY_DELAY),
            stopped = stopping.wait_for(|stops| *stops) => drop(stopped),
        }
    }
}
