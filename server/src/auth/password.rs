//! Password hashing: argon2id with the crate's defaults (19 MiB, 2 passes, as OWASP recommends), off the async worker
//! threads.

use super::{NewPassword, attempt_limit::Attempt};
use crate::{clock::Random, tasks::spawn_blocking};
use argon2::{Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _, password_hash::SaltString};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Hashes and verifies passwords, at most two at a time: each takes a core and 19 MiB.
#[derive(Clone, Debug)]
pub struct Passwords {
    random: Random,
    permits: Arc<Semaphore>,
    cost: argon2::Params,
    /// What a password is compared with if the user has none; made at the same cost as the others.
    dummy_hash: Arc<OnceLock<String>>,
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash a password: {0}")]
pub struct HashError(String);

impl Passwords {
    /// With the production cost.
    pub fn new(random: Random) -> Self {
        let (permits, cost) = (Arc::new(Semaphore::new(2)), argon2::Params::DEFAULT);
        Self { random, permits, cost, dummy_hash: Arc::default() }
    }

    /// With the lowest cost, for tests that create many users.
    pub fn cheap(random: Random) -> Self {
        let cost = argon2::Params::new(argon2::Params::MIN_M_COST, 1, 1, None).unwrap_or(argon2::Params::DEFAULT);
        Self { cost, ..Self::new(random) }
    }

    fn hasher(&self) -> Argon2<'static> {
        Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, self.cost.clone())
    }

    /// Hashes a password, in the PHC string format with parameters and salt.
    ///
    /// # Errors
    /// Returns an error if the hash function fails.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, HashError> {
        let salt = SaltString::encode_b64(&self.random.salt()).map_err(|e| HashError(e.to_string()))?;
        let (hasher, password) = (self.hasher(), password.text().to_owned());
        self.run_blocking(move || {
            hasher
                .hash_password(password.as_bytes(), &salt)
                .map(|h| h.to_string())
                .map_err(|e| HashError(e.to_string()))
        })
        .await?
    }

    /// Whether the password matches the hash. Without a hash the result is `false` after the same time, so that timing
    /// does not reveal whether the user exists.
    ///
    /// # Errors
    /// Returns an error if the verification could not be run.
    pub async fn verify(&self, _counted: &Attempt, password: &str, hash: Option<String>) -> Result<bool, HashError> {
        let (hasher, password, dummy_hash) = (self.hasher(), password.to_owned(), self.dummy_hash.clone());
        self.run_blocking(move || {
            let has_password = hash.is_some();
            let hash = hash.unwrap_or_else(|| {
                dummy_hash
                    .get_or_init(|| {
                        let salt = SaltString::encode_b64(b"nobody has this.").ok();
                        salt.and_then(|salt| hasher.hash_password(b"", &salt).ok().map(|h| h.to_string()))
                            .unwrap_or_default()
                    })
                    .clone()
            });
            let matches =
                PasswordHash::new(&hash).is_ok_and(|h| hasher.verify_password(password.as_bytes(), &h).is_ok());
            has_password && matches
        })
        .await
    }

    async fn run_blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let _permit = self.permits.acquire().await.map_err(|e| HashError(e.to_string()))?;
        spawn_blocking(work).await.map_err(|e| HashError(e.to_string()))
    }
}
