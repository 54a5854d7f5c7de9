//! What rules of directories could not do: since when, why, and whose turn it is when it can be done.

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

/// So many are looked at together.
const TOGETHER: i64 = 1_000;

/// Licenses out of a set that could be assigned to somebody, and to how many.
const OPEN: &str = "
            SELECT l.id,
                   CASE WHEN l.model = 'named'
                        THEN l.seats - (SELECT COUNT(*) FROM assignments a WHERE a.license_id = l.id)
                        ELSE 1000 END AS free
            FROM licenses l
            JOIN products p ON p.id = l.product_id
            WHERE l.archived_at IS NULL AND p.archived_at IS NULL";

/// Who waits for them, the longest first.
const WAITING: &str = "
        JOIN directory_failures f ON f.license_id = o.id
        JOIN users u ON u.id = f.user_id AND u.status = 'active' AND u.deleted_at IS NULL
        WHERE o.free > 0
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

    // Two servers may find the same at once.
    INSERT = "
        INSERT INTO directory_failures (user_id, rule_id, subject, directory_id, license_id, code, since)
        SELECT given.user_id, given.rule_id, given.subject, given.directory_id, given.license_id, given.code, given.since
        FROM ROWS($1: user_id uuid, rule_id uuid, subject text, directory_id uuid, license_id uuid, code text, since time)
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
        FROM ({OPEN} AND l.id IN (SELECT id FROM ROWS($1: id uuid))) o
        {WAITING}
        LIMIT $2");

    WAITING_FOR_ANY = format!("
        SELECT f.license_id, f.user_id, o.free
        FROM ({OPEN} AND l.id IN (SELECT license_id FROM directory_failures)) o
        {WAITING}
        LIMIT $1");

    WAITING_FOR_ROLES = "
        SELECT DISTINCT user_id FROM directory_failures WHERE subject = 'role' ORDER BY user_id LIMIT 100";
}

/// Something that a rule could not do.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// For whom.
    pub user: UserId,
    /// Which rule; none if it is about a role that no rule says any more.
    pub rule: Option<RuleId>,
    /// Whose rule.
    pub directory: DirectoryId,
    /// Which license; none if it is about the role.
    pub license: Option<LicenseId>,
    /// Why.
    pub code: Code,
}

impl Failed {
    fn key(&self) -> Key {
        let subject = self.license.map_or_else(|| "role".to_owned(), |license| license.to_string());
        (self.user, self.rule.unwrap_or(RuleId(Uuid::nil())), subject)
    }
}

type Key = (UserId, RuleId, String);

/// Something that could not be done until now.
#[derive(Clone, Debug, PartialEq)]
pub struct Gone {
    /// For whom.
    pub user: UserId,
    /// Which license; none if it was about the role.
    pub license: Option<LicenseId>,
    /// Since when it could not be done.
    pub since: DateTime<Utc>,
}

/// Says what could not be done for these users from now on; those failures that are new, and those that are over.
pub async fn set_failures(
    tx: &mut Tx,
    users: &[UserId],
    failed: &[Failed],
    now: DateTime<Utc>,
) -> Result<(Vec<Failed>, Vec<Gone>), DbError> {
    let mut before: HashMap<Key, Gone> = HashMap::new();
    for row in tx.all(&OF_USERS, args![ids(users)]).await? {
        let (user, license, since) = (row.get("user_id")?, row.opt("license_id")?, row.get("since")?);
        before.insert((user, row.get("rule_id")?, row.get("subject")?), Gone { user, license, since });
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
    let mut gone: Vec<_> = before.into_values().collect();
    gone.sort_unstable_by_key(|gone| (gone.user, gone.license));
    Ok((new, gone))
}

/// What the rules of a directory could not do, and how much that is.
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

/// Whether something could not be done for any of these users.
pub async fn any(db: &Db, users: &[UserId]) -> Result<bool, DbError> {
    Ok(db.one(&ANY, args![ids(users)]).await?.is_some())
}

/// Since when these users should have had licenses.
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

/// Who can have one of these licenses now, having waited for it longer than others: of each as many as there are seats.
pub async fn waiting_for(db: &Db, licenses: &[LicenseId]) -> Result<Vec<UserId>, DbError> {
    as_many_as_there_are(db.all(&WAITING_FOR, args![ids(licenses), TOGETHER]).await?)
}

/// The same of all licenses, and those for whom a role was refused: another admin may have come since.
pub async fn waiting(db: &Db) -> Result<Vec<UserId>, DbError> {
    let mut users = as_many_as_there_are(db.all(&WAITING_FOR_ANY, args![TOGETHER]).await?)?;
    for row in db.all(&WAITING_FOR_ROLES, args![]).await? {
        users.push(row.get("user_id")?);
    }
    Ok(users)
}

fn as_many_as_there_are(rows: Vec<Row>) -> Result<Vec<UserId>, DbError> {
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
