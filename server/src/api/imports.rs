//! Imports of users and their licenses from CSV files and workbooks.

use crate::{
    app::App,
    auth::{Caller, StreamGuard},
    events::Event,
    http::{
        export::{EXPORT_CHUNK_ROWS, Format, Sheet},
        extract::{PathParam, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    imports::{self, table::ReadOptions},
    store,
};
use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
    response::Response,
};
use seatkeeper_shared::{
    audit::EventData,
    ids::ImportId,
    permissions::Action,
    problem::Code,
    validate::{FieldError, in_range},
    wire::{
        Page,
        imports::{ImportPreview, ImportProblem, ImportRow, ImportState, ImportView},
    },
};
use serde::Deserialize;

/// The maximum file size in bytes.
pub const MAX_IMPORT_BYTES: usize = 64 * 1024 * 1024;

/// How to read a file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportFileQuery {
    /// The encoding of a text file, for example `windows-1252`; detected if absent.
    encoding: Option<String>,
    /// The sheet of a workbook; the first non-empty one if absent.
    sheet: Option<String>,
    /// The mapping of columns, as a JSON object from a heading, or `#` and a column number, to a field. Derived from
    /// the headings if absent.
    mapping: Option<String>,
}

impl ImportFileQuery {
    fn options(self) -> Result<ReadOptions, ApiError> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mapping = given(self.mapping).map(|text| imports::mapping::parse(&text)).transpose();
        let mapping = mapping.map_err(|error| ApiError::field("mapping", error))?;
        Ok(ReadOptions { encoding: given(self.encoding), sheet: given(self.sheet), mapping })
    }
}

/// How to import a file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Only preview the outcome of each row.
    dry_run: Option<bool>,
}

/// The page of an import's rows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportRowsQuery {
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Previews the content and column mapping of a file, without importing it. The body is the file.
#[utoipa::path(
    post, path = "/import/preview", tag = "imports",
    params(ImportFileQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportPreview)),
)]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<ImportFileQuery>,
    file: Result<Bytes, BytesRejection>,
) -> Result<Json<ImportPreview>, ApiError> {
    caller.require(Action::ManageUsers)?;
    Ok(Json(imports::preview(&app.imports, read_body(file)?, query.options()?).await?))
}

/// Starts an import of users, optionally with licenses and groups. The body is a CSV file or an Excel workbook.
#[utoipa::path(
    post, path = "/import", tag = "imports",
    params(ImportQuery, ImportFileQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, body = ImportView)),
)]
pub async fn import(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<ImportQuery>,
    ValidQuery(file_query): ValidQuery<ImportFileQuery>,
    file: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ImportView>), ApiError> {
    caller.require(Action::ManageUsers)?;
    let (file, options) = (read_body(file)?, file_query.options()?);
    let import = imports::start(&app.imports, &caller, file, options, query.dry_run == Some(true)).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
}

fn read_body(file: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    file.map_err(|rejection| match rejection.status().as_u16() {
        413 => ApiError::new(Code::TooLarge),
        _ => ApiError::with_detail(Code::BadRequest, rejection.body_text()),
    })
}

/// The caller's own import, or any import for admins.
async fn own_import(app: &App, caller: &Caller, id: ImportId) -> Result<ImportView, ApiError> {
    caller.require(Action::ManageUsers)?;
    let found = store::imports::get(&app.db, id).await?;
    let seen = found.filter(|(by, _)| *by == caller.id || caller.may(Action::ManageRoles));
    seen.map(|(_, import)| import).ok_or_else(|| ApiError::new(Code::NotFound))
}

/// Returns the progress of an import.
#[utoipa::path(
    get, path = "/imports/{id}", tag = "imports",
    params(("id" = ImportId, Path)),
    responses((status = 200, body = ImportView)),
)]
pub async fn import_state(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ImportId>,
) -> Result<Json<ImportView>, ApiError> {
    own_import(&app, &caller, id).await.map(Json)
}

/// Cancels an import. Rows that are being written are finished; imported rows stay imported.
#[utoipa::path(
    delete, path = "/imports/{id}", tag = "imports",
    params(("id" = ImportId, Path)),
    responses((status = 204)),
)]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ImportId>,
) -> Result<StatusCode, ApiError> {
    let dry_run = own_import(&app, &caller, id).await?.dry_run;
    let mut tx = app.db.begin().await?;
    let requested = store::imports::progress::request_cancel(&mut tx, id, app.clock.now()).await?;
    let data = EventData::ImportEnded { import: id, state: ImportState::Cancelled };
    let event = (requested && !dry_run).then(|| Event::new(data, caller.actor(), None));
    app.commit(tx, event.as_slice()).await?;
    imports::recovery::wait_closed(&app.imports, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the outcomes of the rows so far, those with problems first.
#[utoipa::path(
    get, path = "/imports/{id}/rows", tag = "imports",
    params(("id" = ImportId, Path), ImportRowsQuery),
    responses((status = 200, body = Page<ImportRow>)),
)]
pub async fn import_rows(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ImportId>,
    ValidQuery(query): ValidQuery<ImportRowsQuery>,
) -> Result<Json<Page<ImportRow>>, ApiError> {
    own_import(&app, &caller, id).await?;
    let mut fields = FieldErrors::default();
    let limit = fields.check("limit", in_range(query.limit.unwrap_or(100), 1, 500));
    let after = match query.after.as_deref().filter(|after| !after.is_empty()) {
        None => Some(None),
        Some(after) => fields.check("after", parse_cursor(after).map(Some).ok_or(FieldError::Unknown)),
    };
    let (limit, after) = fields.finish(limit.zip(after))?;
    let limit = usize::try_from(limit).unwrap_or(100);
    Ok(Json(store::imports::page(&app.db, id, after, limit).await?))
}

fn parse_cursor(text: &str) -> Option<store::imports::RowCursor> {
    let (rank, line) = text.split_once('-')?;
    Some((rank.parse().ok()?, line.parse().ok()?))
}

const IMPORT_ROW_SHEET: Sheet<ImportRow> = Sheet {
    name: "import",
    columns: &["line", "name", "email", "outcome", "problems", "notices"],
    cells: |row| {
        let describe = |problems: &[ImportProblem]| problems.iter().map(describe).collect::<Vec<_>>().join("; ");
        let outcome = row.outcome.to_string();
        let (problems, notices) = (describe(&row.problems), describe(&row.notices));
        vec![row.line.to_string(), row.name.clone(), row.email.clone(), outcome, problems, notices]
    },
};

fn describe(problem: &ImportProblem) -> String {
    let why = problem.error.as_ref().map_or_else(|| problem.code.to_string(), ToString::to_string);
    let column = problem.heading.as_ref().unwrap_or(&problem.column);
    format!("{column} \"{}\": {why}", problem.value)
}

/// Exports the outcomes of all rows.
#[utoipa::path(
    get, path = "/imports/{id}/export", tag = "imports",
    params(("id" = ImportId, Path), ("format" = Option<Format>, Query)),
    responses(
        (status = 200, description = "The file", content((String = "text/csv"), (Vec<ImportRow> = "application/json"))),
    ),
)]
pub async fn export_rows(
    State(app): State<App>,
    guard: StreamGuard,
    PathParam(id): PathParam<ImportId>,
    ValidQuery(export): ValidQuery<super::exports::ExportQuery>,
) -> Result<Response, ApiError> {
    own_import(&app, guard.caller(), id).await?;
    let db = app.db.clone();
    let read = move |after| {
        let db = db.clone();
        async move { store::imports::rows(&db, id, after, EXPORT_CHUNK_ROWS).await }
    };
    IMPORT_ROW_SHEET.send(guard, export.format(), app.clock.now(), read).await
}
