//! Imports users and their licenses from a file, which is processed in chunks; each chunk is saved together with the
//! results of its rows.
//!
//! An import adds and changes, but never removes. If it is cancelled or the server stops, completed chunks stay applied
//! and the result says so; importing the same file again does the rest. Licenses are assigned by the seat engine. A dry
//! run makes the same decisions on the same state and saves nothing.

mod cell_values;
mod chunk;
mod file_format;
pub mod file_reader;
mod headings;
mod job;
pub mod mapping;
mod plan;
pub mod recovery;
mod row_parser;
pub mod table;
mod workbook;

use crate::{
    auth::Caller,
    clock::Random,
    db::DbError,
    entitlements::Entitlements,
    problem::{ApiError, FieldErrors},
    store,
};
use chrono::TimeDelta;
use file_reader::FileReader;
use job::ImportJob;
use recovery::RunningImports;
use seatkeeper_shared::{
    audit::Kind,
    ids::ImportId,
    problem::Code,
    validate::{FieldError, MAX_IMPORT_ROWS},
    wire::imports::{ImportPreview, ImportState, ImportView},
};
use serde_json::json;
use std::ops::Deref;
use table::{ReadOptions, Table};

/// How long the result of an import is kept.
const RESULT_RETENTION: TimeDelta = TimeDelta::days(7);

/// What imports need. Clones share all.
#[derive(Clone)]
pub struct Imports {
    pub entitlements: Entitlements,
    pub random: Random,
    pub running: RunningImports,
    /// Parses files.
    pub files: FileReader,
}

impl Deref for Imports {
    type Target = Entitlements;

    fn deref(&self) -> &Entitlements {
        &self.entitlements
    }
}

/// Previews a file: its columns, what they mean, and the first rows.
///
/// # Errors
/// Returns an error if the file is not a table.
pub async fn preview(imports: &Imports, file: bytes::Bytes, options: ReadOptions) -> Result<ImportPreview, ApiError> {
    let read = move || Table::read(&file, &options).map(|table| table.preview());
    imports.files.run(read).await?.map_err(ApiError::fields)
}

/// Starts an import.
///
/// # Errors
/// Returns an error if the file is not a table, has no column of e-mail addresses, no rows or too many, or if another
/// import is running.
pub async fn start(
    imports: &Imports,
    caller: &Caller,
    file: bytes::Bytes,
    options: ReadOptions,
    dry_run: bool,
) -> Result<ImportView, ApiError> {
    let read = move || {
        let table = Table::read(&file, &options)?;
        let rows = table.count_rows();
        Ok((table, rows))
    };
    let (table, rows) = imports.files.run(read).await?.map_err(ApiError::fields)?;
    let mut fields = FieldErrors::default();
    table.check_columns(&mut fields);
    if rows == 0 {
        fields.add("rows", FieldError::Required);
    }
    let max = i64::try_from(MAX_IMPORT_ROWS).unwrap_or(i64::MAX);
    if rows > MAX_IMPORT_ROWS {
        fields.add("rows", FieldError::OutOfRange { min: 1, max });
    }
    let rows = fields.finish(i64::try_from(rows).ok())?;
    let now = imports.clock.now();
    let import = ImportView {
        id: ImportId(imports.random.id(now)),
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
    let job = ImportJob::prepare(imports, caller, &import).await?;
    recovery::close_stale(imports).await?;
    let mut tx = imports.db.begin().await?;
    let kept_since = now - RESULT_RETENTION;
    let inserted = store::imports::progress::insert(&mut tx, &import, (caller.id, &caller.name), kept_since).await;
    match inserted {
        Err(DbError::Taken(_)) => return Err(ApiError::new(Code::ImportRunning)),
        other => other?,
    }
    imports.commit(tx, &job.import.events(Kind::ImportStarted, json!({ "rows": rows }))).await?;
    imports.tasks.spawn_to_end(job.run(table));
    Ok(import)
}
