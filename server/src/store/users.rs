//! Users: signing in, adding and changing. Lists are in [`list`].

pub mod list;

pub use list::{grant_ends_of, of_time, page, sessions_on, some};

use super::{ids, set};
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
use std::collections::{BTreeMap, BTreeSet};

statements! {
    // With those who were deleted: with `deleted_at IS NULL`, PostgreSQL may read the index of all others.
    LOCK = "
        SELECT id, name, email, role, permissions, billing_contact, limited_to_groups, status, deleted_at
        FROM users
        WHERE id AMONG($1)
        ORDER BY id
        FOR UPDATE";

    RIGHTS_OF = "
        SELECT role, permissions, billing_contact, limited_to_groups
        FROM users
        WHERE id = $1 AND deleted_at IS NULL AND status = 'active'";

    MANAGED_GROUPS = "
        SELECT user_id, group_id FROM group_managers WHERE user_id AMONG($1) ORDER BY user_id, group_id";

    DELETE_MANAGED_GROUPS = "
        DELETE FROM group_managers WHERE user_id AMONG($1)";

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
        SET name = given.name, name_key = given.name_key, role = given.role, permissions = given.permissions,
            status = given.status, email = given.email, email_key = given.email_key, limited_to_groups = given.limited
        FROM ROWS($1: id uuid, name text, name_key text, role text, permissions text, status text, email text,
                  email_key text, limited boolean)
        WHERE users.id = given.id";

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

/// What changed about users, for the log, with the current names of groups. In the order of the changes.
pub async fn changes<'a>(
    tx: &mut Tx,
    changes: impl Iterator<Item = (&'a EditableUser, &'a EditableUser)> + Clone,
) -> Result<Vec<Box<UserChanges>>, DbError> {
    let managed = changes.clone().flat_map(|(before, after)| before.manages.iter().chain(&after.manages));
    let managed: BTreeSet<_> = managed.copied().collect();
    let names = if managed.is_empty() { Vec::new() } else { super::groups::names(tx, managed).await? };
    Ok(changes.map(|(before, after)| Box::new(logged(before, &names).changes(logged(after, &names)))).collect())
}

/// A user as the log shows them; `names` are those of groups, sorted.
fn logged(user: &EditableUser, names: &[(GroupId, String)]) -> UserState {
    let managed = names.iter().filter(|(group, _)| user.manages.contains(group));
    UserState {
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.rights.role,
        permissions: user.rights.permissions.clone(),
        status: user.status,
        limited_to_groups: user.rights.limited_to_groups,
        manages: managed.map(|(_, name)| name.clone()).collect(),
    }
}

/// Locks a user until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<EditableUser>, DbError> {
    Ok(lock_each(tx, &[id]).await?.remove(&id))
}

/// Locks those of these users who exist until the end of the transaction, in the order of their ids.
pub async fn lock_each(tx: &mut Tx, users: &[UserId]) -> Result<BTreeMap<UserId, EditableUser>, DbError> {
    let mut locked = BTreeMap::new();
    for row in tx.all(&LOCK, args![ids(users)]).await? {
        if row.opt::<DateTime<Utc>>("deleted_at")?.is_some() {
            continue;
        }
        let (name, email, status, manages) = (row.get("name")?, row.get("email")?, row.get("status")?, Vec::new());
        locked.insert(row.get("id")?, EditableUser { name, email, rights: rights(&row)?, status, manages });
    }
    for row in tx.all(&MANAGED_GROUPS, args![ids(locked.keys())]).await? {
        let group = row.get("group_id")?;
        locked.entry(row.get("user_id")?).and_modify(|user| user.manages.push(group));
    }
    Ok(locked)
}

/// Proof that a change of a user was decided. Only `user_changes` implements it.
pub trait UserChangeApproval {
    fn user(&self) -> UserId;
    /// The user as stored.
    fn before(&self) -> &EditableUser;
    fn after(&self) -> &EditableUser;
}

/// Changes users, each of them once.
///
/// # Errors
/// Returns [`DbError::Taken`] `users_email_key` if an e-mail address is taken.
pub async fn change<A: UserChangeApproval>(tx: &mut Tx, changes: &[A]) -> Result<(), DbError> {
    let changed: Vec<_> = changes.iter().filter(|change| change.before() != change.after()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let rows = changed.iter().map(|change| (change.user(), change.after())).map(|(id, to)| {
        fields! {
            "id": id, "name": to.name.as_str(), "name_key": fold(&to.name), "role": to.rights.role,
            "permissions": permissions(&to.rights), "status": to.status, "email": to.email.as_str(),
            "email_key": email_key(&to.email), "limited": to.rights.limited_to_groups,
        }
    });
    tx.run(&CHANGE, args![set(rows)]).await?;
    let managers: Vec<_> =
        changed.into_iter().filter(|change| change.before().manages != change.after().manages).collect();
    if !managers.is_empty() {
        tx.run(&DELETE_MANAGED_GROUPS, args![ids(managers.iter().map(|change| change.user()))]).await?;
        let managed = managers.iter().flat_map(|change| {
            change.after().manages.iter().map(|group| fields! { "group_id": group, "user_id": change.user() })
        });
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
