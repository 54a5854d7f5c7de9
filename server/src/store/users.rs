//! Users: signing in, adding and changing. Lists are in [`list`].

pub mod list;

pub use list::{of_time, page, sessions_on, some};

use super::set;
use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::changes::{UserChanges, UserState},
    ids::{GroupId, UserId},
    people::{Locale, Source, UserStatus},
    permissions::Rights,
    validate::email_key,
    wire::users::UserView,
};
use serde::Serialize;

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

    MANAGED_GROUPS = "
        SELECT group_id FROM group_managers WHERE user_id = $1 ORDER BY group_id";

    DELETE_MANAGED_GROUPS = "
        DELETE FROM group_managers WHERE user_id = $1";

    INSERT_MANAGED_GROUPS = "
        INSERT INTO group_managers (group_id, user_id)
        SELECT group_id, user_id
        FROM ROWS($1: group_id uuid, user_id uuid)";

    PASSWORD_BY_EMAIL = "
        SELECT id, name, password_hash, status FROM users WHERE email_key = $1";

    LOCK_PASSWORD = "
        SELECT id, name, password_hash, status FROM users WHERE id = $1 AND deleted_at IS NULL
        FOR UPDATE";

    INSERT = "
        INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status,
                           password_hash, created_at, source)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    CHANGE = "
        UPDATE users
        SET name = $2, name_key = $3, role = $4, permissions = $5, status = $6, email = $7, email_key = $8,
            limited_to_groups = $9
        WHERE id = $1";

    SET_LOCALE = "
        UPDATE users SET locale = $2 WHERE id = $1";

    SET_LAST_ACTIVE = "
        UPDATE users SET last_active_at = $2 WHERE id = $1";
}

/// Reads the rights in a row of users.
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

/// The rights of an active user, read in this transaction.
pub async fn rights_of(tx: &mut Tx, id: UserId) -> Result<Option<Rights>, DbError> {
    tx.one(&RIGHTS_OF, args![id]).await?.as_ref().map(rights).transpose()
}

/// A user with the password hash, for signing in.
#[derive(Debug)]
pub struct PasswordUser {
    pub id: UserId,
    pub name: String,
    /// Absent if the user has no password.
    pub password_hash: Option<String>,
    pub status: UserStatus,
}

/// The user with this e-mail address (case-insensitive).
pub async fn password_by_email(db: &Db, email: &str) -> Result<Option<PasswordUser>, DbError> {
    db.one(&PASSWORD_BY_EMAIL, args![email_key(email)]).await?.as_ref().map(password_user).transpose()
}

/// Locks the user until the end of the transaction: they may have been suspended, or their password changed, since they
/// were authenticated.
pub async fn lock_password(tx: &mut Tx, id: UserId) -> Result<Option<PasswordUser>, DbError> {
    tx.one(&LOCK_PASSWORD, args![id]).await?.as_ref().map(password_user).transpose()
}

fn password_user(row: &Row) -> Result<PasswordUser, DbError> {
    Ok(PasswordUser {
        id: row.get("id")?,
        name: row.get("name")?,
        password_hash: row.opt("password_hash")?,
        status: row.get("status")?,
    })
}

/// A user to be added.
#[derive(Debug)]
pub struct UserToAdd<'a> {
    pub id: UserId,
    pub name: &'a str,
    pub email: &'a str,
    pub rights: &'a Rights,
    pub status: UserStatus,
    /// Absent until the user sets a password with a link.
    pub password_hash: Option<&'a str>,
    pub source: Source,
}

/// Adds a user.
///
/// # Errors
/// Returns [`DbError::Taken`] `users_email_key` if the e-mail address is taken.
pub async fn insert(tx: &mut Tx, user: &UserToAdd<'_>, now: DateTime<Utc>) -> Result<(), DbError> {
    let args = args![
        user.id,
        user.name,
        fold(user.name),
        user.email,
        email_key(user.email),
        user.rights.role,
        permissions(user.rights),
        user.rights.billing_contact,
        user.status,
        user.password_hash,
        now,
        user.source.as_str()
    ];
    tx.run(&INSERT, args).await.map(drop)
}

pub(super) fn permissions(rights: &Rights) -> String {
    // A set of keywords can always be serialized.
    serde_json::to_string(&rights.permissions).unwrap_or_default()
}

/// The fields of a user that can be changed. They are compared to detect concurrent changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditableUser {
    pub name: String,
    pub email: String,
    pub rights: Rights,
    pub status: UserStatus,
    /// The groups that the user manages, sorted by id.
    pub manages: Vec<GroupId>,
}

impl From<&UserView> for EditableUser {
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

/// What changed about a user, for the log, with the current names of groups.
pub async fn changes(tx: &mut Tx, before: &EditableUser, after: &EditableUser) -> Result<Box<UserChanges>, DbError> {
    Ok(Box::new(logged(tx, before).await?.changes(logged(tx, after).await?)))
}

async fn logged(tx: &mut Tx, user: &EditableUser) -> Result<UserState, DbError> {
    let manages = super::groups::names(tx, &user.manages).await?;
    Ok(UserState {
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.rights.role,
        permissions: user.rights.permissions.clone(),
        status: user.status,
        limited_to_groups: user.rights.limited_to_groups,
        manages: manages.into_iter().map(|(_, name)| name).collect(),
    })
}

/// Locks a user until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<EditableUser>, DbError> {
    let Some(row) = tx.one(&LOCK, args![id]).await? else { return Ok(None) };
    let manages =
        tx.all(&MANAGED_GROUPS, args![id]).await?.iter().map(|row| row.get("group_id")).collect::<Result<_, _>>()?;
    let (name, email, status) = (row.get("name")?, row.get("email")?, row.get("status")?);
    Ok(Some(EditableUser { name, email, rights: rights(&row)?, status, manages }))
}

/// Proof that a change of a user was decided. Only `user_changes` implements it.
pub trait UserChangeApproval {}

/// Changes a user.
///
/// # Errors
/// Returns [`DbError::Taken`] `users_email_key` if the e-mail address is taken.
pub async fn change(
    tx: &mut Tx,
    _: &impl UserChangeApproval,
    id: UserId,
    from: &EditableUser,
    to: &EditableUser,
) -> Result<(), DbError> {
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
        tx.run(&DELETE_MANAGED_GROUPS, args![id]).await?;
        let managed = to.manages.iter().map(|group| fields! { "group_id": group, "user_id": id });
        tx.run(&INSERT_MANAGED_GROUPS, args![set(managed)]).await?;
    }
    Ok(())
}

pub async fn set_locale(tx: &mut Tx, id: UserId, locale: Locale) -> Result<(), DbError> {
    tx.run(&SET_LOCALE, args![id, locale]).await.map(drop)
}

/// Saves the time of a sign-in.
pub async fn set_last_active(tx: &mut Tx, id: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&SET_LAST_ACTIVE, args![id, now]).await.map(drop)
}
