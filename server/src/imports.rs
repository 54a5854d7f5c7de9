//! Imports of users and their licenses: a file is read in parts, each written together with what became of its rows.
//!
//! An import adds and changes, and takes nothing away. What a part did stays done if the import is called off or the server
//! stops, and the import says so; the same file again does the rest. Licenses are assigned through the seats like everything
//! else. A dry run decides the same on the same state and keeps nothing.

mod file;
mod headings;
mod job;
pub mod mapping;
mod part;
mod plan;
mod reader;
pub mod recovery;
pub mod sheet;
mod values;
mod workbook;

use crate::{
    app::App,
    auth::Caller,
    db::DbError,
    http::problem::{Fail, Fields},
    store,
};
use chrono::TimeDelta;
use job::Job;
use seatkeeper_shared::{
    ids::ImportId,
    problem::Code,
    validate::{FieldError, MAX_IMPORT},
    wire::imports::{ImportPreview, ImportState, ImportView},
};
use serde_json::json;
use sheet::{ReadOptions, Sheet};

/// For how long it is known what became of an import.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Reads a file as far as is needed to say what its columns are.
///
/// # Errors
/// It is no table.
pub async fn preview(file: bytes::Bytes, options: ReadOptions) -> Result<ImportPreview, Fail> {
    let read = move || Sheet::read(&file, &options).map(|sheet| sheet.preview());
    tokio::task::spawn_blocking(read).await.map_err(|_| Fail::code(Code::Internal))?.map_err(Fail::fields)
}

/// Begins an import.
///
/// # Errors
/// The file is no table, has no e-mail addresses, no rows or too many; another import is under way.
pub async fn start(
    app: &App,
    caller: &Caller,
    file: bytes::Bytes,
    options: ReadOptions,
    dry_run: bool,
) -> Result<ImportView, Fail> {
    let read = tokio::task::spawn_blocking(move || {
        let sheet = Sheet::read(&file, &options)?;
        let rows = sheet.rows().count();
        Ok((sheet, rows))
    });
    let (sheet, rows) = read.await.map_err(|_| Fail::code(Code::Internal))?.map_err(Fail::fields)?;
    let mut fields = Fields::default();
    sheet.check(&mut fields);
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
        failure: None,
        created_at: now,
        ended_at: None,
    };
    let job = Job::prepare(app, caller, &import).await?;
    recovery::give_up_silent(app).await?;
    let mut tx = app.db.begin().await?;
    let inserted = store::imports::progress::insert(&mut tx, &import, (caller.id, &caller.name), now - KEPT).await;
    match inserted {
        Err(DbError::Taken(_)) => return Err(Fail::code(Code::ImportRunning)),
        other => other?,
    }
    app.commit(tx, &job.import.told("import_started", json!({ "rows": rows }))).await?;
    tokio::spawn(job.run(sheet));
    Ok(import)
}
