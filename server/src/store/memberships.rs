//! The members of groups, and the directory that added each, if any. Writing requires a [`MembershipApproval`], which
//! only `entitlements` creates.

use super::{ids, set};
use crate::db::{DbError, Row, Tx, args, fields, statements};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, UserId},
    license::Model,
    people::Role,
};

/// Proof that a change of a group or its members was approved. Only `entitlements` implements it.
pub trait MembershipApproval {}

statements! {
    AMONG = "
        SELECT user_id, directory_id
        FROM group_members
        WHERE group_id = $1 AND user_id IN (SELECT id FROM ROWS($2: id uuid))
        ORDER BY user_id";

    OF_GROUP = "
        SELECT user_id, directory_id FROM group_members WHERE group_id = $1 ORDER BY user_id";

    // The representation that a directory has read is outdated.
    BUMP_VERSION = "
        UPDATE groups SET version = version + 1 WHERE id = $1";

    // A user who was deleted a moment ago is not added.
    INSERT = "
        INSERT INTO group_members (group_id, user_id)
        SELECT DISTINCT given.group_id, u.id
        FROM ROWS($1: group_id uuid, user_id uuid)
        JOIN users u ON u.id = given.user_id AND u.deleted_at IS NULL
        WHERE NOT EXISTS (
            SELECT 1 FROM group_members m WHERE m.group_id = given.group_id AND m.user_id = given.user_id)
        RETURNING user_id";

    DELETE = "
        DELETE FROM group_members
        WHERE group_id = $1 AND user_id IN (SELECT id FROM ROWS($2: id uuid))
        RETURNING user_id";

    DIRECTORY_ADD = "
        INSERT INTO group_members (group_id, user_id, directory_id)
        SELECT g.id, u.id, $3
        FROM groups g
        CROSS JOIN users u
        WHERE g.id = $1
          AND u.id IN (SELECT id FROM ROWS($2: id uuid))
          AND u.deleted_at IS NULL
          AND u.id NOT IN (SELECT user_id FROM directory_users WHERE directory_id <> $3)
        ON CONFLICT DO NOTHING
        RETURNING user_id";

    // Members that were added manually are the directory's from now on.
    DIRECTORY_CLAIM = "
        UPDATE group_members
        SET directory_id = $3
        WHERE group_id = $1
          AND user_id IN (SELECT id FROM ROWS($2: id uuid))
          AND directory_id IS NULL
          AND user_id NOT IN (SELECT user_id FROM directory_users WHERE directory_id <> $3)
        RETURNING user_id";

    DIRECTORY_REMOVE = "
        DELETE FROM group_members
        WHERE group_id = $1
          AND user_id IN (SELECT id FROM ROWS($2: id uuid))
          AND user_id NOT IN (SELECT user_id FROM directory_users WHERE directory_id <> $3)
        RETURNING user_id, directory_id";

    DIRECTORY_RETAIN = "
        DELETE FROM group_members
        WHERE group_id = $1
          AND user_id NOT IN (SELECT id FROM ROWS($2: id uuid))
          AND user_id NOT IN (SELECT user_id FROM directory_users WHERE directory_id <> $3)
        RETURNING user_id, directory_id";

    LICENSES_GIVEN = "
        SELECT l.id, p.name, l.model
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE l.id IN (
            SELECT license_id FROM group_licenses WHERE group_id = $1
            UNION
            SELECT of_rule.license_id
            FROM directory_rules r
            JOIN directory_rule_licenses of_rule ON of_rule.rule_id = r.id
            WHERE r.group_id = $1)
        ORDER BY p.name, l.model, l.id";

    ROLES_GIVEN = "
        SELECT directory_id, role
        FROM directory_rules
        WHERE group_id = $1 AND role IS NOT NULL
        ORDER BY directory_id, place, id";

    IS_MANAGED = "
        SELECT user_id FROM group_managers WHERE group_id = $1 LIMIT 1";

    IS_RULED = "
        SELECT id FROM directory_rules WHERE group_id = $1 LIMIT 1";

    // How many members of groups a directory itself has added.
    COUNTS = "
        SELECT group_id,
               SUM(CASE WHEN directory_id = $2 THEN 1 ELSE 0 END) AS by_directory,
               SUM(CASE WHEN directory_id = $2 THEN 0 ELSE 1 END) AS others
        FROM group_members
        WHERE group_id IN (SELECT id FROM ROWS($1: id uuid))
        GROUP BY group_id";
}

/// A member of a group, and the directory that added it; `None` if a user, an import or a sign-in provider did.
pub type Member = (UserId, Option<DirectoryId>);

fn members(rows: &[Row]) -> Result<Vec<Member>, DbError> {
    rows.iter().map(|row| Ok((row.get("user_id")?, row.opt("directory_id")?))).collect()
}

/// Those of these users who are members of a group, sorted by id.
pub async fn among(tx: &mut Tx, group: GroupId, users: &[UserId]) -> Result<Vec<Member>, DbError> {
    members(&tx.all(&AMONG, args![group, ids(users)]).await?)
}

/// All members of a group, sorted by id.
pub async fn of_group(tx: &mut Tx, group: GroupId) -> Result<Vec<Member>, DbError> {
    members(&tx.all(&OF_GROUP, args![group]).await?)
}

/// Adds members to a group. Returns those that were not members before.
pub async fn insert(
    tx: &mut Tx,
    _: &impl MembershipApproval,
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<UserId>, DbError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    tx.run(&BUMP_VERSION, args![group]).await?;
    let pairs = users.iter().map(|user| fields! { "group_id": group, "user_id": user });
    user_ids(tx.all(&INSERT, args![set(pairs)]).await?)
}

/// Removes members of a group. Returns those that were members.
pub async fn delete(
    tx: &mut Tx,
    _: &impl MembershipApproval,
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<UserId>, DbError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    tx.run(&BUMP_VERSION, args![group]).await?;
    user_ids(tx.all(&DELETE, args![group, ids(users)]).await?)
}

/// Adds members on behalf of a directory. Returns the added users, and those that were members before and are the
/// directory's from now on.
pub async fn directory_add(
    tx: &mut Tx,
    _: &impl MembershipApproval,
    (by, group): (DirectoryId, GroupId),
    users: &[UserId],
) -> Result<(Vec<UserId>, Vec<UserId>), DbError> {
    let claimed = user_ids(tx.all(&DIRECTORY_CLAIM, args![group, ids(users), by]).await?)?;
    Ok((user_ids(tx.all(&DIRECTORY_ADD, args![group, ids(users), by]).await?)?, claimed))
}

/// Removes members on behalf of a directory, even if it had not added them. Returns the removed members.
pub async fn directory_remove(
    tx: &mut Tx,
    _: &impl MembershipApproval,
    (by, group): (DirectoryId, GroupId),
    users: &[UserId],
) -> Result<Vec<Member>, DbError> {
    members(&tx.all(&DIRECTORY_REMOVE, args![group, ids(users), by]).await?)
}

/// Removes all members except these users on behalf of a directory. Returns the removed members.
pub async fn directory_retain(
    tx: &mut Tx,
    _: &impl MembershipApproval,
    (by, group): (DirectoryId, GroupId),
    users: &[UserId],
) -> Result<Vec<Member>, DbError> {
    members(&tx.all(&DIRECTORY_RETAIN, args![group, ids(users), by]).await?)
}

fn user_ids(rows: Vec<Row>) -> Result<Vec<UserId>, DbError> {
    let mut users = rows.iter().map(|row| row.get("user_id")).collect::<Result<Vec<UserId>, _>>()?;
    users.sort_unstable();
    Ok(users)
}

/// A license that members of a group get, from the group itself or through a rule of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenLicense {
    pub id: LicenseId,
    /// The product's name.
    pub product: String,
    pub model: Model,
}

/// What depends on a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupUses {
    /// The licenses that its members get.
    pub licenses: Vec<GivenLicense>,
    /// The roles that rules give to the members that the directory itself has added.
    pub roles: Vec<(DirectoryId, Role)>,
    /// Whether managers are limited to it.
    pub managed: bool,
    /// Whether directories have rules for it.
    pub ruled: bool,
    /// Whether a license reserves seats for it or limits its seats.
    pub reserved: bool,
}

/// What depends on a group.
pub async fn uses(tx: &mut Tx, group: GroupId) -> Result<GroupUses, DbError> {
    let licenses = tx.all(&LICENSES_GIVEN, args![group]).await?;
    let license =
        |row: &Row| Ok(GivenLicense { id: row.get("id")?, product: row.get("name")?, model: row.get("model")? });
    let licenses = licenses.iter().map(license).collect::<Result<_, DbError>>()?;
    let roles = tx.all(&ROLES_GIVEN, args![group]).await?;
    let roles =
        roles.iter().map(|row| Ok((row.get("directory_id")?, row.get("role")?))).collect::<Result<_, DbError>>()?;
    Ok(GroupUses {
        licenses,
        roles,
        managed: tx.one(&IS_MANAGED, args![group]).await?.is_some(),
        ruled: tx.one(&IS_RULED, args![group]).await?.is_some(),
        reserved: !super::groups::licenses_limited_for(tx, group).await?.is_empty(),
    })
}

/// For each of these groups, how many members the directory itself has added, and how many others there are.
pub async fn counts(
    db: &crate::db::Db,
    directory: DirectoryId,
    groups: &[GroupId],
) -> Result<Vec<(GroupId, i64, i64)>, DbError> {
    let rows = db.all(&COUNTS, args![ids(groups), directory]).await?;
    rows.iter().map(|row| Ok((row.get("group_id")?, row.get("by_directory")?, row.get("others")?))).collect()
}
