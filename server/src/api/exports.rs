//! Exports of users, sessions and licenses. The CSV of users can be imported again.

use super::{
    licenses::{ArchivedQuery, visible_licenses},
    pagination::parse_paging,
    sessions::{SessionsQuery, hide_support_key, parse_query},
    users::{UsersQuery, validate_filter},
};
use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard},
    csv_cell,
    db::{Db, DbError},
    http::{
        export::{EXPORT_CHUNK_ROWS, Format, Sheet},
        extract::ValidQuery,
        problem::ApiError,
    },
    store::{self, pagination::Cursor},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, SecondsFormat, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    people::Role,
    permissions::Action,
    wire::{
        licenses::LicenseView,
        sessions::SessionView,
        users::{UserFilter, UserSort, UserView},
    },
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// The format of an export.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` if absent.
    format: Option<Format>,
}

impl ExportQuery {
    pub(super) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Csv)
    }
}

/// A user, with display names for the CSV format.
#[derive(Debug, Serialize)]
struct UserRow {
    #[serde(flatten)]
    view: UserView,
    #[serde(skip)]
    licenses: String,
    #[serde(skip)]
    groups: String,
    #[serde(skip)]
    manages: String,
}

const USER_SHEET: Sheet<UserRow> = Sheet {
    name: "users",
    columns: &[
        "name",
        "email",
        "role",
        "status",
        "licenses",
        "groups",
        "source",
        "last_active_at",
        "created_at",
        "permissions",
        "limited_to_groups",
        "manages",
    ],
    cells: |user| {
        let view = &user.view;
        vec![
            view.name.clone(),
            view.email.clone(),
            view.role.to_string(),
            view.status.to_string(),
            user.licenses.clone(),
            user.groups.clone(),
            view.source.to_string(),
            format_time(view.last_active_at),
            format_time(Some(view.created_at)),
            csv_cell::join_list(view.permissions.iter().map(|permission| permission.as_str())),
            if view.role == Role::Manager { view.limited_to_groups.to_string() } else { String::new() },
            user.manages.clone(),
        ]
    },
};

const SESSION_SHEET: Sheet<SessionView> = Sheet {
    name: "sessions",
    columns: &[
        "id",
        "user_name",
        "user_email",
        "product",
        "model",
        "device",
        "mode",
        "platform",
        "remote_device",
        "state",
        "created_at",
        "connected_at",
        "ended_at",
        "end_reason",
        "ended_by",
        "end_message",
        "borrowed_until",
    ],
    cells: |session| {
        let end = session.ended.as_ref();
        vec![
            session.id.to_string(),
            session.user_name.clone(),
            session.user_email.clone(),
            session.product_name.clone(),
            session.model.to_string(),
            session.device.clone(),
            session.mode.to_string(),
            session.platform.map(|platform| platform.to_string()).unwrap_or_default(),
            session.remote_device.clone().unwrap_or_default(),
            session.state.to_string(),
            format_time(Some(session.created_at)),
            format_time(session.connected_at),
            format_time(end.map(|end| end.at)),
            end.map(|end| end.reason.to_string()).unwrap_or_default(),
            end.and_then(|end| end.by.clone()).unwrap_or_default(),
            end.and_then(|end| end.message.clone()).unwrap_or_default(),
            format_time(session.borrowed_until),
        ]
    },
};

const LICENSE_SHEET: Sheet<LicenseView> = Sheet {
    name: "licenses",
    columns: &[
        "id",
        "product",
        "slug",
        "model",
        "seats",
        "assigned",
        "occupied",
        "waiting",
        "starts_at",
        "ends_at",
        "archived_at",
        "order_number",
        "price_minor",
        "currency",
        "notes",
    ],
    cells: |license| {
        let (usage, contract) = (&license.usage, &license.contract);
        let price = contract.price_per_seat.as_ref();
        vec![
            license.id.to_string(),
            license.product_name.clone(),
            license.product_slug.clone(),
            license.model.to_string(),
            license.seats.to_string(),
            usage.assigned.to_string(),
            usage.occupied.to_string(),
            usage.waiting.to_string(),
            format_time(license.starts_at),
            format_time(license.ends_at),
            format_time(license.archived_at),
            contract.order_number.clone().unwrap_or_default(),
            price.map(|price| price.minor.to_string()).unwrap_or_default(),
            price.map(|price| price.currency.clone()).unwrap_or_default(),
            contract.notes.clone().unwrap_or_default(),
        ]
    },
};

pub(super) fn format_time(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
}

/// Exports users. A manager who is limited to groups gets the users in their groups.
#[utoipa::path(
    get, path = "/users/export", tag = "users",
    params(UserFilter, UsersQuery, ExportQuery),
    responses(
        (status = 200, description = "The file", content((String = "text/csv"), (Vec<UserView> = "application/json"))),
    ),
)]
pub async fn users(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(filter): ValidQuery<UserFilter>,
    ValidQuery(query): ValidQuery<UsersQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let caller = guard.caller();
    caller.require(Action::ViewUsers)?;
    let default_order = (UserSort::Name, false);
    let order = parse_paging(query.sort.as_deref(), None, None, default_order, store::users::of_time)?.order;
    let (filter, manager) = (validate_filter(filter)?, Scope::of(caller).manager());
    let (filter, names) = (Arc::new(filter), Arc::new(DisplayNames::read(&app, caller, manager).await?));
    let db = app.db.clone();
    let read = move |after: Option<Cursor>| {
        let (db, filter, names) = (db.clone(), filter.clone(), names.clone());
        async move {
            let page = store::users::page(&db, &filter, manager, order, after.as_ref(), EXPORT_CHUNK_ROWS).await?;
            let next = page.next.as_deref().and_then(Cursor::decode);
            Ok((page.items.into_iter().map(|user| names.with(user)).collect::<Vec<_>>(), next))
        }
    };
    USER_SHEET.send(guard, export.format(), app.clock.now(), read).await
}

/// The names of licenses and groups in the CSV format.
struct DisplayNames {
    licenses: HashMap<LicenseId, String>,
    groups: HashMap<GroupId, String>,
}

impl DisplayNames {
    async fn read(app: &App, caller: &Caller, manager: Option<UserId>) -> Result<Self, ApiError> {
        let licenses = visible_licenses(app, caller).await?;
        let name = |license: &LicenseView| format!("{}:{}", license.product_slug, license.model);
        let groups = store::groups::all(&app.db, manager).await?;
        Ok(Self {
            licenses: licenses.iter().map(|license| (license.id, name(license))).collect(),
            groups: groups.into_iter().map(|group| (group.id, group.name)).collect(),
        })
    }

    fn with(&self, view: UserView) -> UserRow {
        let licenses = view.license_ids.iter().filter_map(|id| self.licenses.get(id)).map(String::as_str);
        let licenses = csv_cell::join_list(licenses);
        let names =
            |ids: &[GroupId]| csv_cell::join_list(ids.iter().filter_map(|id| self.groups.get(id)).map(String::as_str));
        let (groups, manages) = (names(&view.group_ids), names(&view.manages));
        UserRow { view, licenses, groups, manages }
    }
}

/// Exports sessions. Agents get their own.
#[utoipa::path(
    get, path = "/sessions/export", tag = "sessions",
    params(SessionsQuery, ExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<SessionView> = "application/json")),
        ),
    ),
)]
pub async fn sessions(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<SessionsQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let (filter, page) = parse_query(guard.caller(), query)?;
    let (order, now) = (page.order, app.clock.now());
    let shared = Arc::new((app.db.clone(), filter, guard.caller().clone()));
    let read = move |after: Option<Cursor>| {
        let shared = shared.clone();
        async move {
            let (db, filter, caller): &(Db, store::sessions::SessionFilter, Caller) = &shared;
            let mut page = store::sessions::page(db, filter, order, after.as_ref(), EXPORT_CHUNK_ROWS).await?;
            page.items.iter_mut().for_each(|session| hide_support_key(session, caller));
            Ok((page.items, page.next.as_deref().and_then(Cursor::decode)))
        }
    };
    SESSION_SHEET.send(guard, export.format(), now, read).await
}

/// Exports licenses.
#[utoipa::path(
    get, path = "/licenses/export", tag = "licenses",
    params(ArchivedQuery, ExportQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content((String = "text/csv"), (Vec<LicenseView> = "application/json")),
        ),
    ),
)]
pub async fn licenses(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(shown): ValidQuery<ArchivedQuery>,
    ValidQuery(export): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let caller = guard.caller();
    caller.require(Action::ViewUsers)?;
    let mut licenses = visible_licenses(&app, caller).await?;
    licenses.retain(|license| shown.archived == Some(true) || license.archived_at.is_none());
    let read = move |_: Option<()>| {
        let licenses = licenses.clone();
        async move { Ok::<_, DbError>((licenses, None)) }
    };
    LICENSE_SHEET.send(guard, export.format(), app.clock.now(), read).await
}
