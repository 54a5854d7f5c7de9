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

use crate::{auth::Caller, clock::Random, db::DbError, entitlements::Entitlements, store};
use chrono::TimeDelta;
use file_reader::{FileReader, ParserFailed};
use job::ImportJob;
use recovery::RunningImports;
use seatkeeper_shared::{
    audit::EventData,
    ids::ImportId,
    problem::FieldProblem,
    validate::{FieldError, MAX_IMPORT_ROWS},
    wire::imports::{ImportPreview, ImportState, ImportView},
};
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

/// Why a file was not previewed or not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file, its columns or the options cannot be accepted.
    #[error("the file cannot be imported as it is")]
    Invalid(Vec<FieldProblem>),
    #[error("another import is running")]
    Running,
    #[error(transparent)]
    Parser(#[from] ParserFailed),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Previews a file: its columns, what they mean, and the first rows.
///
/// # Errors
/// Returns an error if the file is not a table.
pub async fn preview(
    imports: &Imports,
    file: bytes::Bytes,
    options: ReadOptions,
) -> Result<ImportPreview, ImportError> {
    let read = move || Table::read(&file, &options).map(|table| table.preview());
    imports.files.run(read).await?.map_err(ImportError::Invalid)
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
) -> Result<ImportView, ImportError> {
    let read = move || {
        let table = Table::read(&file, &options)?;
        let rows = table.count_rows();
        Ok((table, rows))
    };
    let (table, rows) = imports.files.run(read).await?.map_err(ImportError::Invalid)?;
    let wrong_count = count_problem(rows).map(|error| FieldProblem { field: "rows".to_owned(), error });
    let problems: Vec<_> = table.missing_column().into_iter().chain(wrong_count).collect();
    if !problems.is_empty() {
        return Err(ImportError::Invalid(problems));
    }
    let rows = count(rows);
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
        Err(DbError::Taken(_)) => return Err(ImportError::Running),
        other => other?,
    }
    imports.commit(tx, &job.import.events(|import| EventData::ImportStarted { import, rows })).await?;
    imports.tasks.spawn_to_end(job.run(table));
    Ok(import)
}

/// Why a file with this many rows is not imported.
fn count_problem(rows: usize) -> Option<FieldError> {
    match rows {
        0 => Some(FieldError::Required),
        1..=MAX_IMPORT_ROWS => None,
        _ => Some(FieldError::OutOfRange { min: 1, max: count(MAX_IMPORT_ROWS) }),
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
