//! Users as people see them: lists and single ones, limited to whom the viewer sees.

use super::{
    super::ids,
    super::list::{After, Key, all_on_one_page, order, seek},
    super::scope,
    rights,
};
use crate::{
    db::{Db, DbError, Row, Sql, Value, args, statements},
    text::{email_patterns, fold, pattern},
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    people::Source,
    validate::email_key,
    wire::{
        Page,
        users::{UserFilter, UserSort, UserView},
    },
};
use std::{collections::HashMap, hash::Hash};

const COLUMNS: &str = "
    SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.status, u.source,
           u.created_at, u.last_active_at
    FROM users u";

/// When somebody was last active: who never signed in, when he was added.
const ACTIVE: &str = "COALESCE(u.last_active_at, u.created_at)";

/// What a list and its total share: license, product, role, status, search, group, source, active after, active before, search
/// among addresses in two forms, and the manager whose people they must be.
///
/// What is not asked for comes first in each line, so that it costs nothing; the casts tell PostgreSQL the types. Sets are
/// looked up whole and once (`IN`), not again for each user (`EXISTS`): with 100,000 users that is five times as fast.
fn filter() -> String {
    format!(
        "
    WHERE u.deleted_at IS NULL
      AND (CAST($3 AS TEXT) IS NULL OR u.role = $3)
      AND (CAST($4 AS TEXT) IS NULL OR u.status = $4)
      AND (CAST($7 AS TEXT) IS NULL OR u.source = $7)
      AND (CAST($8 AS TIMESTAMPTZ) IS NULL OR {ACTIVE} > $8)
      AND (CAST($9 AS TIMESTAMPTZ) IS NULL OR {ACTIVE} < $9)
      AND (CAST($5 AS TEXT) IS NULL OR u.name_key LIKE $5 ESCAPE '!' OR u.email_key LIKE $5 ESCAPE '!'
           OR u.email_key LIKE $10 ESCAPE '!' OR u.email_key LIKE $11 ESCAPE '!')
      AND (CAST($1 AS UUID) IS NULL OR u.id IN (SELECT a.user_id FROM assignments a WHERE a.license_id = $1))
      AND (CAST($2 AS UUID) IS NULL OR u.id IN (
              SELECT a.user_id FROM assignments a JOIN licenses l ON l.id = a.license_id WHERE l.product_id = $2))
      AND (CAST($6 AS UUID) IS NULL OR u.id IN (SELECT g.user_id FROM group_members g WHERE g.group_id = $6))
      AND {}",
        scope::people("u.id", 12)
    )
}

/// The first page of a list.
fn first(expr: &str, down: bool) -> String {
    format!("{COLUMNS} {} {} LIMIT $13", filter(), order(expr, "u.id", down))
}

/// A page that continues after a row: it begins in the index where that row stands, however far down.
fn next(expr: &str, down: bool) -> String {
    format!("{COLUMNS} {} {} LIMIT $15", filter(), seek(expr, "u.id", down, 13))
}

statements! {
    BY_NAME = first("u.name_key", false);
    BY_NAME_DOWN = first("u.name_key", true);
    BY_EMAIL = first("u.email_key", false);
    BY_EMAIL_DOWN = first("u.email_key", true);
    BY_ACTIVE = first(ACTIVE, false);
    BY_ACTIVE_DOWN = first(ACTIVE, true);
    BY_CREATED = first("u.created_at", false);
    BY_CREATED_DOWN = first("u.created_at", true);

    NEXT_BY_NAME = next("u.name_key", false);
    NEXT_BY_NAME_DOWN = next("u.name_key", true);
    NEXT_BY_EMAIL = next("u.email_key", false);
    NEXT_BY_EMAIL_DOWN = next("u.email_key", true);
    NEXT_BY_ACTIVE = next(ACTIVE, false);
    NEXT_BY_ACTIVE_DOWN = next(ACTIVE, true);
    NEXT_BY_CREATED = next("u.created_at", false);
    NEXT_BY_CREATED_DOWN = next("u.created_at", true);

    TOTAL = format!("SELECT COUNT(*) AS total FROM users u {}", filter());

    // Far faster than asking the whole filter of each row: these lists are opened most. The deleted have neither licenses nor
    // groups.
    TOTAL_OF_ALL = "
        SELECT COUNT(*) AS total FROM users WHERE deleted_at IS NULL";

    TOTAL_OF_LICENSE = "
        SELECT COUNT(*) AS total FROM assignments WHERE license_id = $1";

    TOTAL_OF_GROUP = "
        SELECT COUNT(*) AS total FROM group_members WHERE group_id = $1";

    SOME = format!(
        "{COLUMNS} WHERE u.id IN (SELECT id FROM ROWS($1: id uuid)) AND u.deleted_at IS NULL AND {}
         ORDER BY u.name_key, u.id",
        scope::people("u.id", 2));

    LICENSES_OF = "
        SELECT user_id, license_id AS id
        FROM assignments
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY user_id, license_id";

    GROUPS_OF = "
        SELECT user_id, group_id AS id
        FROM group_members
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
          AND (group_id IN (SELECT group_id FROM group_managers WHERE user_id = $2) OR $2 IS NULL)
        ORDER BY user_id, group_id";

    MANAGED_BY = "
        SELECT user_id, group_id AS id
        FROM group_managers
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY user_id, group_id";

    // From the few live sessions, which are indexed by license, not from all that these users ever had: hence the plus, which
    // keeps SQLite off the index by user.
    SESSIONS_OF = "
        SELECT user_id, COUNT(*) AS sessions
        FROM sessions
        WHERE ended_at IS NULL
          AND license_id IN (SELECT id FROM licenses)
          AND +user_id IN (SELECT id FROM ROWS($1: id uuid))
        GROUP BY +user_id",
    on_postgres: "
        SELECT user_id, COUNT(*) AS sessions
        FROM sessions
        WHERE ended_at IS NULL AND user_id IN (SELECT id FROM ROWS($1: id uuid))
        GROUP BY user_id";

    SESSIONS_ON = "
        SELECT user_id, COUNT(*) AS sessions
        FROM sessions
        WHERE ended_at IS NULL AND license_id = $1 AND user_id IN (SELECT id FROM ROWS($2: id uuid))
        GROUP BY user_id";
}

/// Whether the sort column is a time.
pub fn of_time(sort: UserSort) -> bool {
    matches!(sort, UserSort::LastActive | UserSort::Created)
}

fn sql(sort: UserSort, down: bool, continues: bool) -> &'static Sql {
    let [first, next] = match (sort, down) {
        (UserSort::Name, false) => [&BY_NAME, &NEXT_BY_NAME],
        (UserSort::Name, true) => [&BY_NAME_DOWN, &NEXT_BY_NAME_DOWN],
        (UserSort::Email, false) => [&BY_EMAIL, &NEXT_BY_EMAIL],
        (UserSort::Email, true) => [&BY_EMAIL_DOWN, &NEXT_BY_EMAIL_DOWN],
        (UserSort::LastActive, false) => [&BY_ACTIVE, &NEXT_BY_ACTIVE],
        (UserSort::LastActive, true) => [&BY_ACTIVE_DOWN, &NEXT_BY_ACTIVE_DOWN],
        (UserSort::Created, false) => [&BY_CREATED, &NEXT_BY_CREATED],
        (UserSort::Created, true) => [&BY_CREATED_DOWN, &NEXT_BY_CREATED_DOWN],
    };
    if continues { next } else { first }
}

fn key(sort: UserSort, user: &UserView) -> Key {
    match sort {
        UserSort::Name => Key::T(fold(&user.name)),
        UserSort::Email => Key::T(email_key(&user.email)),
        UserSort::LastActive => Key::M(user.last_active_at.unwrap_or(user.created_at)),
        UserSort::Created => Key::M(user.created_at),
    }
}

fn arguments(filter: &UserFilter, manager: Option<UserId>) -> Vec<Value> {
    let [email, other_form] = filter.q.as_deref().map(email_patterns).unwrap_or_default();
    args![
        filter.license,
        filter.product,
        filter.role,
        filter.status,
        filter.q.as_deref().and_then(pattern),
        filter.group,
        filter.source.map(Source::as_str),
        filter.active_after,
        filter.active_before,
        email,
        other_form,
        manager
    ]
}

/// A page of users, of a manager's people if one is named.
pub async fn page(
    db: &Db,
    filter: &UserFilter,
    manager: Option<UserId>,
    (sort, down): (UserSort, bool),
    after: Option<&After>,
    limit: usize,
) -> Result<Page<UserView>, DbError> {
    let mut args = arguments(filter, manager);
    if let Some(after) = after {
        args.extend(super::super::list::start(Some(after), of_time(sort)));
    }
    args.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
    let rows = db.all(sql(sort, down, after.is_some()), args).await?;
    let mut items = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| After { key: key(sort, last), id: last.id.0 }.encode());
    complete(db, &mut items, manager).await?;
    let total = match all_on_one_page(after, more, items.len()) {
        Some(total) => total,
        None => total(db, filter, manager).await?,
    };
    Ok(Page { items, next, total })
}

async fn total(db: &Db, filter: &UserFilter, manager: Option<UserId>) -> Result<i64, DbError> {
    let (license, group) = (filter.license, filter.group);
    let only = |one: UserFilter| *filter == one && manager.is_none();
    let counted = if only(UserFilter::default()) {
        db.one(&TOTAL_OF_ALL, args![]).await?
    } else if only(UserFilter { license, ..UserFilter::default() }) {
        db.one(&TOTAL_OF_LICENSE, args![license]).await?
    } else if only(UserFilter { group, ..UserFilter::default() }) {
        db.one(&TOTAL_OF_GROUP, args![group]).await?
    } else {
        db.one(&TOTAL, arguments(filter, manager)).await?
    };
    counted.map_or(Ok(0), |row| row.get("total"))
}

/// Those of these users who are there, of a manager's people if one is named; by name.
pub async fn some(db: &Db, users: &[UserId], manager: Option<UserId>) -> Result<Vec<UserView>, DbError> {
    let rows = db.all(&SOME, args![ids(users), manager]).await?;
    let mut found = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    complete(db, &mut found, manager).await?;
    Ok(found)
}

/// How many live sessions each of these users has on a license; who has none is left out.
pub async fn sessions_on(db: &Db, license: LicenseId, users: &[UserId]) -> Result<HashMap<UserId, i64>, DbError> {
    let rows = db.all(&SESSIONS_ON, args![license, ids(users)]).await?;
    rows.iter().map(|row| Ok((row.get("user_id")?, row.get("sessions")?))).collect()
}

fn user(row: &Row) -> Result<UserView, DbError> {
    let rights = rights(row)?;
    let source: String = row.get("source")?;
    Ok(UserView {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: rights.role,
        permissions: rights.permissions,
        billing_contact: rights.billing_contact,
        status: row.get("status")?,
        source: source.parse().unwrap_or(Source::Manual),
        limited_to_groups: rights.limited_to_groups,
        manages: Vec::new(),
        group_ids: Vec::new(),
        license_ids: Vec::new(),
        sessions: 0,
        last_active_at: row.opt("last_active_at")?,
        created_at: row.get("created_at")?,
    })
}

/// Adds what stands in other tables. A manager who is limited to groups is not told of other groups.
async fn complete(db: &Db, users: &mut [UserView], manager: Option<UserId>) -> Result<(), DbError> {
    if users.is_empty() {
        return Ok(());
    }
    let who = || ids(users.iter().map(|u| u.id));
    let mut licenses = by_user(db.all(&LICENSES_OF, args![who()]).await?)?;
    let mut groups = by_user(db.all(&GROUPS_OF, args![who(), manager]).await?)?;
    let managed = if manager.is_none() { db.all(&MANAGED_BY, args![who()]).await? } else { Vec::new() };
    let mut managed = by_user::<GroupId>(managed)?;
    let mut sessions: HashMap<UserId, i64> = HashMap::new();
    for row in db.all(&SESSIONS_OF, args![who()]).await? {
        sessions.insert(row.get("user_id")?, row.get("sessions")?);
    }
    for user in users {
        user.license_ids = licenses.remove(&user.id).unwrap_or_default();
        user.group_ids = groups.remove(&user.id).unwrap_or_default();
        user.manages = managed.remove(&user.id).unwrap_or_default();
        user.sessions = sessions.get(&user.id).copied().unwrap_or_default();
    }
    Ok(())
}

fn by_user<T: crate::db::Column + Hash>(rows: Vec<Row>) -> Result<HashMap<UserId, Vec<T>>, DbError> {
    let mut of: HashMap<UserId, Vec<T>> = HashMap::new();
    for row in rows {
        of.entry(row.get("user_id")?).or_default().push(row.get("id")?);
    }
    Ok(of)
}
