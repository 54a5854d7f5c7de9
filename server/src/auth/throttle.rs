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
    keys_by_network: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    few_keys: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    keys_of_few: Arc<DefaultDirectRateLimiter>,
    keys_of_many: Arc<DefaultDirectRateLimiter>,
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
            keys_by_network: Arc::new(RateLimiter::keyed(per(3, burst / 3))),
            few_keys: Arc::new(RateLimiter::keyed(per(200, 3))),
            keys_of_few: Arc::new(RateLimiter::direct(each_second(3, 1_000))),
            keys_of_many: Arc::new(RateLimiter::direct(each_second(2, 200))),
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

    /// Counts a try of a support key; false if it is one too many: per network a third of the burst at once and one more each
    /// 3 seconds, and from all networks together 200 at once and 2 more each second. The first 3 of a network in ten minutes
    /// are not counted there, but with 1,000 at once and 3 more each second: whoever guesses much keeps out others who do,
    /// and not the customer who has a key. All limits together make the odds of guessing one.
    pub fn allow_key(&self, address: IpAddr) -> bool {
        let network = network(address);
        for known in [&self.keys_by_network, &self.few_keys] {
            if known.len() > 10_000 {
                known.retain_recent();
            }
        }
        let few = || self.few_keys.check_key(&network).is_ok() && self.keys_of_few.check().is_ok();
        self.keys_by_network.check_key(&network).is_ok() && (few() || self.keys_of_many.check().is_ok())
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

fn each_second(more: u32, burst: u32) -> Quota {
    let number = |n: u32| NonZeroU32::MIN.saturating_add(n.saturating_sub(1));
    Quota::per_second(number(more)).allow_burst(number(burst))
}

/// Who stands behind an address: of IPv6 its first 48 bits, since whoever has one address there has very many.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) & (u128::MAX << 80)).into()),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(throttle: &Throttle, addresses: impl Iterator<Item = IpAddr>) -> usize {
        addresses.filter(|address| throttle.allow_key(*address)).count()
    }

    fn four(number: u32) -> IpAddr {
        IpAddr::V4((0x0A00_0000 + number).into())
    }

    #[test]
    fn one_network_has_a_third_of_the_burst_however_many_addresses_it_has() {
        let throttle = Throttle::default();
        assert_eq!(tries(&throttle, (0..100).map(|_| four(1))), 20);
        assert_eq!(tries(&throttle, (0..100).map(|n| IpAddr::V6((0x2001_0db8_0001_u128 << 80 | n << 64).into()))), 20);
        assert!(throttle.allow_key(IpAddr::V6((0x2001_0db8_0002_u128 << 80).into())), "the next network");
    }

    #[test]
    fn whoever_guesses_from_many_addresses_is_stopped_and_keeps_out_no_customer() {
        let throttle = Throttle::default();
        let guesses = tries(&throttle, (0..20).flat_map(|_| 0..100).map(four));
        // Three of each are counted apart; a little comes back while this runs.
        assert!((500..550).contains(&guesses), "{guesses}");
        assert_eq!(tries(&throttle, (200..400).map(four)), 200, "each who comes for the first time");
        assert_eq!(tries(&throttle, (200..400).flat_map(|n| [n; 2]).map(four)), 400, "or has mistyped");
        let more = tries(&throttle, (200..400).map(four));
        assert!(more < 50, "but not for ever: {more}");
    }

    #[test]
    fn there_is_an_end_to_it_also_for_whoever_has_very_many_networks() {
        let throttle = Throttle::default();
        let guesses = tries(&throttle, (0..20_000).map(four));
        assert!((1_200..1_400).contains(&guesses), "{guesses}");
    }
}
