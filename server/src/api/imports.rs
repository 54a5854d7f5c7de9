//! Imports of users and their licenses from a table.

use crate::{
    app::App,
    auth::{Caller, StreamGuard},
    events::Event,
    http::{
        export::{Format, PART, Sheet},
        extract::{Asked, Named},
        problem::{Fail, Fields},
    },
    imports::{self, sheet::ReadOptions},
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
    ids::ImportId,
    permissions::Action,
    problem::Code,
    validate::{FieldError, within},
    wire::{
        Page,
        imports::{ImportPreview, ImportProblem, ImportRow, ImportState, ImportView},
    },
};
use serde::Deserialize;
use serde_json::json;

/// The largest file that is read.
pub const LARGEST_FILE: usize = 64 * 1024 * 1024;

/// How a file is read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FileAsked {
    /// The encoding of a text, for example `windows-1252`; found out if absent.
    encoding: Option<String>,
    /// The sheet of a workbook; the first that is not empty if absent.
    sheet: Option<String>,
    /// What the columns mean, as a JSON object: a heading, or `#` and a number, and the field. Told by the headings if absent.
    mapping: Option<String>,
}

impl FileAsked {
    fn options(self) -> Result<ReadOptions, Fail> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mapping = given(self.mapping).map(|text| imports::mapping::parse(&text)).transpose();
        let mapping = mapping.map_err(|error| Fail::field("mapping", error))?;
        Ok(ReadOptions { encoding: given(self.encoding), sheet: given(self.sheet), mapping })
    }
}

/// How a file is imported.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportAsked {
    /// Only say what would become of each row.
    dry_run: Option<bool>,
}

/// Which rows of an import are shown.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowsAsked {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Says what is in a file of users and what its columns would be taken for; nothing is imported. The body is the file.
#[utoipa::path(post, path = "/import/preview", tag = "imports", params(FileAsked), request_body(content = String, content_type = "text/csv"), responses((status = 200, body = ImportPreview)))]
pub async fn preview(
    caller: Caller,
    Asked(asked): Asked<FileAsked>,
    file: Result<Bytes, BytesRejection>,
) -> Result<Json<ImportPreview>, Fail> {
    caller.must(Action::ManageUsers)?;
    imports::preview(whole(file)?, asked.options()?).await.map(Json)
}

/// Begins an import of users, whose licenses and groups may stand beside them. The body is the file: CSV, or an Excel workbook.
#[utoipa::path(post, path = "/import", tag = "imports", params(ImportAsked, FileAsked), request_body(content = String, content_type = "text/csv"), responses((status = 202, body = ImportView)))]
pub async fn import(
    State(app): State<App>,
    caller: Caller,
    Asked(asked): Asked<ImportAsked>,
    Asked(file_asked): Asked<FileAsked>,
    file: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ImportView>), Fail> {
    caller.must(Action::ManageUsers)?;
    let (file, options) = (whole(file)?, file_asked.options()?);
    let import = imports::start(&app, &caller, file, options, asked.dry_run == Some(true)).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
}

fn whole(file: Result<Bytes, BytesRejection>) -> Result<Bytes, Fail> {
    file.map_err(|rejection| match rejection.status().as_u16() {
        413 => Fail::code(Code::TooLarge),
        _ => Fail::detail(Code::BadRequest, rejection.body_text()),
    })
}

/// An import of the caller's; an admin sees everybody's.
async fn own(app: &App, caller: &Caller, id: ImportId) -> Result<ImportView, Fail> {
    caller.must(Action::ManageUsers)?;
    let found = store::imports::get(&app.db, id).await?;
    let seen = found.filter(|(by, _)| *by == caller.id || caller.may(Action::ManageRoles));
    seen.map(|(_, import)| import).ok_or_else(|| Fail::code(Code::NotFound))
}

/// How far an import is.
#[utoipa::path(get, path = "/imports/{id}", tag = "imports", params(("id" = ImportId, Path)), responses((status = 200, body = ImportView)))]
pub async fn import_state(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<ImportId>,
) -> Result<Json<ImportView>, Fail> {
    own(&app, &caller, id).await.map(Json)
}

/// Calls an import off: once the rows that are being written are done, no more are begun. What was done stays done.
#[utoipa::path(delete, path = "/imports/{id}", tag = "imports", params(("id" = ImportId, Path)), responses((status = 204)))]
pub async fn cancel(State(app): State<App>, caller: Caller, Named(id): Named<ImportId>) -> Result<StatusCode, Fail> {
    let dry_run = own(&app, &caller, id).await?.dry_run;
    let mut tx = app.db.begin().await?;
    let requested = store::imports::progress::request_cancel(&mut tx, id, app.clock.now()).await?;
    let facts = json!({ "state": ImportState::Cancelled, "import": id });
    let event = (requested && !dry_run).then(|| Event::new("import_ended", caller.actor(), None, facts));
    app.commit(tx, event.as_slice()).await?;
    imports::recovery::wait_closed(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What became of the rows so far, those with problems first.
#[utoipa::path(get, path = "/imports/{id}/rows", tag = "imports", params(("id" = ImportId, Path), RowsAsked), responses((status = 200, body = Page<ImportRow>)))]
pub async fn import_rows(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<ImportId>,
    Asked(asked): Asked<RowsAsked>,
) -> Result<Json<Page<ImportRow>>, Fail> {
    own(&app, &caller, id).await?;
    let mut fields = Fields::default();
    let limit = fields.check("limit", within(asked.limit.unwrap_or(100), 1, 500));
    let after = match asked.after.as_deref().filter(|after| !after.is_empty()) {
        None => Some(None),
        Some(after) => fields.check("after", place(after).map(Some).ok_or(FieldError::Unknown)),
    };
    let (limit, after) = fields.all(limit.zip(after))?;
    let limit = usize::try_from(limit).unwrap_or(100);
    Ok(Json(store::imports::page(&app.db, id, after, limit).await?))
}

fn place(text: &str) -> Option<store::imports::Place> {
    let (rank, line) = text.split_once('-')?;
    Some((rank.parse().ok()?, line.parse().ok()?))
}

const ROWS: Sheet<ImportRow> = Sheet {
    name: "import",
    columns: &["line", "email", "outcome", "problems", "notices"],
    cells: |row| {
        let said = |problems: &[ImportProblem]| problems.iter().map(said).collect::<Vec<_>>().join("; ");
        let outcome = row.outcome.to_string();
        vec![row.line.to_string(), row.email.clone(), outcome, said(&row.problems), said(&row.notices)]
    },
};

fn said(problem: &ImportProblem) -> String {
    let why = problem.error.as_ref().map_or_else(|| problem.code.to_string(), ToString::to_string);
    let column = problem.heading.as_ref().unwrap_or(&problem.column);
    format!("{column} \"{}\": {why}", problem.value)
}

/// What became of all rows, as a table.
#[utoipa::path(get, path = "/imports/{id}/export", tag = "imports", params(("id" = ImportId, Path), ("format" = Option<Format>, Query)), responses((status = 200, description = "The file", content((String = "text/csv"), (Vec<ImportRow> = "application/json")))))]
pub async fn export_rows(
    State(app): State<App>,
    guard: StreamGuard,
    Named(id): Named<ImportId>,
    Asked(export): Asked<super::exports::ExportAsked>,
) -> Result<Response, Fail> {
    own(&app, guard.caller(), id).await?;
    let db = app.db.clone();
    let read = move |after| {
        let db = db.clone();
        async move { store::imports::rows(&db, id, after, PART).await }
    };
    ROWS.send(guard, export.format(), app.clock.now(), read).await
}
