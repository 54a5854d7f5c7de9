//! Exports: the whole of a filtered list, as CSV or JSON. The CSV of users is what an import takes.

use super::{
    licenses::{Shown, visible},
    lists::paging,
    sessions::{SessionsAsked, hide_key, wanted},
    users::{UsersAsked, checked},
};
use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard},
    csv_cell,
    db::{Db, DbError},
    http::{
        export::{Format, PART, Sheet},
        extract::Asked,
        problem::Fail,
    },
    store::{self, list::After},
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

/// In what form a list is exported.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportAsked {
    /// `csv` if absent.
    format: Option<Format>,
}

impl ExportAsked {
    /// The form.
    pub(super) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Csv)
    }
}

/// A user with the names that stand in the CSV form.
#[derive(Debug, Serialize)]
struct User {
    #[serde(flatten)]
    view: UserView,
    #[serde(skip)]
    licenses: String,
    #[serde(skip)]
    groups: String,
    #[serde(skip)]
    manages: String,
}

const USERS: Sheet<User> = Sheet {
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
            moment(view.last_active_at),
            moment(Some(view.created_at)),
            csv_cell::join_list(view.permissions.iter().map(|permission| permission.as_str())),
            if view.role == Role::Manager { view.limited_to_groups.to_string() } else { String::new() },
            user.manages.clone(),
        ]
    },
};

const SESSIONS: Sheet<SessionView> = Sheet {
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
            moment(Some(session.created_at)),
            moment(session.connected_at),
            moment(end.map(|end| end.at)),
            end.map(|end| end.reason.to_string()).unwrap_or_default(),
            end.and_then(|end| end.by.clone()).unwrap_or_default(),
            end.and_then(|end| end.message.clone()).unwrap_or_default(),
            moment(session.borrowed_until),
        ]
    },
};

const LICENSES: Sheet<LicenseView> = Sheet {
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
            moment(license.starts_at),
            moment(license.ends_at),
            moment(license.archived_at),
            contract.order_number.clone().unwrap_or_default(),
            price.map(|price| price.minor.to_string()).unwrap_or_default(),
            price.map(|price| price.currency.clone()).unwrap_or_default(),
            contract.notes.clone().unwrap_or_default(),
        ]
    },
};

fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
}

/// All users of a list; a manager who is limited to groups gets the people in his.
#[utoipa::path(get, path = "/users/export", tag = "users", params(UserFilter, UsersAsked, ExportAsked), responses((status = 200, description = "The file", content((String = "text/csv"), (Vec<UserView> = "application/json")))))]
pub async fn users(
    State(app): State<App>,
    guard: StreamGuard,
    Asked(filter): Asked<UserFilter>,
    Asked(asked): Asked<UsersAsked>,
    Asked(export): Asked<ExportAsked>,
) -> Result<Response, Fail> {
    let caller = guard.caller();
    caller.must(Action::ViewUsers)?;
    let usual = (UserSort::Name, false);
    let order = paging(asked.sort.as_deref(), None, None, usual, store::users::of_time)?.order;
    let (filter, manager) = (checked(filter)?, Scope::of(caller).manager());
    let (filter, names) = (Arc::new(filter), Arc::new(Names::read(&app, caller, manager).await?));
    let db = app.db.clone();
    let read = move |after: Option<After>| {
        let (db, filter, names) = (db.clone(), filter.clone(), names.clone());
        async move {
            let page = store::users::page(&db, &filter, manager, order, after.as_ref(), PART).await?;
            let next = page.next.as_deref().and_then(After::decode);
            Ok((page.items.into_iter().map(|user| names.with(user)).collect::<Vec<_>>(), next))
        }
    };
    USERS.send(guard, export.format(), app.clock.now(), read).await
}

/// What licenses and groups are called in a sheet.
struct Names {
    licenses: HashMap<LicenseId, String>,
    groups: HashMap<GroupId, String>,
}

impl Names {
    async fn read(app: &App, caller: &Caller, manager: Option<UserId>) -> Result<Self, Fail> {
        let licenses = visible(app, caller).await?;
        let name = |license: &LicenseView| format!("{}:{}", license.product_slug, license.model);
        let groups = store::groups::all(&app.db, manager).await?;
        Ok(Self {
            licenses: licenses.iter().map(|license| (license.id, name(license))).collect(),
            groups: groups.into_iter().map(|group| (group.id, group.name)).collect(),
        })
    }

    fn with(&self, view: UserView) -> User {
        let licenses = view.license_ids.iter().filter_map(|id| self.licenses.get(id)).map(String::as_str);
        let licenses = csv_cell::join_list(licenses);
        let names =
            |ids: &[GroupId]| csv_cell::join_list(ids.iter().filter_map(|id| self.groups.get(id)).map(String::as_str));
        let (groups, manages) = (names(&view.group_ids), names(&view.manages));
        User { view, licenses, groups, manages }
    }
}

/// All sessions of a list; an agent gets his own.
#[utoipa::path(get, path = "/sessions/export", tag = "sessions", params(SessionsAsked, ExportAsked), responses((status = 200, description = "The file", content((String = "text/csv"), (Vec<SessionView> = "application/json")))))]
pub async fn sessions(
    State(app): State<App>,
    guard: StreamGuard,
    Asked(asked): Asked<SessionsAsked>,
    Asked(export): Asked<ExportAsked>,
) -> Result<Response, Fail> {
    let (filter, page) = wanted(guard.caller(), asked)?;
    let (order, now) = (page.order, app.clock.now());
    let shared = Arc::new((app.db.clone(), filter, guard.caller().clone()));
    let read = move |after: Option<After>| {
        let shared = shared.clone();
        async move {
            let (db, filter, caller): &(Db, store::sessions::Filter, Caller) = &shared;
            let mut page = store::sessions::page(db, filter, order, after.as_ref(), PART).await?;
            page.items.iter_mut().for_each(|session| hide_key(session, caller));
            Ok((page.items, page.next.as_deref().and_then(After::decode)))
        }
    };
    SESSIONS.send(guard, export.format(), now, read).await
}

/// All licenses.
#[utoipa::path(get, path = "/licenses/export", tag = "licenses", params(Shown, ExportAsked), responses((status = 200, description = "The file", content((String = "text/csv"), (Vec<LicenseView> = "application/json")))))]
pub async fn licenses(
    State(app): State<App>,
    guard: StreamGuard,
    Asked(shown): Asked<Shown>,
    Asked(export): Asked<ExportAsked>,
) -> Result<Response, Fail> {
    let caller = guard.caller();
    caller.must(Action::ViewUsers)?;
    let mut licenses = visible(&app, caller).await?;
    licenses.retain(|license| shown.archived == Some(true) || license.archived_at.is_none());
    let read = move |_: Option<()>| {
        let licenses = licenses.clone();
        async move { Ok::<_, DbError>((licenses, None)) }
    };
    LICENSES.send(guard, export.format(), app.clock.now(), read).await
}
