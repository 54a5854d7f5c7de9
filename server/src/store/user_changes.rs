//! A change of a user that was worked out before anything is locked. It is written only while the user still is as they were read,
//! and only if nobody else has what it needs: all of it, or nothing.

use super::{
    directory_users::{self, Record},
    users::{self, Changeable},
};
use crate::{
    db::{DbError, Tx, args, statements},
    events::{self, Event},
    seats::Actor,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{DirectoryId, UserId};
use serde_json::json;

statements! {
    // Named as the unique indexes are, which decide if two ask at once. Who is in no directory yet is found by the address.
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

/// A change of a user.
#[derive(Clone, Debug)]
pub struct UserChange {
    /// Who is changed.
    pub user: UserId,
    /// Who changes them.
    pub actor: Actor,
    /// As the user was when the change was worked out.
    pub before: Changeable,
    /// As the user is from then on.
    pub after: Changeable,
    /// What a directory says of the user, if one does.
    pub directory: Option<DirectoryChange>,
    /// What else goes into the log.
    pub events: Vec<Event>,
}

/// What a directory says of a user from then on.
#[derive(Clone, Debug)]
pub struct DirectoryChange {
    /// Which directory.
    pub directory: DirectoryId,
    /// The attributes from which the change was worked out, as they were stored; absent if no directory had told any.
    pub seen: Option<String>,
    /// What is stored.
    pub record: Record,
}

/// Why a change is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// The user is not there any more.
    Gone,
    /// The user is not as they were when the change was worked out: it has to be worked out anew.
    ChangedMeanwhile,
    /// Somebody else has this; the unique index is named.
    Taken(&'static str),
}

impl UserChange {
    /// The values that nobody else may have, by their unique indexes.
    pub fn claims(&self) -> Vec<(&'static str, String)> {
        let email = seatkeeper_shared::validate::email_key(&self.after.email);
        let mut claims = vec![("users_email_key", email)];
        if let Some(DirectoryChange { directory, record, .. }) = &self.directory {
            claims.push(("directory_users_user_name_key", record.user_name_key.clone()));
            let external = record.external_id.as_ref().map(|external| format!("{directory} {external}"));
            claims.extend(external.map(|external| ("directory_users_external_id", external)));
        }
        claims
    }

    /// Whether it ends all that the user does, which is for the seats to do.
    pub fn suspends(&self) -> bool {
        use seatkeeper_shared::people::UserStatus::{Active, Suspended};
        self.before.status == Active && self.after.status == Suspended
    }
}

/// Locks the user and says what the log has of the change, or why it cannot be written.
pub async fn prepare(tx: &mut Tx, change: &UserChange) -> Result<Result<Vec<Event>, NotWritten>, DbError> {
    let Some(now) = users::lock(tx, change.user).await? else { return Ok(Err(NotWritten::Gone)) };
    if now != change.before {
        return Ok(Err(NotWritten::ChangedMeanwhile));
    }
    if let Some(DirectoryChange { directory, seen, .. }) = &change.directory {
        let Some(now) = directory_users::get_in(tx, *directory, change.user).await? else {
            return Ok(Err(NotWritten::Gone));
        };
        if now.attributes != *seen {
            return Ok(Err(NotWritten::ChangedMeanwhile));
        }
    }
    let record = change.directory.as_ref().map(|change| (change.directory, &change.record));
    if let Some(index) = taken(tx, change.user, &change.after.email, record).await? {
        return Ok(Err(NotWritten::Taken(index)));
    }
    // That they are suspended is an entry of its own.
    let status = if change.suspends() { change.after.status } else { change.before.status };
    let before = Changeable { status, ..change.before.clone() };
    let mut events = Vec::new();
    if before != change.after || change.directory.is_some() {
        let (old, new) = (users::facts(tx, &before).await?, users::facts(tx, &change.after).await?);
        let facts = events::changes(&old, &new);
        events.push(
            Event::new("user_changed", change.actor.clone(), Some(change.user), facts).named(before.name.clone()),
        );
    }
    events.extend(change.events.iter().cloned());
    Ok(Ok(events))
}

/// The unique index in which somebody else stands with the address, or with what a directory says.
pub async fn taken(
    tx: &mut Tx,
    user: UserId,
    email: &str,
    record: Option<(DirectoryId, &Record)>,
) -> Result<Option<&'static str>, DbError> {
    let (directory, record) = record.unzip();
    let email = seatkeeper_shared::validate::email_key(email);
    let name = record.map(|record| record.user_name_key.as_str());
    let external = record.and_then(|record| record.external_id.as_deref());
    let row = tx.one(&TAKEN, args![user, email, name, directory, external]).await?;
    let Some(row) = row else { return Ok(None) };
    let index: String = row.get("taken")?;
    let known = ["users_email_key", "directory_users_user_name_key", "directory_users_external_id"];
    known.into_iter().find(|known| *known == index).map(Some).ok_or_else(|| DbError::Unreadable {
        column: "taken".to_owned(),
        problem: format!("{index} is no index that was asked for"),
    })
}

/// Writes a change that was prepared in this transaction, but not its log entries.
pub async fn write(tx: &mut Tx, change: &UserChange, now: DateTime<Utc>) -> Result<(), DbError> {
    users::change(tx, change.user, &change.before, &change.after).await?;
    match &change.directory {
        Some(DirectoryChange { directory, record, .. }) => {
            directory_users::write(tx, *directory, change.user, record, now).await
        }
        None => Ok(()),
    }
}

/// The log entry that an address which the directory tells was not taken over.
pub fn email_kept(actor: &Actor, user: UserId, name: &str, told: &str) -> Event {
    Event::new("directory_email_kept", actor.clone(), Some(user), json!({ "email": told })).named(name)
}
