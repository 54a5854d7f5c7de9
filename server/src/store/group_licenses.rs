//! The licenses that groups give to their members, and the assignments that result from this (`group_assignments`).

use super::{ids, set};
use crate::db::{Db, DbError, Row, Sql, Tx, Value, args, fields, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, RuleId, UserId},
    license::Model,
    people::UserStatus,
    problem::Code,
    wire::groups::{GroupAssignment, GroupLicense, UnassignedMember},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// An older claim without an assignment was left behind by a crash.
const MAX_CLAIM_AGE: TimeDelta = TimeDelta::minutes(1);
/// How many members without the license a response lists.
const MAX_LISTED_MEMBERS: i64 = 100;

statements! {
    INSERT = "
        INSERT INTO group_licenses (group_id, license_id, created_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (group_id, license_id) DO NOTHING";

    DELETE = "
        DELETE FROM group_licenses WHERE group_id = $1 AND license_id = $2";

    // Directly, or through rules of directories.
    GIVING_GROUPS = "
        SELECT group_id FROM group_licenses
        UNION
        SELECT r.group_id
        FROM directory_rules r
        JOIN directory_rule_licenses l ON l.rule_id = r.id";

    OF_GROUP = "
        SELECT gl.license_id, gl.created_at, l.model, l.seats, l.archived_at, p.archived_at AS product_archived_at,
               (SELECT COUNT(*) FROM assignments a WHERE a.license_id = l.id) AS assigned,
               (SELECT COUNT(*) FROM group_members m
                JOIN assignments a ON a.license_id = l.id AND a.user_id = m.user_id
                WHERE m.group_id = gl.group_id) AS holders
        FROM group_licenses gl
        JOIN licenses l ON l.id = gl.license_id
        JOIN products p ON p.id = l.product_id
        WHERE gl.group_id = $1
        ORDER BY p.name, l.model, l.id";

    LEFT_OUT = "
        SELECT u.id, u.name, u.status
        FROM group_members m
        JOIN users u ON u.id = m.user_id
        WHERE m.group_id = $1
          AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = $2 AND a.user_id = m.user_id)
        ORDER BY u.name_key, u.id
        LIMIT $3";

    // Active members without the license. Users are not joined: PostgreSQL would begin with the index of all who are
    // not deleted.
    MISSING = "
        SELECT license_id, user_id, model
        FROM (
            SELECT DISTINCT gl.license_id, m.user_id, l.model
            FROM group_licenses gl
            JOIN licenses l ON l.id = gl.license_id AND l.archived_at IS NULL
            JOIN products p ON p.id = l.product_id AND p.archived_at IS NULL
            JOIN group_members m ON m.group_id = gl.group_id
            WHERE NOT EXISTS (
                SELECT 1 FROM assignments a WHERE a.license_id = gl.license_id AND a.user_id = m.user_id)
              AND NOT EXISTS (
                  SELECT 1 FROM group_assignments c WHERE c.license_id = gl.license_id AND c.user_id = m.user_id)
              AND gl.license_id = $1 -- if $1
              AND m.user_id IN (SELECT id FROM ROWS($2: id uuid)) -- if $2
        ) AS lacking
        WHERE (SELECT u.status = 'active' AND u.deleted_at IS NULL FROM users u WHERE u.id = lacking.user_id)
        ORDER BY license_id, user_id";

    // Counted once for each license, not for each of its members.
    FREE = "
        SELECT l.id, l.seats - (SELECT COUNT(*) FROM assignments a WHERE a.license_id = l.id) AS free
        FROM licenses l
        WHERE l.id AMONG($1)";

    // Assignments through groups that no group gives any more.
    SURPLUS = "
        SELECT c.license_id, c.user_id
        FROM group_assignments c
        JOIN assignments a ON a.license_id = c.license_id AND a.user_id = c.user_id
        WHERE NOT EXISTS (
            SELECT 1
            FROM group_licenses gl
            JOIN group_members m ON m.group_id = gl.group_id
            WHERE gl.license_id = c.license_id AND m.user_id = c.user_id)
          AND c.license_id = $1 -- if $1
          AND c.user_id IN (SELECT id FROM ROWS($2: id uuid)) -- if $2
        ORDER BY c.license_id, c.user_id";

    // Assignments of a group or a rule would be restored automatically.
    MANUAL_NAMED = "
        SELECT a.user_id, a.license_id
        FROM assignments a
        JOIN licenses l ON l.id = a.license_id AND l.model = 'named'
        WHERE a.user_id IN (SELECT id FROM ROWS($1: id uuid))
          AND a.rule_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM group_assignments c WHERE c.license_id = a.license_id AND c.user_id = a.user_id)
        ORDER BY a.user_id, a.license_id";

    FORGET_STALE = "
        DELETE FROM group_assignments
        WHERE claimed_at < $1
          AND NOT EXISTS (
              SELECT 1 FROM assignments a
              WHERE a.license_id = group_assignments.license_id AND a.user_id = group_assignments.user_id)";

    // If two servers claim the same user at once, one waits for the other and gets no row. SQLite needs the WHERE to
    // parse ON CONFLICT after a SELECT.
    CLAIM = "
        INSERT INTO group_assignments (license_id, user_id, claimed_at)
        SELECT given.license_id, given.user_id, given.claimed_at
        FROM ROWS($1: license_id uuid, user_id uuid, claimed_at time)
        WHERE TRUE
        ON CONFLICT (license_id, user_id) DO NOTHING
        RETURNING user_id";

    UNCLAIM = "
        DELETE FROM group_assignments WHERE license_id = $1 AND user_id IN (SELECT id FROM ROWS($2: id uuid))";

    UNCLAIM_EACH = "
        DELETE FROM group_assignments
        WHERE (license_id, user_id) IN (SELECT license_id, user_id FROM ROWS($1: license_id uuid, user_id uuid))";

    // Assignments of these users that their groups give, whatever their stored source.
    GRANTED_BY_GROUPS = "
        SELECT DISTINCT given.license_id, given.user_id
        FROM ROWS($1: license_id uuid, user_id uuid)
        JOIN assignments a ON a.license_id = given.license_id AND a.user_id = given.user_id
        JOIN group_licenses gl ON gl.license_id = given.license_id
        JOIN group_members m ON m.group_id = gl.group_id AND m.user_id = given.user_id";

    // An assignment made manual meanwhile is not a group's any more.
    HAND_TO_RULES = "
        UPDATE assignments
        SET rule_id = given.rule_id
        FROM ROWS($1: license_id uuid, user_id uuid, rule_id uuid)
        WHERE assignments.license_id = given.license_id
          AND assignments.user_id = given.user_id
          AND EXISTS (
              SELECT 1 FROM group_assignments c
              WHERE c.license_id = assignments.license_id AND c.user_id = assignments.user_id)";

    OF_USER = "
        SELECT c.license_id, g.id AS group_id, g.name AS group_name
        FROM group_assignments c
        JOIN group_licenses gl ON gl.license_id = c.license_id
        JOIN group_members m ON m.group_id = gl.group_id AND m.user_id = c.user_id
        JOIN groups g ON g.id = gl.group_id
        WHERE c.user_id = $1
        ORDER BY g.name_key, g.id, c.license_id";
}

/// Lets a group give a license. Returns false if it does already.
pub async fn insert(tx: &mut Tx, group: GroupId, license: LicenseId, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&INSERT, args![group, license, now]).await? == 1)
}

/// Stops a group from giving a license. Returns false if it did not give it.
pub async fn delete(tx: &mut Tx, group: GroupId, license: LicenseId) -> Result<bool, DbError> {
    Ok(tx.run(&DELETE, args![group, license]).await? == 1)
}

/// The groups that give licenses to their members, directly or through rules of directories.
pub async fn giving_groups(db: &Db) -> Result<HashSet<GroupId>, DbError> {
    db.all(&GIVING_GROUPS, args![]).await?.iter().map(|row| row.get("group_id")).collect()
}

/// The licenses that a group gives, with the members who do not have them, and why.
pub async fn of_group(db: &Db, group: GroupId) -> Result<Vec<GroupLicense>, DbError> {
    let mut all = Vec::new();
    for row in db.all(&OF_GROUP, args![group]).await? {
        let license_id: LicenseId = row.get("license_id")?;
        let refusal = refusal(&row)?;
        let left_out = db.all(&LEFT_OUT, args![group, license_id, MAX_LISTED_MEMBERS]).await?;
        let left_out = left_out.iter().map(|row| {
            let suspended = row.get::<UserStatus>("status")? == UserStatus::Suspended;
            let reason = if suspended { Some(Code::UserSuspended) } else { refusal };
            Ok(UnassignedMember { user_id: row.get("id")?, name: row.get("name")?, reason })
        });
        let left_out = left_out.collect::<Result<_, DbError>>()?;
        all.push(GroupLicense { license_id, since: row.get("created_at")?, holders: row.get("holders")?, left_out });
    }
    Ok(all)
}

/// Why an active member does not get this license.
fn refusal(row: &Row) -> Result<Option<Code>, DbError> {
    let archived = row.opt::<DateTime<Utc>>("archived_at")?.or(row.opt("product_archived_at")?).is_some();
    let full = row.get::<Model>("model")? == Model::Named && row.get::<i64>("assigned")? >= row.get("seats")?;
    Ok(if archived { Some(Code::Archived) } else { full.then_some(Code::NamedSeatsTaken) })
}

/// The assignments that are compared with what groups give.
#[derive(Clone, Debug)]
pub enum ReconcileScope {
    All,
    License(LicenseId),
    Users(BTreeSet<UserId>),
}

impl ReconcileScope {
    /// Whether it contains nothing: as an argument, an empty set would stand for all users.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Users(users) if users.is_empty())
    }

    async fn read(&self, db: &Db, sql: &'static Sql) -> Result<Vec<Row>, DbError> {
        let Self::Users(_) = self else { return db.all(sql, self.args()).await };
        let mut tx = db.begin_read_by_index().await?;
        let rows = tx.all(sql, self.args()).await?;
        tx.commit().await?;
        Ok(rows)
    }

    fn args(&self) -> Vec<Value> {
        let no_users: [UserId; 0] = [];
        match self {
            Self::All => args![None::<LicenseId>, ids(no_users)],
            Self::License(license) => args![license, ids(no_users)],
            Self::Users(users) => args![None::<LicenseId>, ids(users)],
        }
    }
}

/// A member who should have a license of their group, but does not.
#[derive(Clone, Copy, Debug)]
pub struct MissingAssignment {
    pub license: LicenseId,
    pub user: UserId,
    /// How many more users the license can be assigned to; `i64::MAX` for a concurrent one.
    pub free: i64,
}

/// Active members who do not have the licenses of their groups.
pub async fn missing(db: &Db, scope: &ReconcileScope) -> Result<Vec<MissingAssignment>, DbError> {
    if scope.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope.read(db, &MISSING).await?;
    let mut named = BTreeSet::new();
    let mut missing = Vec::new();
    for row in &rows {
        let (license, user) = (row.get("license_id")?, row.get("user_id")?);
        if row.get::<Model>("model")? == Model::Named {
            named.insert(license);
        }
        missing.push(MissingAssignment { license, user, free: i64::MAX });
    }
    if !named.is_empty() {
        let mut free: HashMap<LicenseId, i64> = HashMap::new();
        for row in db.all(&FREE, args![ids(named)]).await? {
            free.insert(row.get("id")?, row.get("free")?);
        }
        missing.iter_mut().for_each(|one| one.free = free.get(&one.license).copied().unwrap_or(one.free));
    }
    Ok(missing)
}

/// Assignments through groups that no group gives any more.
pub async fn surplus(db: &Db, scope: &ReconcileScope) -> Result<Vec<LicenseUser>, DbError> {
    if scope.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope.read(db, &SURPLUS).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("user_id")?))).collect()
}

/// Deletes the claims left behind by a crash.
pub async fn forget_stale(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
    tx.run(&FORGET_STALE, args![now - MAX_CLAIM_AGE]).await
}

/// Claims that these users get the license through groups. Returns those not claimed by another server.
pub async fn claim(
    tx: &mut Tx,
    license: LicenseId,
    users: &[UserId],
    now: DateTime<Utc>,
) -> Result<Vec<UserId>, DbError> {
    let rows = users.iter().map(|user| fields! { "license_id": license, "user_id": user, "claimed_at": now });
    let rows = tx.all(&CLAIM, args![set(rows)]).await?;
    rows.iter().map(|row| row.get("user_id")).collect()
}

/// Removes the claims: these users do not have the license through groups.
pub async fn unclaim(tx: &mut Tx, license: LicenseId, users: &[UserId]) -> Result<u64, DbError> {
    tx.run(&UNCLAIM, args![license, ids(users)]).await
}

/// Removes the claims of these assignments.
pub async fn unclaim_each(tx: &mut Tx, assignments: &[LicenseUser]) -> Result<u64, DbError> {
    let rows = assignments.iter().map(|(license, user)| fields! { "license_id": license, "user_id": user });
    tx.run(&UNCLAIM_EACH, args![set(rows)]).await
}

/// A license and a user who has it.
pub type LicenseUser = (LicenseId, UserId);

/// Those of these assignments that the user's groups give as well.
pub async fn granted_by_groups(db: &Db, pairs: &[LicenseUser]) -> Result<HashSet<LicenseUser>, DbError> {
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    let pairs = set(pairs.iter().map(|(license, user)| fields! { "license_id": license, "user_id": user }));
    let rows = db.all(&GRANTED_BY_GROUPS, args![pairs]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("user_id")?))).collect()
}

/// Changes the source of assignments from groups to rules.
pub async fn hand_to_rules(tx: &mut Tx, handed: &[(LicenseUser, RuleId)]) -> Result<(), DbError> {
    let rows = handed.iter().map(|((license, user), rule)| {
        fields! { "license_id": license, "user_id": user, "rule_id": *rule }
    });
    tx.run(&HAND_TO_RULES, args![set(rows)]).await?;
    let pairs: Vec<_> = handed.iter().map(|(pair, _)| *pair).collect();
    unclaim_each(tx, &pairs).await.map(drop)
}

/// The licenses that a user has through groups, with these groups.
pub async fn of_user(db: &Db, user: UserId) -> Result<Vec<GroupAssignment>, DbError> {
    let rows = db.all(&OF_USER, args![user]).await?;
    rows.iter()
        .map(|row| {
            Ok(GroupAssignment {
                license_id: row.get("license_id")?,
                group_id: row.get("group_id")?,
                group_name: row.get("group_name")?,
            })
        })
        .collect()
}

/// For each of these users, the named licenses assigned to them manually, by neither a group nor a rule.
pub async fn manual_named(db: &Db, users: &[UserId]) -> Result<HashMap<UserId, Vec<LicenseId>>, DbError> {
    let mut of: HashMap<UserId, Vec<LicenseId>> = HashMap::new();
    for row in db.all(&MANUAL_NAMED, args![ids(users)]).await? {
        of.entry(row.get("user_id")?).or_default().push(row.get("license_id")?);
    }
    Ok(of)
}
