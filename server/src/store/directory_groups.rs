//! Groups as directories see them. Who comes and goes is in `memberships`.

use super::{ids, set};
use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    text::fold,
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

    PROBED = format!("
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

    // Those of another directory are not shown.
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

/// A group as a directory sees it, without its members.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which.
    pub id: GroupId,
    /// Name.
    pub name: String,
    /// The directory's own id of it.
    pub external_id: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When the directory last changed it.
    pub modified_at: Option<DateTime<Utc>>,
    /// Whether it belongs to the directory already.
    pub owned: bool,
    /// Counts its changes.
    pub version: i64,
}

fn seen(row: &Row) -> Result<Seen, DbError> {
    Ok(Seen {
        id: row.get("id")?,
        name: row.get("name")?,
        external_id: row.opt("external_id")?,
        created_at: row.get("created_at")?,
        modified_at: row.opt("modified_at")?,
        owned: row.opt::<DirectoryId>("directory_id")?.is_some(),
        version: row.get("version")?,
    })
}

/// All groups that a directory sees, by id.
pub async fn all(db: &Db, directory: DirectoryId) -> Result<Vec<Seen>, DbError> {
    db.all(&ALL, args![directory]).await?.iter().map(seen).collect()
}

/// By what groups are looked up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probes {
    /// Their ids.
    pub ids: Vec<GroupId>,
    /// Their names.
    pub names: Vec<String>,
    /// The directory's ids of them.
    pub externals: Vec<String>,
    /// Who is in them.
    pub members: Vec<UserId>,
}

/// The groups that may be meant, by id.
pub async fn probed(db: &Db, directory: DirectoryId, probes: &Probes) -> Result<Vec<Seen>, DbError> {
    let names = set(probes.names.iter().map(|name| fields! { "word": fold(name) }));
    let externals = set(probes.externals.iter().map(|word| fields! { "word": word }));
    let args = args![directory, ids(&probes.ids), names, externals, ids(&probes.members)];
    db.all(&PROBED, args).await?.iter().map(seen).collect()
}

/// One group.
pub async fn get(db: &Db, directory: DirectoryId, group: GroupId) -> Result<Option<Seen>, DbError> {
    db.one(&GET, args![directory, group]).await?.map(|row| seen(&row)).transpose()
}

/// One group, locked until the end of the transaction, as are the account and with it who else changes groups.
pub async fn lock(tx: &mut Tx, directory: DirectoryId, group: GroupId) -> Result<Option<Seen>, DbError> {
    if super::groups::lock(tx, group).await?.is_none() {
        return Ok(None);
    }
    tx.one(&GET, args![directory, group]).await?.map(|row| seen(&row)).transpose()
}

/// Somebody who is in a group, and his name.
pub type Member = (UserId, String);

/// Who is in these groups, as far as the directory sees them; by id.
pub async fn members_of(
    db: &Db,
    directory: DirectoryId,
    groups: &[GroupId],
) -> Result<HashMap<GroupId, Vec<Member>>, DbError> {
    let mut of: HashMap<GroupId, Vec<Member>> = HashMap::new();
    for row in db.all(&MEMBERS_OF, args![ids(groups), directory]).await? {
        of.entry(row.get("group_id")?).or_default().push((row.get("id")?, row.get("name")?));
    }
    Ok(of)
}

/// The same of one group, asked within a transaction.
pub async fn members_in(tx: &mut Tx, directory: DirectoryId, group: GroupId) -> Result<Vec<Member>, DbError> {
    let rows = tx.all(&MEMBERS_OF, args![ids([group]), directory]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// Adds a group of a directory.
///
/// # Errors
/// [`DbError::Taken`] `groups_name_key` if the name is.
pub async fn insert(
    tx: &mut Tx,
    directory: DirectoryId,
    group: GroupId,
    (name, external_id): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&INSERT, args![group, name, fold(name), now, directory, external_id]).await.map(drop)
}

/// Writes what a directory tells of a group, which belongs to it from now on.
///
/// # Errors
/// [`DbError::Taken`] `groups_name_key` if the name is another group's.
pub async fn write(
    tx: &mut Tx,
    directory: DirectoryId,
    group: GroupId,
    (name, external_id): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&WRITE, args![group, name, fold(name), external_id, directory, now]).await.map(drop)
}
