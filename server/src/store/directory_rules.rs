//! The rules of directories: the licenses and roles that members of groups get, and those they were given. Failures are
//! in `directory_failures`.

use super::{ids, set};
use crate::db::{Db, DbError, Row, Tx, args, fields, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, RuleId, UserId},
    people::{Role, UserStatus},
    wire::directory::RuleView,
};
use std::collections::HashMap;

statements! {
    RULES = "
        SELECT r.id, r.directory_id, r.group_id, r.role, g.name
        FROM directory_rules r
        JOIN groups g ON g.id = r.group_id
        ORDER BY r.directory_id, r.place, r.id";

    RULE_LICENSES = "
        SELECT rule_id, license_id FROM directory_rule_licenses ORDER BY rule_id, license_id";

    DELETE_LICENSES = "
        DELETE FROM directory_rule_licenses
        WHERE rule_id IN (SELECT id FROM directory_rules WHERE directory_id = $1)";

    DELETE = "
        DELETE FROM directory_rules WHERE directory_id = $1";

    INSERT = "
        INSERT INTO directory_rules (id, directory_id, place, group_id, role)
        SELECT id, directory_id, place, group_id, role
        FROM ROWS($1: id uuid, directory_id uuid, place int, group_id uuid, role text)";

    INSERT_LICENSES = "
        INSERT INTO directory_rule_licenses (rule_id, license_id)
        SELECT rule_id, license_id
        FROM ROWS($1: rule_id uuid, license_id uuid)";

    // With those who were deleted: with `deleted_at IS NULL`, PostgreSQL may read the index of all others.
    SUBJECTS = "
        SELECT u.id, u.name, u.role, u.status, u.deleted_at, s.given_role, s.directory_id
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id
        WHERE u.id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY u.name_key, u.id";

    MEMBERSHIPS = "
        SELECT user_id, group_id, directory_id
        FROM group_members
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    ASSIGNMENTS = "
        SELECT user_id, license_id, rule_id
        FROM assignments
        WHERE user_id AMONG($1)";

    // Users to whom the rules of a directory apply, applied, or would apply if these groups had rules.
    AFFECTED_USERS = "
        SELECT user_id FROM group_members WHERE group_id IN (SELECT id FROM ROWS($2: id uuid))
        UNION
        SELECT m.user_id
        FROM group_members m
        JOIN directory_rules r ON r.group_id = m.group_id
        WHERE r.directory_id = $1
        UNION
        SELECT a.user_id
        FROM assignments a
        JOIN directory_rules r ON r.id = a.rule_id
        WHERE r.directory_id = $1
        UNION
        SELECT user_id FROM directory_users WHERE directory_id = $1 AND given_role IS NOT NULL
        UNION
        SELECT user_id FROM directory_failures WHERE directory_id = $1";

    // Manual assignments are not changed.
    UPDATE_RULE_SOURCES = "
        UPDATE assignments
        SET rule_id = given.rule_id
        FROM ROWS($1: user_id uuid, license_id uuid, rule_id uuid)
        WHERE assignments.user_id = given.user_id
          AND assignments.license_id = given.license_id
          AND assignments.rule_id IS NOT NULL";

    SET_RULE_SOURCE = "
        UPDATE assignments
        SET rule_id = given.rule_id
        FROM ROWS($1: user_id uuid, license_id uuid, rule_id uuid)
        WHERE assignments.user_id = given.user_id
          AND assignments.license_id = given.license_id";

    CLEAR_RULE_SOURCES = "
        UPDATE assignments SET rule_id = NULL
        FROM ROWS($1: license_id uuid, user_id uuid)
        WHERE assignments.license_id = given.license_id
          AND assignments.user_id = given.user_id
          AND assignments.rule_id IS NOT NULL";

    // The rules that give users licenses that they have, in order of precedence.
    GRANTING_RULES = "
        SELECT given.license_id, given.user_id, r.id AS rule_id
        FROM ROWS($1: license_id uuid, user_id uuid)
        JOIN assignments a ON a.license_id = given.license_id AND a.user_id = given.user_id
        JOIN group_members m ON m.user_id = given.user_id
        JOIN directory_rules r ON r.group_id = m.group_id
        JOIN directory_rule_licenses l ON l.rule_id = r.id AND l.license_id = given.license_id
        ORDER BY given.license_id, given.user_id, r.directory_id, r.place, r.id";

    SET_GIVEN_ROLE = "
        UPDATE directory_users SET given_role = $2 WHERE user_id = $1";
}

#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryRule {
    pub directory: DirectoryId,
    pub view: RuleView,
}

/// The rules of all directories, in order of precedence.
pub async fn all(db: &Db) -> Result<Vec<DirectoryRule>, DbError> {
    let rows = db.all(&RULES, args![]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    read(&rows, &db.all(&RULE_LICENSES, args![]).await?)
}

/// The rules of a locked directory, in order of precedence.
pub async fn of(tx: &mut Tx, directory: DirectoryId) -> Result<Vec<RuleView>, DbError> {
    let (rows, licenses) = (tx.all(&RULES, args![]).await?, tx.all(&RULE_LICENSES, args![]).await?);
    let all = read(&rows, &licenses)?.into_iter();
    Ok(all.filter(|rule| rule.directory == directory).map(|rule| rule.view).collect())
}

fn read(rows: &[Row], of_rules: &[Row]) -> Result<Vec<DirectoryRule>, DbError> {
    let mut licenses: HashMap<RuleId, Vec<LicenseId>> = HashMap::new();
    for row in of_rules {
        licenses.entry(row.get("rule_id")?).or_default().push(row.get("license_id")?);
    }
    let rule = |row: &Row| {
        let id = row.get("id")?;
        let view = RuleView {
            id,
            group_id: row.get("group_id")?,
            group_name: row.get("name")?,
            license_ids: licenses.get(&id).cloned().unwrap_or_default(),
            role: row.opt("role")?,
        };
        Ok(DirectoryRule { directory: row.get("directory_id")?, view })
    };
    rows.iter().map(rule).collect()
}

/// Replaces the rules of a directory, given in order of precedence.
pub async fn set_rules(tx: &mut Tx, directory: DirectoryId, rules: &[RuleView]) -> Result<(), DbError> {
    tx.run(&DELETE_LICENSES, args![directory]).await?;
    tx.run(&DELETE, args![directory]).await?;
    let rows = rules.iter().zip(1_i64..).map(|(rule, place)| {
        fields! {
            "id": rule.id, "directory_id": directory, "place": place, "group_id": rule.group_id,
            "role": rule.role,
        }
    });
    tx.run(&INSERT, args![set(rows)]).await?;
    let licenses = rules
        .iter()
        .flat_map(|rule| rule.license_ids.iter().map(|license| fields! { "rule_id": rule.id, "license_id": license }));
    tx.run(&INSERT_LICENSES, args![set(licenses)]).await.map(drop)
}

/// A user with everything that decides which rules apply and what they change.
#[derive(Clone, Debug)]
pub struct RuleSubject {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    /// The role that a rule gave the user.
    pub given_role: Option<Role>,
    /// The directory that the user belongs to.
    pub directory: Option<DirectoryId>,
    pub status: UserStatus,
    /// The user's groups, each with the directory that added the membership, if one did.
    pub groups: Vec<(GroupId, Option<DirectoryId>)>,
    /// The user's licenses, each with the rule that gave it, if one did.
    pub licenses: HashMap<LicenseId, Option<RuleId>>,
}

/// These users, sorted by name.
pub async fn subjects(db: &Db, users: &[UserId]) -> Result<Vec<RuleSubject>, DbError> {
    let mut tx = db.begin_read_by_index().await?;
    let mut groups: HashMap<UserId, Vec<(GroupId, Option<DirectoryId>)>> = HashMap::new();
    for row in tx.all(&MEMBERSHIPS, args![ids(users)]).await? {
        let membership = (row.get("group_id")?, row.opt("directory_id")?);
        groups.entry(row.get("user_id")?).or_default().push(membership);
    }
    let mut licenses: HashMap<UserId, HashMap<LicenseId, Option<RuleId>>> = HashMap::new();
    for row in tx.all(&ASSIGNMENTS, args![ids(users)]).await? {
        licenses.entry(row.get("user_id")?).or_default().insert(row.get("license_id")?, row.opt("rule_id")?);
    }
    let rows = tx.all(&SUBJECTS, args![ids(users)]).await?;
    tx.commit().await?;
    let mut subjects = Vec::new();
    for row in rows {
        if row.opt::<DateTime<Utc>>("deleted_at")?.is_some() {
            continue;
        }
        let id = row.get("id")?;
        subjects.push(RuleSubject {
            id,
            name: row.get("name")?,
            role: row.get("role")?,
            given_role: row.opt("given_role")?,
            directory: row.opt("directory_id")?,
            status: row.get("status")?,
            groups: groups.remove(&id).unwrap_or_default(),
            licenses: licenses.remove(&id).unwrap_or_default(),
        });
    }
    Ok(subjects)
}

/// The users to whom the rules of a directory apply, or would apply if these groups had rules.
pub async fn affected_users(db: &Db, directory: DirectoryId, groups: &[GroupId]) -> Result<Vec<UserId>, DbError> {
    db.all(&AFFECTED_USERS, args![directory, ids(groups)]).await?.iter().map(|row| row.get("user_id")).collect()
}

/// An assignment, and the rule that is its source, if any.
pub type RuleSource = (UserId, LicenseId, Option<RuleId>);

/// Updates the rules that are the source of assignments. Manual assignments are not changed.
pub async fn update_rule_sources(tx: &mut Tx, sources: &[RuleSource]) -> Result<(), DbError> {
    if sources.is_empty() {
        return Ok(());
    }
    let rows = sources
        .iter()
        .map(|(user, license, rule)| fields! { "user_id": user, "license_id": license, "rule_id": *rule });
    tx.run(&UPDATE_RULE_SOURCES, args![set(rows)]).await.map(drop)
}

/// Makes rules the source of assignments, whatever the source was before.
pub async fn set_rule_source(tx: &mut Tx, sources: &[(UserId, LicenseId, RuleId)]) -> Result<(), DbError> {
    let row = |(user, license, rule): &(UserId, LicenseId, RuleId)| {
        fields! { "user_id": user, "license_id": license, "rule_id": *rule }
    };
    tx.run(&SET_RULE_SOURCE, args![set(sources.iter().map(row))]).await.map(drop)
}

/// Makes assignments manual that had a rule as their source.
pub async fn clear_rule_sources(tx: &mut Tx, assignments: &[(LicenseId, UserId)]) -> Result<u64, DbError> {
    let rows = assignments.iter().map(|(license, user)| fields! { "license_id": license, "user_id": user });
    tx.run(&CLEAR_RULE_SOURCES, args![set(rows)]).await
}

/// For each of these assignments, the first rule that gives it, if any does.
pub async fn granting_rules(
    db: &Db,
    pairs: &[(LicenseId, UserId)],
) -> Result<HashMap<(LicenseId, UserId), RuleId>, DbError> {
    let mut rules = HashMap::new();
    if pairs.is_empty() {
        return Ok(rules);
    }
    let rows = pairs.iter().map(|(license, user)| fields! { "license_id": license, "user_id": user });
    for row in db.all(&GRANTING_RULES, args![set(rows)]).await? {
        rules.entry((row.get("license_id")?, row.get("user_id")?)).or_insert(row.get("rule_id")?);
    }
    Ok(rules)
}

/// Records the role that a rule gave a user, or that none did.
pub async fn set_given_role(tx: &mut Tx, user: UserId, role: Option<Role>) -> Result<(), DbError> {
    tx.run(&SET_GIVEN_ROLE, args![user, role]).await.map(drop)
}
