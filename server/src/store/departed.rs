//! Deleting users: what is theirs alone goes, the row stays for the history, which needs the name.

use super::ids;
use crate::db::{DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

statements! {
    // The address is free for somebody else. No address can look like this key: it has no @.
    DELETE_USERS = "
        UPDATE users
        SET deleted_at = $2, email = '', email_key = 'deleted ' || CAST(id AS TEXT), password_hash = NULL,
            permissions = '[]', role = 'agent', billing_contact = FALSE, limited_to_groups = FALSE
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    LEAVE_GROUPS = "
        DELETE FROM group_members WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    MANAGE_NO_GROUPS = "
        DELETE FROM group_managers WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    // The userName is free for somebody else, too.
    LEAVE_DIRECTORY = "
        DELETE FROM directory_users WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    FAIL_NO_MORE = "
        DELETE FROM directory_failures WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";
    LOSE_APPS = "
        DELETE FROM second_factors WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    LOSE_CODES = "
        DELETE FROM recovery_codes WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    LOSE_PASSKEYS = "
        DELETE FROM passkeys WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    LOSE_DEVICES = "
        DELETE FROM known_devices WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    LOSE_LICENSES = "
        DELETE FROM assignments WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";
}

/// Deletes users whose sessions and tickets are over, and who cannot sign in any more.
pub async fn delete(tx: &mut Tx, users: &[UserId], now: DateTime<Utc>) -> Result<(), DbError> {
    if users.is_empty() {
        return Ok(());
    }
    for sql in [
        &LEAVE_GROUPS,
        &MANAGE_NO_GROUPS,
        &LOSE_APPS,
        &LOSE_CODES,
        &LOSE_PASSKEYS,
        &LOSE_DEVICES,
        &LOSE_LICENSES,
        &LEAVE_DIRECTORY,
        &FAIL_NO_MORE,
    ] {
        tx.run(sql, args![ids(users)]).await?;
    }
    tx.run(&DELETE_USERS, args![ids(users), now]).await.map(drop)
}
