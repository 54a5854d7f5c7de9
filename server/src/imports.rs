//! Imports of users and their licenses: a file is read in parts, each written by itself and told of by row.
//!
//! An import adds and changes, and takes nothing away. What a part did stays done if the import is called off or the server
//! stops; the same file again does the rest. Licenses are assigned through the seats like everything else. A dry run decides
//! the same on the same state and keeps nothing.

mod part;
mod plan;
pub mod sheet;

use crate::{
    app::App,
    auth::{Caller, Scope},
    db::DbError,
    events::Event,
    http::problem::{Fail, Fields},
    seats::{Actor, Door, trial::Trial},
    store,
};
use chrono::TimeDelta;
use part::Part;
use plan::{Names, Powers};
use seatkeeper_shared::{
    ids::ImportId,
    problem::Code,
    validate::{FieldError, MAX_IMPORT, email_key},
    wire::{
        imports::{ImportRow, ImportState, ImportView},
        licenses::LicenseView,
    },
};
use serde_json::json;
use sheet::{Column, Sheet};
use std::collections::HashSet;

/// How many rows are written at once: so few that nobody waits for them.
const PART: usize = 200;
/// A server that was not heard of for so long does not go on with its import.
const SILENT: TimeDelta = TimeDelta::minutes(2);
/// For how long it is known what became of an import.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Begins an import.
///
/// # Errors
/// The file has no e-mail addresses, no rows or too many; another import is under way.
pub async fn start(app: &App, caller: &Caller, file: bytes::Bytes, dry_run: bool) -> Result<ImportView, Fail> {
    let read = tokio::task::spawn_blocking(move || {
        let sheet = Sheet::read(&file);
        let rows = sheet.rows().count();
        (sheet, rows)
    });
    let (sheet, rows) = read.await.map_err(|_| Fail::code(Code::Internal))?;
    let mut fields = Fields::default();
    if !sheet.has(Column::Email) {
        fields.wrong("email", FieldError::Required);
    }
    if rows == 0 {
        fields.wrong("rows", FieldError::Required);
    }
    let max = i64::try_from(MAX_IMPORT).unwrap_or(i64::MAX);
    if rows > MAX_IMPORT {
        fields.wrong("rows", FieldError::OutOfRange { min: 1, max });
    }
    let rows = fields.all(i64::try_from(rows).ok())?;
    let now = app.clock.now();
    let import = ImportView {
        id: ImportId(app.dice.id(now)),
        dry_run,
        state: ImportState::Running,
        rows,
        done: 0,
        created: 0,
        changed: 0,
        unchanged: 0,
        refused: 0,
        with_problems: 0,
        created_at: now,
        ended_at: None,
    };
    let job = Job::prepare(app, caller, &import).await?;
    let mut tx = app.db.begin().await?;
    let inserted = store::imports::insert(&mut tx, &import, (caller.id, &caller.name), now - SILENT, now - KEPT).await;
    match inserted {
        Err(DbError::Taken(_)) => return Err(Fail::code(Code::ImportRunning)),
        other => other?,
    }
    app.commit(tx, &job.told("import_started", json!({ "rows": rows }))).await?;
    tokio::spawn(job.run(sheet));
    Ok(import)
}

/// An import that is under way.
struct Job {
    app: App,
    import: ImportId,
    actor: Actor,
    powers: Powers,
    names: Names,
    /// What a dry run has come to so far.
    trial: Option<Trial>,
    /// Whose rows were seen already.
    seen: HashSet<String>,
}

impl Job {
    async fn prepare(app: &App, caller: &Caller, import: &ImportView) -> Result<Self, Fail> {
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
        Ok(Self { app: app.clone(), import: import.id, actor, powers, names, trial, seen: HashSet::new() })
    }

    /// What the log says of the import as a whole; nothing of a dry run.
    fn told(&self, kind: &'static str, mut facts: serde_json::Value) -> Vec<Event> {
        facts["import"] = json!(self.import);
        if self.trial.is_some() { Vec::new() } else { vec![Event::new(kind, self.actor.clone(), None, facts)] }
    }

    async fn run(mut self, sheet: Sheet) {
        let state = match self.all_rows(sheet).await {
            Ok(true) => ImportState::Done,
            Ok(false) => ImportState::Cancelled,
            Err(error) => {
                tracing::error!(%error, import = %self.import, "an import has stopped");
                ImportState::Failed
            }
        };
        if let Err(error) = self.end(state).await {
            tracing::error!(%error, import = %self.import, "the end of an import was not saved");
        }
    }

    async fn end(&self, state: ImportState) -> Result<(), DbError> {
        let mut tx = self.app.db.begin().await?;
        // If it was called off, whoever did so has told of it.
        let told = match store::imports::end(&mut tx, self.import, state, self.app.clock.now()).await? {
            true => self.told("import_ended", json!({ "state": state })),
            false => Vec::new(),
        };
        self.app.commit(tx, &told).await
    }

    /// Does all rows; false if it was called off.
    async fn all_rows(&mut self, sheet: Sheet) -> Result<bool, DbError> {
        let mut rows = sheet.rows();
        loop {
            let part: Vec<_> = rows.by_ref().take(PART).collect();
            if part.is_empty() {
                return Ok(true);
            }
            let first = |email: Option<&str>| email.is_none_or(|email| self.seen.insert(email_key(email)));
            let first: Vec<_> = part.iter().map(|cells| cells.get(Column::Email)).map(first).collect();
            let told = Part { rows: &part, first: &first }.done(self).await?;
            if !self.advance(&told).await? {
                return Ok(false);
            }
        }
    }

    async fn advance(&self, rows: &[ImportRow]) -> Result<bool, DbError> {
        let mut tx = self.app.db.begin().await?;
        let going = store::imports::advance(&mut tx, self.import, rows, self.app.clock.now()).await?;
        tx.commit().await?;
        Ok(going)
    }
}
