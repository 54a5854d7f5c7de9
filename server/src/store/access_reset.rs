//! Ends all by which anybody gets into an account, so that only whoever reads its e-mails or is it at the provider gets in again.

use crate::db::{DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

statements! {
    PASSWORD = "
        UPDATE users SET password_hash = NULL WHERE id = $1 AND password_hash IS NOT NULL";

    SIGN_INS = "
        DELETE FROM browser_sessions WHERE user_id = $1";

    HALF_SIGN_INS = "
        DELETE FROM sign_in_challenges WHERE user_id = $1";

    TOKENS = "
        DELETE FROM api_tokens WHERE user_id = $1";

    // Whoever opens one is told what became of it.
    LINKS = "
        UPDATE password_links SET expires_at = $2 WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2";

    APPS = "
        DELETE FROM second_factors WHERE user_id = $1";

    CODES = "
        DELETE FROM recovery_codes WHERE user_id = $1";

    PASSKEYS = "
        DELETE FROM passkeys WHERE user_id = $1";

    HALF_PASSKEYS = "
        DELETE FROM passkey_challenges WHERE user_id = $1";

    // Where a provider links nobody by address, only the user's own identity can be linked; it could not be linked again.
    IDENTITIES = "
        DELETE FROM identities
        WHERE user_id = $1 AND issuer NOT IN (SELECT issuer FROM sign_in_providers WHERE link_by_email = 'never')";
}

/// Ends all of it; whether there was anything.
pub async fn reset(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut ended = tx.run(&LINKS, args![user, now]).await?;
    for sql in [&PASSWORD, &SIGN_INS, &HALF_SIGN_INS, &TOKENS, &APPS, &CODES, &PASSKEYS, &HALF_PASSKEYS, &IDENTITIES] {
        ended += tx.run(sql, args![user]).await?;
    }
    Ok(ended > 0)
}
