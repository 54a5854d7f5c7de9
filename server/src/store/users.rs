//! Users: signing in, adding and changing; the lists are in [`list`].

pub mod list;

pub use list::{of_time, page, sessions_on, some};

use super::set;
use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    text::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    people::{Locale, Source, UserStatus},
    permissions::Rights,
    validate::email_key,
    wire::users::UserView,
};
use serde::Serialize;
use serde_json::json;

statements! {
    LOCK = "
        SELECT id, name, email, role, permissions, billing_contact, limited_to_groups, status
        FROM users
        WHERE id = $1 AND deleted_at IS NULL
        FOR UPDATE";

    RIGHTS_OF = "
        SELECT role, permissions, billing_contact, limited_to_groups
        FROM users
        WHERE id = $1 AND deleted_at IS NULL AND status = 'active'";

    MANAGED = "
        SELECT group_id FROM group_managers WHERE user_id = $1 ORDER BY group_id";

    MANAGE_NONE = "
        DELETE FROM group_managers WHERE user_id = $1";

    MANAGE = "
        INSERT INTO group_managers (group_id, user_id)
        SELECT group_id, user_id
        FROM ROWS($1: group_id uuid, user_id uuid)";

    SECRET_OF = "
        SELECT id, name, password_hash, status FROM users WHERE email_key = $1";

    LOCK_SECRET = "
        SELECT id, name, password_hash, status FROM users WHERE id = $1 AND deleted_at IS NULL
        FOR UPDATE";

    INSERT = "
        INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status,
                           password_hash, created_at, source)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10, $11)";

    CHANGE = "
        UPDATE users
        SET name = $2, name_key = $3, role = $4, permissions = $5, status = $6, email = $7, email_key = $8,
            limited_to_groups = $9
        WHERE id = $1";

    SET_NAME = "
        UPDATE users SET name = $2, name_key = $3 WHERE id = $1";

    SET_LOCALE = "
        UPDATE users SET locale = $2 WHERE id = $1";

    SEEN = "
        UPDATE users SET last_active_at = $2 WHERE id = $1";
}

/// The rights in a row of users.
pub(super) fn rights(row: &Row) -> Result<Rights, DbError> {
    let permissions: String = row.get("permissions")?;
    Ok(Rights {
        role: row.get("role")?,
        permissions: serde_json::from_str(&permissions)
            .map_err(|e| DbError::Unreadable { column: "permissions".to_owned(), problem: e.to_string() })?,
        billing_contact: row.get("billing_contact")?,
        limited_to_groups: row.get("limited_to_groups")?,
    })
}

/// What an active user may do, as it is in this transaction.
pub async fn rights_of(tx: &mut Tx, id: UserId) -> Result<Option<Rights>, DbError> {
    tx.one(&RIGHTS_OF, args![id]).await?.as_ref().map(rights).transpose()
}

/// What signing in needs to know.
#[derive(Debug)]
pub struct Secret {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// The password's hash; absent if he has none.
    pub password_hash: Option<String>,
    /// Active or suspended.
    pub status: UserStatus,
}

/// The user with this e-mail address, in any case of letters.
pub async fn secret_of(db: &Db, email: &str) -> Result<Option<Secret>, DbError> {
    db.one(&SECRET_OF, args![email_key(email)]).await?.as_ref().map(secret).transpose()
}

/// The user, locked until the end of the transaction: whoever has shown who he is may have been suspended meanwhile, or his password
/// changed.
pub async fn lock_secret(tx: &mut Tx, id: UserId) -> Result<Option<Secret>, DbError> {
    tx.one(&LOCK_SECRET, args![id]).await?.as_ref().map(secret).transpose()
}

fn secret(row: &Row) -> Result<Secret, DbError> {
    Ok(Secret {
        id: row.get("id")?,
        name: row.get("name")?,
        password_hash: row.opt("password_hash")?,
        status: row.get("status")?,
    })
}

/// A user to be added.
#[derive(Debug)]
pub struct Added<'a> {
    /// Its id.
    pub id: UserId,
    /// Name.
    pub name: &'a str,
    /// E-mail address.
    pub email: &'a str,
    /// Role and permissions.
    pub rights: &'a Rights,
    /// The password's hash; absent until he sets one by a link.
    pub password_hash: Option<&'a str>,
    /// Where he comes from.
    pub source: Source,
}

/// Adds a user.
///
/// # Errors
/// [`DbError::Taken`] `users_email_key` if the e-mail address is.
pub async fn insert(tx: &mut Tx, user: &Added<'_>, now: DateTime<Utc>) -> Result<(), DbError> {
    let args = args![
        user.id,
        user.name,
        fold(user.name),
        user.email,
        email_key(user.email),
        user.rights.role,
        permissions(user.rights),
        user.rights.billing_contact,
        user.password_hash,
        now,
        user.source.as_str()
    ];
    tx.run(&INSERT, args).await.map(drop)
}

pub(super) fn permissions(rights: &Rights) -> String {
    // A set of words can always be written as JSON.
    serde_json::to_string(&rights.permissions).unwrap_or_default()
}

/// What can be changed about a user: what two who change him at once might overwrite for each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changeable {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Role, permissions and limits.
    pub rights: Rights,
    /// Active or suspended.
    pub status: UserStatus,
    /// The groups that he manages, in the order of their ids.
    pub manages: Vec<GroupId>,
}

impl From<&UserView> for Changeable {
    fn from(user: &UserView) -> Self {
        let rights = Rights {
            role: user.role,
            permissions: user.permissions.clone(),
            billing_contact: user.billing_contact,
            limited_to_groups: user.limited_to_groups,
        };
        let (name, email) = (user.name.clone(), user.email.clone());
        Self { name, email, rights, status: user.status, manages: user.manages.clone() }
    }
}

impl Changeable {
    /// Takes away what only managers have, so that it does not count again, unseen, when he becomes one another time.
    pub fn manage_nothing(&mut self) {
        self.rights.limited_to_groups = false;
        self.manages.clear();
    }
}

/// What the log says of a user before and after: groups by their names, as they are called then.
pub async fn facts(tx: &mut Tx, user: &Changeable) -> Result<serde_json::Value, DbError> {
    let manages = super::groups::names(tx, &user.manages).await?;
    let manages: Vec<_> = manages.into_iter().map(|(_, name)| name).collect();
    Ok(json!({
        "name": user.name, "email": user.email, "role": user.rights.role, "permissions": user.rights.permissions,
        "status": user.status, "limited_to_groups": user.rights.limited_to_groups, "manages": manages,
    }))
}

/// A user as he is now, locked until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<Changeable>, DbError> {
    let Some(row) = tx.one(&LOCK, args![id]).await? else { return Ok(None) };
    let manages = tx.all(&MANAGED, args![id]).await?.iter().map(|row| row.get("group_id")).collect::<Result<_, _>>()?;
    let (name, email, status) = (row.get("name")?, row.get("email")?, row.get("status")?);
    Ok(Some(Changeable { name, email, rights: rights(&row)?, status, manages }))
}

/// Changes a user.
///
/// # Errors
/// [`DbError::Taken`] `users_email_key` if the e-mail address is somebody else's.
pub async fn change(tx: &mut Tx, id: UserId, from: &Changeable, to: &Changeable) -> Result<(), DbError> {
    let args = args![
        id,
        &to.name,
        fold(&to.name),
        to.rights.role,
        permissions(&to.rights),
        to.status,
        &to.email,
        email_key(&to.email),
        to.rights.limited_to_groups
    ];
    tx.run(&CHANGE, args).await?;
    if from.manages != to.manages {
        tx.run(&MANAGE_NONE, args![id]).await?;
        let managed = to.manages.iter().map(|group| fields! { "group_id": group, "user_id": id });
        tx.run(&MANAGE, args![set(managed)]).await?;
    }
    Ok(())
}

/// Sets the name of a user.
pub async fn set_name(tx: &mut Tx, id: UserId, name: &str) -> Result<(), DbError> {
    tx.run(&SET_NAME, args![id, name, fold(name)]).await.map(drop)
}

/// Sets the language of a user.
pub async fn set_locale(tx: &mut Tx, id: UserId, locale: Locale) -> Result<(), DbError> {
    tx.run(&SET_LOCALE, args![id, locale]).await.map(drop)
}

/// A user signed in.
pub async fn seen(tx: &mut Tx, id: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&SEEN, args![id, now]).await.map(drop)
}
