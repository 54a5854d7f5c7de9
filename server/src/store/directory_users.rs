//! Users as directories see them: those of their own, and those of no directory.

use super::ids;
use crate::{
    db::{Db, DbError, Row, Sql, Tx, Value, args, fields, statements},
    text::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, UserId},
    people::{Source, UserStatus},
};
use std::collections::HashMap;

const COLUMNS: &str = "
        SELECT u.id, u.name, u.email, u.status, u.created_at, s.attributes, s.modified_at, s.directory_id, s.released_email
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id";

/// Those whom the directory `$1` sees.
const SEEN: &str = "u.deleted_at IS NULL AND (s.directory_id IS NULL OR s.directory_id = $1)";

const USER_NAME: &str = "COALESCE(s.user_name_key, u.email_key)";
const DISPLAY: &str = "COALESCE(s.display_key, u.name_key)";
const EMAILS: &str = "COALESCE(s.email_keys, '\n' || u.email_key || '\n')";
const MODIFIED: &str = "COALESCE(s.modified_at, u.created_at)";

/// What a list is narrowed to before its filter is asked: status, parts of userName, displayName and addresses, times of change.
fn narrowed() -> String {
    format!(
        "WHERE {SEEN}
           AND (CAST($2 AS TEXT) IS NULL OR u.status = $2)
           AND (CAST($3 AS TEXT) IS NULL OR {USER_NAME} LIKE $3 ESCAPE '!')
           AND (CAST($4 AS TEXT) IS NULL OR {DISPLAY} LIKE $4 ESCAPE '!')
           AND (CAST($5 AS TEXT) IS NULL OR {EMAILS} LIKE $5 ESCAPE '!')
           AND (CAST($6 AS TIMESTAMPTZ) IS NULL OR {MODIFIED} >= $6)
           AND (CAST($7 AS TIMESTAMPTZ) IS NULL OR {MODIFIED} <= $7)"
    )
}

fn listed(expr: &str, down: bool) -> String {
    let order = if down { "DESC" } else { "ASC" };
    format!("{COLUMNS} {} ORDER BY {expr} {order}, u.id {order} LIMIT $8 OFFSET $9", narrowed())
}

statements! {
    BY_ID = listed("u.id", false);
    BY_ID_DOWN = listed("u.id", true);
    BY_USER_NAME = listed(USER_NAME, false);
    BY_USER_NAME_DOWN = listed(USER_NAME, true);
    BY_CREATED = listed("u.created_at", false);
    BY_CREATED_DOWN = listed("u.created_at", true);
    BY_MODIFIED = listed(MODIFIED, false);
    BY_MODIFIED_DOWN = listed(MODIFIED, true);

    COUNT = format!("
        SELECT COUNT(*) AS total
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id
        {}", narrowed());

    PROBED = format!("
        {COLUMNS}
        WHERE {SEEN}
          AND u.id IN (
              SELECT id FROM ROWS($2: id uuid)
              UNION
              SELECT user_id FROM directory_users WHERE user_name_key IN (SELECT word FROM ROWS($3: word text))
              UNION
              SELECT id FROM users WHERE email_key IN (SELECT word FROM ROWS($3: word text))
              UNION
              SELECT user_id FROM directory_users WHERE external_id IN (SELECT word FROM ROWS($4: word text)))
        ORDER BY u.id");

    GET = format!("{COLUMNS} WHERE {SEEN} AND u.id = $2");

    SEEN_AMONG = format!("
        SELECT u.id
        FROM users u
        LEFT JOIN directory_users s ON s.user_id = u.id
        WHERE {SEEN} AND u.id IN (SELECT id FROM ROWS($2: id uuid))");

    GROUPS_OF = "
        SELECT m.user_id, g.id, g.name
        FROM group_members m
        JOIN groups g ON g.id = m.group_id
        WHERE m.user_id IN (SELECT id FROM ROWS($1: id uuid))
          AND (g.directory_id IS NULL OR g.directory_id = $2)
        ORDER BY m.user_id, g.name_key, g.id";

    WRITE = "
        INSERT INTO directory_users (user_id, directory_id, user_name_key, external_id, display_key, email_keys, attributes,
                                     modified_at, released_email)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (user_id) DO UPDATE
        SET user_name_key = $3, external_id = $4, display_key = $5, email_keys = $6, attributes = $7, modified_at = $8,
            released_email = $9";

    CLAIM = "
        UPDATE users SET source = $2 WHERE id = $1";
}

/// A user as a directory sees him.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Who.
    pub id: UserId,
    /// Name, as everybody sees it here.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
    /// When he was added.
    pub created_at: DateTime<Utc>,
    /// What the directory told of him, as JSON; absent if he belongs to none.
    pub attributes: Option<String>,
    /// When the directory last changed him.
    pub modified_at: Option<DateTime<Utc>>,
    /// The address that the user gave free when the directory deleted them for the time being.
    pub released_email: Option<String>,
}

fn seen(row: &Row) -> Result<Seen, DbError> {
    Ok(Seen {
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

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By id: by when they were added, nearly.
    Id,
    /// By userName.
    UserName,
    /// By when they were added.
    Created,
    /// By when they were changed.
    Modified,
}

/// What a list is narrowed to before its filter is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Narrow {
    /// Active or suspended.
    pub status: Option<UserStatus>,
    /// A pattern for the userName in small letters.
    pub user_name: Option<String>,
    /// A pattern for the displayName in its folded form.
    pub display: Option<String>,
    /// A pattern for all addresses, one a line.
    pub emails: Option<String>,
    /// Changed then or later.
    pub since: Option<DateTime<Utc>>,
    /// Changed then or earlier.
    pub until: Option<DateTime<Utc>>,
}

impl Narrow {
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

fn sql(order: Order, down: bool) -> &'static Sql {
    let [up, falling] = match order {
        Order::Id => [&BY_ID, &BY_ID_DOWN],
        Order::UserName => [&BY_USER_NAME, &BY_USER_NAME_DOWN],
        Order::Created => [&BY_CREATED, &BY_CREATED_DOWN],
        Order::Modified => [&BY_MODIFIED, &BY_MODIFIED_DOWN],
    };
    if down { falling } else { up }
}

/// Some users of a list.
pub async fn list(
    db: &Db,
    directory: DirectoryId,
    narrow: &Narrow,
    (order, down): (Order, bool),
    (limit, offset): (i64, i64),
) -> Result<Vec<Seen>, DbError> {
    let mut args = narrow.args(directory);
    args.extend([limit.into(), offset.into()]);
    db.all(sql(order, down), args).await?.iter().map(seen).collect()
}

/// How many a list has.
pub async fn count(db: &Db, directory: DirectoryId, narrow: &Narrow) -> Result<i64, DbError> {
    db.one(&COUNT, narrow.args(directory)).await?.map_or(Ok(0), |row| row.get("total"))
}

/// Who is meant by these ids, userNames in small letters, and externalIds; by id.
pub async fn probed(
    db: &Db,
    directory: DirectoryId,
    users: &[UserId],
    names: &[String],
    externals: &[String],
) -> Result<Vec<Seen>, DbError> {
    let words = |words: &[String]| super::set(words.iter().map(|word| fields! { "word": word }));
    let args = args![directory, ids(users), words(names), words(externals)];
    db.all(&PROBED, args).await?.iter().map(seen).collect()
}

/// One user.
pub async fn get(db: &Db, directory: DirectoryId, user: UserId) -> Result<Option<Seen>, DbError> {
    db.one(&GET, args![directory, user]).await?.map(|row| seen(&row)).transpose()
}

/// One user, asked within a transaction.
pub async fn get_in(tx: &mut Tx, directory: DirectoryId, user: UserId) -> Result<Option<Seen>, DbError> {
    tx.one(&GET, args![directory, user]).await?.map(|row| seen(&row)).transpose()
}

/// Those of these users whom the directory sees.
pub async fn among(tx: &mut Tx, directory: DirectoryId, users: &[UserId]) -> Result<Vec<UserId>, DbError> {
    tx.all(&SEEN_AMONG, args![directory, ids(users)]).await?.iter().map(|row| row.get("id")).collect()
}

/// A group as it stands at a user.
pub type GroupOf = (GroupId, String);

/// The groups of these users, as far as the directory sees them.
pub async fn groups_of(
    db: &Db,
    directory: DirectoryId,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<GroupOf>>, DbError> {
    let mut of: HashMap<UserId, Vec<GroupOf>> = HashMap::new();
    for row in db.all(&GROUPS_OF, args![ids(users), directory]).await? {
        of.entry(row.get("user_id")?).or_default().push((row.get("id")?, row.get("name")?));
    }
    Ok(of)
}

/// What is stored of what a directory tells of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The userName in small letters.
    pub user_name_key: String,
    /// The directory's own id of the user. No two users of a directory have the same.
    pub external_id: Option<String>,
    /// What the user is called.
    pub display: String,
    /// All addresses in small letters.
    pub emails: Vec<String>,
    /// All attributes as JSON.
    pub attributes: String,
    /// The address that the user gave free, as long as they are deleted for the time being.
    pub released_email: Option<String>,
}

/// Writes what a directory tells of a user, who belongs to it from now on.
///
/// # Errors
/// [`DbError::Taken`] `directory_users_user_name_key` if somebody else has the userName, `directory_users_external_id` if another
/// user of the directory has the externalId.
pub async fn write(
    tx: &mut Tx,
    directory: DirectoryId,
    user: UserId,
    record: &Record,
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
    tx.run(&CLAIM, args![user, Source::Directory.as_str()]).await.map(drop)
}
