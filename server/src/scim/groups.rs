//! Groups of a directory, which are groups of Seatkeeper. Who comes and who goes is told to the database as such: the list of members
//! is never read, changed and written back, so that two who change a group at once lose nobody.

mod changes;
mod search;

pub use search::list;

use super::{
    Told,
    answer::Answer,
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
use changes::Change;
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, UserId},
    validate,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
/// Something is missing or wrong, a member is not there, or another group has the name.
pub async fn create(app: &App, by: &Asker, body: &Value) -> Told {
    let whole = changes::whole(body)?;
    let now = app.clock.now();
    let id = GroupId(app.dice.id(now));
    let mut tx = app.db.begin().await?;
    // As for every change of groups: the account first.
    store::seats::lock_admins(&mut tx).await?;
    store::directory_groups::insert(&mut tx, by.id, id, (&whole.name, whole.external_id.as_deref()), now).await?;
    let note = missing(&mut tx, by, &whole.members).await?;
    let (members, _) = memberships::directory_add(&mut tx, (by.id, &by.actor()), id, &whole.members).await?;
    let mut events = vec![Event::new("group_added", by.actor(), None, json!({})).about(id.0, &whole.name)];
    events.extend(member_events(&by.actor(), id, &whole.name, &[], &members));
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
pub async fn replace(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: &Value) -> Told {
    let whole = changes::whole(body)?;
    let wanted = [Change::Name(whole.name), Change::External(whole.external_id), Change::Keep(whole.members)];
    let (seen, note) = change(app, by, id, expected, &wanted).await?;
    Ok(Answer { note, ..answer(app, by, StatusCode::OK, &seen, true).await? })
}

/// Changes some of it. Answered with nothing but the version: a group may be large (Microsoft asks for 204).
///
/// # Errors
/// See [`create`]; an operation is not understood; it has changed since it was read.
pub async fn patch(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: &Value) -> Told {
    let wanted = changes::of(id, &patch::operations(body)?)?;
    let (seen, note) = change(app, by, id, expected, &wanted).await?;
    Ok(Answer { version: Some(version(&seen)), note, ..Answer::nothing() })
}

/// Changes it; how it is then, and what is to be said of that.
async fn change(
    app: &App,
    by: &Asker,
    id: &str,
    expected: Option<&str>,
    wanted: &[Change],
) -> Result<(Seen, Option<String>), Fail> {
    let id: GroupId = id.parse().map_err(|_| Fail::not_found("group"))?;
    let mut tries = 1;
    let (moved, note) = loop {
        match Changing::begin(app, by, id, expected).await?.all(app, wanted).await {
            Err(Failed::Database(DbError::Retry)) if tries < 5 => tries += 1,
            Err(Failed::Database(error)) => return Err(error.into()),
            Err(Failed::Told(fail)) => return Err(fail),
            Ok(done) => break done,
        }
    };
    rules::apply(app, &by.actor(), &moved).await;
    Ok((find(app, by, &id.to_string()).await?, note))
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
    name: String,
    external_id: Option<String>,
    came: BTreeSet<UserId>,
    /// With the directory that had put them there, if one had.
    went: BTreeMap<UserId, Option<DirectoryId>>,
    /// Who was a member by somebody else's doing before.
    claimed: BTreeSet<UserId>,
    note: Option<String>,
}

impl<'a> Changing<'a> {
    async fn begin(app: &App, by: &'a Asker, id: GroupId, expected: Option<&str>) -> Result<Self, Fail> {
        let mut tx = app.db.begin().await?;
        let seen = store::directory_groups::lock(&mut tx, by.id, id).await?;
        let seen = seen.ok_or_else(|| Fail::not_found("group"))?;
        must_match(expected, &version(&seen))?;
        let (name, external_id) = (seen.name.clone(), seen.external_id.clone());
        let (came, went, claimed) = Default::default();
        Ok(Self { tx, by, seen, name, external_id, came, went, claimed, note: None })
    }

    /// Does it all and commits; who came and who went, and what is to be said of it.
    async fn all(mut self, app: &App, wanted: &[Change]) -> Result<(Vec<UserId>, Option<String>), Failed> {
        for change in wanted {
            self.one(change).await?;
        }
        let before =
            json!({ "name": self.seen.name, "external_id": self.seen.external_id, "directory": self.seen.owned });
        let after = json!({ "name": self.name, "external_id": self.external_id, "directory": true });
        self.came.extend(&self.claimed);
        let went: BTreeSet<_> = self.went.into_keys().collect();
        let moved: Vec<_> = self.came.union(&went).copied().collect();
        if before == after && moved.is_empty() {
            return Ok((moved, self.note));
        }
        let (id, now, actor) = (self.seen.id, app.clock.now(), self.by.actor());
        let told = (self.name.as_str(), self.external_id.as_deref());
        store::directory_groups::write(&mut self.tx, self.by.id, id, told, now).await?;
        let mut events = Vec::new();
        if before != after {
            let facts = events::changes(&before, &after);
            events.push(Event::new("group_changed", actor.clone(), None, facts).about(id.0, &self.seen.name));
        }
        let (came, went): (Vec<_>, Vec<_>) = (self.came.into_iter().collect(), went.into_iter().collect());
        events.extend(member_events(&actor, id, &self.name, &went, &came));
        app.commit(self.tx, &events).await?;
        Ok((moved, self.note))
    }

    async fn one(&mut self, change: &Change) -> Result<(), Failed> {
        let (by, id, actor) = (self.by.id, self.seen.id, self.by.actor());
        match change {
            Change::Name(name) => self.name.clone_from(name),
            Change::External(external) => self.external_id.clone_from(external),
            Change::Add(users) => {
                self.note = missing(&mut self.tx, self.by, users).await?.or(self.note.take());
                self.add(users).await?;
            }
            Change::Remove(users) => {
                let went = memberships::directory_remove(&mut self.tx, (by, &actor), id, users).await?;
                self.go(went);
            }
            Change::Keep(users) => {
                self.note = missing(&mut self.tx, self.by, users).await?.or(self.note.take());
                let went = memberships::directory_keep(&mut self.tx, (by, &actor), id, users).await?;
                self.go(went);
                self.add(users).await?;
            }
            Change::RemoveSuch(filter) => {
                let members = store::directory_groups::members_in(&mut self.tx, by, id).await?;
                let such =
                    |(id, name): &Member| filter.matches(&json!({ "value": id, "display": name, "type": "User" }));
                let users: Vec<_> = members.iter().filter(|member| such(member)).map(|(id, _)| *id).collect();
                let went = memberships::directory_remove(&mut self.tx, (by, &actor), id, &users).await?;
                self.go(went);
            }
        }
        Ok(())
    }

    /// These come; or they were put here by somebody else, and are the directory's own members from now on.
    async fn add(&mut self, users: &[UserId]) -> Result<(), Failed> {
        let by = (self.by.id, &self.by.actor());
        let (came, claimed) = memberships::directory_add(&mut self.tx, by, self.seen.id, users).await?;
        self.claimed.extend(claimed);
        for user in came {
            match self.went.remove(&user) {
                None => drop(self.came.insert(user)),
                // Gone and come again in one request.
                Some(None) => drop(self.claimed.insert(user)),
                Some(Some(_)) => {}
            }
        }
        Ok(())
    }

    fn go(&mut self, users: Vec<(UserId, Option<DirectoryId>)>) {
        for (user, before) in users {
            if !self.came.remove(&user) {
                let before = if self.claimed.remove(&user) { None } else { before };
                self.went.insert(user, before);
            }
        }
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
