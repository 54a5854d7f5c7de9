//! Time and chance, which everything takes as arguments.

use crate::db::{DbError, Tx};
use base64::Engine as _;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};
use uuid::Uuid;

/// How long the database may take to tell its time if that is to tell how far our clock is off.
const ANSWERED_AT_ONCE: TimeDelta = TimeDelta::milliseconds(200);

/// The one clock by which leases are counted: the database's, or in tests one that stands still.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    fixed: Option<Arc<Mutex<DateTime<Utc>>>>,
    /// By how many microseconds this machine's clock is ahead of the database's, as far as that is known.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that shows this time until it is set anew.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { fixed: Some(Arc::new(Mutex::new(at))), ahead: Arc::default() }
    }

    /// Whether it stands still.
    pub fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    /// Sets a fixed clock; the real one cannot be set.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(fixed) = &self.fixed {
            *fixed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = at;
        }
    }

    /// The time for whatever is not a decision on a lease: sign-ins, tokens, ids, what people are shown. It is the
    /// database's as it was last heard, so that a server whose own clock is wrong tells the same as the others.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.fixed {
            Some(fixed) => *fixed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
            None => here() - TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed)),
        }
        .trunc_subsecs(6)
    }

    /// The database's time, by which leases are counted. All replicas see the same.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn now_in(&self, tx: &mut Tx) -> Result<DateTime<Utc>, DbError> {
        if self.fixed.is_some() {
            return Ok(self.now());
        }
        let before = here();
        let Some(theirs) = tx.own_time().await? else { return Ok(self.now()) };
        self.hear(before, theirs, here());
        Ok(theirs.trunc_subsecs(6))
    }

    /// The same, where the database tells its time beside something else that is asked of it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn now_beside<T>(
        &self,
        asked: impl Future<Output = Result<(Option<DateTime<Utc>>, T), DbError>>,
    ) -> Result<(DateTime<Utc>, T), DbError> {
        let before = here();
        let (theirs, answer) = asked.await?;
        let now = match theirs {
            Some(theirs) if self.fixed.is_none() => {
                self.hear(before, theirs, here());
                theirs.trunc_subsecs(6)
            }
            _ => self.now(),
        };
        Ok((now, answer))
    }

    /// Takes note of the database's time, which was read between these two. An answer that took long says too little.
    fn hear(&self, before: DateTime<Utc>, theirs: DateTime<Utc>, after: DateTime<Utc>) {
        let took = after - before;
        if took < TimeDelta::zero() || took > ANSWERED_AT_ONCE {
            return;
        }
        let ahead = (before + took / 2 - theirs).num_microseconds().unwrap_or_default();
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

/// The time of this machine, right or wrong.
#[expect(clippy::disallowed_methods, reason = "this is the place where time comes from")]
fn here() -> DateTime<Utc> {
    Utc::now()
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

    /// The secret of an app that shows codes: 160 bits (RFC 4226 §4).
    pub fn key(&self) -> [u8; 20] {
        self.bytes()
    }

    /// The salt of a password hash.
    pub fn salt(&self) -> [u8; 16] {
        self.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_shows_the_databases_time() {
        let clock = Clock::default();
        let theirs = here() - TimeDelta::minutes(7);
        clock.hear(here(), theirs, here());
        assert!((clock.now() - theirs).num_seconds() < 2, "{} for {theirs}", clock.now());
        let slow = here();
        clock.hear(slow - TimeDelta::seconds(9), slow, slow);
        assert!((clock.now() - theirs).num_seconds() < 2, "an answer after nine seconds says nothing");
    }
}
