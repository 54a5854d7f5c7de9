//! Identities at sign-in providers: their links with users, the groups that a provider claims, and its logout tokens.

use super::{ids, set};
use crate::{
    db::{DbError, Row, Tx, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, ProviderId, SignInId, UserId},
    people::UserStatus,
    validate::email_key,
};

statements! {
    LINKED_USER = "
        SELECT u.id, u.name, u.email, u.status
        FROM identities i
        JOIN users u ON u.id = i.user_id
        WHERE i.issuer = $1 AND i.subject = $2 AND u.deleted_at IS NULL";

    // Users are locked before their links, here and below.
    LOCK_LINKED_USER = "
        SELECT u.id, u.name, u.email, u.status
        FROM identities i
        JOIN users u ON u.id = i.user_id
        WHERE i.issuer = $1 AND i.subject = $2 AND u.deleted_at IS NULL
        FOR UPDATE OF u";

    // Locked, so that sign-ins with the same address and different subjects are serialized.
    BY_EMAIL = "
        SELECT id, name, email, status FROM users WHERE email_key = $1
        FOR UPDATE";

    SUBJECTS_OF = "
        SELECT subject FROM identities WHERE issuer = $1 AND user_id = $2";

    // The existing link may belong to a deleted user.
    LINK = "
        INSERT INTO identities (issuer, subject, user_id, created_at, last_used_at)
        VALUES ($1, $2, $3, $4, $4)
        ON CONFLICT (issuer, subject) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at";

    USED = "
        UPDATE identities SET last_used_at = $3 WHERE issuer = $1 AND subject = $2";

    UNLINK = "
        DELETE FROM identities WHERE user_id = $1
        RETURNING issuer";

    SET_PROVIDER = "
        UPDATE browser_sessions SET provider_id = $2, provider_session = $3 WHERE id = $1";

    GROUPS_BY_NAME = "
        SELECT g.id, g.name FROM groups g WHERE g.name_key IN (SELECT name_key FROM ROWS($1: name_key text))
        ORDER BY g.id";

    GIVEN_GROUPS = "
        SELECT group_id FROM identity_groups WHERE issuer = $1 AND user_id = $2 ORDER BY group_id";

    DELETE_GIVEN_GROUPS = "
        DELETE FROM identity_groups WHERE issuer = $1 AND user_id = $2";

    INSERT_GIVEN_GROUPS = "
        INSERT INTO identity_groups (issuer, user_id, group_id)
        SELECT issuer, user_id, group_id
        FROM ROWS($1: issuer text, user_id uuid, group_id uuid)";

    DELETE_EXPIRED_TOKENS = "
        DELETE FROM logout_tokens WHERE expires_at <= $1";

    INSERT_TOKEN = "
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

    END_OF_USER = "
        DELETE FROM browser_sessions WHERE user_id = $1 AND provider_id IS NOT NULL";

    NAMES = "
        SELECT id, name FROM users WHERE id IN (SELECT id FROM ROWS($1: id uuid)) ORDER BY id";
}

/// A user who may be the one signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub status: UserStatus,
}

fn candidate(row: &Row) -> Result<Candidate, DbError> {
    Ok(Candidate { id: row.get("id")?, name: row.get("name")?, email: row.get("email")?, status: row.get("status")? })
}

/// The user linked with a subject of an issuer.
pub async fn linked_user(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Candidate>, DbError> {
    tx.one(&LINKED_USER, args![issuer, subject]).await?.map(|row| candidate(&row)).transpose()
}

/// Like [`linked_user`], locked until the end of the transaction.
pub async fn lock_linked_user(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Candidate>, DbError> {
    tx.one(&LOCK_LINKED_USER, args![issuer, subject]).await?.map(|row| candidate(&row)).transpose()
}

/// The user with an e-mail address, locked until the end of the transaction.
pub async fn lock_by_email(tx: &mut Tx, email: &str) -> Result<Option<Candidate>, DbError> {
    tx.one(&BY_EMAIL, args![email_key(email)]).await?.map(|row| candidate(&row)).transpose()
}

/// The subjects of an issuer that a user is linked with.
pub async fn subjects_of(tx: &mut Tx, issuer: &str, user: UserId) -> Result<Vec<String>, DbError> {
    tx.all(&SUBJECTS_OF, args![issuer, user]).await?.iter().map(|row| row.get("subject")).collect()
}

/// Links a subject of an issuer with a user.
pub async fn link(tx: &mut Tx, issuer: &str, subject: &str, user: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&LINK, args![issuer, subject, user, now]).await.map(drop)
}

/// Saves the use of a link.
///
/// # Errors
/// Returns [`DbError::Retry`] if the link was removed since it was read.
pub async fn set_last_used(tx: &mut Tx, issuer: &str, subject: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    match tx.run(&USED, args![issuer, subject, now]).await? {
        0 => Err(DbError::Retry),
        _ => Ok(()),
    }
}

/// Removes all links of a user. Returns their issuers.
pub async fn unlink(tx: &mut Tx, user: UserId) -> Result<Vec<String>, DbError> {
    tx.all(&UNLINK, args![user]).await?.iter().map(|row| row.get("issuer")).collect()
}

/// Saves the provider of a browser session, and the provider's own session id.
pub async fn set_provider(
    tx: &mut Tx,
    browser: SignInId,
    provider: ProviderId,
    session: Option<&str>,
) -> Result<(), DbError> {
    tx.run(&SET_PROVIDER, args![browser, provider.0, session]).await.map(drop)
}

/// The groups with these names (normalized), sorted by id.
pub async fn groups_by_name(tx: &mut Tx, names: &[String]) -> Result<Vec<(GroupId, String)>, DbError> {
    let keys = set(names.iter().map(|name| fields! { "name_key": fold(name) }));
    let rows = tx.all(&GROUPS_BY_NAME, args![keys]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// The groups that a user is a member of only because an issuer claimed so, sorted by id.
pub async fn given_groups(tx: &mut Tx, issuer: &str, user: UserId) -> Result<Vec<GroupId>, DbError> {
    tx.all(&GIVEN_GROUPS, args![issuer, user]).await?.iter().map(|row| row.get("group_id")).collect()
}

/// Replaces the groups that a user is a member of because an issuer claimed so.
pub async fn set_given_groups(tx: &mut Tx, issuer: &str, user: UserId, groups: &[GroupId]) -> Result<(), DbError> {
    tx.run(&DELETE_GIVEN_GROUPS, args![issuer, user]).await?;
    let rows = groups.iter().map(|group| fields! { "issuer": issuer, "user_id": user, "group_id": group });
    tx.run(&INSERT_GIVEN_GROUPS, args![set(rows)]).await.map(drop)
}

/// Records a logout token. Returns false if it was used before (replay).
pub async fn record_logout_token(
    tx: &mut Tx,
    issuer: &str,
    token: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbError> {
    tx.run(&DELETE_EXPIRED_TOKENS, args![now]).await?;
    Ok(tx.run(&INSERT_TOKEN, args![issuer, token, until]).await? == 1)
}

/// Ends the browser sessions of one provider session. Returns their users.
pub async fn end_session(tx: &mut Tx, provider: ProviderId, session: &str) -> Result<Vec<UserId>, DbError> {
    users(tx.all(&END_SESSION, args![provider.0, session]).await?)
}

/// Ends the browser sessions of a subject at a provider. With a session, only those of that provider session, and those
/// whose provider session is unknown. Returns their users.
pub async fn end_subject(
    tx: &mut Tx,
    provider: ProviderId,
    (issuer, subject): (&str, &str),
    session: Option<&str>,
) -> Result<Vec<UserId>, DbError> {
    users(tx.all(&END_SUBJECT, args![provider.0, issuer, subject, session]).await?)
}

/// Ends all browser sessions started by a provider. Returns their users.
pub async fn end_all(tx: &mut Tx, provider: ProviderId) -> Result<Vec<UserId>, DbError> {
    users(tx.all(&END_ALL, args![provider.0]).await?)
}

/// Ends a user's browser sessions started by any provider.
pub async fn end_of_user(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.run(&END_OF_USER, args![user]).await.map(drop)
}

fn users(rows: Vec<Row>) -> Result<Vec<UserId>, DbError> {
    let mut users = rows.iter().map(|row| row.get("user_id")).collect::<Result<Vec<UserId>, _>>()?;
    users.sort_unstable();
    users.dedup();
    Ok(users)
}

/// The ids and names of users, sorted by id.
pub async fn names(tx: &mut Tx, users: &[UserId]) -> Result<Vec<(UserId, String)>, DbError> {
    tx.all(&NAMES, args![ids(users)]).await?.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}
