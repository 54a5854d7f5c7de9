//! The audit log: pages of it, and exports.

use super::lists::given;
use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard},
    http::{
        export::{Format, PART, Sheet},
        extract::Asked,
        problem::{Fail, Fields},
    },
    store::{self, audit::Filter},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use seatkeeper_shared::{
    audit::{Door, Kind},
    ids::{LicenseId, Position, UserId},
    permissions::Action,
    validate::{FieldError, within},
    wire::audit::{AuditEvent, AuditPage},
};
use serde::Deserialize;
use std::fmt::Display;

/// Which events are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditAsked {
    /// Of these kinds, with commas between; of all if absent.
    kind: Option<String>,
    /// Done by this user.
    actor: Option<UserId>,
    /// Done to this user.
    user: Option<UserId>,
    /// Done to this license.
    license: Option<LicenseId>,
    /// Come in through this door: `app`, `api`, `scim`, `import`, `system`.
    door: Option<String>,
    /// Not before this time.
    from: Option<DateTime<Utc>>,
    /// Before this time.
    to: Option<DateTime<Utc>>,
    /// With this in the name or e-mail of who did it or to whom it was done, or in the name of what it was done to.
    q: Option<String>,
}

/// Which page of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditPaging {
    /// The `next` of the page before.
    after: Option<i64>,
    /// How many events, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// In which form.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportAsked {
    /// `csv` or `json`.
    #[param(inline)]
    format: Format,
}

/// The audit log, the newest first. A manager who is limited to groups sees what was done to the people in his.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditAsked, AuditPaging), responses((status = 200, body = AuditPage)))]
pub async fn audit(
    State(app): State<App>,
    caller: Caller,
    Asked(asked): Asked<AuditAsked>,
    Asked(page): Asked<AuditPaging>,
) -> Result<Json<AuditPage>, Fail> {
    let filter = visible(&caller, asked)?;
    let mut fields = Fields::default();
    let limit = fields.check("limit", within(page.limit.unwrap_or(100), 1, 500));
    let limit = usize::try_from(fields.all(limit)?).unwrap_or(100);
    let (items, next) = store::audit::page(&app.db, &filter, page.after.map(Position), limit).await?;
    Ok(Json(AuditPage { items, next }))
}

/// Exactly the events that a filter lets through, as a file.
#[utoipa::path(get, path = "/audit/export", tag = "audit", params(AuditAsked, ExportAsked), responses((status = 200, description = "The file", content((String = "text/csv"), (Vec<AuditEvent> = "application/json")))))]
pub async fn export_audit(
    State(app): State<App>,
    guard: StreamGuard,
    Asked(asked): Asked<AuditAsked>,
    Asked(wanted): Asked<ExportAsked>,
) -> Result<Response, Fail> {
    let filter = visible(guard.caller(), asked)?;
    let now = app.clock.now();
    let read = move |after| {
        let (db, filter) = (app.db.clone(), filter.clone());
        async move { store::audit::page(&db, &filter, after, PART).await }
    };
    SHEET.send(guard, wanted.format, now, read).await
}

/// What this caller may see of what is asked for: the one place that knows, for pages and exports alike.
fn visible(caller: &Caller, asked: AuditAsked) -> Result<Filter, Fail> {
    caller.must(Action::ViewAudit)?;
    let mut fields = Fields::default();
    let kinds = given(asked.kind);
    let kinds: Result<Vec<Kind>, _> = kinds.iter().flat_map(|kinds| kinds.split(',')).map(str::parse).collect();
    let kinds = fields.check("kind", kinds.map_err(|_| FieldError::Unknown));
    let door = given(asked.door).map(|door| door.parse::<Door>()).transpose();
    let door = fields.check("door", door.map_err(|_| FieldError::Unknown));
    for (field, moment) in [("from", asked.from), ("to", asked.to)] {
        // Years beyond these are no moments to PostgreSQL, and break the order of text in SQLite.
        moment.map(|at| fields.check(field, within(at.year().into(), 1, 9_999)));
    }
    let (kinds, door) = fields.all(kinds.zip(door))?;
    Ok(Filter {
        kinds,
        actor: asked.actor,
        user: asked.user,
        license: asked.license,
        door,
        from: asked.from,
        to: asked.to,
        q: given(asked.q),
        manager: Scope::of(caller).manager(),
        without_contracts: !caller.may(Action::ManageProducts),
    })
}

const SHEET: Sheet<AuditEvent> = Sheet {
    name: "audit",
    columns: &[
        "position",
        "at",
        "kind",
        "door",
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
        event.door.to_string(),
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
