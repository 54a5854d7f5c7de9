//! Users: signing in, lists, adding and changing.

use super::{
    ids,
    list::{After, Key, from, start},
};
use crate::{
    db::{Db, DbError, Row, Sql, Tx, args, statements},
    text::{fold, pattern},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    people::{Locale, Role, UserStatus},
    permissions::Rights,
    validate::email_key,
    wire::{
        Page,
        users::{UserSort, UserView},
    },
};
use std::collections::HashMap;

/// The columns of a user, with the filter that a list and its total share: license, product, role, status, search.
const COLUMNS: &str = "
    SELECT u.id, u.name, u.name_key, u.email, u.email_key, u.role, u.permissions, u.billing_contact, u.status,
           u.created_at, u.last_active_at,
           (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id AND s.ended_at IS NULL) AS sessions";
const FILTER: &str = "
    FROM users u
    WHERE (EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = u.id AND a.license_id = $1) OR $1 IS NULL)
      AND (EXISTS (
              SELECT 1 FROM assignments a JOIN licenses l ON l.id = a.license_id
              WHERE a.user_id = u.id AND l.product_id = $2) OR $2 IS NULL)
      AND (u.role = $3 OR $3 IS NULL)
      AND (u.status = $4 OR $4 IS NULL)
      AND (u.name_key LIKE $5 ESCAPE '!' OR u.email_key LIKE $5 ESCAPE '!' OR $5 IS NULL)";

fn page_by(expr: &str, down: bool) -> String {
    format!("{COLUMNS} {FILTER} {} LIMIT $8", from(expr, "u.id", down, 6))
}

statements! {
    BY_NAME = page_by("u.name_key", false);
    BY_NAME_DOWN = page_by("u.name_key", true);
    BY_EMAIL = page_by("u.email_key", false);
    BY_EMAIL_DOWN = page_by("u.email_key", true);
    BY_ACTIVE = page_by("COALESCE(u.last_active_at, u.created_at)", false);
    BY_ACTIVE_DOWN = page_by("COALESCE(u.last_active_at, u.created_at)", true);
    BY_CREATED = page_by("u.created_at", false);
    BY_CREATED_DOWN = page_by("u.created_at", true);

    TOTAL = format!("SELECT COUNT(*) AS total {FILTER}");

    GET = format!("{COLUMNS} FROM users u WHERE u.id = $1");

    LOCK = "
        SELECT id, name, role, permissions, billing_contact, status FROM users WHERE id = $1 FOR UPDATE";

    ASSIGNMENTS_OF = "
        SELECT user_id, license_id
        FROM assignments
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY user_id, license_id";

    SECRET_OF = "
        SELECT id, name, password_hash, status FROM users WHERE email_key = $1";

    INSERT = "
        INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status,
                           password_hash, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10)";

    CHANGE = "
        UPDATE users
        SET name = $2, name_key = $3, role = $4, permissions = $5, status = $6
        WHERE id = $1";

    SET_NAME = "
        UPDATE users SET name = $2, name_key = $3 WHERE id = $1";

    SET_LOCALE = "
        UPDATE users SET locale = $2 WHERE id = $1";

    SEEN = "
        UPDATE users SET last_active_at = $2 WHERE id = $1";
}

/// What a list of users shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// To whom this license is assigned.
    pub license: Option<LicenseId>,
    /// To whom any license of this product is assigned.
    pub product: Option<ProductId>,
    /// Of this role.
    pub role: Option<Role>,
    /// Of this status.
    pub status: Option<UserStatus>,
    /// With this in name or e-mail.
    pub q: Option<String>,
}

/// Whether the sort column is a time.
pub fn of_time(sort: UserSort) -> bool {
    matches!(sort, UserSort::LastActive | UserSort::Created)
}

fn sql(sort: UserSort, down: bool) -> &'static Sql {
    match (sort, down) {
        (UserSort::Name, false) => &BY_NAME,
        (UserSort::Name, true) => &BY_NAME_DOWN,
        (UserSort::Email, false) => &BY_EMAIL,
        (UserSort::Email, true) => &BY_EMAIL_DOWN,
        (UserSort::LastActive, false) => &BY_ACTIVE,
        (UserSort::LastActive, true) => &BY_ACTIVE_DOWN,
        (UserSort::Created, false) => &BY_CREATED,
        (UserSort::Created, true) => &BY_CREATED_DOWN,
    }
}

fn key(sort: UserSort, user: &UserView) -> Key {
    match sort {
        UserSort::Name => Key::T(fold(&user.name)),
        UserSort::Email => Key::T(email_key(&user.email)),
        UserSort::LastActive => Key::M(user.last_active_at.unwrap_or(user.created_at)),
        UserSort::Created => Key::M(user.created_at),
    }
}

/// A page of users.
pub async fn page(
    db: &Db,
    filter: &Filter,
    (sort, down): (UserSort, bool),
    after: Option<&After>,
    limit: usize,
) -> Result<Page<UserView>, DbError> {
    let filter =
        args![filter.license, filter.product, filter.role, filter.status, filter.q.as_deref().and_then(pattern)];
    let total = db.one(&TOTAL, filter.clone()).await?.map_or(Ok(0), |row| row.get("total"))?;
    let mut args = filter;
    args.extend(start(after, of_time(sort)));
    args.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
    let mut items = db.all(sql(sort, down), args).await?.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| After { key: key(sort, last), id: last.id.0 }.encode());
    with_licenses(db, &mut items).await?;
    Ok(Page { items, next, total })
}

/// One user.
pub async fn get(db: &Db, id: UserId) -> Result<Option<UserView>, DbError> {
    let mut found = db.all(&GET, args![id]).await?.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    with_licenses(db, &mut found).await?;
    Ok(found.pop())
}

fn user(row: &Row) -> Result<UserView, DbError> {
    let rights = rights(row)?;
    Ok(UserView {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: rights.role,
        permissions: rights.permissions,
        billing_contact: rights.billing_contact,
        status: row.get("status")?,
        license_ids: Vec::new(),
        sessions: row.get("sessions")?,
        last_active_at: row.opt("last_active_at")?,
        created_at: row.get("created_at")?,
    })
}

/// The rights in a row of users.
pub(super) fn rights(row: &Row) -> Result<Rights, DbError> {
    let permissions: String = row.get("permissions")?;
    Ok(Rights {
        role: row.get("role")?,
        permissions: serde_json::from_str(&permissions)
            .map_err(|e| DbError::Unreadable { column: "permissions".to_owned(), problem: e.to_string() })?,
        billing_contact: row.get("billing_contact")?,
    })
}

async fn with_licenses(db: &Db, users: &mut [UserView]) -> Result<(), DbError> {
    if users.is_empty() {
        return Ok(());
    }
    let mut of: HashMap<UserId, Vec<LicenseId>> = HashMap::new();
    for row in db.all(&ASSIGNMENTS_OF, args![ids(users.iter().map(|u| u.id))]).await? {
        of.entry(row.get("user_id")?).or_default().push(row.get("license_id")?);
    }
    for user in users {
        user.license_ids = of.remove(&user.id).unwrap_or_default();
    }
    Ok(())
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
    let row = db.one(&SECRET_OF, args![email_key(email)]).await?;
    row.map(|row| {
        Ok(Secret {
            id: row.get("id")?,
            name: row.get("name")?,
            password_hash: row.opt("password_hash")?,
            status: row.get("status")?,
        })
    })
    .transpose()
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
        now
    ];
    tx.run(&INSERT, args).await.map(drop)
}

fn permissions(rights: &Rights) -> String {
    // A set of words can always be written as JSON.
    serde_json::to_string(&rights.permissions).unwrap_or_default()
}

/// What can be changed about a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Changeable {
    /// Name.
    pub name: String,
    /// Role and permissions.
    pub rights: Rights,
    /// Active or suspended.
    pub status: UserStatus,
}

/// A user as he is now, locked until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<Changeable>, DbError> {
    let row = tx.one(&LOCK, args![id]).await?;
    row.map(|row| Ok(Changeable { name: row.get("name")?, rights: rights(&row)?, status: row.get("status")? }))
        .transpose()
}

/// Changes a user.
pub async fn change(tx: &mut Tx, id: UserId, to: &Changeable) -> Result<(), DbError> {
    let args = args![id, &to.name, fold(&to.name), to.rights.role, permissions(&to.rights), to.status];
    tx.run(&CHANGE, args).await.map(drop)
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
