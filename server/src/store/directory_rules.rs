//! The rules of directories: what members of groups get, what they were given, and what could not be.

use super::{ids, set};
use crate::db::{Db, DbError, Row, Tx, args, fields, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, RuleId, UserId},
    people::{Role, UserStatus},
    problem::Code,
    wire::directory::{RuleFailure, RuleView},
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

    STANDING = "
        SELECT u.id, u.name, u.role, u.status, s.given_role, s.user_id IS NOT NULL AS in_directory
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id
        WHERE u.id IN (SELECT id FROM ROWS($1: id uuid)) AND u.deleted_at IS NULL
        ORDER BY u.name_key, u.id";

    MEMBERSHIPS = "
        SELECT user_id, group_id
        FROM group_members
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    ASSIGNMENTS = "
        SELECT user_id, license_id, rule_id
        FROM assignments
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    // Whom rules of a directory are about, were about, or will be about if these groups have rules.
    CONCERNED = "
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

    FAILURES_OF = "
        SELECT user_id, rule_id, subject, since
        FROM directory_failures
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_FAILURES = "
        DELETE FROM directory_failures WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    INSERT_FAILURES = "
        INSERT INTO directory_failures (user_id, rule_id, subject, directory_id, license_id, code, since)
        SELECT user_id, rule_id, subject, directory_id, license_id, code, since
        FROM ROWS($1: user_id uuid, rule_id uuid, subject text, directory_id uuid, license_id uuid, code text, since time)";

    FAILURES = "
        SELECT f.user_id, u.name, f.rule_id, f.license_id, f.code, f.since
        FROM directory_failures f
        JOIN users u ON u.id = f.user_id
        WHERE f.directory_id = $1
        ORDER BY u.name_key, u.id, f.subject, f.rule_id
        LIMIT 500";

    FAILURES_TOTAL = "
        SELECT COUNT(*) AS total FROM directory_failures WHERE directory_id = $1";

    HAS_FAILURES = "
        SELECT user_id FROM directory_failures WHERE user_id IN (SELECT id FROM ROWS($1: id uuid)) LIMIT 1";

    OWN = "
        UPDATE assignments SET rule_id = $3
        WHERE user_id = $1 AND license_id = $2 AND rule_id IS NOT NULL";

    GIVE_ROLE = "
        UPDATE directory_users SET given_role = $2 WHERE user_id = $1";
}

/// A rule and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The directory.
    pub directory: DirectoryId,
    /// The rule.
    pub view: RuleView,
}

/// The rules of all directories, in order.
pub async fn all(db: &Db) -> Result<Vec<Rule>, DbError> {
    let rows = db.all(&RULES, args![]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut licenses: HashMap<RuleId, Vec<LicenseId>> = HashMap::new();
    for row in db.all(&RULE_LICENSES, args![]).await? {
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
        Ok(Rule { directory: row.get("directory_id")?, view })
    };
    rows.iter().map(rule).collect()
}

/// Writes the rules of a directory, in order.
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

/// How a user stands whom rules may be about.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// His role.
    pub role: Role,
    /// The role that a rule gave him.
    pub given_role: Option<Role>,
    /// Whether a directory tells of him.
    pub in_directory: bool,
    /// Active or suspended.
    pub status: UserStatus,
    /// The groups that he is in.
    pub groups: Vec<GroupId>,
    /// His licenses, with the rule that gave each.
    pub licenses: HashMap<LicenseId, Option<RuleId>>,
}

/// How these users stand, by name.
pub async fn standing(db: &Db, users: &[UserId]) -> Result<Vec<Standing>, DbError> {
    let mut groups: HashMap<UserId, Vec<GroupId>> = HashMap::new();
    for row in db.all(&MEMBERSHIPS, args![ids(users)]).await? {
        groups.entry(row.get("user_id")?).or_default().push(row.get("group_id")?);
    }
    let mut licenses: HashMap<UserId, HashMap<LicenseId, Option<RuleId>>> = HashMap::new();
    for row in db.all(&ASSIGNMENTS, args![ids(users)]).await? {
        licenses.entry(row.get("user_id")?).or_default().insert(row.get("license_id")?, row.opt("rule_id")?);
    }
    let rows = db.all(&STANDING, args![ids(users)]).await?;
    rows.iter()
        .map(|row| {
            let id = row.get("id")?;
            Ok(Standing {
                id,
                name: row.get("name")?,
                role: row.get("role")?,
                given_role: row.opt("given_role")?,
                in_directory: row.get("in_directory")?,
                status: row.get("status")?,
                groups: groups.remove(&id).unwrap_or_default(),
                licenses: licenses.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

/// Whom the rules of a directory concern, or would if these groups had some.
pub async fn concerned(db: &Db, directory: DirectoryId, groups: &[GroupId]) -> Result<Vec<UserId>, DbError> {
    db.all(&CONCERNED, args![directory, ids(groups)]).await?.iter().map(|row| row.get("user_id")).collect()
}

/// Something that a rule could not do.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// For whom.
    pub user: UserId,
    /// Which rule.
    pub rule: RuleId,
    /// Whose rule.
    pub directory: DirectoryId,
    /// Which license; none if it is about the role.
    pub license: Option<LicenseId>,
    /// Why.
    pub code: Code,
}

impl Failed {
    fn subject(&self) -> String {
        self.license.map_or_else(|| "role".to_owned(), |license| license.to_string())
    }
}

/// Says what could not be done for these users from now on; those failures that are new.
pub async fn set_failures(
    tx: &mut Tx,
    users: &[UserId],
    failed: &[Failed],
    now: DateTime<Utc>,
) -> Result<Vec<Failed>, DbError> {
    let mut since: HashMap<(UserId, RuleId, String), DateTime<Utc>> = HashMap::new();
    for row in tx.all(&FAILURES_OF, args![ids(users)]).await? {
        since.insert((row.get("user_id")?, row.get("rule_id")?, row.get("subject")?), row.get("since")?);
    }
    tx.run(&DELETE_FAILURES, args![ids(users)]).await?;
    let before = |one: &Failed| since.get(&(one.user, one.rule, one.subject())).copied();
    let rows = failed.iter().map(|one| {
        fields! {
            "user_id": one.user, "rule_id": one.rule, "subject": one.subject(), "directory_id": one.directory,
            "license_id": one.license, "code": one.code.as_str(), "since": before(one).unwrap_or(now),
        }
    });
    tx.run(&INSERT_FAILURES, args![set(rows)]).await?;
    Ok(failed.iter().filter(|one| before(one).is_none()).cloned().collect())
}

/// What the rules of a directory could not do, and how much that is.
pub async fn failures(db: &Db, directory: DirectoryId) -> Result<(Vec<RuleFailure>, i64), DbError> {
    let total = db.one(&FAILURES_TOTAL, args![directory]).await?.map_or(Ok(0), |row| row.get("total"))?;
    let failure = |row: &Row| {
        Ok(RuleFailure {
            user_id: row.get("user_id")?,
            user_name: row.get("name")?,
            rule_id: row.get("rule_id")?,
            license_id: row.opt("license_id")?,
            code: row.get("code")?,
            since: row.get("since")?,
        })
    };
    let failures = db.all(&FAILURES, args![directory]).await?.iter().map(failure).collect::<Result<_, DbError>>()?;
    Ok((failures, total))
}

/// Whether something could not be done for any of these users.
pub async fn has_failures(db: &Db, users: &[UserId]) -> Result<bool, DbError> {
    Ok(db.one(&HAS_FAILURES, args![ids(users)]).await?.is_some())
}

/// Notes that another rule says now what one has given.
pub async fn own(tx: &mut Tx, user: UserId, license: LicenseId, rule: RuleId) -> Result<(), DbError> {
    tx.run(&OWN, args![user, license, rule]).await.map(drop)
}

/// Notes the role that a rule gave a user, or that none does.
pub async fn give_role(tx: &mut Tx, user: UserId, role: Option<Role>) -> Result<(), DbError> {
    tx.run(&GIVE_ROLE, args![user, role]).await.map(drop)
}
