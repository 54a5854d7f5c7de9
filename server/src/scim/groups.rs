//! Groups of a directory, which are groups of Seatkeeper. Who comes and who goes is told to the database as such: the list of members
//! is never read, changed and written back, so that two who change a group at once lose nobody.

mod changes;
mod search;

pub use search::list;

use super::{
    Told,
    answer::Answer,
    compute::compute,
    fail::{Fail, Type},
    list::Asked,
    patch, person,
    request::{Asker, must_match},
    rules,
    schema::GROUP,
};
use crate::{
    api,
    app::App,
    db::{DbError, Tx},
    entitlements::{Authority, memberships},
    events::{self, Event, member_events},
    store::{
        self,
        directory_groups::{Member, Seen},
    },
};
use axum::http::StatusCode;
use changes::{Change, Changes};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    validate,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// How often a change is done anew because somebody else was in the way.
const MAX_CHANGE_ATTEMPTS: usize = 5;

/// One group.
///
/// # Errors
/// There is none that this directory sees.
pub async fn one(app: &App, by: &Asker, id: &str, asked: &Asked) -> Told {
    let seen = find(app, by, id).await?;
    asked.shown(answer(app, by, StatusCode::OK, &seen, asked.shown.shows("members")).await?)
}

async fn find(app: &App, by: &Asker, id: &str) -> Result<Seen, Fail> {
    let id: GroupId = id.parse().map_err(|_| Fail::not_found("group"))?;
    store::directory_groups::get(&app.db, by.id, id).await?.ok_or_else(|| Fail::not_found("group"))
}

async fn answer(app: &App, by: &Asker, status: StatusCode, seen: &Seen, with_members: bool) -> Told {
    let mut members = Vec::new();
    if with_members {
        let mut of = store::directory_groups::members_of(&app.db, by.id, &[seen.id]).await?;
        members = of.remove(&seen.id).unwrap_or_default();
    }
    Ok(Answer::resource(status, resource(by, seen, &members)))
}

fn resource(by: &Asker, seen: &Seen, members: &[Member]) -> Value {
    let location = format!("{}/Groups/{}", by.base, seen.id);
    let times = (seen.created_at, seen.modified_at.unwrap_or(seen.created_at));
    let mut resource = json!({
        "schemas": [GROUP], "id": seen.id, "displayName": seen.name,
        "meta": person::meta("Group", times, location, version(seen)),
    });
    if let Some(external) = &seen.external_id {
        resource["externalId"] = json!(external);
    }
    if !members.is_empty() {
        let member =
            |(id, _): &Member| json!({ "value": id, "type": "User", "$ref": format!("{}/Users/{id}", by.base) });
        resource["members"] = members.iter().map(member).collect();
    }
    resource
}

fn version(seen: &Seen) -> String {
    format!("W/\"{}\"", seen.version)
}

/// Adds a group.
///
/// # Errors
/// Something is missing or wrong, a member is not there, or another group has the name or the externalId.
pub async fn create(app: &App, by: &Asker, body: Value) -> Told {
    let whole = compute(move || changes::whole(&body)).await?;
    let (name, external_id) = (whole.name.unwrap_or_default(), whole.external_id.flatten());
    let users: Vec<_> = whole.come.into_iter().collect();
    let now = app.clock.now();
    let id = GroupId(app.dice.id(now));
    let mut tx = app.db.begin().await?;
    // As for every change of groups: the account first.
    store::seats::lock_admins(&mut tx).await?;
    store::directory_groups::insert(&mut tx, by.id, id, (&name, external_id.as_deref()), now).await?;
    let note = missing(&mut tx, by, &users).await?;
    let (mut members, _) = memberships::directory_add(&mut tx, (by.id, &by.actor()), id, &users).await?;
    members.sort_unstable();
    let mut events = vec![Event::new("group_added", by.actor(), None, json!({})).about(id.0, &name)];
    events.extend(member_events(&by.actor(), id, &name, &[], &members));
    app.commit(tx, &events).await?;
    let seen = find(app, by, &id.to_string()).await?;
    Ok(Answer { note, ..answer(app, by, StatusCode::CREATED, &seen, true).await? })
}

/// What is to be said of members who are not here. They are left out: if one user who was deleted by hand were a reason to refuse,
/// the directory could not tell of the others any more.
async fn missing(tx: &mut Tx, by: &Asker, users: &[UserId]) -> Result<Option<String>, DbError> {
    if users.is_empty() {
        return Ok(None);
    }
    let there = store::directory_users::among(tx, by.id, users).await?.len();
    Ok((there < users.len()).then(|| format!("{} members are no users here, and were left out.", users.len() - there)))
}

/// Puts another name, externalId and list of members in the place of what is there.
///
/// # Errors
/// See [`create`]; it has changed since it was read.
pub async fn replace(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: Value) -> Told {
    let whole = compute(move || changes::whole(&body)).await?;
    let (seen, note) = change(app, by, id, expected, &Wanted::Known(whole)).await?;
    Ok(Answer { note, ..answer(app, by, StatusCode::OK, &seen, true).await? })
}

/// Changes some of it. Answered with nothing but the version: a group may be large (Microsoft asks for 204).
///
/// # Errors
/// See [`create`]; an operation is not understood; it has changed since it was read.
pub async fn patch(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: Value) -> Told {
    let of = id.to_owned();
    let wanted = compute(move || {
        let changes = changes::of(&of, &patch::operations(&body, patch::MAX_GROUP_OPERATIONS)?)?;
        match changes::candidates(&changes)? {
            Some(candidates) => Ok(Wanted::ByMembers(Arc::new(changes), candidates)),
            None => Changes::of(changes, &[]).map(Wanted::Known),
        }
    })
    .await?;
    let (seen, note) = change(app, by, id, expected, &wanted).await?;
    Ok(Answer { version: Some(version(&seen)), note, ..Answer::nothing() })
}

/// What is to be changed.
enum Wanted {
    /// Whoever is in the group.
    Known(Changes),
    /// It depends on who is in it; these come beside them.
    ByMembers(Arc<Vec<Change>>, BTreeSet<UserId>),
}

/// Changes it; how it is then, and what is to be said of that.
async fn change(
    app: &App,
    by: &Asker,
    id: &str,
    expected: Option<&str>,
    wanted: &Wanted,
) -> Result<(Seen, Option<String>), Fail> {
    let id: GroupId = id.parse().map_err(|_| Fail::not_found("group"))?;
    let mut attempts = 1;
    let (moved, note) = loop {
        match change_once(app, by, id, expected, wanted).await {
            Err(Failed::Database(DbError::Retry)) if attempts < MAX_CHANGE_ATTEMPTS => attempts += 1,
            Err(Failed::Database(error)) => return Err(error.into()),
            Err(Failed::Told(fail)) => return Err(fail),
            Ok(done) => break done,
        }
    };
    rules::apply(app, &by.actor(), &moved).await;
    Ok((find(app, by, &id.to_string()).await?, note))
}

/// What depends on who is in the group is worked out before the group is locked, and anew if it has changed until then.
async fn change_once(
    app: &App,
    by: &Asker,
    id: GroupId,
    expected: Option<&str>,
    wanted: &Wanted,
) -> Result<(Vec<UserId>, Option<String>), Failed> {
    let (changes, coming) = match wanted {
        Wanted::Known(changes) => return Changing::begin(app, by, id, expected).await?.all(app, changes).await,
        Wanted::ByMembers(changes, coming) => (changes.clone(), coming),
    };
    let seen = find(app, by, &id.to_string()).await?;
    let mut members = store::directory_groups::members_of(&app.db, by.id, &[id]).await?.remove(&id).unwrap_or_default();
    let coming: Vec<_> = coming.iter().copied().collect();
    members.extend(store::users::some(&app.db, &coming, None).await?.into_iter().map(|user| (user.id, user.name)));
    let changes = compute(move || Changes::of(changes.to_vec(), &members)).await?;
    let changing = Changing::begin(app, by, id, expected).await?;
    if changing.seen.version != seen.version {
        return Err(DbError::Retry.into());
    }
    changing.all(app, &changes).await
}

enum Failed {
    Database(DbError),
    Told(Fail),
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<Fail> for Failed {
    fn from(fail: Fail) -> Self {
        Self::Told(fail)
    }
}

/// A group that is being changed, under its lock.
struct Changing<'a> {
    tx: Tx,
    by: &'a Asker,
    seen: Seen,
}

impl<'a> Changing<'a> {
    async fn begin(app: &App, by: &'a Asker, id: GroupId, expected: Option<&str>) -> Result<Self, Failed> {
        let mut tx = app.db.begin().await?;
        let seen = store::directory_groups::lock(&mut tx, by.id, id).await?;
        let seen = seen.ok_or_else(|| Fail::not_found("group"))?;
        must_match(expected, &version(&seen))?;
        Ok(Self { tx, by, seen })
    }

    /// Does it all and commits; who came and who went, and what is to be said of it.
    async fn all(mut self, app: &App, wanted: &Changes) -> Result<(Vec<UserId>, Option<String>), Failed> {
        let (came, went, note) = self.members(wanted).await?;
        let name = wanted.name.as_ref().unwrap_or(&self.seen.name);
        let external_id = wanted.external_id.as_ref().unwrap_or(&self.seen.external_id);
        let before =
            json!({ "name": self.seen.name, "external_id": self.seen.external_id, "directory": self.seen.owned });
        let after = json!({ "name": name, "external_id": external_id, "directory": true });
        let moved: Vec<_> = came.iter().chain(&went).copied().collect();
        if before == after && moved.is_empty() {
            return Ok((moved, note));
        }
        let (id, now, actor) = (self.seen.id, app.clock.now(), self.by.actor());
        let told = (name.as_str(), external_id.as_deref());
        store::directory_groups::write(&mut self.tx, self.by.id, id, told, now).await?;
        let mut events = Vec::new();
        if before != after {
            let facts = events::changes(&before, &after);
            events.push(Event::new("group_changed", actor.clone(), None, facts).about(id.0, &self.seen.name));
        }
        events.extend(member_events(&actor, id, name, &went, &came));
        app.commit(self.tx, &events).await?;
        Ok((moved, note))
    }

    /// Who really came, or was put here by somebody else and is the directory's own member from now on, and who really went, in order; and
    /// what is to be said of those who are not here.
    async fn members(&mut self, wanted: &Changes) -> Result<(Vec<UserId>, Vec<UserId>, Option<String>), Failed> {
        let (by, id, tx, actor) = (self.by.id, self.seen.id, &mut self.tx, self.by.actor());
        let come: Vec<_> = wanted.come.iter().copied().collect();
        let go: Vec<_> = wanted.go.iter().copied().collect();
        let note = missing(tx, self.by, &come).await?;
        let went = match (wanted.only, go.is_empty()) {
            (true, _) => memberships::directory_keep(tx, (by, &actor), id, &come).await?,
            (false, true) => Vec::new(),
            (false, false) => memberships::directory_remove(tx, (by, &actor), id, &go).await?,
        };
        let mut went: Vec<_> = went.into_iter().map(|(user, _)| user).collect();
        let (mut came, claimed) = match come.is_empty() {
            true => Default::default(),
            false => memberships::directory_add(tx, (by, &actor), id, &come).await?,
        };
        came.extend(claimed);
        went.sort_unstable();
        came.sort_unstable();
        Ok((came, went, note))
    }
}

/// Deletes a group. Its members stay.
///
/// # Errors
/// There is none; it has changed since it was read.
pub async fn delete(app: &App, by: &Asker, id: &str, expected: Option<&str>) -> Told {
    let seen = find(app, by, id).await?;
    must_match(expected, &version(&seen))?;
    api::groups::remove(app, &Authority::Directory(by.id, &by.actor()), seen.id).await?;
    Ok(Answer::nothing())
}

/// A name of a group.
fn named(text: &str) -> Result<String, Fail> {
    validate::name(text).map_err(|wrong| Fail::bad(Type::InvalidValue, format!("displayName {wrong}.")))
}
