//! The values that no two users may share: e-mail addresses, and the names and ids of directories.

use super::directory_users::DirectoryUserRecord;
use crate::db::{DbError, Tx, args, statements};
use seatkeeper_shared::ids::{DirectoryId, UserId};

statements! {
    // The names of the unique indexes, which decide between concurrent changes. A user of no directory uses the e-mail
    // address as userName.
    TAKEN = "
        SELECT 'users_email_key' AS taken FROM users WHERE email_key = $2 AND id <> $1
        UNION ALL
        SELECT 'directory_users_user_name_key' FROM directory_users WHERE user_name_key = $3 AND user_id <> $1
        UNION ALL
        SELECT 'directory_users_user_name_key' FROM users u
        WHERE u.email_key = $3 AND u.id <> $1
          AND NOT EXISTS (SELECT 1 FROM directory_users s WHERE s.user_id = u.id)
        UNION ALL
        SELECT 'directory_users_external_id' FROM directory_users
        WHERE directory_id = $4 AND external_id = $5 AND user_id <> $1
        LIMIT 1";
}

/// The unique index in which another user has the e-mail address or one of the directory's values.
pub async fn taken(
    tx: &mut Tx,
    user: UserId,
    email: &str,
    record: Option<(DirectoryId, &DirectoryUserRecord)>,
) -> Result<Option<&'static str>, DbError> {
    let (directory, record) = record.unzip();
    let email = seatkeeper_shared::validate::email_key(email);
    let name = record.map(|record| record.user_name_key.as_str());
    let external = record.and_then(|record| record.external_id.as_deref());
    let row = tx.one(&TAKEN, args![user, email, name, directory, external]).await?;
    let Some(row) = row else { return Ok(None) };
    let index: String = row.get("taken")?;
    let known = ["users_email_key", "directory_users_user_name_key", "directory_users_external_id"];
    known
        .into_iter()
        .find(|known| *known == index)
        .map(Some)
        .ok_or_else(|| DbError::Unreadable { column: "taken".to_owned(), problem: format!("unexpected index {index}") })
}
