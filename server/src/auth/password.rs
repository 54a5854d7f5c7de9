//! Passwords: argon2id with the crate's defaults (19 MiB, 2 passes: OWASP's first recommendation), off the request threads.

use super::{NewPassword, tries::Try};
use crate::clock::Dice;
use argon2::{Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _, password_hash::SaltString};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Hashes and checks passwords, a few at a time: each takes a core and 19 MiB.
#[derive(Clone, Debug)]
pub struct Passwords {
    dice: Dice,
    places: Arc<Semaphore>,
    cost: argon2::Params,
}

/// The password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash a password: {0}")]
pub struct HashError(String);

impl Passwords {
    /// At the cost that protects.
    pub fn new(dice: Dice) -> Self {
        Self { dice, places: Arc::new(Semaphore::new(2)), cost: argon2::Params::DEFAULT }
    }

    /// At the lowest cost, for tests that create many users.
    pub fn cheap(dice: Dice) -> Self {
        let cost = argon2::Params::new(argon2::Params::MIN_M_COST, 1, 1, None).unwrap_or(argon2::Params::DEFAULT);
        Self { cost, ..Self::new(dice) }
    }

    fn argon(&self) -> Argon2<'static> {
        Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, self.cost.clone())
    }

    /// The hash of a password, with its parameters and salt.
    ///
    /// # Errors
    /// The hash function refuses: that is a fault of ours.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, HashError> {
        let salt = SaltString::encode_b64(&self.dice.salt()).map_err(|e| HashError(e.to_string()))?;
        let (argon, password) = (self.argon(), password.text().to_owned());
        self.work(move || {
            argon.hash_password(password.as_bytes(), &salt).map(|h| h.to_string()).map_err(|e| HashError(e.to_string()))
        })
        .await?
    }

    /// Whether the password belongs to the hash. Without a hash it takes as long, and the answer is no: the time does not
    /// tell whether there is such a user.
    ///
    /// # Errors
    /// The work could not be done.
    pub async fn verify(&self, _counted: &Try, password: &str, hash: Option<String>) -> Result<bool, HashError> {
        static NOBODY: OnceLock<String> = OnceLock::new();
        let (argon, password) = (self.argon(), password.to_owned());
        self.work(move || {
            let real = hash.is_some();
            let hash = hash.unwrap_or_else(|| {
                NOBODY
                    .get_or_init(|| {
                        let salt = SaltString::encode_b64(b"nobody has this.").ok();
                        salt.and_then(|salt| argon.hash_password(b"", &salt).ok().map(|h| h.to_string()))
                            .unwrap_or_default()
                    })
                    .clone()
            });
            let good = PasswordHash::new(&hash).is_ok_and(|h| argon.verify_password(password.as_bytes(), &h).is_ok());
            real && good
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let _place = self.places.acquire().await.map_err(|e| HashError(e.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| HashError(e.to_string()))
    }
}
