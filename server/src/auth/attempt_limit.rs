//! Limits password and code attempts per account: at most 100 wrong ones in any hour, from all networks and at all
//! servers together.
//!
//! An attacker must not be able to lock users out by using up that limit. So there are two limits: one for unknown
//! browsers, and one for browsers in which this user has signed in before, recognised by a secret in a cookie. Passkeys
//! and identity providers need neither. Unknown e-mail addresses are counted in the same way, because a different
//! answer would reveal which addresses exist.

use super::{Caller, secret};
use crate::{
    db::{DbError, Tx},
    journal::Journal,
    store::sign_in_tries::{self, Rate},
};
use seatkeeper_shared::{
    ids::UserId,
    validate::{self, MAX_EMAIL_BYTES},
    wire::second_factor::Proof,
};

/// A burst of 30 and one more every two minutes: at most 60 in any hour.
const UNKNOWN_BROWSER_RATE: Rate = Rate { burst: 30, period_ms: 120_000 };
/// A burst of 20 and one more every three minutes: at most 40 in any hour.
const KNOWN_BROWSER_RATE: Rate = Rate { burst: 20, period_ms: 180_000 };

/// The secret that is tried.
#[derive(Clone, Copy, Debug)]
pub enum AttemptedSecret<'a> {
    /// The password of the user with this e-mail address, as normalized by `validate::email_key`.
    Password(&'a str),
    /// This user's second factor code or recovery code.
    Code(UserId),
}

/// Why an attempt may not be made.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    #[error("too many wrong attempts for this account")]
    LimitReached,
    /// A proof of identity with neither a password nor a code.
    #[error("neither a password nor a code is given")]
    EmptyProof,
    /// The attempt could not be counted.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A counted attempt. Every check of a password or a code requires one.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    key_hash: String,
    rate: Rate,
}

impl Attempt {
    /// Counts an attempt in a browser with this device cookie.
    ///
    /// # Errors
    /// Returns an error if the limit is reached, or if the attempt cannot be saved.
    pub async fn in_browser(
        journal: &Journal,
        attempted: AttemptedSecret<'_>,
        email_key: &str,
        device: Option<&str>,
    ) -> Result<Self, AttemptError> {
        let is_known = match device {
            Some(device) => sign_in_tries::is_known(&journal.db, &secret::hash(device), email_key).await?,
            None => false,
        };
        Self::count(journal, attempted, is_known).await
    }

    /// Counts an attempt by a signed-in user, for their own account.
    ///
    /// # Errors
    /// Returns an error if the limit is reached, or if the attempt cannot be saved.
    pub async fn signed_in(journal: &Journal, attempted: AttemptedSecret<'_>) -> Result<Self, AttemptError> {
        Self::count(journal, attempted, true).await
    }

    /// Counts an attempt by a caller who verifies their identity by a password or a code.
    ///
    /// # Errors
    /// Returns an error if neither is given, if the limit is reached, or if the attempt cannot be saved.
    pub async fn by_proof(journal: &Journal, caller: &Caller, given: &Proof) -> Result<Self, AttemptError> {
        match given {
            Proof { password: Some(_), .. } => {
                Self::signed_in(journal, AttemptedSecret::Password(&validate::email_key(&caller.email))).await
            }
            Proof { code: Some(_), .. } => Self::signed_in(journal, AttemptedSecret::Code(caller.id)).await,
            Proof { password: None, code: None } => Err(AttemptError::EmptyProof),
        }
    }

    async fn count(journal: &Journal, attempted: AttemptedSecret<'_>, is_known: bool) -> Result<Self, AttemptError> {
        let (rate, who) = if is_known { (KNOWN_BROWSER_RATE, "known") } else { (UNKNOWN_BROWSER_RATE, "stranger") };
        let key = match attempted {
            // Longer addresses cannot exist.
            AttemptedSecret::Password(email_key) => email_key.chars().take(MAX_EMAIL_BYTES).collect(),
            AttemptedSecret::Code(user) => user.to_string(),
        };
        let kind = if matches!(attempted, AttemptedSecret::Password(_)) { "password" } else { "code" };
        let key_hash = secret::hash(&format!("{who} {kind} {key}"));
        let mut tx = journal.db.begin().await?;
        if !sign_in_tries::charge(&mut tx, &key_hash, rate, journal.clock.now()).await? {
            return Err(AttemptError::LimitReached);
        }
        tx.commit().await?;
        Ok(Self { key_hash, rate })
    }

    /// Refunds a successful attempt: only wrong ones count.
    ///
    /// # Errors
    /// Returns an error if the refund cannot be saved.
    pub async fn refund(self, tx: &mut Tx) -> Result<(), DbError> {
        sign_in_tries::refund(tx, &self.key_hash, self.rate).await
    }
}

/// Deletes counters that have no effect any more.
///
/// # Errors
/// Returns an error if the deletion cannot be saved.
pub async fn delete_expired(journal: &Journal) -> Result<(), DbError> {
    let mut tx = journal.db.begin().await?;
    if sign_in_tries::delete_idle(&mut tx, journal.clock.now()).await? > 0 {
        tx.commit().await?;
    }
    Ok(())
}
