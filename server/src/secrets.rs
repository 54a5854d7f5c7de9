//! Secrets that the server needs in plain text and therefore cannot store as hashes. They are encrypted in the database
//! with a key that is stored elsewhere, so a copy of the database alone is useless for signing tokens or generating
//! codes.
//!
//! A [`StoredSecret`] is the value of a column. Only a [`Keyring`] can decrypt it, and only for its own
//! [`SecretLocation`]: copied to another row, it cannot be decrypted.

pub mod key_source;
pub mod keyring;

pub use crate::store::secrets::{SecretLocation, StoredSecret};
pub use keyring::{Keyring, SecretError};

use crate::{
    clock::Random,
    db::{Db, DbError},
    store,
};
use std::collections::BTreeMap;

/// For transactions that conflict with another one.
const MAX_ATTEMPTS: usize = 5;

/// Why the secrets in the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(
        "{count} secrets in the database are encrypted with the key {id}, which is not configured; nothing was \
         changed. Add it to --secret-key-file or SEATKEEPER_SECRET_KEYS, after newer keys if there are any"
    )]
    UnknownKey {
        id: String,
        /// The number of secrets.
        count: usize,
    },
    #[error("{location} cannot be decrypted: the value or its key was changed; no secret was re-encrypted")]
    Broken {
        /// `table.column/row`.
        location: String,
    },
}

/// The result of a re-encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResealReport {
    /// The number of secrets in the database.
    pub found: usize,
    /// The number of secrets that were re-encrypted.
    pub sealed: usize,
}

/// Which secrets are re-encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reseal {
    /// Plain ones, which an earlier version wrote.
    Plain,
    /// All that are not encrypted with the newest key.
    Outdated,
}

/// Re-encrypts secrets in the database, all or none, after verifying that every secret can be decrypted. If two servers
/// do this at once, a secret that the other one has changed is left alone, and a conflicting transaction is retried.
///
/// # Errors
/// Returns a [`SecretsError`] if a secret cannot be decrypted or the database fails; nothing was changed then.
pub async fn reseal(db: &Db, keyring: &Keyring, random: &Random, which: Reseal) -> Result<ResealReport, SecretsError> {
    for _ in 1..MAX_ATTEMPTS {
        match reseal_once(db, keyring, random, which).await {
            Err(SecretsError::Db(DbError::Retry)) => {}
            done => return done,
        }
    }
    reseal_once(db, keyring, random, which).await
}

async fn reseal_once(db: &Db, keyring: &Keyring, random: &Random, which: Reseal) -> Result<ResealReport, SecretsError> {
    let mut tx = db.begin().await?;
    let all = store::secrets::all(&mut tx).await?;
    let mut unknown = BTreeMap::new();
    let mut opened = Vec::new();
    for (location, stored) in &all {
        match keyring.open(location, stored) {
            Ok(secret) => opened.push((location, stored, secret)),
            Err(SecretError::UnknownKey(id)) => *unknown.entry(id).or_insert(0) += 1,
            Err(SecretError::Broken) => return Err(SecretsError::Broken { location: location.name() }),
        }
    }
    if let Some((id, count)) = unknown.pop_first() {
        return Err(SecretsError::UnknownKey { id, count });
    }
    let mut sealed = 0;
    for (location, stored, secret) in opened {
        let is_due = match which {
            Reseal::Plain => keyring::key_id(stored).is_none(),
            Reseal::Outdated => !keyring.is_current(stored),
        };
        if is_due && !keyring.is_empty() {
            let new = keyring.seal(random, location, &secret).map_err(DbError::from)?;
            sealed += usize::from(store::secrets::replace(&mut tx, location, stored, &new).await?);
        }
    }
    if sealed > 0 {
        tx.commit().await?;
        db.scrub().await?;
    }
    Ok(ResealReport { found: all.len(), sealed })
}
