//! Links by which people set their passwords. Only hashes of their secrets are stored.

use crate::db::{Db, DbError, Tx, args, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::{Locale, Role, UserStatus},
    permissions::Rights,
    validate::email_key,
};

/// For how long it is still known what became of a link.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

statements! {
    LOCK = format!("{ADDRESSEE} WHERE u.id = $1 AND u.deleted_at IS NULL
        FOR UPDATE OF u");

    LOCK_BY_EMAIL = format!("{ADDRESSEE} WHERE u.email_key = $1
        FOR UPDATE OF u");

    FORGET = "
        DELETE FROM password_links WHERE expires_at < $1";

    VOID = "
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
    SELECT u.id, u.name, u.email, u.status, u.role, COALESCE(u.locale, a.locale) AS locale, u.password_hash, a.name AS account
    FROM users u
    JOIN account a ON a.id = 1";

/// Somebody for whom a link can be made.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
    /// Role.
    pub role: Role,
    /// The language in which he is written to.
    pub locale: Locale,
    /// Whether he has no password yet.
    pub invites: bool,
    /// The organisation's name.
    pub account: String,
}

/// This user, locked until the end of the transaction: what a link is made for stays as it is until the link is there.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<Addressee>, DbError> {
    tx.one(&LOCK, args![id]).await?.map(|row| read(&row)).transpose()
}

/// The user with this e-mail address, in any case of letters; locked, too.
pub async fn lock_by_email(tx: &mut Tx, email: &str) -> Result<Option<Addressee>, DbError> {
    tx.one(&LOCK_BY_EMAIL, args![email_key(email)]).await?.map(|row| read(&row)).transpose()
}

fn read(row: &crate::db::Row) -> Result<Addressee, DbError> {
    Ok(Addressee {
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

/// Stores a link that `by` made, or whoever it is for. The one before it is no longer good: there is one at a time.
pub async fn insert(
    tx: &mut Tx,
    (to, by): (&Addressee, Option<UserId>),
    hash: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&FORGET, args![now - REMEMBERED]).await?;
    tx.run(&VOID, args![to.id, now]).await?;
    tx.run(&INSERT, args![hash, to.id, to.invites, now, until, by]).await.map(drop)
}

/// A link as it is stored, good or not.
#[derive(Clone, Debug)]
pub struct Stored {
    /// For whom.
    pub user: UserId,
    /// Whether it invites.
    pub invites: bool,
    /// From when on it is no longer good.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// Whether what it was made for has changed since.
    pub is_void: bool,
    /// Who made it, if somebody did for another.
    pub made_by: Option<UserId>,
    /// Name of the user.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
    /// Role.
    pub role: Role,
}

/// The link with this secret.
pub async fn get(db: &Db, hash: &str) -> Result<Option<Stored>, DbError> {
    let row = db.one(&GET, args![hash]).await?;
    row.map(|row| {
        Ok(Stored {
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

/// What whoever made a link may do now; nothing if they are suspended or deleted.
pub async fn maker(db: &Db, id: UserId) -> Result<Option<Rights>, DbError> {
    db.one(&MAKER, args![id]).await?.map(|row| super::users::rights(&row)).transpose()
}

/// Uses a link up; false if it is not good any more. Of two who use it at once, one is told so.
pub async fn use_up(tx: &mut Tx, hash: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&USE, args![hash, now]).await? == 1)
}
