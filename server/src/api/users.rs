//! Users: the list, one, adding and changing.

use super::{
    account::settings,
    lists::{given, paging},
};
use crate::{
    app::App,
    auth::Caller,
    events::{self, Event},
    http::{
        extract::{Asked, Body, Named},
        problem::{Fail, Fields},
    },
    store::{self, users::Changeable},
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    people::{Role, UserStatus},
    permissions::{Action, Rights},
    problem::Code,
    validate,
    wire::{
        Page,
        users::{ChangeUser, NewUser, UserSort, UserView},
    },
};
use serde::Deserialize;
use serde_json::json;

/// Which users a list shows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersAsked {
    /// To whom this license is assigned.
    license: Option<LicenseId>,
    /// To whom any license of this product is assigned.
    product: Option<ProductId>,
    /// Of this role.
    role: Option<Role>,
    /// Of this status.
    status: Option<UserStatus>,
    /// With this in name or e-mail, whatever case and accents.
    q: Option<String>,
    /// `name`, `email`, `last_active_at`, `created_at`; with a minus falling.
    sort: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Users.
#[utoipa::path(get, path = "/users", tag = "users", params(UsersAsked), responses((status = 200, body = Page<UserView>)))]
pub async fn users(
    State(app): State<App>,
    caller: Caller,
    Asked(asked): Asked<UsersAsked>,
) -> Result<Json<Page<UserView>>, Fail> {
    caller.must(Action::ViewUsers)?;
    let usual = (UserSort::Name, false);
    let page = paging(asked.sort.as_deref(), asked.after.as_deref(), asked.limit, usual, store::users::of_time)?;
    let filter = store::users::Filter {
        license: asked.license,
        product: asked.product,
        role: asked.role,
        status: asked.status,
        q: given(asked.q),
    };
    Ok(Json(store::users::page(&app.db, &filter, page.order, page.after.as_ref(), page.limit).await?))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), responses((status = 200, body = UserView)))]
pub async fn user(State(app): State<App>, caller: Caller, Named(id): Named<UserId>) -> Result<Json<UserView>, Fail> {
    caller.must(Action::ViewUsers)?;
    Ok(Json(one(&app, id).await?))
}

async fn one(app: &App, id: UserId) -> Result<UserView, Fail> {
    store::users::get(&app.db, id).await?.ok_or_else(|| Fail::code(Code::NotFound))
}

/// Adds a user. Another role than agent takes an admin. Without a password he has to be invited.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses((status = 201, body = UserView)))]
pub async fn add_user(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<NewUser>,
) -> Result<(StatusCode, Json<UserView>), Fail> {
    caller.must(Action::ManageUsers)?;
    if wanted.role != Role::Agent || !wanted.permissions.is_empty() {
        caller.must(Action::ManageRoles)?;
    }
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let email = fields.check("email", validate::email(&wanted.email));
    let least = settings(&app).await?.password_min;
    if let Some(password) = &wanted.password {
        fields.check("password", validate::password_of(password, least));
    }
    let (name, email) = fields.all(name.zip(email))?;
    let now = app.clock.now();
    let id = UserId(app.dice.id(now));
    let rights = Rights { role: wanted.role, permissions: wanted.permissions, billing_contact: false };
    let hash = match &wanted.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    let added = store::users::Added { id, name: &name, email: &email, rights: &rights, password_hash: hash.as_deref() };
    store::users::insert(&mut tx, &added, now).await?;
    let facts = json!({ "name": name, "email": email, "role": rights.role, "permissions": rights.permissions });
    app.commit(tx, &[Event::new("user_added", caller.actor(), Some(id), facts).named(name)]).await?;
    Ok((StatusCode::CREATED, Json(one(&app, id).await?)))
}

/// Changes a user. Suspending ends his sessions in the same transaction.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), request_body = ChangeUser, responses((status = 200, body = UserView)))]
pub async fn change_user(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<UserId>,
    Body(change): Body<ChangeUser>,
) -> Result<Json<UserView>, Fail> {
    caller.must(Action::ManageUsers)?;
    if change.role.is_some() || change.permissions.is_some() || one(&app, id).await?.role != Role::Agent {
        caller.must(Action::ManageRoles)?;
    }
    let mut fields = Fields::default();
    let name = change.name.as_deref().map(|name| fields.check("name", validate::name(name)));
    let name = fields.all(Some(name.flatten()))?;
    if change.status == Some(UserStatus::Suspended) {
        app.seats.suspend(&caller.actor(), id).await?;
    }
    change_rest(&app, &caller, id, name, &change).await?;
    Ok(Json(one(&app, id).await?))
}

/// Everything but suspending, which the seats do.
async fn change_rest(
    app: &App,
    caller: &Caller,
    id: UserId,
    name: Option<String>,
    change: &ChangeUser,
) -> Result<(), Fail> {
    let mut tx = app.db.begin().await?;
    // The admins first: two who demote each other come one after the other.
    store::seats::lock_admins(&mut tx).await?;
    let before = store::users::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let after = Changeable {
        name: name.unwrap_or_else(|| before.name.clone()),
        rights: Rights {
            role: change.role.unwrap_or(before.rights.role),
            permissions: change.permissions.clone().unwrap_or_else(|| before.rights.permissions.clone()),
            billing_contact: before.rights.billing_contact,
        },
        status: change.status.unwrap_or(before.status),
    };
    if before == after {
        return Ok(());
    }
    if before.rights.role == Role::Admin && after.rights.role != Role::Admin {
        let admins = store::seats::known_and_admins(&mut tx, &[id]).await?;
        if !admins.iter().any(|(other, admin)| *admin && *other != id) {
            return Err(Fail::code(Code::LastAdmin));
        }
    }
    store::users::change(&mut tx, id, &after).await?;
    let facts = events::changes(&facts(&before), &facts(&after));
    app.commit(tx, &[Event::new("user_changed", caller.actor(), Some(id), facts).named(before.name)]).await?;
    Ok(())
}

fn facts(user: &Changeable) -> serde_json::Value {
    json!({
        "name": user.name, "role": user.rights.role, "permissions": user.rights.permissions, "status": user.status,
    })
}
