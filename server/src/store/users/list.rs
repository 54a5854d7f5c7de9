//! Users for display: lists and single users, limited to those visible to the viewer.

use super::{
    super::ids,
    super::manager_scope,
    super::pagination::{Cursor, SortValue, continue_after, order_by, total_of_single_page},
    rights,
};
use crate::{
    db::{Db, DbError, Row, Sql, Value, args, statements},
    normalize::{email_like_patterns, fold, like_pattern},
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    people::Source,
    validate::email_key,
    wire::{
        Page,
        licenses::GrantEnd,
        users::{UserFilter, UserSort, UserView},
    },
};
use std::{collections::HashMap, hash::Hash};

const COLUMNS: &str = "
    SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.status, u.source,
           u.created_at, u.last_active_at
    FROM users u";

/// When a user was last active; when they were added if they never signed in.
const LAST_ACTIVE: &str = "COALESCE(u.last_active_at, u.created_at)";

/// The conditions of a list and its total: `$1` license, `$2` product, `$3` role, `$4` status, `$5` search, `$6` group,
/// `$7` source, `$8` active after, `$9` active before, `$10` and `$11` further e-mail patterns, `$12` the manager to
/// whom the users and the group must be visible.
///
/// The NULL check of each parameter comes first, so that an absent one costs nothing; the casts give PostgreSQL the
/// types. Sets are computed once (`IN`) instead of for each user (`EXISTS`): five times as fast with 100,000 users.
fn filter() -> String {
    format!(
        "
    WHERE u.deleted_at IS NULL
      AND (CAST($3 AS TEXT) IS NULL OR u.role = $3)
      AND (CAST($4 AS TEXT) IS NULL OR u.status = $4)
      AND (CAST($7 AS TEXT) IS NULL OR u.source = $7)
      AND (CAST($8 AS TIMESTAMPTZ) IS NULL OR {LAST_ACTIVE} > $8)
      AND (CAST($9 AS TIMESTAMPTZ) IS NULL OR {LAST_ACTIVE} < $9)
      AND (CAST($5 AS TEXT) IS NULL OR u.name_key LIKE $5 ESCAPE '!' OR u.email_key LIKE $5 ESCAPE '!'
           OR u.email_key LIKE $10 ESCAPE '!' OR u.email_key LIKE $11 ESCAPE '!')
      AND (CAST($1 AS UUID) IS NULL OR u.id IN (SELECT a.user_id FROM assignments a WHERE a.license_id = $1))
      AND (CAST($2 AS UUID) IS NULL OR u.id IN (
              SELECT a.user_id FROM assignments a JOIN licenses l ON l.id = a.license_id WHERE l.product_id = $2))
      AND (CAST($6 AS UUID) IS NULL OR u.id IN (
              SELECT g.user_id FROM group_members g WHERE g.group_id = $6 AND {}))
      AND {}",
        manager_scope::visible_group("g.group_id", 12),
        manager_scope::visible_user("u.id", 12)
    )
}

/// The first page of a list.
fn first_page(expr: &str, down: bool) -> String {
    format!("{COLUMNS} {} {} LIMIT $13", filter(), order_by(expr, "u.id", down))
}

/// A further page, which starts after a row: seeks the row's position in the index, so that late pages are as fast.
fn next_page(expr: &str, down: bool) -> String {
    format!("{COLUMNS} {} {} LIMIT $15", filter(), continue_after(expr, "u.id", down, 13))
}

statements! {
    BY_NAME = first_page("u.name_key", false);
    BY_NAME_DOWN = first_page("u.name_key", true);
    BY_EMAIL = first_page("u.email_key", false);
    BY_EMAIL_DOWN = first_page("u.email_key", true);
    BY_ACTIVE = first_page(LAST_ACTIVE, false);
    BY_ACTIVE_DOWN = first_page(LAST_ACTIVE, true);
    BY_CREATED = first_page("u.created_at", false);
    BY_CREATED_DOWN = first_page("u.created_at", true);

    NEXT_BY_NAME = next_page("u.name_key", false);
    NEXT_BY_NAME_DOWN = next_page("u.name_key", true);
    NEXT_BY_EMAIL = next_page("u.email_key", false);
    NEXT_BY_EMAIL_DOWN = next_page("u.email_key", true);
    NEXT_BY_ACTIVE = next_page(LAST_ACTIVE, false);
    NEXT_BY_ACTIVE_DOWN = next_page(LAST_ACTIVE, true);
    NEXT_BY_CREATED = next_page("u.created_at", false);
    NEXT_BY_CREATED_DOWN = next_page("u.created_at", true);

    TOTAL = format!("SELECT COUNT(*) AS total FROM users u {}", filter());

    // Far faster than the whole filter, for the lists that are opened most. Deleted users have neither licenses nor
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
        manager_scope::visible_user("u.id", 2));

    LICENSES_OF = "
        SELECT user_id, license_id AS id, ends_at
        FROM assignments
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY user_id, license_id";

    GROUPS_OF = format!("
        SELECT user_id, group_id AS id
        FROM group_members
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
          AND {}
        ORDER BY user_id, group_id", manager_scope::visible_group("group_id", 2));

    MANAGED_BY = "
        SELECT user_id, group_id AS id
        FROM group_managers
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY user_id, group_id";

    SESSIONS_OF = "
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

/// Whether the sort column contains times.
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

fn key(sort: UserSort, user: &UserView) -> SortValue {
    match sort {
        UserSort::Name => SortValue::Text(fold(&user.name)),
        UserSort::Email => SortValue::Text(email_key(&user.email)),
        UserSort::LastActive => SortValue::Time(user.last_active_at.unwrap_or(user.created_at)),
        UserSort::Created => SortValue::Time(user.created_at),
    }
}

fn arguments(filter: &UserFilter, manager: Option<UserId>) -> Vec<Value> {
    let [email, other_form] = filter.q.as_deref().map(email_like_patterns).unwrap_or_default();
    args![
        filter.license,
        filter.product,
        filter.role,
        filter.status,
        filter.q.as_deref().and_then(like_pattern),
        filter.group,
        filter.source.map(Source::as_str),
        filter.active_after,
        filter.active_before,
        email,
        other_form,
        manager
    ]
}

/// A page of users. With a manager, only users visible to them.
pub async fn page(
    db: &Db,
    filter: &UserFilter,
    manager: Option<UserId>,
    (sort, down): (UserSort, bool),
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<UserView>, DbError> {
    let mut args = arguments(filter, manager);
    if let Some(after) = after {
        args.extend(super::super::pagination::cursor_args(Some(after), of_time(sort)));
    }
    args.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
    let rows = db.all(sql(sort, down, after.is_some()), args).await?;
    let mut items = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| Cursor { key: key(sort, last), id: last.id.0 }.encode());
    add_related(db, &mut items, manager).await?;
    let total = match total_of_single_page(after, has_more, items.len()) {
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

/// Those of these users who are not deleted, sorted by name. With a manager, only users visible to them.
pub async fn some(db: &Db, users: &[UserId], manager: Option<UserId>) -> Result<Vec<UserView>, DbError> {
    let rows = db.all(&SOME, args![ids(users), manager]).await?;
    let mut found = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    add_related(db, &mut found, manager).await?;
    Ok(found)
}

/// The number of live sessions that each of these users has on a license; users without any are absent.
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
        grant_ends: Vec::new(),
        sessions: 0,
        last_active_at: row.opt("last_active_at")?,
        created_at: row.get("created_at")?,
    })
}

/// Adds data of other tables. Managers limited to groups do not see other groups.
async fn add_related(db: &Db, users: &mut [UserView], manager: Option<UserId>) -> Result<(), DbError> {
    if users.is_empty() {
        return Ok(());
    }
    let user_ids = || ids(users.iter().map(|u| u.id));
    let licenses = db.all(&LICENSES_OF, args![user_ids()]).await?;
    let mut grant_ends = grant_ends(&licenses)?;
    let mut licenses = by_user(licenses)?;
    let mut groups = by_user(db.all(&GROUPS_OF, args![user_ids(), manager]).await?)?;
    let managed = if manager.is_none() { db.all(&MANAGED_BY, args![user_ids()]).await? } else { Vec::new() };
    let mut managed = by_user::<GroupId>(managed)?;
    let mut sessions: HashMap<UserId, i64> = HashMap::new();
    for row in db.all(&SESSIONS_OF, args![user_ids()]).await? {
        sessions.insert(row.get("user_id")?, row.get("sessions")?);
    }
    for user in users {
        user.license_ids = licenses.remove(&user.id).unwrap_or_default();
        user.grant_ends = grant_ends.remove(&user.id).unwrap_or_default();
        user.group_ids = groups.remove(&user.id).unwrap_or_default();
        user.manages = managed.remove(&user.id).unwrap_or_default();
        user.sessions = sessions.get(&user.id).copied().unwrap_or_default();
    }
    Ok(())
}

/// The ends of this user's assignments, of those that end by themselves.
pub async fn grant_ends_of(db: &Db, user: UserId) -> Result<Vec<GrantEnd>, DbError> {
    let rows = db.all(&LICENSES_OF, args![ids([user])]).await?;
    Ok(grant_ends(&rows)?.remove(&user).unwrap_or_default())
}

/// The ends of assignments, by user.
fn grant_ends(rows: &[Row]) -> Result<HashMap<UserId, Vec<GrantEnd>>, DbError> {
    let mut of: HashMap<UserId, Vec<GrantEnd>> = HashMap::new();
    for row in rows {
        if let Some(ends_at) = row.opt("ends_at")? {
            of.entry(row.get("user_id")?).or_default().push(GrantEnd { license_id: row.get("id")?, ends_at });
        }
    }
    Ok(of)
}

fn by_user<T: crate::db::Column + Hash>(rows: Vec<Row>) -> Result<HashMap<UserId, Vec<T>>, DbError> {
    let mut of: HashMap<UserId, Vec<T>> = HashMap::new();
    for row in rows {
        of.entry(row.get("user_id")?).or_default().push(row.get("id")?);
    }
    Ok(of)
}
