//! Secrets that have to be used as they are, and so cannot be kept as hashes: they stand in the database encrypted,
//! with a key that is not in the database. Whoever copies the database alone can sign nothing and show no code.
//!
//! A [`Stored`] is what stands in a column. Only a [`Keyring`] turns it into the secret, and only for its own
//! [`Place`]: moved to another row, it does not open.

pub mod keyring;
pub mod source;

pub use keyring::{Keyring, SecretError};

use crate::{
    clock::Dice,
    db::{Db, DbError},
    store,
};
use seatkeeper_shared::ids::{ProductId, ProviderId, UserId};
use std::collections::BTreeMap;

/// How often encrypting is tried that gets into the way of somebody else.
const MAX_ATTEMPTS: usize = 5;

/// What stands in a column: an encrypted secret, or one as it is where no key is configured.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored(String);

impl Stored {
    /// What was read from the database.
    pub const fn read(text: String) -> Self {
        Self(text)
    }

    /// What is written to the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

/// Where a secret stands: the associated data of its encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// What a user's app makes codes of (TOTP).
    CodeApp(UserId),
    /// The client secret at a provider of sign-ins.
    Client(ProviderId),
    /// What tokens in the launch links of a product are signed with.
    LaunchLink(ProductId),
    /// The key that leases of borrowed seats are signed with, by its id.
    LeaseKey(String),
}

impl Place {
    /// Table, column and row.
    fn name(&self) -> String {
        match self {
            Self::CodeApp(user) => format!("second_factors.secret/{user}"),
            Self::Client(provider) => format!("sign_in_providers.client_secret/{provider}"),
            Self::LaunchLink(product) => format!("products.link_secret/{product}"),
            Self::LeaseKey(id) => format!("borrow_keys.secret/{id}"),
        }
    }
}

/// Why the secrets in the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There are secrets whose key is not given.
    #[error(
        "{count} secrets in the database are encrypted with the key {id}, which is not given; nothing was changed. \
         Give it with --secret-key-file or SEATKEEPER_SECRET_KEYS, beside newer ones if there are any"
    )]
    UnknownKey {
        /// The id of the key.
        id: String,
        /// How many secrets.
        count: usize,
    },
    /// A secret does not open.
    #[error("{place} cannot be decrypted: the value or its key was changed; nothing was changed now")]
    Broken {
        /// Where it stands.
        place: String,
    },
}

/// What became of the secrets in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many there are.
    pub found: usize,
    /// How many were encrypted just now.
    pub sealed: usize,
}

/// Which secrets are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reseal {
    /// Those that stand there as they are, which an earlier version wrote.
    Plain,
    /// Those that are not encrypted with the newest key.
    Outdated,
}

/// Encrypts the secrets in the database, all or none of them, after it has made sure that each can be opened. Two
/// servers that do so at once: what another has changed meanwhile is left to it, and one in the way of another begins anew.
///
/// # Errors
/// See [`SecretsError`]; nothing was changed.
pub async fn reseal(db: &Db, keyring: &Keyring, dice: &Dice, which: Reseal) -> Result<Resealed, SecretsError> {
    for _ in 1..MAX_ATTEMPTS {
        match reseal_once(db, keyring, dice, which).await {
            Err(SecretsError::Db(DbError::Retry)) => {}
            done => return done,
        }
    }
    reseal_once(db, keyring, dice, which).await
}

async fn reseal_once(db: &Db, keyring: &Keyring, dice: &Dice, which: Reseal) -> Result<Resealed, SecretsError> {
    let mut tx = db.begin().await?;
    let all = store::secrets::all(&mut tx).await?;
    let mut unknown = BTreeMap::new();
    let mut opened = Vec::new();
    for (place, stored) in &all {
        match keyring.open(place, stored) {
            Ok(secret) => opened.push((place, stored, secret)),
            Err(SecretError::UnknownKey(id)) => *unknown.entry(id).or_insert(0) += 1,
            Err(SecretError::Broken) => return Err(SecretsError::Broken { place: place.name() }),
        }
    }
    if let Some((id, count)) = unknown.pop_first() {
        return Err(SecretsError::UnknownKey { id, count });
    }
    let mut sealed = 0;
    for (place, stored, secret) in opened {
        let due = match which {
            Reseal::Plain => keyring::key_id(stored).is_none(),
            Reseal::Outdated => !keyring.is_current(stored),
        };
        if due && !keyring.is_empty() {
            let new = keyring.seal(dice, place, &secret).map_err(DbError::from)?;
            sealed += usize::from(store::secrets::replace(&mut tx, place, stored, &new).await?);
        }
    }
    if sealed > 0 {
        tx.commit().await?;
        db.scrub().await?;
    }
    Ok(Resealed { found: all.len(), sealed })
}
