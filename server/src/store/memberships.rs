//! The members of groups, and the directory that added each, if any. Writing requires a [`MembershipApproval`], which
//! only `entitlements` creates.

use super::{ids, set};
use crate::db::{DbError, Row, Tx, args, fields, statements};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, UserId},
    license::Model,
    people::Role,
};
use std::collections::{BTreeMap, BTreeSet};

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

    // The representations that a directory has read are outdated.
    BUMP_VERSIONS = "
        UPDATE groups SET version = version + 1 WHERE id AMONG($1)";

    // A user who was deleted a moment ago is not added. Not as a join: PostgreSQL would read the index of all users who
    // are not deleted, once for each row.
    INSERT = "
        INSERT INTO group_members (group_id, user_id)
        SELECT given.group_id, given.user_id
        FROM ROWS($1: group_id uuid, user_id uuid)
        WHERE (SELECT u.deleted_at IS NULL FROM users u WHERE u.id = given.user_id)
        ON CONFLICT (group_id, user_id) DO NOTHING
        RETURNING group_id, user_id";

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
        SELECT gives.group_id, l.id, p.name, l.model
        FROM (
            SELECT group_id, license_id FROM group_licenses WHERE group_id AMONG($1)
            UNION
            SELECT r.group_id, of_rule.license_id
            FROM directory_rules r
            JOIN directory_rule_licenses of_rule ON of_rule.rule_id = r.id
            WHERE r.group_id AMONG($1)) AS gives
        JOIN licenses l ON l.id = gives.license_id
        JOIN products p ON p.id = l.product_id
        ORDER BY gives.group_id, p.name, l.model, l.id";

    RULES = "
        SELECT group_id, directory_id, role
        FROM directory_rules
        WHERE group_id AMONG($1)
        ORDER BY group_id, directory_id, place, id";

    MANAGED = "
        SELECT DISTINCT group_id FROM group_managers WHERE group_id AMONG($1)";

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

/// A group, and a user who is or becomes a member of it.
pub type Membership = (GroupId, UserId);

/// Adds members to groups, each with the approval for its group. Returns those that were not members before.
pub async fn insert<'a, A: MembershipApproval + 'a>(
    tx: &mut Tx,
    approved: impl IntoIterator<Item = (&'a A, GroupId, &'a [UserId])>,
) -> Result<BTreeSet<Membership>, DbError> {
    let of_group = |(_, group, users): (&'a A, GroupId, &'a [UserId])| users.iter().map(move |user| (group, *user));
    let pairs: BTreeSet<Membership> = approved.into_iter().flat_map(of_group).collect();
    if pairs.is_empty() {
        return Ok(pairs);
    }
    let rows = pairs.iter().map(|(group, user)| fields! { "group_id": group, "user_id": user });
    let rows = tx.all(&INSERT, args![set(rows)]).await?;
    let added = rows.iter().map(|row| Ok((row.get("group_id")?, row.get("user_id")?)));
    let added = added.collect::<Result<BTreeSet<Membership>, DbError>>()?;
    let groups: BTreeSet<_> = added.iter().map(|(group, _)| *group).collect();
    if !groups.is_empty() {
        tx.run(&BUMP_VERSIONS, args![ids(groups)]).await?;
    }
    Ok(added)
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
    tx.run(&BUMP_VERSIONS, args![ids([group])]).await?;
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
    Ok(uses_of_each(tx, &BTreeSet::from([group])).await?.remove(&group).unwrap_or_default())
}

/// What depends on each of these groups.
pub async fn uses_of_each(tx: &mut Tx, groups: &BTreeSet<GroupId>) -> Result<BTreeMap<GroupId, GroupUses>, DbError> {
    let mut uses: BTreeMap<GroupId, GroupUses> = groups.iter().map(|group| (*group, GroupUses::default())).collect();
    for row in tx.all(&LICENSES_GIVEN, args![ids(groups)]).await? {
        let license = GivenLicense { id: row.get("id")?, product: row.get("name")?, model: row.get("model")? };
        uses.entry(row.get("group_id")?).or_default().licenses.push(license);
    }
    for row in tx.all(&RULES, args![ids(groups)]).await? {
        let of_group = uses.entry(row.get("group_id")?).or_default();
        of_group.ruled = true;
        let (directory, role): (_, Option<Role>) = (row.get("directory_id")?, row.opt("role")?);
        of_group.roles.extend(role.map(|role| (directory, role)));
    }
    for row in tx.all(&MANAGED, args![ids(groups)]).await? {
        uses.entry(row.get("group_id")?).or_default().managed = true;
    }
    for group in super::groups::limited(tx, groups).await? {
        uses.entry(group).or_default().reserved = true;
    }
    Ok(uses)
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
