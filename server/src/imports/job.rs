//! An import that is under way. It does its rows part by part, and does not rest until its end is written.

use super::{
    part::Part,
    plan::{Names, Powers},
    recovery::{self, HEARTBEAT, ImportRef},
    sheet::Sheet,
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    db::DbError,
    http::problem::Fail,
    seats::{Actor, Door, trial::Trial},
    store::{self, imports::progress},
};
use seatkeeper_shared::{
    validate::email_key,
    wire::{
        imports::{ImportFailure, ImportField, ImportState, ImportView},
        licenses::LicenseView,
    },
};
use std::{collections::HashSet, time::Duration};
use tokio::{sync::watch, time::MissedTickBehavior};

/// How many rows are written at once: so few that nobody waits for them.
const PART: usize = 200;
/// How long it waits before it tries again to write its end; each time twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// An import that is under way.
pub(super) struct Job {
    pub app: App,
    pub import: ImportRef,
    pub powers: Powers,
    pub names: Names,
    /// What a dry run has come to so far.
    pub trial: Option<Trial>,
    /// Whose rows were seen already.
    seen: HashSet<String>,
    /// Whether the server stops.
    stopping: watch::Receiver<bool>,
}

/// Why an import ends that meets no failure.
enum Ended {
    AllRows,
    Cancelled,
    ServerStops,
}

impl Job {
    pub async fn prepare(app: &App, caller: &Caller, import: &ImportView) -> Result<Self, Fail> {
        let manager = Scope::of(caller).manager();
        let powers = Powers::of(&caller.rights, caller.id);
        let now = app.clock.now();
        let mut licenses = store::licenses::all(&app.db, now).await?;
        // Of several that are meant, those first that give seats now.
        licenses.sort_by_key(|license: &LicenseView| {
            (license.archived_at.is_some(), license.ends_at.is_some_and(|end| end <= now), license.id)
        });
        let giving = store::group_licenses::giving_groups(&app.db).await?;
        let names = Names::of(&licenses, store::groups::all(&app.db, manager).await?, giving);
        let trial = if import.dry_run { Some(Trial::read(&app.db, &names.licenses()).await?) } else { None };
        let actor = Actor { door: Door::Import, ..caller.actor() };
        let import = ImportRef { id: import.id, dry_run: import.dry_run, actor };
        let (app, seen, stopping) = (app.clone(), HashSet::new(), app.imports.register());
        Ok(Self { app, import, powers, names, trial, seen, stopping })
    }

    /// Does all rows and writes how it ended.
    pub async fn run(self, sheet: Sheet) {
        let (app, import, stopping) = (self.app.clone(), self.import.clone(), self.stopping.clone());
        // In a task of its own, so that a fault in it is seen here.
        let work = tokio::spawn(self.all_rows(sheet));
        let ended = tokio::select! {
            ended = work => ended,
            never = tell_alive(&app, &import) => match never {},
        };
        let (state, failure) = match ended {
            Ok(Ok(Ended::AllRows)) => (ImportState::Done, None),
            Ok(Ok(Ended::Cancelled)) => (ImportState::Cancelled, None),
            Ok(Ok(Ended::ServerStops)) => (ImportState::Failed, Some(ImportFailure::Interrupted)),
            Ok(Err(error)) => {
                tracing::error!(%error, import = %import.id, "an import has stopped");
                (ImportState::Failed, Some(ImportFailure::Database))
            }
            Err(error) => {
                tracing::error!(%error, import = %import.id, "an import has met a fault");
                (ImportState::Failed, Some(ImportFailure::Internal))
            }
        };
        close_at_last(&app, &import, (state, failure), stopping).await;
    }

    async fn all_rows(mut self, sheet: Sheet) -> Result<Ended, DbError> {
        let mut rows = sheet.rows();
        loop {
            if *self.stopping.borrow() {
                return Ok(Ended::ServerStops);
            }
            let part: Vec<_> = rows.by_ref().take(PART).collect();
            if part.is_empty() {
                return Ok(Ended::AllRows);
            }
            let first = |email: Option<&str>| email.is_none_or(|email| self.seen.insert(email_key(email)));
            let first: Vec<_> = part.iter().map(|cells| cells.get(ImportField::Email)).map(first).collect();
            if !(Part { rows: &part, first: &first }).run(&mut self).await? {
                return Ok(Ended::Cancelled);
            }
        }
    }
}

/// Lets other servers know that this import is worked on.
async fn tell_alive(app: &App, import: &ImportRef) -> std::convert::Infallible {
    let mut tick = tokio::time::interval(HEARTBEAT);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let told = async {
            let mut tx = app.db.begin().await?;
            let now = app.clock.now_in(&mut tx).await?;
            progress::heard(&mut tx, import.id, now).await?;
            tx.commit().await
        };
        if let Err(error) = told.await {
            tracing::warn!(%error, import = %import.id, "an import cannot tell that it is alive");
        }
    }
}

/// Writes the end of an import: again and again while the database does not save it. If the server stops meanwhile, the next one
/// ends the import.
async fn close_at_last(
    app: &App,
    import: &ImportRef,
    (state, failure): (ImportState, Option<ImportFailure>),
    mut stopping: watch::Receiver<bool>,
) {
    let mut wait = FIRST_RETRY;
    loop {
        let stops = *stopping.borrow();
        match recovery::close(app, import, state, failure).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, import = %import.id, "the end of an import was not saved"),
        }
        if stops {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(LAST_RETRY),
            stopped = stopping.wait_for(|stops| *stops) => drop(stopped),
        }
    }
}
