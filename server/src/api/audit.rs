//! The audit log: list and export.

use super::pagination::non_blank;
use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard},
    http::{
        export::{EXPORT_CHUNK_ROWS, Format, Sheet},
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    store::{self, audit::AuditFilter},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use seatkeeper_shared::{
    audit::{Kind, Origin},
    ids::{GroupId, LicenseId, Position, UserId},
    permissions::Action,
    validate::{FieldError, in_range},
    wire::audit::{AuditEvent, AuditPage},
};
use serde::Deserialize;
use std::fmt::Display;

/// The filter of audit events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only these kinds, comma-separated; all if absent.
    kind: Option<String>,
    /// Only events caused by this user.
    actor: Option<UserId>,
    /// Only events about this user.
    user: Option<UserId>,
    /// Only events about this license.
    license: Option<LicenseId>,
    /// Only events about this group: its name, members, managers and licenses.
    group: Option<GroupId>,
    /// Only events from this origin: `app`, `api`, `scim`, `import`, `system`.
    origin: Option<String>,
    /// Only events at or after this time.
    from: Option<DateTime<Utc>>,
    /// Only events before this time.
    to: Option<DateTime<Utc>>,
    /// Only events with this text in the name or e-mail address of the actor or user, or in the name of the object.
    q: Option<String>,
}

/// The page of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditPageQuery {
    /// The `next` of the previous page.
    after: Option<i64>,
    /// The number of events, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// The format of an export.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditExportQuery {
    /// `csv` or `json`.
    #[param(inline)]
    format: Format,
}

/// Lists audit events, newest first. A manager who is limited to groups sees events about the users in their groups.
#[utoipa::path(
    get, path = "/audit", tag = "audit",
    params(AuditQuery, AuditPageQuery),
    responses((status = 200, body = AuditPage)),
)]
pub async fn audit(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<AuditQuery>,
    ValidQuery(page): ValidQuery<AuditPageQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let filter = authorized_filter(&caller, query)?;
    let mut fields = FieldErrors::default();
    let limit = fields.check("limit", in_range(page.limit.unwrap_or(100), 1, 500));
    let limit = usize::try_from(fields.finish(limit)?).unwrap_or(100);
    let (items, next) = store::audit::page(&app.db, &filter, page.after.map(Position), limit).await?;
    Ok(Json(AuditPage { items, next }))
}

/// Exports the audit events that match a filter.
#[utoipa::path(
    get, path = "/audit/export", tag = "audit",
    params(AuditQuery, AuditExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<AuditEvent> = "application/json")),
        ),
    ),
)]
pub async fn export_audit(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<AuditQuery>,
    ValidQuery(export): ValidQuery<AuditExportQuery>,
) -> Result<Response, ApiError> {
    let filter = authorized_filter(guard.caller(), query)?;
    let now = app.clock.now();
    let read = move |after| {
        let (db, filter) = (app.db.clone(), filter.clone());
        async move { store::audit::page(&db, &filter, after, EXPORT_CHUNK_ROWS).await }
    };
    AUDIT_SHEET.send(guard, export.format, now, read).await
}

/// Validates the query and limits it to the events that the caller may see; for the list and the export.
fn authorized_filter(caller: &Caller, query: AuditQuery) -> Result<AuditFilter, ApiError> {
    caller.require(Action::ViewAudit)?;
    let mut fields = FieldErrors::default();
    let kinds = non_blank(query.kind);
    let kinds: Result<Vec<Kind>, _> = kinds.iter().flat_map(|kinds| kinds.split(',')).map(str::parse).collect();
    let kinds = fields.check("kind", kinds.map_err(|_| FieldError::Unknown));
    let origin = non_blank(query.origin).map(|origin| origin.parse::<Origin>()).transpose();
    let origin = fields.check("origin", origin.map_err(|_| FieldError::Unknown));
    for (field, time) in [("from", query.from), ("to", query.to)] {
        // Later years are out of PostgreSQL's range.
        time.map(|at| fields.check(field, in_range(at.year().into(), 1, 9_999)));
    }
    let (kinds, origin) = fields.finish(kinds.zip(origin))?;
    Ok(AuditFilter {
        kinds,
        actor: query.actor,
        user: query.user,
        license: query.license,
        group: query.group,
        origin,
        from: query.from,
        to: query.to,
        q: non_blank(query.q),
        manager: Scope::of(caller).manager(),
        without_contracts: !caller.may(Action::ManageProducts),
    })
}

const AUDIT_SHEET: Sheet<AuditEvent> = Sheet {
    name: "audit",
    columns: &[
        "position",
        "at",
        "kind",
        "origin",
        "address",
        "actor_id",
        "actor",
        "user_id",
        "user",
        "license_id",
        "product",
        "model",
        "session_id",
        "object_id",
        "object",
        "occupied",
        "seats",
        "facts",
    ],
    cells,
};

fn cells(event: &AuditEvent) -> Vec<String> {
    fn text<T: Display>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let (actor, user) = (event.actor.as_ref(), event.user.as_ref());
    let (license, object) = (event.license.as_ref(), event.object.as_ref());
    vec![
        event.position.to_string(),
        event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        event.kind.clone(),
        event.origin.to_string(),
        text(event.address.as_ref()),
        text(actor.map(|actor| actor.id)),
        text(actor.and_then(|actor| actor.name.as_ref()).or(event.directory.as_ref())),
        text(user.map(|user| user.id)),
        text(user.and_then(|user| user.name.as_ref())),
        text(license.map(|license| license.id)),
        text(license.and_then(|license| license.product_name.as_ref())),
        text(license.and_then(|license| license.model)),
        text(event.session),
        text(object.and_then(|object| object.id)),
        text(object.map(|object| &object.name)),
        text(event.occupied),
        text(event.seats),
        event.facts.to_string(),
    ]
}
