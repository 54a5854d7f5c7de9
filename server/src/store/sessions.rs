//! Sessions for display: lists, single sessions, and updates for the live feed.

use super::{
    ids,
    pagination::{Cursor, SortValue, continue_optionally, cursor_args, order_by, total_of_single_page},
    seats::row_mapping::{SESSION, SESSION_END, VIEW_COLUMNS, VIEW_JOINS, session, session_end, view_context},
};
use crate::{
    db::{Db, DbError, Row, Sql, Value, args, statements},
    normalize::{email_like_patterns, fold, like_pattern},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
    session::Platform,
    wire::{
        Page,
        live::Contact,
        sessions::{SessionSort, SessionView, StateFilter},
    },
};

/// Sessions with what their views say about the license and the agent. `source` stands before them in the FROM clause.
fn views(source: &str) -> String {
    format!(
        "
        SELECT {}, {}, {VIEW_COLUMNS}, l.idle_warning_seconds
        FROM
        {source}
        sessions seat {VIEW_JOINS}",
        SESSION.select("seat"),
        SESSION_END.select("seat"),
    )
}

/// The sessions of the user `$number` as `own` in a FROM clause, in the order of their creation. The limit, which is
/// none, keeps that order: without it, SQLite reads all of them before it returns the first.
pub(super) fn sessions_of_user(number: usize, down: bool) -> String {
    let order = order_by("created_at", "session_id", down);
    format!(
        "(SELECT created_at, session_id FROM user_sessions WHERE user_id = ${number} {order} \
         LIMIT 9223372036854775807) own"
    )
}

/// Those of the user `$4`, if one is given.
fn of_user(down: bool) -> String {
    format!("{} CROSS JOIN -- if $4", sessions_of_user(4, down))
}

/// The conditions of a list and its total: `$1` license, `$2` product, `$3` model, `$4` user, `$5` state, `$6` whether
/// live, `$7` platform, `$8` search, `$9` the manager to whom the agents must be visible, `$10` and `$11` further
/// e-mail patterns.
fn filter() -> String {
    format!(
        "
    WHERE TRUE
      AND seat.license_id = $1 -- if $1
      AND l.product_id = $2 -- if $2
      AND l.model = $3 -- if $3
      AND seat.id = own.session_id -- if $4
      AND seat.state = $5 -- if $5
      AND seat.ended_at IS NULL -- if $6
      AND seat.platform = $7 -- if $7
      AND (u.name_key LIKE $8 ESCAPE '!' OR u.email_key LIKE $8 ESCAPE '!' \
           OR u.email_key LIKE $10 ESCAPE '!' OR u.email_key LIKE $11 ESCAPE '!') -- if $8
      AND (seat.user_id = $9 OR {}) -- if $9
    ",
        super::manager_scope::user_in_groups_of("seat.user_id", 9)
    )
}

fn page_by(expr: &str, down: bool) -> String {
    statement(expr, "seat.id", down)
}

/// As [`page_by`] the time of creation, for the sessions of one user: sorted where they are found.
fn page_of_user(down: bool) -> String {
    statement("own.created_at", "own.session_id", down)
}

fn statement(expr: &str, id: &str, down: bool) -> String {
    format!("{} {} {} LIMIT $14", views(&of_user(down)), filter(), continue_optionally(expr, id, down, 12))
}

statements! {
    BY_CREATED = page_by("seat.created_at", false);
    BY_CREATED_DOWN = page_by("seat.created_at", true);
    OF_USER = page_of_user(false);
    OF_USER_DOWN = page_of_user(true);
    BY_USER = page_by("u.name_key", false);
    BY_USER_DOWN = page_by("u.name_key", true);
    BY_STATE = page_by("seat.state", false);
    BY_STATE_DOWN = page_by("seat.state", true);
    BY_SEEN = page_by("seat.last_seen_at", false);
    BY_SEEN_DOWN = page_by("seat.last_seen_at", true);

    TOTAL = format!("
        SELECT COUNT(*) AS total
        FROM
        {}
        sessions seat
        JOIN licenses l ON l.id = seat.license_id -- if $2 $3
        JOIN users u ON u.id = seat.user_id -- if $8
        {}", of_user(false), filter());

    // Without any condition, even TRUE, SQLite counts without reading the rows.
    TOTAL_OF_ALL = "
        SELECT COUNT(*) AS total FROM sessions";

    TOTAL_OF_USER = "
        SELECT COUNT(*) AS total FROM user_sessions WHERE user_id = $1";

    SOME = format!("{} WHERE seat.id IN (SELECT id FROM ROWS($1: id uuid))", views(""));

    REMOTE_DEVICES = "
        SELECT remote_device
        FROM user_sessions
        WHERE user_id = $1
          AND remote_device IS NOT NULL
        GROUP BY remote_device
        ORDER BY MAX(created_at) DESC
        LIMIT $2";

    RECENT_CONTACTS = "
        SELECT id, user_id, last_seen_at, lease_until
        FROM sessions
        WHERE ended_at IS NULL AND last_seen_at > $1
        ORDER BY last_seen_at DESC
        LIMIT $2";
}

/// Which sessions a list contains; absent fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    pub license: Option<LicenseId>,
    pub product: Option<ProductId>,
    pub model: Option<Model>,
    /// The agent.
    pub user: Option<UserId>,
    /// The manager to whom the agents must be visible; the manager's own sessions are included.
    pub within: Option<UserId>,
    pub state: Option<StateFilter>,
    /// The platform of the remote device.
    pub platform: Option<Platform>,
    /// A search in the agent's name and e-mail address.
    pub q: Option<String>,
}

/// Whether the sort column contains times.
pub fn of_time(sort: SessionSort) -> bool {
    matches!(sort, SessionSort::Created | SessionSort::LastSeen)
}

fn sql(sort: SessionSort, down: bool, of_user: bool) -> &'static Sql {
    match (sort, down) {
        (SessionSort::Created, false) if of_user => &OF_USER,
        (SessionSort::Created, true) if of_user => &OF_USER_DOWN,
        (SessionSort::Created, false) => &BY_CREATED,
        (SessionSort::Created, true) => &BY_CREATED_DOWN,
        (SessionSort::UserName, false) => &BY_USER,
        (SessionSort::UserName, true) => &BY_USER_DOWN,
        (SessionSort::State, false) => &BY_STATE,
        (SessionSort::State, true) => &BY_STATE_DOWN,
        (SessionSort::LastSeen, false) => &BY_SEEN,
        (SessionSort::LastSeen, true) => &BY_SEEN_DOWN,
    }
}

fn key(sort: SessionSort, session: &SessionView) -> SortValue {
    match sort {
        SessionSort::Created => SortValue::Time(session.created_at),
        SessionSort::UserName => SortValue::Text(fold(&session.user_name)),
        SessionSort::State => SortValue::Text(session.state.to_string()),
        SessionSort::LastSeen => SortValue::Time(session.last_seen_at),
    }
}

/// A page of sessions, with support keys: the caller must remove the keys of other agents' sessions.
pub async fn page(
    db: &Db,
    filter: &SessionFilter,
    (sort, down): (SessionSort, bool),
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<SessionView>, DbError> {
    let [email, other_form] = filter.q.as_deref().map(email_like_patterns).unwrap_or_default();
    let user = filter.user;
    let filter = args![
        filter.license,
        filter.product,
        filter.model,
        filter.user,
        filter.state.filter(|state| *state != StateFilter::Live).map(StateFilter::as_str),
        filter.state.filter(|state| *state == StateFilter::Live).map(|_| true),
        filter.platform,
        filter.q.as_deref().and_then(like_pattern),
        filter.within,
        email,
        other_form
    ];
    let mut args = filter.clone();
    args.extend(cursor_args(after, of_time(sort)));
    args.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
    let mut items =
        db.all(sql(sort, down, user.is_some()), args).await?.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| Cursor { key: key(sort, last), id: last.id.0 }.encode());
    let total = match total_of_single_page(after, has_more, items.len()) {
        Some(total) => total,
        None => total(db, user, filter).await?,
    };
    Ok(Page { items, next, total })
}

async fn total(db: &Db, user: Option<UserId>, filter: Vec<Value>) -> Result<i64, DbError> {
    let counted = match (filter.iter().filter(|value| value.is_given()).count(), user) {
        (0, _) => db.one(&TOTAL_OF_ALL, args![]).await?,
        (1, Some(user)) => db.one(&TOTAL_OF_USER, args![user]).await?,
        _ => db.one(&TOTAL, filter).await?,
    };
    counted.map_or(Ok(0), |row| row.get("total"))
}

/// These sessions, with support keys; unknown ones are skipped.
pub async fn some(db: &Db, which: impl IntoIterator<Item = SessionId>) -> Result<Vec<SessionView>, DbError> {
    db.all(&SOME, args![ids(which)]).await?.iter().map(view).collect()
}

/// One session, with its support key.
pub async fn get(db: &Db, id: SessionId) -> Result<Option<SessionView>, DbError> {
    Ok(some(db, [id]).await?.pop())
}

/// The remote devices of a user's sessions, most recent first.
pub async fn remote_devices(db: &Db, user: UserId, limit: i64) -> Result<Vec<String>, DbError> {
    db.all(&REMOTE_DEVICES, args![user, limit]).await?.iter().map(|row| row.get("remote_device")).collect()
}

/// The live sessions with a heartbeat after a time, latest first, each with its agent.
pub async fn recent_contacts(db: &Db, since: DateTime<Utc>, limit: i64) -> Result<Vec<(UserId, Contact)>, DbError> {
    let rows = db.all(&RECENT_CONTACTS, args![since, limit]).await?;
    rows.iter()
        .map(|row| {
            let contact = Contact {
                id: row.get("id")?,
                last_seen_at: row.get("last_seen_at")?,
                lease_until: row.get("lease_until")?,
            };
            Ok((row.get("user_id")?, contact))
        })
        .collect()
}

fn view(row: &Row) -> Result<SessionView, DbError> {
    let session = session(row)?;
    let warning = TimeDelta::seconds(row.get("idle_warning_seconds")?);
    let idle_ends_at = session.warned_at.map(|at| at + warning);
    Ok(session.into_view(view_context(row)?, idle_ends_at, session_end(row)?))
}
