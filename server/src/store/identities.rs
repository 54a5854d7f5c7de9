//! Who comes from a provider of sign-ins: links with users, the groups that it tells, and what it says of sign-outs.

use super::{ids, set};
use crate::{
    db::{DbError, Row, Tx, args, fields, statements},
    text::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, ProviderId, SignInId, UserId},
    people::UserStatus,
    validate::email_key,
};

statements! {
    LINKED = "
        SELECT u.id, u.name, u.email, u.status
        FROM identities i
        JOIN users u ON u.id = i.user_id
        WHERE i.issuer = $1 AND i.subject = $2 AND u.deleted_at IS NULL";

    // Users are locked before their links, here as in what follows.
    COMES_IN = "
        SELECT u.id, u.name, u.email, u.status
        FROM identities i
        JOIN users u ON u.id = i.user_id
        WHERE i.issuer = $1 AND i.subject = $2 AND u.deleted_at IS NULL
        FOR UPDATE OF u";

    // Locked, so that two who come at once with the same address and different subjects come one after the other.
    BY_EMAIL = "
        SELECT id, name, email, status FROM users WHERE email_key = $1
        FOR UPDATE";

    SUBJECTS_OF = "
        SELECT subject FROM identities WHERE issuer = $1 AND user_id = $2";

    // The link may be that of a user who was deleted.
    LINK = "
        INSERT INTO identities (issuer, subject, user_id, created_at, last_used_at)
        VALUES ($1, $2, $3, $4, $4)
        ON CONFLICT (issuer, subject) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at";

    USED = "
        UPDATE identities SET last_used_at = $3 WHERE issuer = $1 AND subject = $2";

    UNLINK = "
        DELETE FROM identities WHERE user_id = $1
        RETURNING issuer";

    CAME_BY = "
        UPDATE browser_sessions SET provider_id = $2, provider_session = $3 WHERE id = $1";

    GROUPS_CALLED = "
        SELECT g.id, g.name FROM groups g WHERE g.name_key IN (SELECT name_key FROM ROWS($1: name_key text))
        ORDER BY g.id";

    GIVEN_GROUPS = "
        SELECT group_id FROM identity_groups WHERE issuer = $1 AND user_id = $2 ORDER BY group_id";

    FORGET_GROUPS = "
        DELETE FROM identity_groups WHERE issuer = $1 AND user_id = $2";

    GIVE_GROUPS = "
        INSERT INTO identity_groups (issuer, user_id, group_id)
        SELECT issuer, user_id, group_id
        FROM ROWS($1: issuer text, user_id uuid, group_id uuid)";

    FORGET_TOKENS = "
        DELETE FROM logout_tokens WHERE expires_at <= $1";

    OBEY_TOKEN = "
        INSERT INTO logout_tokens (issuer, token_id, expires_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (issuer, token_id) DO NOTHING";

    END_SESSION = "
        DELETE FROM browser_sessions WHERE provider_id = $1 AND provider_session = $2
        RETURNING user_id";

    END_SUBJECT = "
        DELETE FROM browser_sessions
        WHERE provider_id = $1
          AND user_id IN (SELECT i.user_id FROM identities i WHERE i.issuer = $2 AND i.subject = $3)
          AND (provider_session = $4 OR provider_session IS NULL OR $4 IS NULL)
        RETURNING user_id";

    END_ALL = "
        DELETE FROM browser_sessions WHERE provider_id = $1
        RETURNING user_id";

    END_OF = "
        DELETE FROM browser_sessions WHERE user_id = $1 AND provider_id IS NOT NULL";

    NAMES = "
        SELECT id, name FROM users WHERE id IN (SELECT id FROM ROWS($1: id uuid)) ORDER BY id";
}

/// A user who may be who comes from a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
}

fn candidate(row: &Row) -> Result<Candidate, DbError> {
    Ok(Candidate { id: row.get("id")?, name: row.get("name")?, email: row.get("email")?, status: row.get("status")? })
}

/// The user who is linked with a subject of an issuer.
pub async fn linked(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Candidate>, DbError> {
    tx.one(&LINKED, args![issuer, subject]).await?.map(|row| candidate(&row)).transpose()
}

/// The same, locked until the end of the transaction.
pub async fn comes_in(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Candidate>, DbError> {
    tx.one(&COMES_IN, args![issuer, subject]).await?.map(|row| candidate(&row)).transpose()
}

/// The user with an e-mail address, locked until the end of the transaction.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Candidate>, DbError> {
    tx.one(&BY_EMAIL, args![email_key(email)]).await?.map(|row| candidate(&row)).transpose()
}

/// The subjects of an issuer with which a user is linked.
pub async fn subjects_of(tx: &mut Tx, issuer: &str, user: UserId) -> Result<Vec<String>, DbError> {
    tx.all(&SUBJECTS_OF, args![issuer, user]).await?.iter().map(|row| row.get("subject")).collect()
}

/// Links a subject of an issuer with a user.
pub async fn link(tx: &mut Tx, issuer: &str, subject: &str, user: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&LINK, args![issuer, subject, user, now]).await.map(drop)
}

/// Somebody signs in by a link.
///
/// # Errors
/// [`DbError::Retry`] if it was removed since it was read.
pub async fn used(tx: &mut Tx, issuer: &str, subject: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    match tx.run(&USED, args![issuer, subject, now]).await? {
        0 => Err(DbError::Retry),
        _ => Ok(()),
    }
}

/// Removes all links of a user; with which issuers they were.
pub async fn unlink(tx: &mut Tx, user: UserId) -> Result<Vec<String>, DbError> {
    tx.all(&UNLINK, args![user]).await?.iter().map(|row| row.get("issuer")).collect()
}

/// Writes down by which provider a browser signed in.
pub async fn came_by(
    tx: &mut Tx,
    browser: SignInId,
    provider: ProviderId,
    session: Option<&str>,
) -> Result<(), DbError> {
    tx.run(&CAME_BY, args![browser, provider.0, session]).await.map(drop)
}

/// The groups that are called so, in any case of letters, in the order of their ids.
pub async fn groups_called(tx: &mut Tx, names: &[String]) -> Result<Vec<(GroupId, String)>, DbError> {
    let keys = set(names.iter().map(|name| fields! { "name_key": fold(name) }));
    let rows = tx.all(&GROUPS_CALLED, args![keys]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// The groups that a user is in only because an issuer said so, in the order of their ids.
pub async fn given_groups(tx: &mut Tx, issuer: &str, user: UserId) -> Result<Vec<GroupId>, DbError> {
    tx.all(&GIVEN_GROUPS, args![issuer, user]).await?.iter().map(|row| row.get("group_id")).collect()
}

/// Writes down which these are from now on.
pub async fn give_groups(tx: &mut Tx, issuer: &str, user: UserId, groups: &[GroupId]) -> Result<(), DbError> {
    tx.run(&FORGET_GROUPS, args![issuer, user]).await?;
    let rows = groups.iter().map(|group| fields! { "issuer": issuer, "user_id": user, "group_id": group });
    tx.run(&GIVE_GROUPS, args![set(rows)]).await.map(drop)
}

/// Takes note of a logout token; false if it was obeyed before.
pub async fn obey(
    tx: &mut Tx,
    issuer: &str,
    token: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbError> {
    tx.run(&FORGET_TOKENS, args![now]).await?;
    Ok(tx.run(&OBEY_TOKEN, args![issuer, token, until]).await? == 1)
}

/// Signs out the browsers that came by one session of a provider; whose they were.
pub async fn end_session(tx: &mut Tx, provider: ProviderId, session: &str) -> Result<Vec<UserId>, DbError> {
    users(tx.all(&END_SESSION, args![provider.0, session]).await?)
}

/// Signs out the browsers in which a subject came by a provider; with a session, those of that session, and those of which it
/// is not known.
pub async fn end_subject(
    tx: &mut Tx,
    provider: ProviderId,
    (issuer, subject): (&str, &str),
    session: Option<&str>,
) -> Result<Vec<UserId>, DbError> {
    users(tx.all(&END_SUBJECT, args![provider.0, issuer, subject, session]).await?)
}

/// Signs out all browsers that came by a provider; whose they were.
pub async fn end_all(tx: &mut Tx, provider: ProviderId) -> Result<Vec<UserId>, DbError> {
    users(tx.all(&END_ALL, args![provider.0]).await?)
}

/// Signs out the browsers in which a user came by any provider.
pub async fn end_of(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.run(&END_OF, args![user]).await.map(drop)
}

fn users(rows: Vec<Row>) -> Result<Vec<UserId>, DbError> {
    let mut users = rows.iter().map(|row| row.get("user_id")).collect::<Result<Vec<UserId>, _>>()?;
    users.sort_unstable();
    users.dedup();
    Ok(users)
}

/// What users are called, in the order of their ids.
pub async fn names(tx: &mut Tx, users: &[UserId]) -> Result<Vec<(UserId, String)>, DbError> {
    tx.all(&NAMES, args![ids(users)]).await?.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}
