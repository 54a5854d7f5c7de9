//! Time and chance, which everything takes as arguments.

use crate::db::{DbError, Tx};
use base64::Engine as _;
use chrono::{DateTime, SubsecRound, Utc};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// The one clock by which leases are counted: the database's, or in tests one that stands still.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<DateTime<Utc>>>>);

impl Clock {
    /// A clock that shows this time until it is set anew.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(Mutex::new(at))))
    }

    /// Whether it stands still.
    pub fn is_fixed(&self) -> bool {
        self.0.is_some()
    }

    /// Sets a fixed clock; the real one cannot be set.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(fixed) = &self.0 {
            *fixed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = at;
        }
    }

    /// The time of this machine, for whatever is not a lease: sign-ins, tokens, what people are shown.
    #[expect(clippy::disallowed_methods, reason = "this is the place where time comes from")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Some(fixed) => *fixed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
            None => Utc::now(),
        }
        .trunc_subsecs(6)
    }

    /// The database's time, by which leases are counted. All replicas see the same.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn now_in(&self, tx: &mut Tx) -> Result<DateTime<Utc>, DbError> {
        match (&self.0, tx.own_time().await?) {
            (None, Some(theirs)) => Ok(theirs.trunc_subsecs(6)),
            _ => Ok(self.now()),
        }
    }
}

/// Where ids, keys and secrets come from.
#[derive(Clone, Debug)]
pub struct Dice(Arc<Mutex<StdRng>>);

impl Default for Dice {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }
}

impl Dice {
    /// Dice that always fall the same way.
    pub fn loaded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).fill_bytes(&mut bytes);
        bytes
    }

    /// A new id: UUID version 7, so that ids sort by the time they were made.
    pub fn id(&self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// A secret of 256 bits, in base64url.
    pub fn secret(&self) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// A support key: nine digits, each as likely as the others.
    pub fn support_key(&self) -> String {
        // 2^64 is so much larger than 10^9 that the remainder favours no key by more than 1 in 10^10.
        format!("{:09}", u64::from_le_bytes(self.bytes()) % 1_000_000_000)
    }

    /// The salt of a password hash.
    pub fn salt(&self) -> [u8; 16] {
        self.bytes()
    }
}
