//! The progress of imports, written in the same transactions as their rows.

use super::super::{ids, set};
use crate::db::{Db, DbError, Row, Tx, args, fields, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{ImportId, LicenseId, UserId},
    people::UserStatus,
    wire::imports::{ImportFailure, ImportProblem, ImportRow, ImportState, ImportView, RowOutcome},
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

statements! {
    INSERT = "
        INSERT INTO imports (id, by_id, by_name, dry_run, state, created_at, heard_at, row_count, created, changed,
                             unchanged, refused, with_problems)
        VALUES ($1, $2, $3, $4, 'running', $5, $5, $6, 0, 0, 0, 0, 0)";

    RUNNING = "
        SELECT id FROM imports WHERE state = 'running'";

    STALE = "
        SELECT id FROM imports WHERE state = 'running' AND heard_at < $1";

    DELETE_OLD_ROWS = "
        DELETE FROM import_rows WHERE import_id IN (SELECT id FROM imports WHERE created_at < $1)";

    DELETE_OLD = "
        DELETE FROM imports WHERE created_at < $1";

    LOCK = "
        SELECT state, cancel_requested_at FROM imports WHERE id = $1
        FOR UPDATE";

    HEARTBEAT = "
        UPDATE imports SET heard_at = $2 WHERE id = $1 AND state = 'running'";

    ADD_COUNTS = "
        UPDATE imports
        SET created = created + $2, changed = changed + $3, unchanged = unchanged + $4, refused = refused + $5,
            with_problems = with_problems + $6, heard_at = $7
        WHERE id = $1";

    REQUEST_CANCEL = "
        UPDATE imports SET cancel_requested_at = $2
        WHERE id = $1 AND state = 'running' AND cancel_requested_at IS NULL";

    CLOSE = "
        UPDATE imports SET state = $2, failure = $3, ended_at = $4 WHERE id = $1";

    INSERT_ROWS = "
        INSERT INTO import_rows (import_id, line, rank, outcome, name, email, problems, notices, pending)
        SELECT import_id, line, rank, outcome, name, email, problems, notices, pending
        FROM ROWS($1: import_id uuid, line int, rank int, outcome text, name text, email text, problems text,
                  notices text, pending text)";

    // Pending rows have rank 0, so they are found by the primary key.
    SETTLE_ROWS = "
        UPDATE import_rows
        SET outcome = given.outcome, rank = given.to_rank, problems = given.problems, pending = NULL
        FROM ROWS($1: import_id uuid, line int, to_rank int, outcome text, problems text)
        WHERE import_rows.import_id = given.import_id
          AND import_rows.rank = 0
          AND import_rows.line = given.line
          AND import_rows.pending IS NOT NULL";

    PENDING = "
        SELECT line, outcome, name, email, problems, notices, pending
        FROM import_rows
        WHERE import_id = $1 AND rank = 0 AND pending IS NOT NULL
        ORDER BY line";

    STATUS_OF = "
        SELECT id, status FROM users WHERE deleted_at IS NULL AND id IN (SELECT id FROM ROWS($1: id uuid))";

    LICENSES_OF = "
        SELECT user_id, license_id FROM assignments WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";
}

/// What remains to be done for a row: the seat engine does it after the user was written, in separate transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRow {
    pub user: UserId,
    pub suspend: bool,
    /// The licenses to assign: for each entry its text and the matching licenses, which are tried in turn.
    pub licenses: Vec<(String, Vec<LicenseId>)>,
}

/// Whether an import may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Running,
    CancelRequested,
    Ended,
}

/// Adds an import; deletes those created before `kept_since`.
///
/// # Errors
/// Returns [`DbError::Taken`] if another import is running.
pub async fn insert(
    tx: &mut Tx,
    import: &ImportView,
    (by, by_name): (UserId, &str),
    kept_since: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&DELETE_OLD_ROWS, args![kept_since]).await?;
    tx.run(&DELETE_OLD, args![kept_since]).await?;
    let args = args![import.id, by, by_name, import.dry_run, import.created_at, import.rows];
    tx.run(&INSERT, args).await.map(drop)
}

/// The running imports: all, or those with the last heartbeat before this time.
pub async fn running(db: &Db, heard_before: Option<DateTime<Utc>>) -> Result<Vec<ImportId>, DbError> {
    let rows = match heard_before {
        None => db.all(&RUNNING, args![]).await?,
        Some(before) => db.all(&STALE, args![before]).await?,
    };
    rows.iter().map(|row| row.get("id")).collect()
}

/// Locks an import until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: ImportId) -> Result<Progress, DbError> {
    let Some(row) = tx.one(&LOCK, args![id]).await? else { return Ok(Progress::Ended) };
    let (state, requested): (ImportState, Option<DateTime<Utc>>) = (row.get("state")?, row.opt("cancel_requested_at")?);
    Ok(match (state, requested) {
        (ImportState::Running, None) => Progress::Running,
        (ImportState::Running, Some(_)) => Progress::CancelRequested,
        _ => Progress::Ended,
    })
}

/// Saves a heartbeat of the server that processes an import.
pub async fn heartbeat(tx: &mut Tx, id: ImportId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&HEARTBEAT, args![id, now]).await.map(drop)
}

/// Requests the cancellation of an import. Returns false if it has ended, or if this was requested before.
pub async fn request_cancel(tx: &mut Tx, id: ImportId, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&REQUEST_CANCEL, args![id, now]).await? > 0)
}

/// Saves the results of rows, each with what remains to be done. Rows with nothing left to do are counted.
pub async fn record(
    tx: &mut Tx,
    id: ImportId,
    rows: &[(ImportRow, Option<PendingRow>)],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let given = set(rows.iter().map(|(row, pending)| {
        fields! {
            "import_id": id, "line": row.line,
            "rank": i64::from(row.problems.is_empty() && pending.is_none()),
            "outcome": row.outcome.as_str(), "name": (!row.name.is_empty()).then_some(row.name.as_str()),
            "email": row.email.as_str(), "problems": json(&row.problems),
            "notices": (!row.notices.is_empty()).then(|| json(&row.notices)), "pending": pending.as_ref().map(json),
        }
    }));
    tx.run(&INSERT_ROWS, args![given]).await?;
    count(tx, id, rows.iter().filter(|(_, pending)| pending.is_none()).map(|(row, _)| row), now).await
}

/// Saves the final results of pending rows, and counts them.
pub async fn settle(tx: &mut Tx, id: ImportId, rows: &[ImportRow], now: DateTime<Utc>) -> Result<(), DbError> {
    let given = set(rows.iter().map(|row| {
        fields! {
            "import_id": id, "line": row.line, "to_rank": i64::from(row.problems.is_empty()),
            "outcome": row.outcome.as_str(), "problems": json(&row.problems),
        }
    }));
    tx.run(&SETTLE_ROWS, args![given]).await?;
    count(tx, id, rows.iter(), now).await
}

async fn count<'a>(
    tx: &mut Tx,
    id: ImportId,
    rows: impl Iterator<Item = &'a ImportRow>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (mut outcomes, mut with_problems) = (HashMap::<RowOutcome, i64>::new(), 0_i64);
    for row in rows {
        *outcomes.entry(row.outcome).or_default() += 1;
        with_problems += i64::from(!row.problems.is_empty());
    }
    let of = |outcome| outcomes.get(&outcome).copied().unwrap_or_default();
    let [created, changed] = [RowOutcome::Created, RowOutcome::Changed].map(of);
    let [unchanged, refused] = [RowOutcome::Unchanged, RowOutcome::Refused].map(of);
    tx.run(&ADD_COUNTS, args![id, created, changed, unchanged, refused, with_problems, now]).await.map(drop)
}

/// The pending rows of an import, sorted by line.
pub async fn pending(tx: &mut Tx, id: ImportId) -> Result<Vec<(ImportRow, PendingRow)>, DbError> {
    let read = |row: &Row| {
        let pending: String = row.get("pending")?;
        Ok((super::row(row)?, parsed(&pending, "pending")?))
    };
    tx.all(&PENDING, args![id]).await?.iter().map(read).collect()
}

/// The status and licenses of users; deleted users are absent.
pub async fn user_states(
    tx: &mut Tx,
    users: impl Iterator<Item = UserId> + Clone,
) -> Result<HashMap<UserId, (UserStatus, HashSet<LicenseId>)>, DbError> {
    let mut found = HashMap::new();
    for row in tx.all(&STATUS_OF, args![ids(users.clone())]).await? {
        found.insert(row.get("id")?, (row.get("status")?, HashSet::new()));
    }
    for row in tx.all(&LICENSES_OF, args![ids(users)]).await? {
        let user: UserId = row.get("user_id")?;
        if let Some((_, licenses)) = found.get_mut(&user) {
            licenses.insert(row.get("license_id")?);
        }
    }
    Ok(found)
}

/// Closes a locked, running import.
pub async fn close(
    tx: &mut Tx,
    id: ImportId,
    (state, failure): (ImportState, Option<ImportFailure>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&CLOSE, args![id, state.as_str(), failure.map(ImportFailure::as_str), now]).await.map(drop)
}

/// Keywords and ids can always be serialized.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn parsed<T: for<'de> Deserialize<'de>>(text: &str, column: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|e| DbError::Unreadable { column: column.to_owned(), problem: e.to_string() })
}

/// The problems and the notices of a row.
pub(super) fn problems(row: &Row) -> Result<(Vec<ImportProblem>, Vec<ImportProblem>), DbError> {
    let notices: Option<String> = row.opt("notices")?;
    let notices = notices.map(|notices| parsed(&notices, "notices")).transpose()?.unwrap_or_default();
    Ok((parsed(&row.get::<String>("problems")?, "problems")?, notices))
}
