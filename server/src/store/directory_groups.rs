//! Groups as visible to directories. Their members are changed in `memberships`.

use super::{ids, set};
use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{DirectoryId, GroupId, UserId};
use std::collections::HashMap;

const COLUMNS: &str = "
        SELECT g.id, g.name, g.external_id, g.created_at, g.modified_at, g.version, g.directory_id
        FROM groups g
        WHERE (g.directory_id IS NULL OR g.directory_id = $1)";

statements! {
    ALL = format!("{COLUMNS} ORDER BY g.id");

    GET = format!("{COLUMNS} AND g.id = $2");

    LOOKUP = format!("
        {COLUMNS}
          AND g.id IN (
              SELECT id FROM ROWS($2: id uuid)
              UNION
              SELECT id FROM groups WHERE name_key IN (SELECT word FROM ROWS($3: word text))
              UNION
              SELECT id FROM groups WHERE external_id IN (SELECT word FROM ROWS($4: word text))
              UNION
              SELECT group_id FROM group_members WHERE user_id IN (SELECT id FROM ROWS($5: id uuid)))
        ORDER BY g.id");

    // Members that belong to another directory are hidden.
    MEMBERS_OF = "
        SELECT m.group_id, u.id, u.name
        FROM group_members m
        JOIN users u ON u.id = m.user_id
        WHERE m.group_id IN (SELECT id FROM ROWS($1: id uuid))
          AND m.user_id NOT IN (SELECT user_id FROM directory_users WHERE directory_id <> $2)
        ORDER BY m.group_id, u.id";

    INSERT = "
        INSERT INTO groups (id, name, name_key, created_at, directory_id, external_id, modified_at)
        VALUES ($1, $2, $3, $4, $5, $6, $4)";

    WRITE = "
        UPDATE groups
        SET name = $2, name_key = $3, external_id = $4, directory_id = $5, modified_at = $6, version = version + 1
        WHERE id = $1";
}

/// A group as visible to a directory, without its members.
#[derive(Clone, Debug)]
pub struct DirectoryGroup {
    pub id: GroupId,
    pub name: String,
    /// The directory's own id of the group.
    pub external_id: Option<String>,
    pub created_at: DateTime<Utc>,
    /// The last change by the directory.
    pub modified_at: Option<DateTime<Utc>>,
    /// Whether it belongs to the directory.
    pub owned: bool,
    /// Incremented with each change; the ETag.
    pub version: i64,
}

fn directory_group(row: &Row) -> Result<DirectoryGroup, DbError> {
    Ok(DirectoryGroup {
        id: row.get("id")?,
        name: row.get("name")?,
        external_id: row.opt("external_id")?,
        created_at: row.get("created_at")?,
        modified_at: row.opt("modified_at")?,
        owned: row.opt::<DirectoryId>("directory_id")?.is_some(),
        version: row.get("version")?,
    })
}

/// All groups visible to a directory, sorted by id.
pub async fn all(db: &Db, directory: DirectoryId) -> Result<Vec<DirectoryGroup>, DbError> {
    db.all(&ALL, args![directory]).await?.iter().map(directory_group).collect()
}

/// The values by which groups are looked up; a group matches if any of them does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupLookup {
    pub ids: Vec<GroupId>,
    pub names: Vec<String>,
    pub external_ids: Vec<String>,
    pub members: Vec<UserId>,
}

/// The groups that match a lookup, sorted by id.
pub async fn lookup(db: &Db, directory: DirectoryId, lookup: &GroupLookup) -> Result<Vec<DirectoryGroup>, DbError> {
    let names = set(lookup.names.iter().map(|name| fields! { "word": fold(name) }));
    let external_ids = set(lookup.external_ids.iter().map(|word| fields! { "word": word }));
    let args = args![directory, ids(&lookup.ids), names, external_ids, ids(&lookup.members)];
    db.all(&LOOKUP, args).await?.iter().map(directory_group).collect()
}

pub async fn get(db: &Db, directory: DirectoryId, group: GroupId) -> Result<Option<DirectoryGroup>, DbError> {
    db.one(&GET, args![directory, group]).await?.map(|row| directory_group(&row)).transpose()
}

/// Locks a group until the end of the transaction, and before it the account, which serializes changes of groups.
pub async fn lock(tx: &mut Tx, directory: DirectoryId, group: GroupId) -> Result<Option<DirectoryGroup>, DbError> {
    if super::groups::lock(tx, group).await?.is_none() {
        return Ok(None);
    }
    tx.one(&GET, args![directory, group]).await?.map(|row| directory_group(&row)).transpose()
}

/// A member of a group and their name.
pub type NamedMember = (UserId, String);

/// The members of these groups that are visible to the directory, sorted by id.
pub async fn members_of(
    db: &Db,
    directory: DirectoryId,
    groups: &[GroupId],
) -> Result<HashMap<GroupId, Vec<NamedMember>>, DbError> {
    let mut of: HashMap<GroupId, Vec<NamedMember>> = HashMap::new();
    for row in db.all(&MEMBERS_OF, args![ids(groups), directory]).await? {
        of.entry(row.get("group_id")?).or_default().push((row.get("id")?, row.get("name")?));
    }
    Ok(of)
}

/// The members of one group that are visible to the directory, within a transaction.
pub async fn members_in(tx: &mut Tx, directory: DirectoryId, group: GroupId) -> Result<Vec<NamedMember>, DbError> {
    let rows = tx.all(&MEMBERS_OF, args![ids([group]), directory]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// Adds a group that belongs to a directory.
///
/// # Errors
/// Returns [`DbError::Taken`] `groups_name_key` if the name is taken.
pub async fn insert(
    tx: &mut Tx,
    directory: DirectoryId,
    group: GroupId,
    (name, external_id): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&INSERT, args![group, name, fold(name), now, directory, external_id]).await.map(drop)
}

/// Updates a group with a directory's data. The group belongs to the directory from now on.
///
/// # Errors
/// Returns [`DbError::Taken`] `groups_name_key` if the name is taken.
pub async fn update(
    tx: &mut Tx,
    directory: DirectoryId,
    group: GroupId,
    (name, external_id): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&WRITE, args![group, name, fold(name), external_id, directory, now]).await.map(drop)
}
