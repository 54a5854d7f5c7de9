//! Revokes all credentials of a user, so that only the owner of the e-mail address or of the identity at the provider
//! can sign in again.

use crate::db::{DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

statements! {
    PASSWORD = "
        UPDATE users SET password_hash = NULL WHERE id = $1 AND password_hash IS NOT NULL";

    SIGN_INS = "
        DELETE FROM browser_sessions WHERE user_id = $1";

    SIGN_IN_CHALLENGES = "
        DELETE FROM sign_in_challenges WHERE user_id = $1";

    TOKENS = "
        DELETE FROM api_tokens WHERE user_id = $1";

    // Not deleted, so that opening one says that it has expired.
    LINKS = "
        UPDATE password_links SET expires_at = $2 WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2";

    APPS = "
        DELETE FROM second_factors WHERE user_id = $1";

    CODES = "
        DELETE FROM recovery_codes WHERE user_id = $1";

    PASSKEYS = "
        DELETE FROM passkeys WHERE user_id = $1";

    PASSKEY_CHALLENGES = "
        DELETE FROM passkey_challenges WHERE user_id = $1";

    // A provider that never links by e-mail address could not link the identity again, so it is kept.
    IDENTITIES = "
        DELETE FROM identities
        WHERE user_id = $1 AND issuer NOT IN (SELECT issuer FROM sign_in_providers WHERE link_by_email = 'never')";
}

/// Revokes all credentials. Returns whether there were any.
pub async fn reset(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut ended = tx.run(&LINKS, args![user, now]).await?;
    for sql in
        [&PASSWORD, &SIGN_IN_CHALLENGES, &SIGN_INS, &TOKENS, &APPS, &CODES, &PASSKEYS, &PASSKEY_CHALLENGES, &IDENTITIES]
    {
        ended += tx.run(sql, args![user]).await?;
    }
    Ok(ended > 0)
}
