//! Imports: the results of their rows, and the users that a chunk reads and writes.

pub mod progress;

use super::set;
use crate::{
    db::{Column, Db, DbError, Row, Tx, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, ImportId, LicenseId, UserId},
    people::UserStatus,
    permissions::Rights,
    validate::email_key,
    wire::{
        Page,
        imports::{ImportRow, ImportView},
    },
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::Hash,
};

statements! {
    GET = "
        SELECT id, by_id, dry_run, state, row_count, created, changed, unchanged, refused, with_problems, failure,
               created_at, ended_at
        FROM imports
        WHERE id = $1";

    ROWS = "
        SELECT line, rank, outcome, name, email, problems, notices
        FROM import_rows
        WHERE import_id = $1 AND pending IS NULL AND (rank > $2 OR (rank = $2 AND line > $3))
        ORDER BY rank, line
        LIMIT $4";

    COUNT_ROWS = "
        SELECT COUNT(*) AS total FROM import_rows WHERE import_id = $1 AND pending IS NULL";

    // On PostgreSQL, an array is looked up in the index also before there are statistics; for a subquery, all users are
    // compared with all rows.
    BY_EMAIL = "
        SELECT u.id, u.name, u.email_key, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.status
        FROM users u
        WHERE u.email_key IN (SELECT email_key FROM ROWS($1: email_key text))",
    on_postgres: "
        SELECT u.id, u.name, u.email_key, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.status
        FROM users u
        WHERE u.email_key = ANY(ARRAY(SELECT email_key FROM ROWS($1: email_key text)))";

    LICENSES_OF = "
        SELECT user_id, license_id AS id FROM assignments WHERE user_id AMONG($1)";

    GROUPS_OF = "
        SELECT user_id, group_id AS id FROM group_members WHERE user_id AMONG($1)";

    MANAGED_BY = "
        SELECT user_id, group_id AS id FROM group_managers WHERE user_id AMONG($1)";

    INSERT_USERS = "
        INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, limited_to_groups,
                           status, source, created_at)
        SELECT id, name, name_key, email, email_key, role, permissions, FALSE, limited, status, 'import', created_at
        FROM ROWS($1: id uuid, name text, name_key text, email text, email_key text, role text, permissions text,
                  limited boolean, status text, created_at time)";

    INSERT_MANAGERS = "
        INSERT INTO group_managers (group_id, user_id)
        SELECT group_id, user_id
        FROM ROWS($1: group_id uuid, user_id uuid)";
}

/// An import, and the user who started it.
pub async fn get(db: &Db, id: ImportId) -> Result<Option<(UserId, ImportView)>, DbError> {
    db.one(&GET, args![id]).await?.map(|row| Ok((row.get("by_id")?, import(&row)?))).transpose()
}

fn import(row: &Row) -> Result<ImportView, DbError> {
    let (created, changed) = (row.get::<i64>("created")?, row.get::<i64>("changed")?);
    let (unchanged, refused) = (row.get::<i64>("unchanged")?, row.get::<i64>("refused")?);
    Ok(ImportView {
        id: row.get("id")?,
        dry_run: row.get("dry_run")?,
        state: row.get("state")?,
        rows: row.get("row_count")?,
        done: created + changed + unchanged + refused,
        created,
        changed,
        unchanged,
        refused,
        with_problems: row.get("with_problems")?,
        failure: row.opt("failure")?,
        created_at: row.get("created_at")?,
        ended_at: row.opt("ended_at")?,
    })
}

/// The position of a row in the result: rank and line.
pub type RowCursor = (i64, i64);

/// The results of rows, those with problems first, and the cursor of the next page.
pub async fn rows(
    db: &Db,
    id: ImportId,
    after: Option<RowCursor>,
    limit: usize,
) -> Result<(Vec<ImportRow>, Option<RowCursor>), DbError> {
    let (rank, line) = after.unwrap_or((-1, 0));
    let rows = db.all(&ROWS, args![id, rank, line, i64::try_from(limit + 1).unwrap_or(i64::MAX)]).await?;
    let more = rows.len() > limit;
    let last = rows.iter().take(limit).next_back().filter(|_| more);
    let next = last.map(|row| Ok::<_, DbError>((row.get("rank")?, row.get("line")?))).transpose()?;
    Ok((rows.iter().take(limit).map(row).collect::<Result<_, DbError>>()?, next))
}

fn row(row: &Row) -> Result<ImportRow, DbError> {
    let (problems, notices) = progress::problems(row)?;
    let (line, outcome, email) = (row.get("line")?, row.get("outcome")?, row.get("email")?);
    let name = row.opt("name")?.unwrap_or_default();
    Ok(ImportRow { line, outcome, name, email, problems, notices })
}

/// A page of row results.
pub async fn page(db: &Db, id: ImportId, after: Option<RowCursor>, limit: usize) -> Result<Page<ImportRow>, DbError> {
    let total = db.one(&COUNT_ROWS, args![id]).await?.map_or(Ok(0), |row| row.get("total"))?;
    let (items, next) = rows(db, id, after, limit).await?;
    Ok(Page { items, next: next.map(|(rank, line)| format!("{rank}-{line}")), total })
}

/// A user who already exists.
#[derive(Clone, Debug)]
pub struct ExistingUser {
    pub id: UserId,
    pub name: String,
    pub rights: Rights,
    pub status: UserStatus,
    /// The groups that the user manages.
    pub manages: HashSet<GroupId>,
    pub licenses: HashSet<LicenseId>,
    /// The groups that the user is a member of.
    pub groups: HashSet<GroupId>,
}

/// The users with these e-mail addresses, by normalized address.
pub async fn existing_users(
    db: &Db,
    emails: impl Iterator<Item = &str>,
) -> Result<HashMap<String, ExistingUser>, DbError> {
    let keys = set(emails.map(|email| fields! { "email_key": email_key(email) }));
    let mut tx = db.begin_read_by_index().await?;
    let mut found = HashMap::new();
    for row in tx.all(&BY_EMAIL, args![keys]).await? {
        let (licenses, groups, manages) = Default::default();
        let (id, name, rights, status) =
            (row.get("id")?, row.get("name")?, super::users::rights(&row)?, row.get("status")?);
        found.insert(row.get("email_key")?, ExistingUser { id, name, rights, status, manages, licenses, groups });
    }
    let who = || super::ids(found.values().map(|user| user.id));
    let mut licenses = by_user(tx.all(&LICENSES_OF, args![who()]).await?)?;
    let mut groups = by_user(tx.all(&GROUPS_OF, args![who()]).await?)?;
    let mut manages = by_user(tx.all(&MANAGED_BY, args![who()]).await?)?;
    tx.commit().await?;
    for user in found.values_mut() {
        user.manages = manages.remove(&user.id).unwrap_or_default();
        user.licenses = licenses.remove(&user.id).unwrap_or_default();
        user.groups = groups.remove(&user.id).unwrap_or_default();
    }
    Ok(found)
}

/// Groups the ids in `id` by user.
fn by_user<T: Column + Eq + Hash>(rows: Vec<Row>) -> Result<HashMap<UserId, HashSet<T>>, DbError> {
    let mut found: HashMap<UserId, HashSet<T>> = HashMap::new();
    for row in rows {
        found.entry(row.get("user_id")?).or_default().insert(row.get("id")?);
    }
    Ok(found)
}

/// A user to be added, without a password.
#[derive(Clone, Debug)]
pub struct ImportedUser {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub rights: Rights,
    /// The groups that the user manages.
    pub manages: BTreeSet<GroupId>,
    pub status: UserStatus,
}

/// Adds users.
///
/// # Errors
/// Returns [`DbError::Taken`] `users_email_key` if an e-mail address is taken.
pub async fn insert_users(tx: &mut Tx, users: &[&ImportedUser], now: DateTime<Utc>) -> Result<(), DbError> {
    let rows = set(users.iter().map(|user| {
        fields! {
            "id": user.id, "name": user.name.as_str(), "name_key": fold(&user.name), "email": user.email.as_str(),
            "email_key": email_key(&user.email), "role": user.rights.role,
            "permissions": super::users::permissions(&user.rights), "limited": user.rights.limited_to_groups,
            "status": user.status, "created_at": now,
        }
    }));
    tx.run(&INSERT_USERS, args![rows]).await?;
    let managed = users.iter().flat_map(|user| user.manages.iter().map(|group| (*group, user.id)));
    let managed = set(managed.map(|(group, user)| fields! { "group_id": group, "user_id": user }));
    if managed.is_given() {
        tx.run(&INSERT_MANAGERS, args![managed]).await?;
    }
    Ok(())
}
