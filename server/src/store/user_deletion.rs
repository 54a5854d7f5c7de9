//! Deletes users: their personal data is removed, but the row stays because the history needs the name.

use super::ids;
use crate::db::{DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

statements! {
    // Frees the e-mail address for another user. The key cannot collide with an address: it contains no @.
    DELETE_USERS = "
        UPDATE users
        SET deleted_at = $2, email = '', email_key = 'deleted ' || ID_TEXT(id), password_hash = NULL,
            permissions = '[]', role = 'agent', billing_contact = FALSE, limited_to_groups = FALSE
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_MEMBERSHIPS = "
        DELETE FROM group_members WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_MANAGERS = "
        DELETE FROM group_managers WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    // Frees the userName as well.
    DELETE_DIRECTORY_USERS = "
        DELETE FROM directory_users WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_FAILURES = "
        DELETE FROM directory_failures WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_APPS = "
        DELETE FROM second_factors WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_RECOVERY_CODES = "
        DELETE FROM recovery_codes WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_PASSKEYS = "
        DELETE FROM passkeys WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_DEVICES = "
        DELETE FROM known_devices WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_VIEWS = "
        DELETE FROM saved_views WHERE owner_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_REQUESTS = "
        DELETE FROM license_requests WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_ASSIGNMENTS = "
        DELETE FROM assignments WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";
}

/// Deletes users. Their sessions, tickets and sign-ins must have ended.
pub async fn delete(tx: &mut Tx, users: &[UserId], now: DateTime<Utc>) -> Result<(), DbError> {
    if users.is_empty() {
        return Ok(());
    }
    for sql in [
        &DELETE_MEMBERSHIPS,
        &DELETE_MANAGERS,
        &DELETE_APPS,
        &DELETE_RECOVERY_CODES,
        &DELETE_PASSKEYS,
        &DELETE_DEVICES,
        &DELETE_VIEWS,
        &DELETE_REQUESTS,
        &DELETE_ASSIGNMENTS,
        &DELETE_DIRECTORY_USERS,
        &DELETE_FAILURES,
    ] {
        tx.run(sql, args![ids(users)]).await?;
    }
    tx.run(&DELETE_USERS, args![ids(users), now]).await.map(drop)
}
