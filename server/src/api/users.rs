//! Users: list, adding, changing and deleting.

use super::{
    account::account_settings,
    pagination::{non_blank, parse_paging},
};
use crate::{
    app::App,
    auth::{Caller, NewPassword, Scope, admission::Admission, password_links::may_replace_access},
    entitlements::{Authority, GroupChangeError, memberships},
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
        recent_verification::require_recent_verification,
    },
    store::{self, users::EditableUser},
    user_changes::{self, UserChange},
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::Datelike as _;
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, UserId},
    people::{Role, Source, UserStatus},
    permissions::{Action, Rights},
    problem::Code,
    validate::{self, FieldError, email_key},
    wire::{
        Page,
        users::{ChangeUser, NewUser, UserFilter, UserSort, UserView},
    },
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A change is retried if the user was changed concurrently.
const MAX_CHANGE_ATTEMPTS: usize = 5;

/// The page of users.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// `name`, `email`, `last_active_at` or `created_at`; descending with a leading minus.
    pub(super) sort: Option<String>,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Lists users. A manager who is limited to groups sees the users in their groups.
#[utoipa::path(
    get, path = "/users", tag = "users",
    params(UserFilter, UsersQuery),
    responses((status = 200, body = Page<UserView>)),
)]
pub async fn users(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(filter): ValidQuery<UserFilter>,
    ValidQuery(query): ValidQuery<UsersQuery>,
) -> Result<Json<Page<UserView>>, ApiError> {
    caller.require(Action::ViewUsers)?;
    let default_order = (UserSort::Name, false);
    let page =
        parse_paging(query.sort.as_deref(), query.after.as_deref(), query.limit, default_order, store::users::of_time)?;
    let filter = validate_filter(filter)?;
    let manager = Scope::of(&caller).manager();
    Ok(Json(store::users::page(&app.db, &filter, manager, page.order, page.after.as_ref(), page.limit).await?))
}

/// Validates that the filter's times are in the range of both database engines.
pub(super) fn validate_filter(mut filter: UserFilter) -> Result<UserFilter, ApiError> {
    let mut fields = FieldErrors::default();
    for (field, time) in [("active_after", filter.active_after), ("active_before", filter.active_before)] {
        time.map(|at| fields.check(field, validate::in_range(at.year().into(), 1, 9_999)));
    }
    filter.q = non_blank(filter.q);
    fields.finish(Some(filter))
}

/// Returns a user. The `ETag` covers the editable fields.
#[utoipa::path(
    get, path = "/users/{id}", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 200, body = UserView)),
)]
pub async fn user(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<WithEtag<UserView>, ApiError> {
    caller.require(Action::ViewUsers)?;
    if id == caller.id {
        return own_user_view(&app, &caller).await;
    }
    user_response(&app, &caller, id).await
}

/// The caller's own user, which every caller sees. A limited manager sees only those of their own groups that they
/// manage.
async fn own_user_view(app: &App, caller: &Caller) -> Result<WithEtag<UserView>, ApiError> {
    let found = store::users::some(&app.db, &[caller.id], None).await?.pop();
    let mut user = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    if Scope::of(caller).manager().is_some() {
        let manages = user.manages.clone();
        user.group_ids.retain(|group| manages.contains(group));
    }
    Ok(with_etag(&EditableUser::from(&user), user))
}

/// A user whom the caller sees.
pub(super) async fn visible_user(app: &App, caller: &Caller, id: UserId) -> Result<UserView, ApiError> {
    let found = store::users::some(&app.db, &[id], Scope::of(caller).manager()).await?.pop();
    found.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// A user whose password, second factor, sign-ins and tokens the caller may revoke or replace. For admins and managers,
/// the caller must be an admin, because it allows to sign in as that user.
pub(super) async fn require_replaceable_access(app: &App, caller: &Caller, id: UserId) -> Result<UserView, ApiError> {
    caller.require(Action::ManageUsers)?;
    let user = visible_user(app, caller, id).await?;
    if !may_replace_access(&caller.rights, user.role) {
        return Err(ApiError::new(Code::Forbidden));
    }
    Ok(user)
}

async fn user_response(app: &App, caller: &Caller, id: UserId) -> Result<WithEtag<UserView>, ApiError> {
    let user = visible_user(app, caller, id).await?;
    Ok(with_etag(&EditableUser::from(&user), user))
}

/// Adds a user.
///
/// Another role than agent requires an admin. A user without a password must be invited.
#[utoipa::path(
    post, path = "/users", tag = "users",
    request_body = NewUser,
    responses((status = 201, body = UserView)),
)]
pub async fn add_user(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<NewUser>,
) -> Result<(StatusCode, Json<UserView>), ApiError> {
    caller.require(Action::ManageUsers)?;
    if wanted.role != Role::Agent || !wanted.permissions.is_empty() {
        caller.require(Action::ManageRoles)?;
    }
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let email = fields.check("email", validate::email(&wanted.email));
    let account = account_settings(&app).await?;
    let known = [wanted.name.as_str(), &wanted.email, &account.name];
    let password = wanted
        .password
        .as_deref()
        .and_then(|password| fields.check("password", NewPassword::checked(password, account.password_min, &known)));
    let groups = validate_groups(&app, &caller, wanted.group_ids, &mut fields).await?;
    let (name, email) = fields.finish(name.zip(email))?;
    let now = app.clock.now();
    let id = UserId(app.random.id(now));
    let rights = Rights { role: wanted.role, permissions: wanted.permissions, ..Rights::agent() };
    let hash = match &password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    let actor = caller.actor();
    let members: BTreeMap<_, _> = groups.iter().map(|group| (*group, vec![id])).collect();
    let locked = memberships::lock_each(&mut tx, &members.keys().copied().collect()).await?;
    let additions = locked.additions(&mut tx, &Authority::User(&actor), members.keys().copied().collect()).await?;
    if let Some(denied) = groups.iter().find_map(|group| additions.denied(*group)) {
        return Err(GroupChangeError::from(denied).into());
    }
    let (status, password_hash, source) = (UserStatus::Active, hash.as_deref(), Source::Manual);
    let added =
        store::users::UserToAdd { id, name: &name, email: &email, rights: &rights, status, password_hash, source };
    store::users::insert(&mut tx, &added, now).await?;
    let data = EventData::UserAdded {
        name: name.clone(),
        email,
        role: rights.role,
        permissions: Some(rights.permissions),
        status: None,
        import: None,
        provider: None,
    };
    let mut events = vec![Event::new(data, caller.actor(), Some(id)).named(name)];
    events.extend(additions.add(&mut tx, &members).await?.iter().flat_map(|change| change.events()));
    app.commit(tx, &events).await?;
    Ok((StatusCode::CREATED, Json(visible_user(&app, &caller, id).await?)))
}

/// Validates the groups of a new user. A limited manager must choose one of their groups, otherwise they would not see
/// the user.
async fn validate_groups(
    app: &App,
    caller: &Caller,
    mut groups: Vec<GroupId>,
    fields: &mut FieldErrors,
) -> Result<Vec<GroupId>, ApiError> {
    groups.sort_unstable();
    groups.dedup();
    let manager = Scope::of(caller).manager();
    let seen = store::groups::all(&app.db, manager).await?;
    if !groups.iter().all(|group| seen.iter().any(|known| known.id == *group)) {
        fields.add("group_ids", FieldError::Unknown);
    } else if manager.is_some() && groups.is_empty() {
        fields.add("group_ids", FieldError::Required);
    }
    Ok(groups)
}

/// Changes a user.
///
/// Suspending a user ends their sessions in the same transaction. With `If-Match`, the user must not have changed since
/// they were read.
#[utoipa::path(
    patch, path = "/users/{id}", tag = "users",
    params(
        ("id" = UserId, Path),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the user when it was read"),
    ),
    request_body = ChangeUser,
    responses((status = 200, body = UserView)),
)]
pub async fn change_user(
    State(app): State<App>,
    caller: Caller,
    admission: Admission,
    PathParam(id): PathParam<UserId>,
    expected: IfMatch,
    ValidJson(change): ValidJson<ChangeUser>,
) -> Result<WithEtag<UserView>, ApiError> {
    caller.require(Action::ManageUsers)?;
    if requires_role_management(&change) {
        caller.require(Action::ManageRoles)?;
    }
    let seen = visible_user(&app, &caller, id).await?;
    if seen.role != Role::Agent {
        caller.require(Action::ManageRoles)?;
    }
    let change = validate_change(&app, change).await?;
    expected.check(&EditableUser::from(&seen))?;
    if id == caller.id && change.email.as_ref().is_some_and(|email| email_key(email) != email_key(&seen.email)) {
        // The owner of the new address can reset the password.
        require_recent_verification(&app, &caller, &admission).await?;
    }
    let mut attempts = 1;
    while let Err(error) = try_change(&app, &caller, id, &change, &expected).await {
        // With `If-Match`, the conflict is reported; otherwise the change is retried.
        if error.code() != Code::ChangedMeanwhile || expected.is_given() || attempts == MAX_CHANGE_ATTEMPTS {
            return Err(error);
        }
        attempts += 1;
    }
    user_response(&app, &caller, id).await
}

/// Applies a change to the user's current state. A suspension and the rest of the change are atomic.
async fn try_change(
    app: &App,
    caller: &Caller,
    id: UserId,
    change: &ChangeUser,
    expected: &IfMatch,
) -> Result<(), ApiError> {
    let seen = visible_user(app, caller, id).await?;
    if seen.role != Role::Agent {
        caller.require(Action::ManageRoles)?;
    }
    let before = EditableUser::from(&seen);
    let after = apply_change(&before, change);
    expected.check(&before)?;
    let user_change = UserChange::new(id, caller.actor(), before, after);
    if !user_change.suspends() {
        return change_user_fields(app, caller, id, change, expected).await;
    }
    Ok(app.seats.suspend_and_change(user_change, caller.removable_users()).await?)
}

fn requires_role_management(change: &ChangeUser) -> bool {
    let limits = change.limited_to_groups.is_some() || change.manages.is_some();
    change.role.is_some() || change.permissions.is_some() || limits
}

async fn validate_change(app: &App, change: ChangeUser) -> Result<ChangeUser, ApiError> {
    let mut fields = FieldErrors::default();
    let name = change.name.as_deref().map(|name| fields.check("name", validate::name(name)));
    let email = change.email.as_deref().map(|email| fields.check("email", validate::email(email)));
    let mut manages = change.manages.clone();
    if let Some(groups) = &mut manages {
        groups.sort_unstable();
        groups.dedup();
        if groups.len() > validate::MAX_BULK_ITEMS {
            fields.add("manages", FieldError::OutOfRange { min: 0, max: 1_000 });
        } else if store::groups::count_existing(&app.db, groups).await? < groups.len() {
            fields.add("manages", FieldError::Unknown);
        }
    }
    fields.finish(Some(ChangeUser { name: name.flatten(), email: email.flatten(), manages, ..change }))
}

/// Applies every change except a suspension, which the seat engine performs.
pub(super) async fn change_user_fields(
    app: &App,
    caller: &Caller,
    id: UserId,
    change: &ChangeUser,
    expected: &IfMatch,
) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    let user = user_changes::lock(&mut tx, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let before = &user.before;
    expected.check(before)?;
    if before.rights.role != Role::Agent {
        // The role may have changed since the first check.
        caller.require(Action::ManageRoles)?;
    }
    let user_change = user.changed_to(apply_change(before, change), &caller.actor());
    if user_change.is_empty() {
        return Ok(());
    }
    let events = user.make(&mut tx, user_change, app.clock.now()).await?;
    Ok(app.commit(tx, &events).await?)
}

fn apply_change(before: &EditableUser, change: &ChangeUser) -> EditableUser {
    EditableUser {
        name: change.name.clone().unwrap_or_else(|| before.name.clone()),
        email: change.email.clone().unwrap_or_else(|| before.email.clone()),
        rights: Rights {
            role: change.role.unwrap_or(before.rights.role),
            permissions: change.permissions.clone().unwrap_or_else(|| before.rights.permissions.clone()),
            billing_contact: before.rights.billing_contact,
            limited_to_groups: change.limited_to_groups.unwrap_or(before.rights.limited_to_groups),
        },
        status: change.status.unwrap_or(before.status),
        manages: change.manages.clone().unwrap_or_else(|| before.manages.clone()),
    }
}

/// Deletes a user.
///
/// Ends their sessions, removes them from queues and frees their named seats. The history keeps their name.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn delete_user(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::ManageUsers)?;
    if visible_user(&app, &caller, id).await?.role != Role::Agent {
        caller.require(Action::ManageRoles)?;
    }
    app.seats.delete(&caller.actor(), id, caller.removable_users()).await?;
    Ok(StatusCode::NO_CONTENT)
}
