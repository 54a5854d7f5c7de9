//! Failures of rules of directories: licenses and roles that a rule could not give, since when and why, and the users
//! who are next when a seat is free.

use super::{ids, set};
use crate::db::{Db, DbError, Row, Tx, args, fields, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, LicenseId, RuleId, UserId},
    problem::Code,
    wire::directory::RuleFailure,
};
use std::collections::HashMap;
use uuid::Uuid;

/// How many waiting users are processed at once.
const MAX_WAITING: i64 = 1_000;

/// Licenses that can be assigned, with the number of free seats. More conditions can be appended.
const AVAILABLE: &str = "
            SELECT l.id,
                   CASE WHEN l.model = 'named'
                        THEN l.seats - (SELECT COUNT(*) FROM assignments a WHERE a.license_id = l.id)
                        ELSE 1000 END AS free
            FROM licenses l
            JOIN products p ON p.id = l.product_id
            WHERE l.archived_at IS NULL AND p.archived_at IS NULL";

/// The users who wait for them, the longest first. Users are not joined: PostgreSQL would begin with the index of all
/// who are not deleted.
const WAITING: &str = "
        JOIN directory_failures f ON f.license_id = o.id
        WHERE o.free > 0
          AND (SELECT u.status = 'active' AND u.deleted_at IS NULL FROM users u WHERE u.id = f.user_id)
        GROUP BY f.license_id, f.user_id, o.free
        ORDER BY MIN(f.since), f.user_id";

statements! {
    OF_USERS = "
        SELECT user_id, rule_id, subject, license_id, since
        FROM directory_failures
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    ANY = "
        SELECT user_id FROM directory_failures WHERE user_id IN (SELECT id FROM ROWS($1: id uuid)) LIMIT 1";

    DELETE = "
        DELETE FROM directory_failures WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    // Two servers may record the same failure at once.
    INSERT = "
        INSERT INTO directory_failures (user_id, rule_id, subject, directory_id, license_id, code, since)
        SELECT given.user_id, given.rule_id, given.subject, given.directory_id, given.license_id, given.code,
               given.since
        FROM ROWS($1: user_id uuid, rule_id uuid, subject text, directory_id uuid, license_id uuid, code text,
                  since time)
        WHERE TRUE
        ON CONFLICT (user_id, rule_id, subject) DO NOTHING";

    LIST = "
        SELECT f.user_id, u.name, f.rule_id, f.license_id, f.code, f.since
        FROM directory_failures f
        JOIN users u ON u.id = f.user_id
        WHERE f.directory_id = $1
        ORDER BY u.name_key, u.id, f.subject, f.rule_id
        LIMIT 500";

    TOTAL = "
        SELECT COUNT(*) AS total FROM directory_failures WHERE directory_id = $1";

    WAITING_FOR = format!("
        SELECT f.license_id, f.user_id, o.free
        FROM ({AVAILABLE} AND l.id IN (SELECT id FROM ROWS($1: id uuid))) o
        {WAITING}
        LIMIT $2");

    WAITING_FOR_ANY = format!("
        SELECT f.license_id, f.user_id, o.free
        FROM ({AVAILABLE} AND l.id IN (SELECT license_id FROM directory_failures)) o
        {WAITING}
        LIMIT $1");

    WAITING_FOR_ROLES = "
        SELECT DISTINCT user_id FROM directory_failures WHERE subject = 'role' ORDER BY user_id LIMIT 100";
}

/// A license or role that a rule could not give.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedGrant {
    pub user: UserId,
    /// `None` if a role could not be withdrawn that no rule gives any more.
    pub rule: Option<RuleId>,
    pub directory: DirectoryId,
    /// `None` if the role failed.
    pub license: Option<LicenseId>,
    pub code: Code,
}

impl FailedGrant {
    fn key(&self) -> FailureKey {
        let subject = self.license.map_or_else(|| "role".to_owned(), |license| license.to_string());
        (self.user, self.rule.unwrap_or(RuleId(Uuid::nil())), subject)
    }
}

/// User, rule and subject: the primary key.
type FailureKey = (UserId, RuleId, String);

/// A failure that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedFailure {
    pub user: UserId,
    /// `None` if the role had failed.
    pub license: Option<LicenseId>,
    /// When it first failed.
    pub since: DateTime<Utc>,
}

/// Replaces the failures of these users. Returns those that are new, and those that are over.
pub async fn set_failures(
    tx: &mut Tx,
    users: &[UserId],
    failed: &[FailedGrant],
    now: DateTime<Utc>,
) -> Result<(Vec<FailedGrant>, Vec<ResolvedFailure>), DbError> {
    let mut before: HashMap<FailureKey, ResolvedFailure> = HashMap::new();
    for row in tx.all(&OF_USERS, args![ids(users)]).await? {
        let (user, license, since) = (row.get("user_id")?, row.opt("license_id")?, row.get("since")?);
        before.insert((user, row.get("rule_id")?, row.get("subject")?), ResolvedFailure { user, license, since });
    }
    tx.run(&DELETE, args![ids(users)]).await?;
    let rows = failed.iter().map(|one| {
        let key = one.key();
        let since = before.get(&key).map_or(now, |gone| gone.since);
        fields! {
            "user_id": one.user, "rule_id": key.1, "subject": key.2, "directory_id": one.directory,
            "license_id": one.license, "code": one.code.as_str(), "since": since,
        }
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        tx.run(&INSERT, args![set(rows)]).await?;
    }
    let new = failed.iter().filter(|one| before.remove(&one.key()).is_none()).cloned().collect();
    let mut resolved: Vec<_> = before.into_values().collect();
    resolved.sort_unstable_by_key(|gone| (gone.user, gone.license));
    Ok((new, resolved))
}

/// The failures of a directory's rules, at most 500, and their total number.
pub async fn list(db: &Db, directory: DirectoryId) -> Result<(Vec<RuleFailure>, i64), DbError> {
    let total = db.one(&TOTAL, args![directory]).await?.map_or(Ok(0), |row| row.get("total"))?;
    let failure = |row: &Row| {
        Ok(RuleFailure {
            user_id: row.get("user_id")?,
            user_name: row.get("name")?,
            rule_id: row.opt("rule_id")?.filter(|rule: &RuleId| !rule.0.is_nil()),
            license_id: row.opt("license_id")?,
            code: row.get("code")?,
            since: row.get("since")?,
        })
    };
    let failures = db.all(&LIST, args![directory]).await?.iter().map(failure).collect::<Result<_, DbError>>()?;
    Ok((failures, total))
}

/// Whether there is a failure for any of these users.
pub async fn any(db: &Db, users: &[UserId]) -> Result<bool, DbError> {
    Ok(db.one(&ANY, args![ids(users)]).await?.is_some())
}

/// For each license that could not be given to one of these users, since when.
pub async fn since(db: &Db, users: &[UserId]) -> Result<HashMap<(UserId, LicenseId), DateTime<Utc>>, DbError> {
    let mut since = HashMap::new();
    for row in db.all(&OF_USERS, args![ids(users)]).await? {
        let Some(license) = row.opt("license_id")? else { continue };
        let at: DateTime<Utc> = row.get("since")?;
        let first = since.entry((row.get("user_id")?, license)).or_insert(at);
        *first = at.min(*first);
    }
    Ok(since)
}

/// The users who can get one of these licenses now: for each license as many as there are free seats, the longest
/// waiting first.
pub async fn waiting_for(db: &Db, licenses: &[LicenseId]) -> Result<Vec<UserId>, DbError> {
    limited_to_free_seats(db.all(&WAITING_FOR, args![ids(licenses), MAX_WAITING]).await?)
}

/// Like [`waiting_for`] for all licenses, and the users whose role was refused, which may be possible now that there is
/// another admin.
pub async fn waiting(db: &Db) -> Result<Vec<UserId>, DbError> {
    let mut users = limited_to_free_seats(db.all(&WAITING_FOR_ANY, args![MAX_WAITING]).await?)?;
    for row in db.all(&WAITING_FOR_ROLES, args![]).await? {
        users.push(row.get("user_id")?);
    }
    Ok(users)
}

fn limited_to_free_seats(rows: Vec<Row>) -> Result<Vec<UserId>, DbError> {
    let mut taken: HashMap<LicenseId, i64> = HashMap::new();
    let mut users = Vec::new();
    for row in rows {
        let taken = taken.entry(row.get("license_id")?).or_default();
        *taken += 1;
        if *taken <= row.get("free")? {
            users.push(row.get("user_id")?);
        }
    }
    Ok(users)
}
