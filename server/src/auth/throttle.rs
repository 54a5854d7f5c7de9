//! Slows down whoever tries passwords, by network and e-mail together and by network alone; and whoever tries support keys.

use crate::http::client::network_of as network;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use seatkeeper_shared::{ids::UserId, validate::MAX_EMAIL};
use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// How many sign-ins are allowed.
#[derive(Clone, Debug)]
pub struct Throttle {
    by_address: Arc<Each<IpAddr>>,
    by_both: Arc<Each<(IpAddr, String)>>,
    by_user: Arc<Each<UserId>>,
    letters: Arc<Each<String>>,
    keys: Guesses,
    setup: Guesses,
}

/// How many sign-ins one network may try at once, unless it is decided otherwise.
pub const BURST: u32 = 60;

impl Default for Throttle {
    fn default() -> Self {
        Self::new(BURST)
    }
}

impl Throttle {
    /// Per network so many at once and one more each second; per network and e-mail 10 at once and one more each 6 seconds.
    pub fn new(burst: u32) -> Self {
        Self {
            by_address: Arc::new(Each::new(per(1, burst))),
            by_both: Arc::new(Each::new(per(6, 10))),
            by_user: Arc::new(Each::new(per(30, 10))),
            letters: Arc::new(Each::new(per(20 * 60, 3))),
            keys: Guesses::new(burst),
            setup: Guesses::new(burst),
        }
    }

    /// Counts a letter to this e-mail address that strangers can cause; false if it is one too many: 3 at once, and one more
    /// each 20 minutes, from wherever they ask.
    pub fn allow_letter(&self, email_key: &str) -> bool {
        self.letters.allow(bounded(email_key))
    }

    /// Counts a try of a support key; false if it is one too many: per network a third of the burst at once and one more each
    /// 3 seconds, and from all networks together 200 at once and 2 more each second. The first 3 of a network in ten minutes
    /// are not counted there, but with 1,000 at once and 3 more each second: whoever guesses much keeps out others who do,
    /// and not the customer who has a key. All limits together make the odds of guessing one.
    pub fn allow_key(&self, address: IpAddr) -> bool {
        self.keys.allow(network(address))
    }

    /// Counts a try of the setup token, as of a support key: whoever guesses does not keep out who has it.
    pub fn allow_setup(&self, address: IpAddr) -> bool {
        self.setup.allow(network(address))
    }

    /// Counts a try from this address's network; false if it is one too many.
    pub fn allow_from(&self, address: IpAddr) -> bool {
        self.by_address.allow(network(address))
    }

    /// Counts a code of a second factor; false if it is one too many: 10 at once and one more each 30 seconds for each user, from
    /// wherever they come.
    pub fn allow_code(&self, user: UserId) -> bool {
        self.by_user.allow(user)
    }

    /// Counts a try; false if it is one too many.
    pub fn allow(&self, address: IpAddr, email_key: &str) -> bool {
        self.allow_from(address) && self.by_both.allow((network(address), bounded(email_key)))
    }
}

/// Limits for guesses at a secret that anybody may try.
#[derive(Clone, Debug)]
struct Guesses {
    by_network: Arc<Each<IpAddr>>,
    first: Arc<Each<IpAddr>>,
    of_first: Arc<DefaultDirectRateLimiter>,
    of_others: Arc<DefaultDirectRateLimiter>,
}

impl Guesses {
    fn new(burst: u32) -> Self {
        Self {
            by_network: Arc::new(Each::new(per(3, burst / 3))),
            first: Arc::new(Each::new(per(200, 3))),
            of_first: Arc::new(RateLimiter::direct(each_second(3, 1_000))),
            of_others: Arc::new(RateLimiter::direct(each_second(2, 200))),
        }
    }

    fn allow(&self, network: IpAddr) -> bool {
        let is_first = || self.first.allow(network) && self.of_first.check().is_ok();
        self.by_network.allow(network) && (is_first() || self.of_others.check().is_ok())
    }
}

/// One limit for each of many, which forgets those who have not come for so long that it is as if they never had.
#[derive(Debug)]
struct Each<K: Hash + Eq + Clone> {
    known: DefaultKeyedRateLimiter<K>,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Each<K> {
    /// After so many it forgets: walking through all of them is no work, shared among so many.
    const FORGETS_AFTER: u32 = 10_000;

    fn new(quota: Quota) -> Self {
        Self { known: RateLimiter::keyed(quota), counted: AtomicU32::new(0) }
    }

    fn allow(&self, key: K) -> bool {
        if self.counted.fetch_add(1, Ordering::Relaxed) % Self::FORGETS_AFTER == Self::FORGETS_AFTER - 1 {
            self.known.retain_recent();
        }
        self.known.check_key(&key).is_ok()
    }
}

/// Nobody has a longer address; what strangers send as one must not fill the memory.
fn bounded(email_key: &str) -> String {
    email_key.chars().take(MAX_EMAIL).collect()
}

/// One more in so many seconds, and so many at once.
fn per(seconds: u64, burst: u32) -> Quota {
    let burst = NonZeroU32::MIN.saturating_add(burst.saturating_sub(1));
    Quota::with_period(Duration::from_secs(seconds)).unwrap_or_else(|| Quota::per_second(burst)).allow_burst(burst)
}

fn each_second(more: u32, burst: u32) -> Quota {
    let number = |n: u32| NonZeroU32::MIN.saturating_add(n.saturating_sub(1));
    Quota::per_second(number(more)).allow_burst(number(burst))
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
    fn one_network_tries_no_more_passwords_however_many_addresses_it_has() {
        let throttle = Throttle::default();
        let six = |n: u128| IpAddr::V6((0x2001_0db8_0001_u128 << 80 | n << 64 | n).into());
        let of_one = (0..100).filter(|n| throttle.allow(six(*n), "someone@example.org")).count();
        assert!((10..20).contains(&of_one), "of one user: {of_one}");
        let of_many = (0..100).filter(|n| throttle.allow(six(*n), &format!("{n}@example.org"))).count();
        assert!(of_many < 50, "what is refused counts too, so the network has used up its own: {of_many}");
        assert!(throttle.allow(IpAddr::V6((0x2001_0db8_0002_u128 << 80).into()), "someone@example.org"), "the next");
    }

    #[test]
    fn those_who_came_long_ago_are_forgotten() {
        let quota = Quota::with_period(Duration::from_nanos(1)).unwrap();
        let each = Each::new(quota);
        let known = (0..50_000_u32).map(|n| each.allow(n)).filter(|allowed| *allowed).count();
        assert_eq!(known, 50_000);
        assert!((0..Each::<u32>::FORGETS_AFTER).all(|n| each.allow(n)));
        assert!(each.known.len() <= Each::<u32>::FORGETS_AFTER as usize, "{}", each.known.len());
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
