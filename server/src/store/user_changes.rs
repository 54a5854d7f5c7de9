//! Changes of users that are computed before anything is locked (optimistic locking). A change is written only if the
//! user has not changed since, and only if its unique values are not taken: completely or not at all.

use super::{
    directory_users::{self, DirectoryUserRecord},
    users::{self, EditableUser},
};
use crate::{
    actor::Actor,
    db::{DbError, Tx, args, statements},
    events::{self, Event},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::Kind,
    ids::{DirectoryId, UserId},
};
use serde_json::json;

statements! {
    // The names of the unique indexes, which decide between concurrent changes. A user of no directory uses the e-mail
    // address as userName.
    TAKEN = "
        SELECT 'users_email_key' AS taken FROM users WHERE email_key = $2 AND id <> $1
        UNION ALL
        SELECT 'directory_users_user_name_key' FROM directory_users WHERE user_name_key = $3 AND user_id <> $1
        UNION ALL
        SELECT 'directory_users_user_name_key' FROM users u
        WHERE u.email_key = $3 AND u.id <> $1
          AND NOT EXISTS (SELECT 1 FROM directory_users s WHERE s.user_id = u.id)
        UNION ALL
        SELECT 'directory_users_external_id' FROM directory_users
        WHERE directory_id = $4 AND external_id = $5 AND user_id <> $1
        LIMIT 1";
}

#[derive(Clone, Debug)]
pub struct UserChange {
    pub user: UserId,
    pub actor: Actor,
    /// The user when the change was computed.
    pub before: EditableUser,
    pub after: EditableUser,
    /// The directory's data, if a directory makes the change.
    pub directory: Option<DirectoryChange>,
    /// Further events to be logged.
    pub events: Vec<Event>,
}

/// The directory's part of a change.
#[derive(Clone, Debug)]
pub struct DirectoryChange {
    pub directory: DirectoryId,
    /// The stored attributes when the change was computed; absent if the user belonged to no directory.
    pub seen: Option<String>,
    pub record: DirectoryUserRecord,
}

/// Why a change is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// The user was deleted.
    Gone,
    /// The user has changed since the change was computed: compute it again.
    ChangedMeanwhile,
    /// Another user has one of the unique values; names the unique index.
    Taken(&'static str),
}

impl UserChange {
    /// The unique values, each with the name of its index.
    pub fn unique_values(&self) -> Vec<(&'static str, String)> {
        let email = seatkeeper_shared::validate::email_key(&self.after.email);
        let mut values = vec![("users_email_key", email)];
        if let Some(DirectoryChange { directory, record, .. }) = &self.directory {
            values.push(("directory_users_user_name_key", record.user_name_key.clone()));
            let external = record.external_id.as_ref().map(|external| format!("{directory} {external}"));
            values.extend(external.map(|external| ("directory_users_external_id", external)));
        }
        values
    }

    /// Whether it suspends the user, which the seat engine does.
    pub fn suspends(&self) -> bool {
        use seatkeeper_shared::people::UserStatus::{Active, Suspended};
        self.before.status == Active && self.after.status == Suspended
    }
}

/// Locks the user. Returns the events of the change, or why it cannot be written.
pub async fn prepare(tx: &mut Tx, change: &UserChange) -> Result<Result<Vec<Event>, NotWritten>, DbError> {
    let Some(current) = users::lock(tx, change.user).await? else { return Ok(Err(NotWritten::Gone)) };
    if current != change.before {
        return Ok(Err(NotWritten::ChangedMeanwhile));
    }
    if let Some(DirectoryChange { directory, seen, .. }) = &change.directory {
        let Some(current) = directory_users::get_in(tx, *directory, change.user).await? else {
            return Ok(Err(NotWritten::Gone));
        };
        if current.attributes != *seen {
            return Ok(Err(NotWritten::ChangedMeanwhile));
        }
    }
    let record = change.directory.as_ref().map(|change| (change.directory, &change.record));
    if let Some(index) = taken(tx, change.user, &change.after.email, record).await? {
        return Ok(Err(NotWritten::Taken(index)));
    }
    // Suspending is a separate event.
    let status = if change.suspends() { change.after.status } else { change.before.status };
    let before = EditableUser { status, ..change.before.clone() };
    let mut events = Vec::new();
    if before != change.after || change.directory.is_some() {
        let (old, new) = (users::facts(tx, &before).await?, users::facts(tx, &change.after).await?);
        let facts = events::changes(&old, &new);
        events.push(
            Event::new(Kind::UserChanged, change.actor.clone(), Some(change.user), facts).named(before.name.clone()),
        );
    }
    events.extend(change.events.iter().cloned());
    Ok(Ok(events))
}

/// The unique index in which another user has the e-mail address or one of the directory's values.
pub async fn taken(
    tx: &mut Tx,
    user: UserId,
    email: &str,
    record: Option<(DirectoryId, &DirectoryUserRecord)>,
) -> Result<Option<&'static str>, DbError> {
    let (directory, record) = record.unzip();
    let email = seatkeeper_shared::validate::email_key(email);
    let name = record.map(|record| record.user_name_key.as_str());
    let external = record.and_then(|record| record.external_id.as_deref());
    let row = tx.one(&TAKEN, args![user, email, name, directory, external]).await?;
    let Some(row) = row else { return Ok(None) };
    let index: String = row.get("taken")?;
    let known = ["users_email_key", "directory_users_user_name_key", "directory_users_external_id"];
    known
        .into_iter()
        .find(|known| *known == index)
        .map(Some)
        .ok_or_else(|| DbError::Unreadable { column: "taken".to_owned(), problem: format!("unexpected index {index}") })
}

/// Writes a change that was prepared in this transaction, but not its events.
pub async fn write(tx: &mut Tx, change: &UserChange, now: DateTime<Utc>) -> Result<(), DbError> {
    users::change(tx, change.user, &change.before, &change.after).await?;
    match &change.directory {
        Some(DirectoryChange { directory, record, .. }) => {
            directory_users::write(tx, *directory, change.user, record, now).await
        }
        None => Ok(()),
    }
}

/// The event that the directory's e-mail address of a user was not applied.
pub fn email_kept(actor: &Actor, user: UserId, name: &str, directory_email: &str) -> Event {
    Event::new(Kind::DirectoryEmailKept, actor.clone(), Some(user), json!({ "email": directory_email })).named(name)
}
