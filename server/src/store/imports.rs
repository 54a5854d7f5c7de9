//! Imports: how far each is, what became of its rows, and what a part of one writes.

use super::set;
use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    text::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, ImportId, LicenseId, UserId},
    people::{Role, UserStatus},
    validate::email_key,
    wire::{
        Page,
        imports::{ImportProblem, ImportRow, ImportState, ImportView},
    },
};
use std::collections::{HashMap, HashSet};

statements! {
    INSERT = "
        INSERT INTO imports (id, by_id, by_name, dry_run, state, created_at, heard_at, row_count, created, changed,
                             unchanged, refused, with_problems)
        VALUES ($1, $2, $3, $4, 'running', $5, $5, $6, 0, 0, 0, 0, 0)";

    // Of a server that is gone.
    GIVE_UP = "
        UPDATE imports SET state = 'failed', ended_at = heard_at WHERE state = 'running' AND heard_at < $1";

    FORGET_ROWS = "
        DELETE FROM import_rows WHERE import_id IN (SELECT id FROM imports WHERE created_at < $1)";

    FORGET = "
        DELETE FROM imports WHERE created_at < $1";

    GET = "
        SELECT id, by_id, dry_run, state, row_count, created, changed, unchanged, refused, with_problems, created_at,
               ended_at
        FROM imports
        WHERE id = $1";

    ADVANCE = "
        UPDATE imports
        SET created = created + $2, changed = changed + $3, unchanged = unchanged + $4, refused = refused + $5,
            with_problems = with_problems + $6, heard_at = $7
        WHERE id = $1 AND state = 'running'";

    END = "
        UPDATE imports SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'running'";

    INSERT_ROWS = "
        INSERT INTO import_rows (import_id, line, rank, outcome, email, problems)
        SELECT import_id, line, rank, outcome, email, problems
        FROM ROWS($1: import_id uuid, line int, rank int, outcome text, email text, problems text)";

    ROWS = "
        SELECT line, rank, outcome, email, problems
        FROM import_rows
        WHERE import_id = $1 AND (rank > $2 OR (rank = $2 AND line > $3))
        ORDER BY rank, line
        LIMIT $4";

    COUNT_ROWS = "
        SELECT COUNT(*) AS total FROM import_rows WHERE import_id = $1";

    BY_EMAIL = "
        SELECT u.id, u.name, u.email_key, u.role, u.status
        FROM users u
        WHERE u.email_key IN (SELECT email_key FROM ROWS($1: email_key text))";

    LICENSES_OF = "
        SELECT user_id, license_id AS id FROM assignments WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    GROUPS_OF = "
        SELECT user_id, group_id AS id FROM group_members WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    INSERT_USERS = "
        INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status, source,
                           created_at)
        SELECT id, name, name_key, email, email_key, role, '[]', FALSE, status, 'import', created_at
        FROM ROWS($1: id uuid, name text, name_key text, email text, email_key text, role text, status text,
                  created_at time)";
}

/// Begins an import. One that was under way on a server that was not heard of since is given up, and old ones are forgotten.
///
/// # Errors
/// [`DbError::Taken`] if another is under way.
pub async fn insert(
    tx: &mut Tx,
    import: &ImportView,
    (by, by_name): (UserId, &str),
    heard_since: DateTime<Utc>,
    kept_since: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&GIVE_UP, args![heard_since]).await?;
    tx.run(&FORGET_ROWS, args![kept_since]).await?;
    tx.run(&FORGET, args![kept_since]).await?;
    let args = args![import.id, by, by_name, import.dry_run, import.created_at, import.rows];
    tx.run(&INSERT, args).await.map(drop)
}

/// An import, and who began it.
pub async fn get(db: &Db, id: ImportId) -> Result<Option<(UserId, ImportView)>, DbError> {
    db.one(&GET, args![id]).await?.map(|row| Ok((row.get("by_id")?, import(&row)?))).transpose()
}

fn import(row: &Row) -> Result<ImportView, DbError> {
    let (created, changed) = (row.get::<i64>("created")?, row.get::<i64>("changed")?);
    let (unchanged, refused) = (row.get::<i64>("unchanged")?, row.get::<i64>("refused")?);
    Ok(ImportView {
        id: row.get("id")?,
        dry_run: row.get("dry_run")?,
        state: row.get("state")?,
        rows: row.get("row_count")?,
        done: created + changed + unchanged + refused,
        created,
        changed,
        unchanged,
        refused,
        with_problems: row.get("with_problems")?,
        created_at: row.get("created_at")?,
        ended_at: row.opt("ended_at")?,
    })
}

/// Adds what became of some rows; false if the import was called off meanwhile.
pub async fn advance(tx: &mut Tx, id: ImportId, rows: &[ImportRow], now: DateTime<Utc>) -> Result<bool, DbError> {
    use seatkeeper_shared::wire::imports::RowOutcome::{Changed, Created, Refused, Unchanged};
    let count = |wanted: &dyn Fn(&ImportRow) -> bool| {
        i64::try_from(rows.iter().filter(|row| wanted(row)).count()).unwrap_or(i64::MAX)
    };
    let [created, changed, unchanged, refused] =
        [Created, Changed, Unchanged, Refused].map(|outcome| count(&|row| row.outcome == outcome));
    let with_problems = count(&|row| !row.problems.is_empty());
    let going = tx.run(&ADVANCE, args![id, created, changed, unchanged, refused, with_problems, now]).await? > 0;
    let rows = set(rows.iter().map(|row| {
        fields! {
            "import_id": id, "line": row.line, "rank": i64::from(row.problems.is_empty()),
            "outcome": row.outcome.as_str(), "email": row.email.as_str(),
            // Words can always be written as JSON.
            "problems": serde_json::to_string(&row.problems).unwrap_or_default(),
        }
    }));
    tx.run(&INSERT_ROWS, args![rows]).await?;
    Ok(going)
}

/// An import is over; false if it was already.
pub async fn end(tx: &mut Tx, id: ImportId, state: ImportState, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&END, args![id, state.as_str(), now]).await? > 0)
}

/// A place among the rows of an import.
pub type Place = (i64, i64);

/// What became of the rows of an import, those with problems first, and where to go on.
pub async fn rows(
    db: &Db,
    id: ImportId,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<ImportRow>, Option<Place>), DbError> {
    let (rank, line) = after.unwrap_or((-1, 0));
    let rows = db.all(&ROWS, args![id, rank, line, i64::try_from(limit + 1).unwrap_or(i64::MAX)]).await?;
    let more = rows.len() > limit;
    let last = rows.iter().take(limit).next_back().filter(|_| more);
    let next = last.map(|row| Ok::<_, DbError>((row.get("rank")?, row.get("line")?))).transpose()?;
    let read = |row: &Row| {
        let problems: String = row.get("problems")?;
        let problems: Vec<ImportProblem> = serde_json::from_str(&problems)
            .map_err(|e| DbError::Unreadable { column: "problems".to_owned(), problem: e.to_string() })?;
        Ok(ImportRow { line: row.get("line")?, outcome: row.get("outcome")?, email: row.get("email")?, problems })
    };
    Ok((rows.iter().take(limit).map(read).collect::<Result<_, DbError>>()?, next))
}

/// A page of rows.
pub async fn page(db: &Db, id: ImportId, after: Option<Place>, limit: usize) -> Result<Page<ImportRow>, DbError> {
    let total = db.one(&COUNT_ROWS, args![id]).await?.map_or(Ok(0), |row| row.get("total"))?;
    let (items, next) = rows(db, id, after, limit).await?;
    Ok(Page { items, next: next.map(|(rank, line)| format!("{rank}-{line}")), total })
}

/// A user who is there already.
#[derive(Clone, Debug)]
pub struct Known {
    /// His id.
    pub id: UserId,
    /// His name.
    pub name: String,
    /// His role.
    pub role: Role,
    /// His status.
    pub status: UserStatus,
    /// His licenses.
    pub licenses: HashSet<LicenseId>,
    /// His groups.
    pub groups: HashSet<GroupId>,
}

/// The users with these e-mail addresses, by the form in which addresses are compared.
pub async fn known(db: &Db, emails: impl Iterator<Item = &str>) -> Result<HashMap<String, Known>, DbError> {
    let keys = set(emails.map(|email| fields! { "email_key": email_key(email) }));
    let mut found = HashMap::new();
    for row in db.all(&BY_EMAIL, args![keys]).await? {
        let (licenses, groups) = Default::default();
        let (name, role, status) = (row.get("name")?, row.get("role")?, row.get("status")?);
        found.insert(row.get("email_key")?, Known { id: row.get("id")?, name, role, status, licenses, groups });
    }
    let who = || super::ids(found.values().map(|known| known.id));
    let mut licenses: HashMap<UserId, HashSet<LicenseId>> = HashMap::new();
    for row in db.all(&LICENSES_OF, args![who()]).await? {
        licenses.entry(row.get("user_id")?).or_default().insert(row.get("id")?);
    }
    let mut groups: HashMap<UserId, HashSet<GroupId>> = HashMap::new();
    for row in db.all(&GROUPS_OF, args![who()]).await? {
        groups.entry(row.get("user_id")?).or_default().insert(row.get("id")?);
    }
    for known in found.values_mut() {
        known.licenses = licenses.remove(&known.id).unwrap_or_default();
        known.groups = groups.remove(&known.id).unwrap_or_default();
    }
    Ok(found)
}

/// A user to be added, who has no password yet.
#[derive(Clone, Debug)]
pub struct New {
    /// His id.
    pub id: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// His role.
    pub role: Role,
    /// His status.
    pub status: UserStatus,
}

/// Adds users.
///
/// # Errors
/// [`DbError::Taken`] `users_email_key` if somebody has just added one of them.
pub async fn insert_users(tx: &mut Tx, users: &[&New], now: DateTime<Utc>) -> Result<(), DbError> {
    let rows = set(users.iter().map(|user| {
        fields! {
            "id": user.id, "name": user.name.as_str(), "name_key": fold(&user.name), "email": user.email.as_str(),
            "email_key": email_key(&user.email), "role": user.role, "status": user.status, "created_at": now,
        }
    }));
    tx.run(&INSERT_USERS, args![rows]).await.map(drop)
}
