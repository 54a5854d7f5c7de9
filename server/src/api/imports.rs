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
    imports, store,
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
        imports::{ImportRow, ImportState, ImportView},
    },
};
use serde::Deserialize;
use serde_json::json;

/// The largest file that is read.
pub const LARGEST_FILE: usize = 64 * 1024 * 1024;

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

/// Begins an import of users, whose licenses and groups may stand beside them. The body is the file.
#[utoipa::path(post, path = "/import", tag = "imports", params(ImportAsked), request_body(content = String, content_type = "text/csv"), responses((status = 202, body = ImportView)))]
pub async fn import(
    State(app): State<App>,
    caller: Caller,
    Asked(asked): Asked<ImportAsked>,
    file: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ImportView>), Fail> {
    caller.must(Action::ManageUsers)?;
    let file = file.map_err(|rejection| match rejection.status().as_u16() {
        413 => Fail::code(Code::TooLarge),
        _ => Fail::detail(Code::BadRequest, rejection.body_text()),
    })?;
    let import = imports::start(&app, &caller, file, asked.dry_run == Some(true)).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
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

/// Calls an import off. What was done stays done.
#[utoipa::path(delete, path = "/imports/{id}", tag = "imports", params(("id" = ImportId, Path)), responses((status = 204)))]
pub async fn cancel(State(app): State<App>, caller: Caller, Named(id): Named<ImportId>) -> Result<StatusCode, Fail> {
    let dry_run = own(&app, &caller, id).await?.dry_run;
    let state = ImportState::Cancelled;
    let mut tx = app.db.begin().await?;
    let ended = store::imports::end(&mut tx, id, state, app.clock.now()).await?;
    let facts = json!({ "state": state, "import": id });
    let event = (ended && !dry_run).then(|| Event::new("import_ended", caller.actor(), None, facts));
    app.commit(tx, event.as_slice()).await?;
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
    columns: &["line", "email", "outcome", "problems"],
    cells: |row| {
        let problems = row.problems.iter().map(|problem| {
            let why = problem.error.as_ref().map_or_else(|| problem.code.to_string(), ToString::to_string);
            format!("{} \"{}\": {why}", problem.column, problem.value)
        });
        let problems = problems.collect::<Vec<_>>().join("; ");
        vec![row.line.to_string(), row.email.clone(), row.outcome.to_string(), problems]
    },
};

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
