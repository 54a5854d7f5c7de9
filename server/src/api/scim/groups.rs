//! Groups of a directory, which are ordinary groups of Seatkeeper. Members are added and removed individually: the
//! member list is never read, changed and written back, so that concurrent changes lose no member.

mod changes;
mod search;

pub use search::list;

use super::{
    ScimClient, ScimResult,
    compute::compute,
    error::{ScimError, ScimType},
    list::ListQuery,
    patch,
    request::check_if_match,
    response::ScimResponse,
    schema::GROUP_SCHEMA,
    user_mapping,
};
use crate::{
    app::App,
    db::{DbError, Tx},
    entitlements::{Authority, groups, memberships},
    events::{Event, member_events},
    store::{
        self,
        directory_groups::{DirectoryGroup, NamedMember},
    },
};
use axum::http::StatusCode;
use changes::{Change, GroupChanges};
use seatkeeper_shared::{
    audit::{EventData, changes::GroupState},
    ids::{GroupId, UserId},
    validate,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Attempts to apply a change while concurrent changes of the same group interfere.
const MAX_CHANGE_ATTEMPTS: usize = 5;

/// Returns one group.
///
/// # Errors
/// Returns an error if the directory sees no such group.
pub async fn get(app: &App, client: &ScimClient, id: &str, query: &ListQuery) -> ScimResult {
    let stored = find(app, client, id).await?;
    query.project(group_response(app, client, StatusCode::OK, &stored, query.projection.includes("members")).await?)
}

async fn find(app: &App, client: &ScimClient, id: &str) -> Result<DirectoryGroup, ScimError> {
    let id: GroupId = id.parse().map_err(|_| ScimError::not_found("group"))?;
    store::directory_groups::get(&app.db, client.id, id).await?.ok_or_else(|| ScimError::not_found("group"))
}

async fn group_response(
    app: &App,
    client: &ScimClient,
    status: StatusCode,
    stored: &DirectoryGroup,
    with_members: bool,
) -> ScimResult {
    let mut members = Vec::new();
    if with_members {
        let mut of = store::directory_groups::members_of(&app.db, client.id, &[stored.id]).await?;
        members = of.remove(&stored.id).unwrap_or_default();
    }
    Ok(ScimResponse::resource(status, resource(client, stored, &members)))
}

fn resource(client: &ScimClient, stored: &DirectoryGroup, members: &[NamedMember]) -> Value {
    let location = format!("{}/Groups/{}", client.base_url, stored.id);
    let times = (stored.created_at, stored.modified_at.unwrap_or(stored.created_at));
    let mut resource = json!({
        "schemas": [GROUP_SCHEMA], "id": stored.id, "displayName": stored.name,
        "meta": user_mapping::meta("Group", times, location, version(stored)),
    });
    if let Some(external) = &stored.external_id {
        resource["externalId"] = json!(external);
    }
    if !members.is_empty() {
        let member = |(id, _): &NamedMember| {
            let location = format!("{}/Users/{id}", client.base_url);
            json!({ "value": id, "type": "User", "$ref": location })
        };
        resource["members"] = members.iter().map(member).collect();
    }
    resource
}

fn version(stored: &DirectoryGroup) -> String {
    format!("W/\"{}\"", stored.version)
}

/// Creates a group.
///
/// # Errors
/// Returns an error if an attribute is missing or invalid, or another group has the name or the externalId.
pub async fn create(app: &App, client: &ScimClient, body: Value) -> ScimResult {
    let requested = compute(move || changes::from_resource(&body)).await?;
    let (name, external_id) = (requested.name.unwrap_or_default(), requested.external_id.applied_to(None));
    let users: Vec<_> = requested.added.into_iter().collect();
    let now = app.clock.now();
    let id = GroupId(app.random.id(now));
    let mut tx = app.db.begin().await?;
    // Every change of groups locks the account first.
    store::seats::lock_admins(&mut tx).await?;
    store::directory_groups::insert(&mut tx, client.id, id, (&name, external_id.as_deref()), now).await?;
    let note = missing_members_note(&mut tx, client, &users).await?;
    let (mut members, _) = memberships::directory_add(&mut tx, (client.id, &client.actor()), id, &users).await?;
    members.sort_unstable();
    let mut events = vec![Event::new(EventData::GroupAdded {}, client.actor(), None).about(id.0, &name)];
    events.extend(member_events(&client.actor(), id, &name, &[], &members));
    app.commit(tx, &events).await?;
    let stored = find(app, client, &id.to_string()).await?;
    Ok(ScimResponse { note, ..group_response(app, client, StatusCode::CREATED, &stored, true).await? })
}

/// A note about members that do not exist here, which are skipped: if one manually deleted user made the request fail,
/// the directory could no longer add the others.
async fn missing_members_note(tx: &mut Tx, client: &ScimClient, users: &[UserId]) -> Result<Option<String>, DbError> {
    if users.is_empty() {
        return Ok(None);
    }
    let found = store::directory_users::among(tx, client.id, users).await?.len();
    let missing = users.len() - found;
    Ok((missing > 0).then(|| format!("{missing} members are not users of this account and were skipped.")))
}

/// Replaces name, externalId and members of a group.
///
/// # Errors
/// Returns the errors of [`create`], and status 412 if the group has changed since it was read.
pub async fn replace(app: &App, client: &ScimClient, id: &str, expected: Option<&str>, body: Value) -> ScimResult {
    let requested = compute(move || changes::from_resource(&body)).await?;
    let (stored, note) = change(app, client, id, expected, &RequestedChange::Fixed(requested)).await?;
    Ok(ScimResponse { note, ..group_response(app, client, StatusCode::OK, &stored, true).await? })
}

/// Changes some attributes of a group. The response has no body, since a group may be large (Microsoft expects 204).
///
/// # Errors
/// Returns the errors of [`create`] and of invalid operations, and status 412 if the group has changed since it was
/// read.
pub async fn patch(app: &App, client: &ScimClient, id: &str, expected: Option<&str>, body: Value) -> ScimResult {
    let group = id.to_owned();
    let requested = compute(move || {
        let changes = changes::from_operations(&group, &patch::parse_operations(&body, patch::MAX_GROUP_OPERATIONS)?)?;
        match changes::candidates(&changes)? {
            Some(candidates) => Ok(RequestedChange::ByMembers(Arc::new(changes), candidates)),
            None => GroupChanges::from_changes(changes, &[]).map(RequestedChange::Fixed),
        }
    })
    .await?;
    let (stored, note) = change(app, client, id, expected, &requested).await?;
    Ok(ScimResponse { version: Some(version(&stored)), note, ..ScimResponse::no_content() })
}

/// The change that a request asks for.
enum RequestedChange {
    /// It does not depend on the current members.
    Fixed(GroupChanges),
    /// It depends on the current members, together with these users, who are added.
    ByMembers(Arc<Vec<Change>>, BTreeSet<UserId>),
}

/// Applies a change; returns the group afterwards, and a note for the request log.
async fn change(
    app: &App,
    client: &ScimClient,
    id: &str,
    expected: Option<&str>,
    requested: &RequestedChange,
) -> Result<(DirectoryGroup, Option<String>), ScimError> {
    let id: GroupId = id.parse().map_err(|_| ScimError::not_found("group"))?;
    let mut attempts = 1;
    let note = loop {
        match change_once(app, client, id, expected, requested).await {
            Err(ChangeError::Database(DbError::Retry)) if attempts < MAX_CHANGE_ATTEMPTS => attempts += 1,
            Err(ChangeError::Database(error)) => return Err(error.into()),
            Err(ChangeError::Scim(error)) => return Err(error),
            Ok(done) => break done,
        }
    };
    Ok((find(app, client, &id.to_string()).await?, note))
}

/// Computes what depends on the members before locking the group, and retries if the group has changed by then.
async fn change_once(
    app: &App,
    client: &ScimClient,
    id: GroupId,
    expected: Option<&str>,
    requested: &RequestedChange,
) -> Result<Option<String>, ChangeError> {
    let (changes, added) = match requested {
        RequestedChange::Fixed(changes) => {
            return LockedGroup::lock(app, client, id, expected).await?.apply(app, changes).await;
        }
        RequestedChange::ByMembers(changes, added) => (changes.clone(), added),
    };
    let stored = find(app, client, &id.to_string()).await?;
    let mut members =
        store::directory_groups::members_of(&app.db, client.id, &[id]).await?.remove(&id).unwrap_or_default();
    let added: Vec<_> = added.iter().copied().collect();
    members.extend(store::users::some(&app.db, &added, None).await?.into_iter().map(|user| (user.id, user.name)));
    let changes = compute(move || GroupChanges::from_changes(changes.to_vec(), &members)).await?;
    let group = LockedGroup::lock(app, client, id, expected).await?;
    if group.stored.version != stored.version {
        return Err(DbError::Retry.into());
    }
    group.apply(app, &changes).await
}

enum ChangeError {
    Database(DbError),
    Scim(ScimError),
}

impl From<DbError> for ChangeError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<ScimError> for ChangeError {
    fn from(error: ScimError) -> Self {
        Self::Scim(error)
    }
}

/// A group locked for a change.
struct LockedGroup<'a> {
    tx: Tx,
    client: &'a ScimClient,
    stored: DirectoryGroup,
}

impl<'a> LockedGroup<'a> {
    async fn lock(app: &App, client: &'a ScimClient, id: GroupId, expected: Option<&str>) -> Result<Self, ChangeError> {
        let mut tx = app.db.begin().await?;
        let stored = store::directory_groups::lock(&mut tx, client.id, id).await?;
        let stored = stored.ok_or_else(|| ScimError::not_found("group"))?;
        check_if_match(expected, &version(&stored))?;
        Ok(Self { tx, client, stored })
    }

    /// Applies the changes and commits; returns a note for the request log.
    async fn apply(mut self, app: &App, wanted: &GroupChanges) -> Result<Option<String>, ChangeError> {
        let (joined, left, note) = self.apply_members(wanted).await?;
        let name = wanted.name.as_ref().unwrap_or(&self.stored.name);
        let external_id = wanted.external_id.clone().applied_to(self.stored.external_id.clone());
        let before = GroupState {
            name: self.stored.name.clone(),
            external_id: self.stored.external_id.clone(),
            directory: self.stored.owned,
        };
        let after = GroupState { name: name.clone(), external_id: external_id.clone(), directory: true };
        if before == after && joined.is_empty() && left.is_empty() {
            return Ok(note);
        }
        let (id, now, actor) = (self.stored.id, app.clock.now(), self.client.actor());
        let names = (name.as_str(), external_id.as_deref());
        store::directory_groups::update(&mut self.tx, self.client.id, id, names, now).await?;
        let mut events = Vec::new();
        if before != after {
            let data = EventData::GroupChanged { changes: before.changes(after) };
            events.push(Event::new(data, actor.clone(), None).about(id.0, &self.stored.name));
        }
        events.extend(member_events(&actor, id, name, &left, &joined));
        app.commit(self.tx, &events).await?;
        Ok(note)
    }

    /// Changes the members; returns, in order, the users who joined (including existing members that the directory took
    /// over) and those who left, and a note about unknown members.
    async fn apply_members(
        &mut self,
        wanted: &GroupChanges,
    ) -> Result<(Vec<UserId>, Vec<UserId>, Option<String>), ChangeError> {
        let (client, id, tx, actor) = (self.client.id, self.stored.id, &mut self.tx, self.client.actor());
        let added: Vec<_> = wanted.added.iter().copied().collect();
        let removed: Vec<_> = wanted.removed.iter().copied().collect();
        let note = missing_members_note(tx, self.client, &added).await?;
        let left = match (wanted.replaces_members, removed.is_empty()) {
            (true, _) => memberships::directory_retain(tx, (client, &actor), id, &added).await?,
            (false, true) => Vec::new(),
            (false, false) => memberships::directory_remove(tx, (client, &actor), id, &removed).await?,
        };
        let mut left: Vec<_> = left.into_iter().map(|(user, _)| user).collect();
        let (mut joined, claimed) = match added.is_empty() {
            true => Default::default(),
            false => memberships::directory_add(tx, (client, &actor), id, &added).await?,
        };
        joined.extend(claimed);
        left.sort_unstable();
        joined.sort_unstable();
        Ok((joined, left, note))
    }
}

/// Deletes a group. Its members remain users.
///
/// # Errors
/// Returns an error if there is no such group, or it has changed since it was read.
pub async fn delete(app: &App, client: &ScimClient, id: &str, expected: Option<&str>) -> ScimResult {
    let stored = find(app, client, id).await?;
    check_if_match(expected, &version(&stored))?;
    groups::delete(&app.entitlements, &Authority::Directory(client.id, &client.actor()), stored.id).await?;
    Ok(ScimResponse::no_content())
}

/// Validates the name of a group.
fn validated_name(text: &str) -> Result<String, ScimError> {
    validate::name(text)
        .map_err(|error| ScimError::bad_request(ScimType::InvalidValue, format!("displayName {error}.")))
}
