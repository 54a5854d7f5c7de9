//! The list of sessions: filters, sort orders, pages and totals.
//!
//! With a million sessions, a page is fast only if it starts from few of them: the live ones, those of some users, or
//! the first ones of an index. Which it is depends on the filter and the sort order.

pub(in crate::store) mod by_name;
mod filter;

pub use filter::SessionFilter;

use super::{
    super::{
        ids,
        pagination::{Cursor, SortValue, continue_optionally, cursor_args, order_by, total_of_single_page},
    },
    UNLIMITED, sessions_of_users, view, views,
};
use crate::{
    db::{Db, DbError, Row, Sql, Tx, Value, args, statements},
    normalize::fold,
};
use filter::{LIVE_ONES, is_live, search_args, search_patterns};
use seatkeeper_shared::{
    ids::UserId,
    wire::{
        Page,
        sessions::{SessionSort, SessionView, StateFilter},
    },
};

/// A search that finds more users is a condition on the sessions instead of a start from these users.
const MAX_SEARCHED_USERS: usize = 200;
/// Of more live sessions than this, the latest are among the latest of all, unless all are wanted.
const MAX_SORTED_LIVE: usize = 1_000;

/// Users whose name or e-mail address matches the search `$8`, `$10` and `$11`.
const SEARCH: &str = "(u.name_key LIKE $8 ESCAPE '!' OR u.email_key LIKE $8 ESCAPE '!' \
    OR u.email_key LIKE $10 ESCAPE '!' OR u.email_key LIKE $11 ESCAPE '!')";

/// What stands before the sessions in the FROM clause: at most `$17` of the users `$15`, or the live ones if `$16`, of
/// which there are few. The limit, which is none, has SQLite start there; it would rather read all sessions in their
/// order. `after` is a line with a further condition.
fn source(down: bool, after: &str) -> String {
    let users = format!("IN (SELECT id FROM ROWS($15: id uuid)) -- if $15\n{after}\n");
    format!(
        "{} CROSS JOIN -- if $15
        (SELECT id FROM sessions WHERE ended_at IS NULL LIMIT {UNLIMITED}) live CROSS JOIN -- if $16",
        sessions_of_users(&users, down, &format!("COALESCE($17, {UNLIMITED})"))
    )
}

/// The conditions of a list and its total: `$1` license, `$2` product, `$3` model, `$4` user, `$5` state, `$6` whether
/// live, `$7` platform, `$8` search, `$9` the manager to whom the agents must be visible, `$10` and `$11` further
/// e-mail patterns, `$15` the users, `$16` whether it is the live sessions to start from, and `$17` how many of the
/// users' to read.
fn filter() -> String {
    format!(
        "
    WHERE TRUE
      AND seat.license_id = $1 -- if $1
      AND l.product_id = $2 -- if $2
      AND l.model = $3 -- if $3
      AND seat.user_id = $4 -- if $4
      AND seat.id = own.session_id -- if $15
      AND seat.id = live.id -- if $16
      AND seat.state = $5 -- if $5
      AND seat.ended_at IS NULL -- if $6
      AND seat.platform = $7 -- if $7
      AND {SEARCH} -- if $8
      AND (seat.user_id = $9 OR {}) -- if $9
    ",
        super::super::manager_scope::user_in_groups_of("seat.user_id", 9)
    )
}

fn page_by(expr: &str, down: bool) -> String {
    statement(&source(down, ""), &continue_optionally(expr, "seat.id", down, 12))
}

/// Sorted where they are found, and read from where the page begins.
fn page_of_users(down: bool) -> String {
    let than = if down { "<" } else { ">" };
    let source = source(down, &format!("AND (created_at, session_id) {than} ($12, $13) -- if $12"));
    statement(&source, &order_by("own.created_at", "own.session_id", down))
}

/// For a single state.
fn page_by_id(down: bool) -> String {
    let than = if down { "<" } else { ">" };
    let order = if down { "DESC" } else { "ASC" };
    statement(&source(down, ""), &format!("AND seat.id {than} $13 -- if $13\nORDER BY seat.id {order}"))
}

fn statement(source: &str, order: &str) -> String {
    format!("{} {} {order} LIMIT $14", views(source), filter())
}

statements! {
    BY_CREATED = page_by("seat.created_at", false);
    BY_CREATED_DOWN = page_by("seat.created_at", true);
    OF_USERS = page_of_users(false);
    OF_USERS_DOWN = page_of_users(true);
    BY_USER = page_by("u.name_key", false);
    BY_USER_DOWN = page_by("u.name_key", true);
    BY_ID = page_by_id(false);
    BY_ID_DOWN = page_by_id(true);
    BY_SEEN = page_by("seat.last_seen_at", false);
    BY_SEEN_DOWN = page_by("seat.last_seen_at", true);

    TOTAL = format!("
        SELECT COUNT(*) AS total
        FROM
        {}
        sessions seat
        JOIN licenses l ON l.id = seat.license_id -- if $2 $3
        JOIN users u ON u.id = seat.user_id -- if $8
        {}", source(false, ""), filter());

    // Without any condition, even TRUE, SQLite counts without reading the rows.
    TOTAL_OF_ALL = "
        SELECT COUNT(*) AS total FROM sessions";

    TOTAL_ENDED = "
        SELECT (SELECT COUNT(*) FROM sessions) - (SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL) AS total";

    TOTAL_OF_USERS = "
        SELECT COUNT(*) AS total FROM user_sessions WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    LIVE = "
        SELECT COUNT(*) AS live FROM (SELECT 1 FROM sessions WHERE ended_at IS NULL LIMIT $1) counted";

    SEARCHED_USERS = format!("
        SELECT u.id FROM users u WHERE {} LIMIT $4", search_of_three());

    SEARCHED_COUNTS = format!("
        SELECT COUNT(*) AS users, COUNT(CASE WHEN {} THEN 1 END) AS found FROM users u", search_of_three());

    TOTAL_OF_SEARCHED = format!("
        SELECT COUNT(*) AS total
        FROM user_sessions
        WHERE user_id IN (SELECT u.id FROM users u WHERE {})", search_of_three());

    TOTAL_WITHOUT_OTHERS = format!("
        SELECT (SELECT COUNT(*) FROM sessions) - (
            SELECT COUNT(*)
            FROM user_sessions
            WHERE user_id IN (SELECT u.id FROM users u WHERE NOT {})) AS total", search_of_three());
}

/// [`SEARCH`] with the parameters of [`search_args`]. An absent pattern matches nobody.
fn search_of_three() -> String {
    SEARCH.replace("$8", "$1").replace("$10", "COALESCE($2, '')").replace("$11", "COALESCE($3, '')")
}

/// A filter, with the users that it selects if these are few.
struct Criteria<'a> {
    filter: &'a SessionFilter,
    users: Option<Vec<UserId>>,
    /// Whether they are those that the search finds, so that it need not be repeated for each session.
    are_searched: bool,
    /// Whether a list of live sessions starts from these.
    starts_live: bool,
}

/// A sort order, where a page begins in it, and how many rows it has.
#[derive(Clone, Copy)]
struct Window<'a> {
    sort: SessionSort,
    down: bool,
    after: Option<&'a Cursor>,
    limit: usize,
}

/// Reads the rows of a page, on one snapshot if that takes several statements: no session may be on the page twice.
enum Reader<'a> {
    Statements(&'a Db),
    Snapshot(Tx),
}

impl Reader<'_> {
    async fn all(&mut self, sql: &'static Sql, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Statements(db) => db.all(sql, args).await,
            Self::Snapshot(tx) => tx.all(sql, args).await,
        }
    }
}

impl<'a> Criteria<'a> {
    async fn of(db: &Db, filter: &'a SessionFilter, window: Window<'_>) -> Result<Self, DbError> {
        let are_searched = filter.user.is_none() && search_patterns(filter)[0].is_some();
        let users = match filter.user {
            Some(user) => Some(vec![user]),
            None if !are_searched => None,
            None => {
                let mut args = search_args(filter);
                args.push(i64::try_from(MAX_SEARCHED_USERS + 1).unwrap_or(i64::MAX).into());
                let found = db.all(&SEARCHED_USERS, args).await?;
                let found = found.iter().map(|row| row.get("id")).collect::<Result<Vec<_>, _>>()?;
                Some(found).filter(|users| users.len() <= MAX_SEARCHED_USERS)
            }
        };
        let starts_live = match window.sort {
            SessionSort::Created if window.down && *filter == LIVE_ONES => {
                let max = i64::try_from(window.limit.max(MAX_SORTED_LIVE)).unwrap_or(i64::MAX);
                let counted = db.one(&LIVE, args![max]).await?;
                counted.map_or(Ok(0), |row| row.get::<i64>("live"))? < max
            }
            _ => true,
        };
        Ok(Self { filter, users, are_searched, starts_live })
    }

    /// Whether there is no condition but the users.
    fn is_of_users(&self) -> bool {
        let SessionFilter { user, q, .. } = self.filter;
        *self.filter == SessionFilter { user: *user, ..SessionFilter::default() } && user.is_some()
            || self.are_searched && *self.filter == SessionFilter { q: q.clone(), ..SessionFilter::default() }
    }

    fn is_of_nobody(&self) -> bool {
        self.users.as_ref().is_some_and(Vec::is_empty)
    }

    /// The users to start from. Of several users, the live sessions are found faster among all live ones.
    fn users(&self, state: Option<StateFilter>) -> Option<&[UserId]> {
        self.users.as_deref().filter(|_| self.filter.user.is_some() || !is_live(state))
    }

    /// The arguments of a statement for this state.
    fn args(&self, state: Option<StateFilter>, window: Option<Window<'_>>) -> Vec<Value> {
        let (filter, users) = (self.filter, self.users(state));
        let is_searched = users.is_some() && self.are_searched;
        let [search, email, other_form] = search_patterns(filter).map(|pattern| pattern.filter(|_| !is_searched));
        let starts_live =
            self.starts_live && window.is_some() && is_live(state) && users.is_none() && filter.license.is_none();
        let mut args = args![
            filter.license,
            filter.product,
            filter.model,
            filter.user.filter(|_| users.is_none()),
            state.filter(|state| *state != StateFilter::Live).map(StateFilter::as_str),
            is_live(state).then_some(true),
            filter.platform,
            search,
            filter.within,
            email,
            other_form
        ];
        args.extend(cursor_args(
            window.and_then(|window| window.after),
            window.is_some_and(|window| of_time(window.sort)),
        ));
        args.push(window.and_then(|window| i64::try_from(window.limit).ok()).into());
        // If a page by time shows all of what these users did, the first ones suffice.
        let enough = window.filter(|window| window.sort == SessionSort::Created && self.is_of_users());
        let enough = enough.and_then(|window| i64::try_from(window.limit).ok());
        args.extend(args![ids(users.unwrap_or_default().iter().copied()), starts_live.then_some(true), enough]);
        args
    }
}

/// Whether the sort column contains times.
pub fn of_time(sort: SessionSort) -> bool {
    matches!(sort, SessionSort::Created | SessionSort::LastSeen)
}

fn sql(sort: SessionSort, down: bool, of_users: bool) -> &'static Sql {
    match (sort, down) {
        (SessionSort::Created, false) if of_users => &OF_USERS,
        (SessionSort::Created, true) if of_users => &OF_USERS_DOWN,
        (SessionSort::Created, false) => &BY_CREATED,
        (SessionSort::Created, true) => &BY_CREATED_DOWN,
        (SessionSort::UserName, false) => &BY_USER,
        (SessionSort::UserName, true) => &BY_USER_DOWN,
        (SessionSort::State, false) => &BY_ID,
        (SessionSort::State, true) => &BY_ID_DOWN,
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
    // One more than the page shows, to know whether there are more.
    let window = Window { sort, down, after, limit: limit + 1 };
    let criteria = Criteria::of(db, filter, window).await?;
    if criteria.is_of_nobody() {
        return Ok(Page { items: Vec::new(), next: None, total: 0 });
    }
    let mut reader = match sort {
        SessionSort::State | SessionSort::UserName => Reader::Snapshot(db.begin_read().await?),
        SessionSort::Created | SessionSort::LastSeen => Reader::Statements(db),
    };
    let mut items = match sort {
        SessionSort::State => by_state(&mut reader, &criteria, window).await?,
        SessionSort::UserName => by_name::rows(&mut reader, &criteria, window).await?,
        SessionSort::Created | SessionSort::LastSeen => rows(&mut reader, &criteria, filter.state, window).await?,
    };
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| Cursor { key: key(sort, last), id: last.id.0 }.encode());
    let total = match total_of_single_page(after, has_more, items.len()) {
        Some(total) => total,
        None => total(&mut reader, &criteria).await?,
    };
    Ok(Page { items, next, total })
}

/// The rows of one statement.
async fn rows(
    reader: &mut Reader<'_>,
    criteria: &Criteria<'_>,
    state: Option<StateFilter>,
    window: Window<'_>,
) -> Result<Vec<SessionView>, DbError> {
    let sql = sql(window.sort, window.down, criteria.users(state).is_some());
    reader.all(sql, criteria.args(state, Some(window))).await?.iter().map(view).collect()
}

/// One state after the other, each sorted by id. The live ones are few, and the ended ones nearly all.
async fn by_state(
    reader: &mut Reader<'_>,
    criteria: &Criteria<'_>,
    window: Window<'_>,
) -> Result<Vec<SessionView>, DbError> {
    let mut states = [StateFilter::Connected, StateFilter::Ended, StateFilter::Waiting];
    if window.down {
        states.reverse();
    }
    let wanted = |state: StateFilter| match criteria.filter.state {
        None => true,
        Some(StateFilter::Live) => is_live(Some(state)),
        Some(only) => only == state,
    };
    let mut items = Vec::new();
    for state in states.into_iter().filter(|state| wanted(*state)) {
        let after = match window.after.map(|after| (after, &after.key)) {
            Some((after, SortValue::Text(key))) => match state.as_str().cmp(key) {
                std::cmp::Ordering::Equal => Some(after),
                order if order.is_lt() != window.down => continue,
                _ => None,
            },
            _ => None,
        };
        let rest = Window { after, limit: window.limit - items.len(), ..window };
        items.extend(rows(reader, criteria, Some(state), rest).await?);
        if items.len() >= window.limit {
            break;
        }
    }
    Ok(items)
}

async fn total(reader: &mut Reader<'_>, criteria: &Criteria<'_>) -> Result<i64, DbError> {
    let filter = criteria.filter;
    let only = |one: SessionFilter| *filter == one;
    let is_of_users = criteria.is_of_users();
    let rows = match &criteria.users {
        _ if only(SessionFilter::default()) => reader.all(&TOTAL_OF_ALL, args![]).await?,
        _ if only(SessionFilter { state: Some(StateFilter::Ended), ..SessionFilter::default() }) => {
            reader.all(&TOTAL_ENDED, args![]).await?
        }
        Some(users) if is_of_users => reader.all(&TOTAL_OF_USERS, args![ids(users.iter().copied())]).await?,
        None if is_of_users => {
            let counts = reader.all(&SEARCHED_COUNTS, search_args(filter)).await?;
            let (found, all): (i64, i64) = match counts.first() {
                Some(row) => (row.get("found")?, row.get("users")?),
                None => return Ok(0),
            };
            // The fewer users, the faster.
            let sql = if found > all / 2 { &TOTAL_WITHOUT_OTHERS } else { &TOTAL_OF_SEARCHED };
            reader.all(sql, search_args(filter)).await?
        }
        _ => reader.all(&TOTAL, criteria.args(filter.state, None)).await?,
    };
    rows.first().map_or(Ok(0), |row| row.get("total"))
}

#[cfg(test)]
mod tests;
