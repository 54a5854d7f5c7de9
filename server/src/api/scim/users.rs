//! Users of a directory: create, read, replace, patch, suspend, delete.

mod search;

pub use search::list;

use super::{
    ScimClient, ScimResult,
    compute::compute,
    error::{ScimError, ScimType},
    list::ListQuery,
    patch::{self, Operation},
    request::check_if_match,
    response::ScimResponse,
    schema::{self, Attributes},
    user_mapping::{self, MappedUser},
};
use crate::{
    app::App,
    db::DbError,
    events::Event,
    seats::{RemovableUsers, SeatsError},
    store::{
        self,
        directory_users::DirectoryUser,
        users::{EditableUser, UserToAdd},
    },
    user_changes::{self, DirectoryChange, RefusedChange, UserChange, UserChangeError},
};
use axum::http::StatusCode;
use seatkeeper_shared::{
    audit::EventData,
    ids::UserId,
    people::{Role, Source, UserStatus},
    permissions::Rights,
    problem::Code,
    validate::email_key,
};
use serde_json::Value;
use std::sync::Arc;

/// Attempts to apply a change while concurrent changes of the same user interfere.
const MAX_CHANGE_ATTEMPTS: usize = 5;

/// Returns one user.
///
/// # Errors
/// Returns an error if the directory sees no such user.
pub async fn get(app: &App, client: &ScimClient, id: &str, query: &ListQuery) -> ScimResult {
    let stored = find(app, client, id).await?;
    query.project(user_response(app, client, StatusCode::OK, &stored).await?)
}

async fn find(app: &App, client: &ScimClient, id: &str) -> Result<DirectoryUser, ScimError> {
    let id: UserId = id.parse().map_err(|_| ScimError::not_found("user"))?;
    store::directory_users::get(&app.db, client.id, id).await?.ok_or_else(|| ScimError::not_found("user"))
}

async fn user_response(app: &App, client: &ScimClient, status: StatusCode, stored: &DirectoryUser) -> ScimResult {
    let mut groups = store::directory_users::groups_of(&app.db, client.id, &[stored.id]).await?;
    let groups = groups.remove(&stored.id).unwrap_or_default();
    Ok(ScimResponse::resource(status, user_mapping::resource(client, stored, &groups)?))
}

/// Creates a user.
///
/// # Errors
/// Returns an error if an attribute is missing or invalid, or another user has the userName, the externalId or the
/// e-mail address.
pub async fn create(app: &App, client: &ScimClient, body: Value) -> ScimResult {
    let now = app.clock.now();
    let id = UserId(app.random.id(now));
    let mapped = compute(move || MappedUser::from_attributes(id, &schema::canonicalize(object(&body)?)?, true)).await?;
    let record = mapped.record(None);
    let mut tx = app.db.begin().await?;
    if let Some(index) = store::unique_users::taken(&mut tx, id, &mapped.email, Some((client.id, &record))).await? {
        return Err(DbError::Taken(index.to_owned()).into());
    }
    let rights = Rights::agent();
    let (name, email, source) = (&mapped.name, &mapped.email, Source::Directory);
    let status = if mapped.active == Some(false) { UserStatus::Suspended } else { UserStatus::Active };
    let added = UserToAdd { id, name, email, rights: &rights, status, password_hash: None, source };
    store::users::insert(&mut tx, &added, now).await?;
    store::directory_users::write(&mut tx, client.id, id, &record, now).await?;
    let data = EventData::UserAdded {
        name: name.clone(),
        email: email.clone(),
        role: rights.role,
        permissions: None,
        status: Some(status),
        import: None,
        provider: None,
    };
    app.commit(tx, &[Event::new(data, client.actor(), Some(id)).named(name)]).await?;
    let stored = find(app, client, &id.to_string()).await?;
    user_response(app, client, StatusCode::CREATED, &stored).await
}

fn object(body: &Value) -> Result<&Attributes, ScimError> {
    body.as_object().ok_or_else(|| ScimError::bad_request(ScimType::InvalidSyntax, "A resource must be an object."))
}

/// The change of a user's attributes that a request asks for.
#[derive(Clone)]
enum RequestedChange {
    /// Replaces all attributes; `active` stays as it is if the new ones do not contain it.
    Replace(Arc<Value>),
    Patch(Arc<Vec<Operation>>),
}

impl RequestedChange {
    fn apply_to(&self, stored: &DirectoryUser) -> Result<Attributes, ScimError> {
        match self {
            Self::Replace(body) => schema::canonicalize(object(body)?),
            Self::Patch(operations) => {
                let mut attributes = user_mapping::attributes_of(stored)?;
                patch::apply_to_user(&mut attributes, operations)?;
                schema::canonicalize(&attributes)
            }
        }
    }
}

/// Replaces all attributes of a user. `active` stays as it is if the new ones do not contain it.
///
/// # Errors
/// Returns the errors of [`create`], and status 412 if the user has changed since they were read.
pub async fn replace(app: &App, client: &ScimClient, id: &str, expected: Option<&str>, body: Value) -> ScimResult {
    change(app, client, id, expected, RequestedChange::Replace(Arc::new(body))).await
}

/// Changes some attributes of a user.
///
/// # Errors
/// Returns the errors of [`create`] and of invalid operations, and status 412 if the user has changed since they were
/// read.
pub async fn patch(app: &App, client: &ScimClient, id: &str, expected: Option<&str>, body: Value) -> ScimResult {
    let operations = compute(move || patch::parse_operations(&body, patch::MAX_USER_OPERATIONS)).await?;
    change(app, client, id, expected, RequestedChange::Patch(Arc::new(operations))).await
}

/// Computes the change of a user without holding a lock, and then writes all of it in one transaction, including a
/// suspension. If the user has changed meanwhile, it starts over.
async fn change(
    app: &App,
    client: &ScimClient,
    id: &str,
    expected: Option<&str>,
    requested: RequestedChange,
) -> ScimResult {
    let mut attempts = 1;
    loop {
        let stored = find(app, client, id).await?;
        check_if_match(expected, &version(client, &stored)?)?;
        let Some(change) = plan_change(app, client, stored, requested.clone()).await? else { break };
        match write(app, change).await {
            Ok(()) => break,
            Err(WriteError::Retry) if attempts < MAX_CHANGE_ATTEMPTS => attempts += 1,
            Err(WriteError::Retry) => return Err(DbError::Retry.into()),
            Err(WriteError::Failed(error)) => return Err(error),
        }
    }
    let stored = find(app, client, id).await?;
    user_response(app, client, StatusCode::OK, &stored).await
}

fn version(client: &ScimClient, stored: &DirectoryUser) -> Result<String, ScimError> {
    let resource = user_mapping::resource(client, stored, &[])?;
    Ok(resource["meta"]["version"].as_str().unwrap_or_default().to_owned())
}

/// The change to write; `None` if nothing changes.
async fn plan_change(
    app: &App,
    client: &ScimClient,
    stored: DirectoryUser,
    requested: RequestedChange,
) -> Result<Option<UserChange>, ScimError> {
    let user =
        store::users::some(&app.db, &[stored.id], None).await?.pop().ok_or_else(|| ScimError::not_found("user"))?;
    let (directory, actor, before) = (client.id, client.actor(), EditableUser::from(&user));
    compute(move || {
        let is_active = before.status == UserStatus::Active;
        let mapped = MappedUser::from_attributes(stored.id, &requested.apply_to(&stored)?, is_active)?;
        let address = EmailChange::plan(&before, &stored, &mapped);
        let status = match mapped.active {
            Some(true) => UserStatus::Active,
            Some(false) => UserStatus::Suspended,
            None => before.status,
        };
        let after = EditableUser { name: mapped.name.clone(), email: address.email, status, ..before.clone() };
        if mapped.matches_stored(&stored) && before == after && stored.released_email == address.released {
            return Ok(None);
        }
        let kept = address.is_kept.then(|| user_changes::email_kept(&actor, stored.id, &before.name, &mapped.email));
        let record = mapped.record(address.released);
        let by_directory = DirectoryChange { directory, seen: stored.attributes, record };
        Ok(Some(UserChange::new(stored.id, actor, before, after).by_directory(by_directory, kept)))
    })
    .await
}

/// The e-mail address that a user gets in Seatkeeper.
struct EmailChange {
    email: String,
    /// The address that the user gets back when the directory restores them.
    released: Option<String>,
    /// Whether the user keeps their address although the directory sent another one.
    is_kept: bool,
}

impl EmailChange {
    /// A directory cannot change the address of an admin or manager, not even by deleting and restoring them: the
    /// person who receives e-mail at the new address, or signs in with it at a provider, could take over the account.
    fn plan(before: &EditableUser, stored: &DirectoryUser, mapped: &MappedUser) -> Self {
        let is_placeholder = user_mapping::is_placeholder_email(&before.email);
        let own = stored.released_email.as_deref().filter(|_| is_placeholder).unwrap_or(&before.email);
        if mapped.soft_deleted {
            let released = Some(own.to_owned()).filter(|own| !user_mapping::is_placeholder_email(own));
            return Self { email: mapped.email.clone(), released, is_kept: false };
        }
        let is_kept = before.rights.role != Role::Agent && email_key(own) != email_key(&mapped.email);
        let email = if is_kept { own.to_owned() } else { mapped.email.clone() };
        Self { email, released: None, is_kept }
    }
}

enum WriteError {
    Retry,
    Failed(ScimError),
}

impl From<DbError> for WriteError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Retry => Self::Retry,
            error => Self::Failed(error.into()),
        }
    }
}

/// Writes a change completely or not at all.
async fn write(app: &App, change: UserChange) -> Result<(), WriteError> {
    if change.suspends() {
        return match app.seats.suspend_and_change(change, RemovableUsers::Anybody).await {
            Err(SeatsError::Failed(Code::ChangedMeanwhile)) => Err(WriteError::Retry),
            done => done.map_err(|error| WriteError::Failed(error.into())),
        };
    }
    let mut tx = app.db.begin().await?;
    match user_changes::make(&mut tx, change, app.clock.now()).await {
        Ok(events) => Ok(app.commit(tx, &events).await?),
        Err(UserChangeError::Refused(RefusedChange::ChangedMeanwhile)) => Err(WriteError::Retry),
        Err(UserChangeError::Refused(RefusedChange::Gone)) => Err(WriteError::Failed(ScimError::not_found("user"))),
        Err(UserChangeError::Refused(RefusedChange::Taken(index))) => Err(DbError::Taken(index.to_owned()).into()),
        // A directory does not change roles.
        Err(UserChangeError::Refused(RefusedChange::LastAdmin)) => Err(WriteError::Retry),
        Err(UserChangeError::Db(error)) => Err(error.into()),
    }
}

/// Deletes a user like any other deletion: the history keeps their name.
///
/// # Errors
/// Returns an error if there is no such user, the user is the last admin, or has changed since they were read.
pub async fn delete(app: &App, client: &ScimClient, id: &str, expected: Option<&str>) -> ScimResult {
    let stored = find(app, client, id).await?;
    check_if_match(expected, &version(client, &stored)?)?;
    app.seats.delete(&client.actor(), stored.id, RemovableUsers::Anybody).await?;
    Ok(ScimResponse::no_content())
}
