//! Slows down whoever tries passwords, by address and e-mail together and by address alone; and whoever tries support keys.

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use seatkeeper_shared::ids::UserId;
use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

/// How many sign-ins are allowed.
#[derive(Clone, Debug)]
pub struct Throttle {
    by_address: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    by_both: Arc<DefaultKeyedRateLimiter<(IpAddr, String)>>,
    by_user: Arc<DefaultKeyedRateLimiter<UserId>>,
    letters: Arc<DefaultKeyedRateLimiter<String>>,
    keys: Arc<DefaultDirectRateLimiter>,
    keys_by_address: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

/// How many sign-ins one address may try at once, unless it is decided otherwise.
pub const BURST: u32 = 60;

impl Default for Throttle {
    fn default() -> Self {
        Self::new(BURST)
    }
}

impl Throttle {
    /// Per address so many at once and one more each second; per address and e-mail 10 at once and one more each 6 seconds.
    pub fn new(burst: u32) -> Self {
        let per = |seconds, burst: u32| {
            let burst = NonZeroU32::MIN.saturating_add(burst.saturating_sub(1));
            Quota::with_period(Duration::from_secs(seconds))
                .unwrap_or_else(|| Quota::per_second(burst))
                .allow_burst(burst)
        };
        Self {
            by_address: Arc::new(RateLimiter::keyed(per(1, burst))),
            by_both: Arc::new(RateLimiter::keyed(per(6, 10))),
            by_user: Arc::new(RateLimiter::keyed(per(30, 10))),
            letters: Arc::new(RateLimiter::keyed(per(20 * 60, 3))),
            keys: Arc::new(RateLimiter::direct(
                Quota::per_second(NonZeroU32::MIN.saturating_add(1)).allow_burst(NonZeroU32::MIN.saturating_add(199)),
            )),
            keys_by_address: Arc::new(RateLimiter::keyed(per(3, burst / 3))),
        }
    }

    /// Counts a letter to this e-mail address that strangers can cause; false if it is one too many: 3 at once, and one more
    /// each 20 minutes, from wherever they ask.
    pub fn allow_letter(&self, email_key: &str) -> bool {
        if self.letters.len() > 10_000 {
            self.letters.retain_recent();
        }
        self.letters.check_key(&email_key.to_owned()).is_ok()
    }

    /// Counts a try of a support key; false if it is one too many: per address a third of the burst at once and one more each
    /// 3 seconds, and from all addresses together 200 at once and 2 more each second. That makes the odds of guessing a key.
    pub fn allow_key(&self, address: IpAddr) -> bool {
        if self.keys_by_address.len() > 10_000 {
            self.keys_by_address.retain_recent();
        }
        self.keys_by_address.check_key(&address).is_ok() && self.keys.check().is_ok()
    }

    /// Counts a try from this address; false if it is one too many.
    pub fn allow_from(&self, address: IpAddr) -> bool {
        if self.by_address.len() > 10_000 {
            self.by_address.retain_recent();
        }
        self.by_address.check_key(&address).is_ok()
    }

    /// Counts a code of a second factor; false if it is one too many: 10 at once and one more each 30 seconds for each user, from
    /// wherever they come.
    pub fn allow_code(&self, user: UserId) -> bool {
        if self.by_user.len() > 10_000 {
            self.by_user.retain_recent();
        }
        self.by_user.check_key(&user).is_ok()
    }

    /// Counts a try; false if it is one too many.
    pub fn allow(&self, address: IpAddr, email_key: &str) -> bool {
        if self.by_both.len() > 10_000 {
            self.by_both.retain_recent();
        }
        self.allow_from(address) && self.by_both.check_key(&(address, email_key.to_owned())).is_ok()
    }
}
