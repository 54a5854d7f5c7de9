//! Users of a directory: added, replaced, changed, suspended, deleted.

mod search;

pub use search::list;

use super::{
    Told,
    answer::Answer,
    fail::{Fail, Type},
    list::Asked,
    patch,
    person::{self, Person},
    request::{Asker, must_match},
    rules,
    schema::{self, Form},
};
use crate::{
    app::App,
    db::{DbError, Tx},
    events::{self, Event},
    seats::Whom,
    store::{
        self,
        directory_users::Seen,
        users::{Added, Changeable},
    },
};
use axum::http::StatusCode;
use seatkeeper_shared::{
    ids::UserId,
    people::{Role, Source, UserStatus},
    permissions::Rights,
    validate::email_key,
};
use serde_json::{Value, json};

/// How often a change is tried that was in the way of others.
const TRIES: usize = 5;

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
/// Something is missing or wrong, or somebody has the userName or the e-mail address.
pub async fn create(app: &App, by: &Asker, body: &Value) -> Told {
    let form = schema::formed(fields(body)?)?;
    let now = app.clock.now();
    let id = UserId(app.dice.id(now));
    let person = Person::of(id, &form)?;
    let mut tx = app.db.begin().await?;
    must_be_alone(&mut tx, id, &person).await?;
    let rights = Rights::agent();
    let (name, email, source) = (&person.name, &person.email, Source::Directory);
    let added = Added { id, name, email, rights: &rights, password_hash: None, source };
    store::users::insert(&mut tx, &added, now).await?;
    store::directory_users::write(&mut tx, by.id, id, &person.told(), now).await?;
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

/// Nobody else may be meant by the userName, not even who is in no directory yet.
async fn must_be_alone(tx: &mut Tx, id: UserId, person: &Person) -> Result<(), Fail> {
    if store::directory_users::has_namesake(tx, id, person.user_name_key()).await? {
        return Err(Fail::taken("Another user has this userName."));
    }
    Ok(())
}

/// Puts other attributes in the place of all. Whether he is active stays if nothing is said of it.
///
/// # Errors
/// See [`create`]; he has changed since he was read.
pub async fn replace(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: &Value) -> Told {
    let sent = schema::formed(fields(body)?)?;
    change(app, by, id, expected, |_| Ok(sent.clone())).await
}

/// Changes some attributes.
///
/// # Errors
/// See [`create`]; an operation is not understood; he has changed since he was read.
pub async fn patch(app: &App, by: &Asker, id: &str, expected: Option<&str>, body: &Value) -> Told {
    let operations = patch::operations(body)?;
    change(app, by, id, expected, |mut form| {
        patch::user(&mut form, &operations)?;
        schema::formed(&form)
    })
    .await
}

/// Suspends, if that is what comes of it, and then writes the rest. What is wrong is found before anything is done.
async fn change(
    app: &App,
    by: &Asker,
    id: &str,
    expected: Option<&str>,
    make: impl Fn(Form) -> Result<Form, Fail>,
) -> Told {
    let seen = find(app, by, id).await?;
    must_match(expected, &version(by, &seen)?)?;
    let wanted = Person::of(seen.id, &make(person::form_of(&seen)?)?)?;
    if wanted.active == Some(false) && seen.status == UserStatus::Active {
        // Ends sessions, leaves the line and frees named seats in one transaction, or does nothing.
        app.seats.suspend(&by.actor(), seen.id, Whom::Anybody).await?;
    }
    let mut tries = 1;
    let came_back = loop {
        match write(app, by, seen.id, &make).await {
            Err(Written::Retry) if tries < TRIES => tries += 1,
            Err(Written::Retry) => return Err(DbError::Retry.into()),
            Err(Written::Failed(fail)) => return Err(fail),
            Ok(came_back) => break came_back,
        }
    };
    if came_back {
        rules::apply(app, &by.actor(), &[seen.id]).await;
    }
    let seen = find(app, by, id).await?;
    answer(app, by, StatusCode::OK, &seen).await
}

fn version(by: &Asker, seen: &Seen) -> Result<String, Fail> {
    let resource = person::resource(by, seen, &[])?;
    Ok(resource["meta"]["version"].as_str().unwrap_or_default().to_owned())
}

enum Written {
    Retry,
    Failed(Fail),
}

impl<T: Into<Fail>> From<T> for Written {
    fn from(error: T) -> Self {
        Self::Failed(error.into())
    }
}

/// Writes what becomes of a user, on what he is under his lock; whether he may work again.
async fn write(app: &App, by: &Asker, id: UserId, make: &impl Fn(Form) -> Result<Form, Fail>) -> Result<bool, Written> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let before = match store::users::lock(&mut tx, id).await {
        Err(DbError::Retry) => return Err(Written::Retry),
        locked => locked?.ok_or_else(|| Fail::not_found("user"))?,
    };
    let seen = store::directory_users::get_in(&mut tx, by.id, id).await?.ok_or_else(|| Fail::not_found("user"))?;
    let person = Person::of(id, &make(person::form_of(&seen)?)?)?;
    let came_back = person.active == Some(true) && before.status == UserStatus::Suspended;
    let keeps = keeps_address(&before, &person);
    let after = Changeable {
        name: person.name.clone(),
        email: if keeps { before.email.clone() } else { person.email.clone() },
        status: if came_back { UserStatus::Active } else { before.status },
        ..before.clone()
    };
    if person.is_as(&seen) && before == after {
        return Ok(false);
    }
    must_be_alone(&mut tx, id, &person).await?;
    store::users::change(&mut tx, id, &before, &after).await?;
    store::directory_users::write(&mut tx, by.id, id, &person.told(), now).await?;
    let facts =
        events::changes(&store::users::facts(&mut tx, &before).await?, &store::users::facts(&mut tx, &after).await?);
    let mut events = vec![Event::new("user_changed", by.actor(), Some(id), facts).named(before.name.clone())];
    if keeps {
        let facts = json!({ "email": person.email });
        events.push(Event::new("directory_email_kept", by.actor(), Some(id), facts).named(before.name));
    }
    app.commit(tx, &events).await?;
    Ok(came_back)
}

/// Whether somebody keeps the address that he has here. A directory gives nobody another one who may do more than an agent: whoever
/// receives e-mails at an address, or signs in with it at a provider, could become that admin or manager.
fn keeps_address(before: &Changeable, person: &Person) -> bool {
    before.rights.role != Role::Agent && email_key(&before.email) != email_key(&person.email)
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
