//! Users as visible to directories: their own users, and those of no directory.

use super::ids;
use crate::{
    db::{Db, DbError, Row, Sql, Tx, Value, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, UserId},
    people::{Source, UserStatus},
};
use std::collections::HashMap;

const COLUMNS: &str = "
        SELECT u.id, u.name, u.email, u.status, u.created_at, s.attributes, s.modified_at, s.directory_id,
               s.released_email
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id";

/// The condition for users visible to the directory `$1`.
const VISIBLE: &str = "u.deleted_at IS NULL AND (s.directory_id IS NULL OR s.directory_id = $1)";

const USER_NAME: &str = "COALESCE(s.user_name_key, u.email_key)";
const DISPLAY: &str = "COALESCE(s.display_key, u.name_key)";
const EMAILS: &str = "COALESCE(s.email_keys, '\n' || u.email_key || '\n')";
const MODIFIED: &str = "COALESCE(s.modified_at, u.created_at)";

/// The condition of a [`UserPrefilter`].
fn prefilter() -> String {
    format!(
        "WHERE {VISIBLE}
           AND (CAST($2 AS TEXT) IS NULL OR u.status = $2)
           AND (CAST($3 AS TEXT) IS NULL OR {USER_NAME} LIKE $3 ESCAPE '!')
           AND (CAST($4 AS TEXT) IS NULL OR {DISPLAY} LIKE $4 ESCAPE '!')
           AND (CAST($5 AS TEXT) IS NULL OR {EMAILS} LIKE $5 ESCAPE '!')
           AND (CAST($6 AS TIMESTAMPTZ) IS NULL OR {MODIFIED} >= $6)
           AND (CAST($7 AS TIMESTAMPTZ) IS NULL OR {MODIFIED} <= $7)"
    )
}

fn list_sorted_by(expr: &str, down: bool) -> String {
    let order = if down { "DESC" } else { "ASC" };
    format!("{COLUMNS} {} ORDER BY {expr} {order}, u.id {order} LIMIT $8 OFFSET $9", prefilter())
}

statements! {
    BY_ID = list_sorted_by("u.id", false);
    BY_ID_DOWN = list_sorted_by("u.id", true);
    BY_USER_NAME = list_sorted_by(USER_NAME, false);
    BY_USER_NAME_DOWN = list_sorted_by(USER_NAME, true);
    BY_CREATED = list_sorted_by("u.created_at", false);
    BY_CREATED_DOWN = list_sorted_by("u.created_at", true);
    BY_MODIFIED = list_sorted_by(MODIFIED, false);
    BY_MODIFIED_DOWN = list_sorted_by(MODIFIED, true);

    COUNT = format!("
        SELECT COUNT(*) AS total
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id
        {}", prefilter());

    LOOKUP = format!("
        {COLUMNS}
        WHERE {VISIBLE}
          AND u.id IN (
              SELECT id FROM ROWS($2: id uuid)
              UNION
              SELECT user_id FROM directory_users WHERE user_name_key IN (SELECT word FROM ROWS($3: word text))
              UNION
              SELECT id FROM users WHERE email_key IN (SELECT word FROM ROWS($3: word text))
              UNION
              SELECT user_id FROM directory_users WHERE external_id IN (SELECT word FROM ROWS($4: word text)))
        ORDER BY u.id");

    GET = format!("{COLUMNS} WHERE {VISIBLE} AND u.id = $2");

    VISIBLE_AMONG = format!("
        SELECT u.id
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id
        WHERE {VISIBLE} AND u.id IN (SELECT id FROM ROWS($2: id uuid))");

    GROUPS_OF = "
        SELECT m.user_id, g.id, g.name
        FROM group_members m
        JOIN groups g ON g.id = m.group_id
        WHERE m.user_id IN (SELECT id FROM ROWS($1: id uuid))
          AND (g.directory_id IS NULL OR g.directory_id = $2)
        ORDER BY m.user_id, g.name_key, g.id";

    WRITE = "
        INSERT INTO directory_users (user_id, directory_id, user_name_key, external_id, display_key, email_keys,
                                     attributes, modified_at, released_email)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (user_id) DO UPDATE
        SET user_name_key = $3, external_id = $4, display_key = $5, email_keys = $6, attributes = $7, modified_at = $8,
            released_email = $9";

    SET_SOURCE = "
        UPDATE users SET source = $2 WHERE id = $1";
}

/// A user as visible to a directory.
#[derive(Clone, Debug)]
pub struct DirectoryUser {
    pub id: UserId,
    /// Seatkeeper's name of the user.
    pub name: String,
    pub email: String,
    pub status: UserStatus,
    pub created_at: DateTime<Utc>,
    /// The directory's attributes as JSON; absent if the user belongs to no directory.
    pub attributes: Option<String>,
    /// The last change by the directory.
    pub modified_at: Option<DateTime<Utc>>,
    /// The e-mail address that was released when the directory soft-deleted the user.
    pub released_email: Option<String>,
}

fn directory_user(row: &Row) -> Result<DirectoryUser, DbError> {
    Ok(DirectoryUser {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        status: row.get("status")?,
        created_at: row.get("created_at")?,
        attributes: row.opt("attributes")?,
        modified_at: row.opt("modified_at")?,
        released_email: row.opt("released_email")?,
    })
}

/// The sort key of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOrder {
    /// Approximately the order of creation.
    Id,
    UserName,
    Created,
    Modified,
}

/// Conditions that SQL can check before the SCIM filter is evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserPrefilter {
    pub status: Option<UserStatus>,
    /// A `LIKE` pattern for the userName in lower case.
    pub user_name: Option<String>,
    /// A `LIKE` pattern for the normalized displayName.
    pub display: Option<String>,
    /// A `LIKE` pattern for all addresses, one per line.
    pub emails: Option<String>,
    /// The earliest time of the last change.
    pub since: Option<DateTime<Utc>>,
    /// The latest time of the last change.
    pub until: Option<DateTime<Utc>>,
}

impl UserPrefilter {
    fn args(&self, directory: DirectoryId) -> Vec<Value> {
        args![
            directory,
            self.status,
            self.user_name.as_deref(),
            self.display.as_deref(),
            self.emails.as_deref(),
            self.since,
            self.until
        ]
    }
}

fn sql(order: UserOrder, down: bool) -> &'static Sql {
    let [ascending, descending] = match order {
        UserOrder::Id => [&BY_ID, &BY_ID_DOWN],
        UserOrder::UserName => [&BY_USER_NAME, &BY_USER_NAME_DOWN],
        UserOrder::Created => [&BY_CREATED, &BY_CREATED_DOWN],
        UserOrder::Modified => [&BY_MODIFIED, &BY_MODIFIED_DOWN],
    };
    if down { descending } else { ascending }
}

/// A page of users.
pub async fn list(
    db: &Db,
    directory: DirectoryId,
    prefilter: &UserPrefilter,
    (order, down): (UserOrder, bool),
    (limit, offset): (i64, i64),
) -> Result<Vec<DirectoryUser>, DbError> {
    let mut args = prefilter.args(directory);
    args.extend([limit.into(), offset.into()]);
    db.all(sql(order, down), args).await?.iter().map(directory_user).collect()
}

/// The number of users in a list.
pub async fn count(db: &Db, directory: DirectoryId, prefilter: &UserPrefilter) -> Result<i64, DbError> {
    db.one(&COUNT, prefilter.args(directory)).await?.map_or(Ok(0), |row| row.get("total"))
}

/// The users with one of these ids, userNames in lower case, or externalIds; sorted by id.
pub async fn lookup(
    db: &Db,
    directory: DirectoryId,
    users: &[UserId],
    user_names: &[String],
    external_ids: &[String],
) -> Result<Vec<DirectoryUser>, DbError> {
    let words = |words: &[String]| super::set(words.iter().map(|word| fields! { "word": word }));
    let args = args![directory, ids(users), words(user_names), words(external_ids)];
    db.all(&LOOKUP, args).await?.iter().map(directory_user).collect()
}

pub async fn get(db: &Db, directory: DirectoryId, user: UserId) -> Result<Option<DirectoryUser>, DbError> {
    db.one(&GET, args![directory, user]).await?.map(|row| directory_user(&row)).transpose()
}

/// One user, within a transaction.
pub async fn get_in(tx: &mut Tx, directory: DirectoryId, user: UserId) -> Result<Option<DirectoryUser>, DbError> {
    tx.one(&GET, args![directory, user]).await?.map(|row| directory_user(&row)).transpose()
}

/// Those of these users that are visible to the directory.
pub async fn among(tx: &mut Tx, directory: DirectoryId, users: &[UserId]) -> Result<Vec<UserId>, DbError> {
    tx.all(&VISIBLE_AMONG, args![directory, ids(users)]).await?.iter().map(|row| row.get("id")).collect()
}

/// A group and its name.
pub type NamedGroup = (GroupId, String);

/// The groups of these users that are visible to the directory.
pub async fn groups_of(
    db: &Db,
    directory: DirectoryId,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<NamedGroup>>, DbError> {
    let mut of: HashMap<UserId, Vec<NamedGroup>> = HashMap::new();
    for row in db.all(&GROUPS_OF, args![ids(users), directory]).await? {
        of.entry(row.get("user_id")?).or_default().push((row.get("id")?, row.get("name")?));
    }
    Ok(of)
}

/// A directory's data of a user, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUserRecord {
    /// The userName in lower case.
    pub user_name_key: String,
    /// The directory's own id of the user, unique within the directory.
    pub external_id: Option<String>,
    /// The displayName.
    pub display: String,
    /// All addresses in lower case.
    pub emails: Vec<String>,
    /// All attributes as JSON.
    pub attributes: String,
    /// The e-mail address that was released, while the user is soft-deleted.
    pub released_email: Option<String>,
}

/// Stores a directory's data of a user, who belongs to the directory from now on.
///
/// # Errors
/// Returns [`DbError::Taken`] `directory_users_user_name_key` if the userName is taken, and
/// `directory_users_external_id` if another user of the directory has the externalId.
pub async fn write(
    tx: &mut Tx,
    directory: DirectoryId,
    user: UserId,
    record: &DirectoryUserRecord,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let emails = format!("\n{}\n", record.emails.join("\n"));
    let args = args![
        user,
        directory,
        &record.user_name_key,
        record.external_id.as_deref(),
        fold(&record.display),
        emails,
        &record.attributes,
        now,
        record.released_email.as_deref()
    ];
    tx.run(&WRITE, args).await?;
    tx.run(&SET_SOURCE, args![user, Source::Directory.as_str()]).await.map(drop)
}
