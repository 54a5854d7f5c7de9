//! Links for setting a password, stored as hashes of their secrets.

use crate::db::{Db, DbError, Tx, args, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::{Locale, Role, UserStatus},
    permissions::Rights,
    validate::email_key,
};

/// How long an expired link is kept, so that opening it says why it is invalid.
const EXPIRED_LINK_RETENTION: TimeDelta = TimeDelta::days(60);

statements! {
    LOCK = format!("{ADDRESSEE} WHERE u.id = $1 AND u.deleted_at IS NULL
        FOR UPDATE OF u");

    LOCK_BY_EMAIL = format!("{ADDRESSEE} WHERE u.email_key = $1
        FOR UPDATE OF u");

    DELETE_OLD = "
        DELETE FROM password_links WHERE expires_at < $1";

    EXPIRE_PREVIOUS = "
        UPDATE password_links SET expires_at = $2
        WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2";

    INSERT = "
        INSERT INTO password_links (secret_hash, user_id, invites, created_at, expires_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6)";

    GET = "
        SELECT l.user_id, l.invites, l.expires_at, l.used_at, l.is_void, l.made_by, u.name, u.email, u.status, u.role
        FROM password_links l
        JOIN users u ON u.id = l.user_id
        WHERE l.secret_hash = $1";

    USE = "
        UPDATE password_links SET used_at = $2
        WHERE secret_hash = $1 AND used_at IS NULL AND NOT is_void AND expires_at > $2";

    MAKER = "
        SELECT role, permissions, billing_contact, limited_to_groups
        FROM users
        WHERE id = $1 AND status = 'active' AND deleted_at IS NULL";
}

const ADDRESSEE: &str = "
    SELECT u.id, u.name, u.email, u.status, u.role, COALESCE(u.locale, a.locale) AS locale, u.password_hash,
           a.name AS account
    FROM users u
    JOIN account a ON a.id = 1";

/// The user that a link is made for.
#[derive(Clone, Debug)]
pub struct LinkRecipient {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub status: UserStatus,
    pub role: Role,
    /// The language of e-mails to the user.
    pub locale: Locale,
    /// Whether the link is an invitation: the user has no password yet.
    pub invites: bool,
    /// The name of the account.
    pub account: String,
}

/// Locks this user until the end of the transaction, so that they do not change until the link is stored.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<LinkRecipient>, DbError> {
    tx.one(&LOCK, args![id]).await?.map(|row| read(&row)).transpose()
}

/// Locks the user with this e-mail address (case-insensitive).
pub async fn lock_by_email(tx: &mut Tx, email: &str) -> Result<Option<LinkRecipient>, DbError> {
    tx.one(&LOCK_BY_EMAIL, args![email_key(email)]).await?.map(|row| read(&row)).transpose()
}

fn read(row: &crate::db::Row) -> Result<LinkRecipient, DbError> {
    Ok(LinkRecipient {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        status: row.get("status")?,
        role: row.get("role")?,
        locale: row.get("locale")?,
        invites: row.opt::<String>("password_hash")?.is_none(),
        account: row.get("account")?,
    })
}

/// Stores a link made by `by`, or requested by the recipient. Previous links of the recipient expire.
pub async fn insert(
    tx: &mut Tx,
    (to, by): (&LinkRecipient, Option<UserId>),
    hash: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&DELETE_OLD, args![now - EXPIRED_LINK_RETENTION]).await?;
    tx.run(&EXPIRE_PREVIOUS, args![to.id, now]).await?;
    tx.run(&INSERT, args![hash, to.id, to.invites, now, until, by]).await.map(drop)
}

/// A stored link, valid or not.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    pub user: UserId,
    /// Whether it is an invitation.
    pub invites: bool,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    /// Whether it was invalidated because the user has changed since.
    pub is_void: bool,
    /// The user who made it for another user, if any.
    pub made_by: Option<UserId>,
    pub name: String,
    pub email: String,
    pub status: UserStatus,
    pub role: Role,
}

/// The link with this secret.
pub async fn get(db: &Db, hash: &str) -> Result<Option<PasswordLink>, DbError> {
    let row = db.one(&GET, args![hash]).await?;
    row.map(|row| {
        Ok(PasswordLink {
            user: row.get("user_id")?,
            invites: row.get("invites")?,
            expires_at: row.get("expires_at")?,
            used_at: row.opt("used_at")?,
            is_void: row.get("is_void")?,
            made_by: row.opt("made_by")?,
            name: row.get("name")?,
            email: row.get("email")?,
            status: row.get("status")?,
            role: row.get("role")?,
        })
    })
    .transpose()
}

/// The current rights of the user who made a link; `None` if they are suspended or deleted.
pub async fn maker_rights(db: &Db, id: UserId) -> Result<Option<Rights>, DbError> {
    db.one(&MAKER, args![id]).await?.map(|row| super::users::rights(&row)).transpose()
}

/// Marks a link as used. Returns false if it is not valid any more, also for the second of two concurrent uses.
pub async fn use_up(tx: &mut Tx, hash: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&USE, args![hash, now]).await? == 1)
}
