//! The clock and the source of randomness, which all code takes as arguments.

use crate::{
    db::{DbError, Tx},
    monotonic::MonotonicClock,
};
use base64::Engine as _;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rand::{Rng as _, RngCore, SeedableRng, rngs::StdRng};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};
use std::time::Instant;
use uuid::Uuid;

/// The longest round trip whose answer is used to measure the offset between this machine's clock and the database's.
const MAX_ROUND_TRIP: TimeDelta = TimeDelta::milliseconds(200);

/// The clock that leases run by: the database's, or in tests a fixed one.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    fixed: Option<Arc<Mutex<DateTime<Utc>>>>,
    /// The last measured offset of this machine's clock from the database's, in microseconds.
    ahead: Arc<AtomicI64>,
    monotonic: MonotonicClock,
}

impl Clock {
    /// A clock that shows this time until [`Clock::set`] changes it.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { fixed: Some(Arc::new(Mutex::new(at))), ..Self::default() }
    }

    pub fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    /// Sets a fixed clock; does nothing to the real one.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(fixed) = &self.fixed {
            *fixed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = at;
        }
    }

    /// The time for everything but decisions on leases: sign-ins, tokens, ids, what users see. It is this machine's
    /// time, corrected by the last measured offset from the database's, so that a server with a wrong clock agrees with
    /// the others.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.fixed {
            Some(fixed) => *fixed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
            None => system_time() - TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed)),
        }
        .trunc_subsecs(6)
    }

    /// The monotonic time, for ages and deadlines within this process. A fixed clock does not stop it;
    /// [`MonotonicClock::advance`] moves it.
    pub fn instant(&self) -> Instant {
        self.monotonic.now()
    }

    /// The monotonic clock, for what needs no other time.
    pub fn monotonic(&self) -> &MonotonicClock {
        &self.monotonic
    }

    /// The database's time, which leases run by and all replicas share.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn now_in(&self, tx: &mut Tx) -> Result<DateTime<Utc>, DbError> {
        if self.fixed.is_some() {
            return Ok(self.now());
        }
        let before = system_time();
        let Some(theirs) = tx.server_time().await? else { return Ok(self.now()) };
        self.record_offset(before, theirs, system_time());
        Ok(theirs.trunc_subsecs(6))
    }

    /// Like [`Clock::now_in`], for a query that returns the database's time together with other results.
    ///
    /// # Errors
    /// Returns an error if the query fails.
    pub async fn now_with<T>(
        &self,
        query: impl Future<Output = Result<(Option<DateTime<Utc>>, T), DbError>>,
    ) -> Result<(DateTime<Utc>, T), DbError> {
        let before = system_time();
        let (theirs, answer) = query.await?;
        let now = match theirs {
            Some(theirs) if self.fixed.is_none() => {
                self.record_offset(before, theirs, system_time());
                theirs.trunc_subsecs(6)
            }
            _ => self.now(),
        };
        Ok((now, answer))
    }

    /// Records the offset from the database's time, which was read between the two local times. A slow answer is
    /// ignored.
    fn record_offset(&self, before: DateTime<Utc>, theirs: DateTime<Utc>, after: DateTime<Utc>) {
        let took = after - before;
        if took < TimeDelta::zero() || took > MAX_ROUND_TRIP {
            return;
        }
        let ahead = (before + took / 2 - theirs).num_microseconds().unwrap_or_default();
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

/// The time of this machine, which may be wrong.
#[expect(clippy::disallowed_methods, reason = "the only place that reads the system clock")]
fn system_time() -> DateTime<Utc> {
    Utc::now()
}

/// The source of ids, keys and secrets. Clones share one generator.
#[derive(Clone, Debug)]
pub struct Random(Arc<Mutex<StdRng>>);

impl Default for Random {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the system's randomness")]
    fn default() -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }
}

impl Random {
    /// A generator that always yields the same sequence, for tests.
    pub fn seeded(seed: u64) -> Self {
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

    /// A support key: nine uniformly distributed digits.
    pub fn support_key(&self) -> String {
        // 2^64 is so much larger than 10^9 that the remainder favours no key by more than 1 in 10^10.
        format!("{:09}", u64::from_le_bytes(self.bytes()) % 1_000_000_000)
    }

    /// The secret of an authenticator app: 160 bits (RFC 4226 §4).
    pub fn totp_secret(&self) -> [u8; 20] {
        self.bytes()
    }

    /// A factor between 0.5 and 1 for the pause before a retry, so that clients do not retry in step.
    pub fn jitter(&self) -> f64 {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).random_range(0.5..=1.0)
    }

    /// The salt of a password hash: 128 bits.
    pub fn salt(&self) -> [u8; 16] {
        self.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_corrected_by_the_databases_time() {
        let clock = Clock::default();
        let theirs = system_time() - TimeDelta::minutes(7);
        clock.record_offset(system_time(), theirs, system_time());
        assert!((clock.now() - theirs).num_seconds() < 2, "{} for {theirs}", clock.now());
        let slow = system_time();
        clock.record_offset(slow - TimeDelta::seconds(9), slow, slow);
        assert!((clock.now() - theirs).num_seconds() < 2, "an answer that took nine seconds is ignored");
    }
}
