//! Users of a directory: added, replaced, changed, suspended, deleted.

mod search;

pub use search::list;

use super::{
    Told,
    answer::Answer,
    compute::compute,
    fail::{Fail, Type},
    list::Asked,
    patch::{self, Operation},
    person::{self, Person},
    request::{Asker, must_match},
    rules,
    schema::{self, Form},
};
use crate::{
    app::App,
    db::DbError,
    events::Event,
    seats::{SeatsError, Whom},
    store::{
        self,
        directory_users::Seen,
        user_changes::{self, DirectoryChange, NotWritten, UserChange},
        users::{Added, Changeable},
    },
};
use axum::http::StatusCode;
use seatkeeper_shared::{
    ids::UserId,
    people::{Role, Source, UserStatus},
    permissions::Rights,
    problem::Code,
    validate::email_key,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// How often a change is worked out anew because somebody else has changed the user meanwhile.
const MAX_CHANGE_ATTEMPTS: usize = 5;

/// One user.
///
/// # Errors
/// There is none whom this directory sees.
pub async fn one(app: &App, by: &Asker, id: &str, asked: &Asked) -> Told {
    let seen = find(app, by, id).await?;
    asked.shown(answer(app, by, StatusCode::OK, &seen).await?)
}

async fn find(app: &App, by: &Asker, id: &str) -> Result<Seen, Fail> {
    let id: UserId = id.parse().map_err(|_| Fail::not_found("user"))?;
    store::directory_users::get(&app.db, by.id, id).await?.ok_or_else(|| Fail::not_found("user"))
}

async fn answer(app: &App, by: &Asker, status: StatusCode, seen: &Seen) -> Told {
    let mut groups = store::directory_users::groups_of(&app.db, by.id, &[seen.id]).await?;
    let groups = groups.remove(&seen.id).unwrap_or_default();
    Ok(Answer::resource(status, person::resource(by, seen, &groups)?))
}

/// Adds a user.
///
/// # Errors
/// Something is missing or wrong, or somebody has the userName, the externalId or the e-mail address.
pub async fn create(app: &App, by: &Asker, body: Value) -> Told {
    let now = app.clock.now();
    let id = UserId(app.dice.id(now));
    let person = compute(move || Person::of(id, &schema::formed(fields(&body)?)?, true)).await?;
    let record = person.record(None);
    let mut tx = app.db.begin().await?;
    if let Some(index) = user_changes::taken(&mut tx, id, &person.email, Some((by.id, &record))).await? {
        return Err(DbError::Taken(index.to_owned()).into());
    }
    let rights = Rights::agent();
    let (name, email, source) = (&person.name, &person.email, Source::Directory);
    let added = Added { id, name, email, rights: &rights, password_hash: None, source };
    store::users::insert(&mut tx, &added, now).await?;
    store::directory_users::write(&mut tx, by.id, id, &record, now).await?;
    let status = if person.active == Some(false) { UserStatus::Suspended } else { UserStatus::Active };
    if status == UserStatus::Suspended
        && let Some(before) = store::users::lock(&mut tx, id).await?
    {
        store::users::change(&mut tx, id, &before, &Changeable { status, ..before.clone() }).await?;
    }
    let facts = json!({ "name": name, "email": email, "role": rights.role, "status": status });
    app.commit(tx, &[Event::new("user_added", by.actor(), Some(id), facts).named(name)]).await?;
    let seen = find(app, by, &id.to_string()).await?;
    answer(app, by, StatusCode::CREATED, &seen).await
}

fn fields(body: &Value) -> Result<&Form, Fail> {
    body.as_object().ok_or_else(|| Fail::bad(Type::InvalidSyntax, "A resource must be an object."))
}

/// What a request makes of the attributes of a user.
#[derive(Clone)]
enum Wanted {
    /// Others in the place of all; whether the user is active stays if nothing is said of it.
    Whole(Arc<Value>),
    /// Some are changed.
    Patched(Arc<Vec<Operation>>),
}

impl Wanted {
    fn form(&self, seen: &Seen) -> Result<Form, Fail> {
        match self {
            Self::Whole(body) => schema::formed(fields(body)?),
            Self::Patched(operations) => {
                let mut form = person::form_of(seen)?;
                patch::user(&mut form, operations)?;
                schema::formed(&form)
            }
        }
    }
}

/// Puts other attributes in the place of all. Whether he is active stays if nothing is said of it.
///
/// # Errors
/// See [`create`]; he has changed since he was read.
pub async fn replace(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: Value) -> Told {
    change(app, by, id, expected, Wanted::Whole(Arc::new(body))).await
}

/// Changes some attributes.
///
/// # Errors
/// See [`create`]; an operation is not understood; he has changed since he was read.
pub async fn patch(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: Value) -> Told {
    let operations = compute(move || patch::operations(&body, patch::MAX_USER_OPERATIONS)).await?;
    change(app, by, id, expected, Wanted::Patched(Arc::new(operations))).await
}

/// Works out what a request makes of a user, before anything is locked, and then writes all of it in one transaction, also that they
/// are suspended. If somebody else has changed the user meanwhile, it begins anew.
async fn change(app: &App, by: &Asker, id: &str, expected: Option<&str>, wanted: Wanted) -> Told {
    let mut attempts = 1;
    let written = loop {
        let seen = find(app, by, id).await?;
        must_match(expected, &version(by, &seen)?)?;
        let Some(change) = work_out(app, by, seen, wanted.clone()).await? else { break None };
        match write(app, &change).await {
            Ok(()) => break Some(change),
            Err(NotDone::Retry) if attempts < MAX_CHANGE_ATTEMPTS => attempts += 1,
            Err(NotDone::Retry) => return Err(DbError::Retry.into()),
            Err(NotDone::Failed(fail)) => return Err(fail),
        }
    };
    if let Some(UserChange { user, before, after, .. }) = written
        && (before.status, after.status) == (UserStatus::Suspended, UserStatus::Active)
    {
        rules::apply(app, &by.actor(), &[user]).await;
    }
    let seen = find(app, by, id).await?;
    answer(app, by, StatusCode::OK, &seen).await
}

fn version(by: &Asker, seen: &Seen) -> Result<String, Fail> {
    let resource = person::resource(by, seen, &[])?;
    Ok(resource["meta"]["version"].as_str().unwrap_or_default().to_owned())
}

/// What is to be written; nothing if all is so already.
async fn work_out(app: &App, by: &Asker, seen: Seen, wanted: Wanted) -> Result<Option<UserChange>, Fail> {
    let user = store::users::some(&app.db, &[seen.id], None).await?.pop().ok_or_else(|| Fail::not_found("user"))?;
    let (directory, actor, before) = (by.id, by.actor(), Changeable::from(&user));
    compute(move || {
        let is_active = before.status == UserStatus::Active;
        let person = Person::of(seen.id, &wanted.form(&seen)?, is_active)?;
        let address = Address::of(&before, &seen, &person);
        let status = match person.active {
            Some(true) => UserStatus::Active,
            Some(false) => UserStatus::Suspended,
            None => before.status,
        };
        let after = Changeable { name: person.name.clone(), email: address.email, status, ..before.clone() };
        if person.is_as(&seen) && before == after && seen.released_email == address.released {
            return Ok(None);
        }
        let kept = address.kept.then(|| user_changes::email_kept(&actor, seen.id, &before.name, &person.email));
        let record = person.record(address.released);
        let directory = Some(DirectoryChange { directory, seen: seen.attributes, record });
        Ok(Some(UserChange { user: seen.id, actor, before, after, directory, events: kept.into_iter().collect() }))
    })
    .await
}

/// The e-mail address that a user has here, whatever the directory tells.
struct Address {
    email: String,
    /// The one that is theirs again when the directory restores them.
    released: Option<String>,
    /// Whether the user keeps the address that they have here, against what the directory tells.
    kept: bool,
}

impl Address {
    /// A directory gives nobody another address who may do more than an agent: whoever receives e-mails at an address, or signs in with
    /// it at a provider, could become that admin or manager. Not by deleting and restoring them either.
    fn of(before: &Changeable, seen: &Seen, person: &Person) -> Self {
        let nowhere = person::leads_nowhere(&before.email);
        let own = seen.released_email.as_deref().filter(|_| nowhere).unwrap_or(&before.email);
        if person.soft_deleted {
            let released = Some(own.to_owned()).filter(|own| !person::leads_nowhere(own));
            return Self { email: person.email.clone(), released, kept: false };
        }
        let kept = before.rights.role != Role::Agent && email_key(own) != email_key(&person.email);
        let email = if kept { own.to_owned() } else { person.email.clone() };
        Self { email, released: None, kept }
    }
}

enum NotDone {
    Retry,
    Failed(Fail),
}

impl From<DbError> for NotDone {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Retry => Self::Retry,
            error => Self::Failed(error.into()),
        }
    }
}

/// Writes all of a change or nothing.
async fn write(app: &App, change: &UserChange) -> Result<(), NotDone> {
    if change.suspends() {
        return match app.seats.suspend_and_change(change.clone(), Whom::Anybody).await {
            Err(SeatsError::Failed(Code::ChangedMeanwhile)) => Err(NotDone::Retry),
            done => done.map_err(|error| NotDone::Failed(error.into())),
        };
    }
    let mut tx = app.db.begin().await?;
    match user_changes::prepare(&mut tx, change).await? {
        Ok(events) => {
            user_changes::write(&mut tx, change, app.clock.now()).await?;
            Ok(app.commit(tx, &events).await?)
        }
        Err(NotWritten::ChangedMeanwhile) => Err(NotDone::Retry),
        Err(NotWritten::Gone) => Err(NotDone::Failed(Fail::not_found("user"))),
        Err(NotWritten::Taken(index)) => Err(DbError::Taken(index.to_owned()).into()),
    }
}

/// Deletes a user, as everybody's is deleted: the history keeps his name.
///
/// # Errors
/// There is none; he is the last admin; he has changed since he was read.
pub async fn delete(app: &App, by: &Asker, id: &str, expected: Option<&str>) -> Told {
    let seen = find(app, by, id).await?;
    must_match(expected, &version(by, &seen)?)?;
    app.seats.delete(&by.actor(), seen.id, Whom::Anybody).await?;
    Ok(Answer::nothing())
}
