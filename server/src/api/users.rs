//! Users: the list, one, adding and changing.

use super::{
    account::settings,
    lists::{given, paging},
};
use crate::{
    app::App,
    auth::{Caller, NewPassword, Scope, caller::Admission, links::may_replace_access, recent::must_be_recent},
    entitlements::{Authority, memberships},
    events::{self, Event},
    group_licenses::{About, settle},
    http::{
        extract::{Asked, Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    scim::rules,
    store::{self, user_changes::UserChange, users::Changeable},
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::Datelike as _;
use seatkeeper_shared::{
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
use serde_json::json;

/// How often a change is worked out anew because somebody else has changed the user meanwhile.
const MAX_CHANGE_ATTEMPTS: usize = 5;

/// How a list of users is read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersAsked {
    /// `name`, `email`, `last_active_at`, `created_at`; with a minus falling.
    pub(super) sort: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Users; a manager who is limited to groups sees the people in his.
#[utoipa::path(get, path = "/users", tag = "users", params(UserFilter, UsersAsked), responses((status = 200, body = Page<UserView>)))]
pub async fn users(
    State(app): State<App>,
    caller: Caller,
    Asked(filter): Asked<UserFilter>,
    Asked(asked): Asked<UsersAsked>,
) -> Result<Json<Page<UserView>>, Fail> {
    caller.must(Action::ViewUsers)?;
    let usual = (UserSort::Name, false);
    let page = paging(asked.sort.as_deref(), asked.after.as_deref(), asked.limit, usual, store::users::of_time)?;
    let filter = checked(filter)?;
    let manager = Scope::of(&caller).manager();
    Ok(Json(store::users::page(&app.db, &filter, manager, page.order, page.after.as_ref(), page.limit).await?))
}

/// A filter whose moments both engines know.
pub(super) fn checked(mut filter: UserFilter) -> Result<UserFilter, Fail> {
    let mut fields = Fields::default();
    for (field, moment) in [("active_after", filter.active_after), ("active_before", filter.active_before)] {
        moment.map(|at| fields.check(field, validate::within(at.year().into(), 1, 9_999)));
    }
    filter.q = given(filter.q);
    fields.all(Some(filter))
}

/// One user. The `ETag` stands for what can be changed.
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), responses((status = 200, body = UserView)))]
pub async fn user(State(app): State<App>, caller: Caller, Named(id): Named<UserId>) -> Result<Tagged<UserView>, Fail> {
    caller.must(Action::ViewUsers)?;
    if id == caller.id {
        return himself(&app, &caller).await;
    }
    answer(&app, &caller, id).await
}

/// Everybody sees himself, also a manager who is in none of his groups; of these he is told only those that he manages.
async fn himself(app: &App, caller: &Caller) -> Result<Tagged<UserView>, Fail> {
    let found = store::users::some(&app.db, &[caller.id], None).await?.pop();
    let mut user = found.ok_or_else(|| Fail::code(Code::NotFound))?;
    if Scope::of(caller).manager().is_some() {
        let manages = user.manages.clone();
        user.group_ids.retain(|group| manages.contains(group));
    }
    Ok(tagged(&Changeable::from(&user), user))
}

/// One user whom the caller sees.
pub(super) async fn one(app: &App, caller: &Caller, id: UserId) -> Result<UserView, Fail> {
    let found = store::users::some(&app.db, &[id], Scope::of(caller).manager()).await?.pop();
    found.ok_or_else(|| Fail::code(Code::NotFound))
}

/// A user whose password, second factor, sign-ins and tokens the caller may take away or replace. For admins and managers it takes an
/// admin: whoever can become somebody has his rights.
pub(super) async fn whose_access(app: &App, caller: &Caller, id: UserId) -> Result<UserView, Fail> {
    caller.must(Action::ManageUsers)?;
    let user = one(app, caller, id).await?;
    if !may_replace_access(&caller.rights, user.role) {
        return Err(Fail::code(Code::Forbidden));
    }
    Ok(user)
}

async fn answer(app: &App, caller: &Caller, id: UserId) -> Result<Tagged<UserView>, Fail> {
    let user = one(app, caller, id).await?;
    Ok(tagged(&Changeable::from(&user), user))
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
    let account = settings(&app).await?;
    let known = [wanted.name.as_str(), &wanted.email, &account.name];
    let password = wanted
        .password
        .as_deref()
        .and_then(|password| fields.check("password", NewPassword::checked(password, account.password_min, &known)));
    let groups = put_in(&app, &caller, wanted.group_ids, &mut fields).await?;
    let (name, email) = fields.all(name.zip(email))?;
    let now = app.clock.now();
    let id = UserId(app.dice.id(now));
    let rights = Rights { role: wanted.role, permissions: wanted.permissions, ..Rights::agent() };
    let hash = match &password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    // Groups come before users: see `store::groups::lock`.
    let actor = caller.actor();
    let authority = Authority::Person(&actor);
    for group in &groups {
        memberships::may_add(&mut tx, &authority, *group).await?;
    }
    let (password_hash, source) = (hash.as_deref(), Source::Manual);
    let added = store::users::Added { id, name: &name, email: &email, rights: &rights, password_hash, source };
    store::users::insert(&mut tx, &added, now).await?;
    let facts = json!({ "name": name, "email": email, "role": rights.role, "permissions": rights.permissions });
    let mut events = vec![Event::new("user_added", caller.actor(), Some(id), facts).named(name)];
    for group in &groups {
        events.extend(memberships::change(&mut tx, &authority, *group, (&[id], &[])).await?.events());
    }
    app.commit(tx, &events).await?;
    if !groups.is_empty() {
        rules::apply(&app, &caller.actor(), &[id]).await;
        settle(&app, &caller.actor(), &About::users([id])).await?;
    }
    Ok((StatusCode::CREATED, Json(one(&app, &caller, id).await?)))
}

/// The groups that a new user is put in. Whoever is limited to groups puts him in one of his, or would not see him.
async fn put_in(
    app: &App,
    caller: &Caller,
    mut groups: Vec<GroupId>,
    fields: &mut Fields,
) -> Result<Vec<GroupId>, Fail> {
    groups.sort_unstable();
    groups.dedup();
    let manager = Scope::of(caller).manager();
    let seen = store::groups::all(&app.db, manager).await?;
    if !groups.iter().all(|group| seen.iter().any(|known| known.id == *group)) {
        fields.wrong("group_ids", FieldError::Unknown);
    } else if manager.is_some() && groups.is_empty() {
        fields.wrong("group_ids", FieldError::Required);
    }
    Ok(groups)
}

/// Changes a user. Suspending ends his sessions in the same transaction. With `If-Match` only if nobody else has changed him
/// meanwhile.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = UserId, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` of the user as he was read")), request_body = ChangeUser, responses((status = 200, body = UserView)))]
pub async fn change_user(
    State(app): State<App>,
    caller: Caller,
    admission: Admission,
    Named(id): Named<UserId>,
    expected: IfMatch,
    Body(change): Body<ChangeUser>,
) -> Result<Tagged<UserView>, Fail> {
    caller.must(Action::ManageUsers)?;
    if takes_an_admin(&change) {
        caller.must(Action::ManageRoles)?;
    }
    let seen = one(&app, &caller, id).await?;
    if seen.role != Role::Agent {
        caller.must(Action::ManageRoles)?;
    }
    let change = well_formed(&app, change).await?;
    expected.must_hold(&Changeable::from(&seen))?;
    if id == caller.id && change.email.as_ref().is_some_and(|email| email_key(email) != email_key(&seen.email)) {
        // Whoever reads the mail of that address can set the password.
        must_be_recent(&app, &caller, &admission).await?;
    }
    let mut attempts = 1;
    while let Err(fail) = change_once(&app, &caller, id, &change, &expected).await {
        // Whoever says what the user must be is told; else it is worked out anew.
        if fail.what() != Code::ChangedMeanwhile || expected.is_given() || attempts == MAX_CHANGE_ATTEMPTS {
            return Err(fail);
        }
        attempts += 1;
    }
    answer(&app, &caller, id).await
}

/// Changes a user as they are now. A suspension comes with the rest of the change, or there is neither.
async fn change_once(
    app: &App,
    caller: &Caller,
    id: UserId,
    change: &ChangeUser,
    expected: &IfMatch,
) -> Result<(), Fail> {
    let seen = one(app, caller, id).await?;
    if seen.role != Role::Agent {
        caller.must(Action::ManageRoles)?;
    }
    let before = Changeable::from(&seen);
    let after = changed(&before, change);
    let (actor, events) = (caller.actor(), Vec::new());
    let change_of_all = UserChange { user: id, actor, before, after, directory: None, events };
    if !change_of_all.suspends() {
        return change_rest(app, caller, id, change, expected).await;
    }
    expected.must_hold(&change_of_all.before)?;
    Ok(app.seats.suspend_and_change(change_of_all, caller.whom()).await?)
}

fn takes_an_admin(change: &ChangeUser) -> bool {
    let limits = change.limited_to_groups.is_some() || change.manages.is_some();
    change.role.is_some() || change.permissions.is_some() || limits
}

async fn well_formed(app: &App, change: ChangeUser) -> Result<ChangeUser, Fail> {
    let mut fields = Fields::default();
    let name = change.name.as_deref().map(|name| fields.check("name", validate::name(name)));
    let email = change.email.as_deref().map(|email| fields.check("email", validate::email(email)));
    let mut manages = change.manages.clone();
    if let Some(groups) = &mut manages {
        groups.sort_unstable();
        groups.dedup();
        if groups.len() > validate::MAX_BULK {
            fields.wrong("manages", FieldError::OutOfRange { min: 0, max: 1_000 });
        } else if store::groups::known(&app.db, groups).await? < groups.len() {
            fields.wrong("manages", FieldError::Unknown);
        }
    }
    fields.all(Some(ChangeUser { name: name.flatten(), email: email.flatten(), manages, ..change }))
}

/// Everything but suspending, which the seats do.
pub(super) async fn change_rest(
    app: &App,
    caller: &Caller,
    id: UserId,
    change: &ChangeUser,
    expected: &IfMatch,
) -> Result<(), Fail> {
    let mut tx = app.db.begin().await?;
    // The admins first: two who demote each other come one after the other.
    store::seats::lock_admins(&mut tx).await?;
    let before = store::users::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    expected.must_hold(&before)?;
    if before.rights.role != Role::Agent {
        // He may have been given another role since he was looked at.
        caller.must(Action::ManageRoles)?;
    }
    let after = changed(&before, change);
    if before == after {
        return Ok(());
    }
    if before.status == UserStatus::Active && after.status == UserStatus::Suspended {
        // Somebody has reactivated them since: it is for the seats to do.
        return Err(Fail::code(Code::ChangedMeanwhile));
    }
    if before.rights.role == Role::Admin && after.rights.role != Role::Admin {
        let admins = store::seats::known_and_admins(&mut tx, &[id]).await?;
        if !admins.iter().any(|other| other.admin && other.user != id) {
            return Err(Fail::code(Code::LastAdmin));
        }
    }
    store::users::change(&mut tx, id, &before, &after).await?;
    let facts =
        events::changes(&store::users::facts(&mut tx, &before).await?, &store::users::facts(&mut tx, &after).await?);
    let came_back = before.status != after.status && after.status == UserStatus::Active;
    app.commit(tx, &[Event::new("user_changed", caller.actor(), Some(id), facts).named(before.name)]).await?;
    if came_back {
        // Suspending took his named seats.
        rules::apply(app, &caller.actor(), &[id]).await;
    }
    Ok(())
}

fn changed(before: &Changeable, change: &ChangeUser) -> Changeable {
    let role = change.role.unwrap_or(before.rights.role);
    let mut after = Changeable {
        name: change.name.clone().unwrap_or_else(|| before.name.clone()),
        email: change.email.clone().unwrap_or_else(|| before.email.clone()),
        rights: Rights {
            role,
            permissions: change.permissions.clone().unwrap_or_else(|| before.rights.permissions.clone()),
            billing_contact: before.rights.billing_contact,
            limited_to_groups: change.limited_to_groups.unwrap_or(before.rights.limited_to_groups),
        },
        status: change.status.unwrap_or(before.status),
        manages: change.manages.clone().unwrap_or_else(|| before.manages.clone()),
    };
    if role != Role::Manager {
        after.manage_nothing();
    }
    after
}

/// Deletes a user: his sessions end, he leaves the line, and what was assigned to him is free. The history keeps his name.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn delete_user(State(app): State<App>, caller: Caller, Named(id): Named<UserId>) -> Result<StatusCode, Fail> {
    caller.must(Action::ManageUsers)?;
    if one(&app, &caller, id).await?.role != Role::Agent {
        caller.must(Action::ManageRoles)?;
    }
    app.seats.delete(&caller.actor(), id, caller.whom()).await?;
    Ok(StatusCode::NO_CONTENT)
}
