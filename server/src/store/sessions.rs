//! Sessions for display: lists, single sessions, and updates for the live feed.

use super::{
    ids,
    pagination::{Cursor, SortValue, continue_optionally, cursor_args, total_of_single_page},
};
use crate::{
    db::{Db, DbError, Row, Sql, Value, args, statements},
    normalize::{email_like_patterns, fold, like_pattern},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
    problem::SessionEnd,
    session::Platform,
    wire::{
        Page,
        live::Contact,
        sessions::{PendingEnd, SessionSort, SessionView, StateFilter},
    },
};

const COLUMNS: &str = "
    SELECT s.id, s.license_id, l.product_id, p.name AS product_name, l.model, s.user_id, u.name AS user_name,
           u.email AS user_email, s.device, s.state, s.mode, s.platform, s.remote_device, s.support_key,
           s.key_expires_at,
           s.created_at, s.connected_at, s.last_seen_at, s.lease_until, s.ended_at, s.end_reason, s.end_message,
           s.ended_by_name, s.protected, s.borrowed_until, s.warned_at, l.idle_warning_seconds, s.ending_at,
           s.ending_by_name, s.ending_message";
const JOINS: &str = "
    FROM sessions s
    JOIN licenses l ON l.id = s.license_id
    JOIN products p ON p.id = l.product_id
    JOIN users u ON u.id = s.user_id";

/// The conditions of a list and its total: `$1` license, `$2` product, `$3` model, `$4` user, `$5` state, `$6` whether
/// live, `$7` platform, `$8` search, `$9` the manager to whom the agents must be visible, `$10` and `$11` further
/// e-mail patterns.
fn filter() -> String {
    format!(
        "
    WHERE TRUE
      AND s.license_id = $1 -- if $1
      AND l.product_id = $2 -- if $2
      AND l.model = $3 -- if $3
      AND s.user_id = $4 -- if $4
      AND s.state = $5 -- if $5
      AND s.ended_at IS NULL -- if $6
      AND s.platform = $7 -- if $7
      AND (u.name_key LIKE $8 ESCAPE '!' OR u.email_key LIKE $8 ESCAPE '!' \
           OR u.email_key LIKE $10 ESCAPE '!' OR u.email_key LIKE $11 ESCAPE '!') -- if $8
      AND (s.user_id = $9 OR {}) -- if $9
    ",
        super::manager_scope::user_in_groups_of("s.user_id", 9)
    )
}

fn page_by(expr: &str, down: bool) -> String {
    format!("{COLUMNS} {JOINS} {} {} LIMIT $14", filter(), continue_optionally(expr, "s.id", down, 12))
}

statements! {
    BY_CREATED = page_by("s.created_at", false);
    BY_CREATED_DOWN = page_by("s.created_at", true);
    BY_USER = page_by("u.name_key", false);
    BY_USER_DOWN = page_by("u.name_key", true);
    BY_STATE = page_by("s.state", false);
    BY_STATE_DOWN = page_by("s.state", true);
    BY_SEEN = page_by("s.last_seen_at", false);
    BY_SEEN_DOWN = page_by("s.last_seen_at", true);

    TOTAL = format!("
        SELECT COUNT(*) AS total
        FROM sessions s
        JOIN licenses l ON l.id = s.license_id -- if $2 $3
        JOIN users u ON u.id = s.user_id -- if $8
        {}", filter());

    // Without any condition, even TRUE, SQLite counts without reading the rows.
    TOTAL_OF_ALL = "
        SELECT COUNT(*) AS total FROM sessions";

    SOME = format!("{COLUMNS} {JOINS} WHERE s.id IN (SELECT id FROM ROWS($1: id uuid))");

    REMOTE_DEVICES = "
        SELECT remote_device
        FROM sessions
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

fn sql(sort: SessionSort, down: bool) -> &'static Sql {
    match (sort, down) {
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
    let mut items = db.all(sql(sort, down), args).await?.iter().map(session).collect::<Result<Vec<_>, _>>()?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| Cursor { key: key(sort, last), id: last.id.0 }.encode());
    let total = match total_of_single_page(after, has_more, items.len()) {
        Some(total) => total,
        None => total(db, filter).await?,
    };
    Ok(Page { items, next, total })
}

async fn total(db: &Db, filter: Vec<Value>) -> Result<i64, DbError> {
    let counted = if filter.iter().any(Value::is_given) {
        db.one(&TOTAL, filter).await?
    } else {
        db.one(&TOTAL_OF_ALL, args![]).await?
    };
    counted.map_or(Ok(0), |row| row.get("total"))
}

/// These sessions, with support keys; unknown ones are skipped.
pub async fn some(db: &Db, which: impl IntoIterator<Item = SessionId>) -> Result<Vec<SessionView>, DbError> {
    db.all(&SOME, args![ids(which)]).await?.iter().map(session).collect()
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

fn session(row: &Row) -> Result<SessionView, DbError> {
    let ended = match row.opt("ended_at")? {
        None => None,
        Some(at) => Some(SessionEnd {
            reason: row.get("end_reason")?,
            at,
            by: row.opt("ended_by_name")?,
            message: row.opt("end_message")?,
        }),
    };
    let (warned, warning) = (row.opt::<DateTime<Utc>>("warned_at")?, row.get("idle_warning_seconds")?);
    let ending = match row.opt("ending_at")? {
        Some(at) if ended.is_none() => {
            Some(PendingEnd { at, by: row.opt("ending_by_name")?, message: row.opt("ending_message")? })
        }
        _ => None,
    };
    Ok(SessionView {
        id: row.get("id")?,
        license_id: row.get("license_id")?,
        product_id: row.get("product_id")?,
        product_name: row.get("product_name")?,
        model: row.get("model")?,
        user_id: row.get("user_id")?,
        user_name: row.get("user_name")?,
        user_email: row.get("user_email")?,
        device: row.get("device")?,
        state: row.get("state")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        remote_device: row.opt("remote_device")?,
        created_at: row.get("created_at")?,
        connected_at: row.opt("connected_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
        key_expires_at: row.opt("key_expires_at")?,
        protected: row.get("protected")?,
        borrowed_until: row.opt("borrowed_until")?,
        idle_ends_at: warned.filter(|_| ended.is_none()).map(|at| at + TimeDelta::seconds(warning)),
        ending,
        support_key: row.opt("support_key")?,
        lease: None,
        ended,
    })
}
