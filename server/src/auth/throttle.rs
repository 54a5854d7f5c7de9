//! In-memory rate limits for guessing: passwords by network and e-mail address, codes by user, and support keys and
//! setup tokens by network.

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use seatkeeper_shared::{ids::UserId, validate::MAX_EMAIL_BYTES};
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

/// The rate limits of this process. Clones share them.
#[derive(Clone, Debug)]
pub struct Throttle {
    by_address: Arc<KeyedLimiter<IpAddr>>,
    by_address_and_email: Arc<KeyedLimiter<(IpAddr, String)>>,
    by_user: Arc<KeyedLimiter<UserId>>,
    mails: Arc<KeyedLimiter<String>>,
    support_keys: SecretGuessLimiter,
    setup_token: SecretGuessLimiter,
}

/// The default burst of sign-in attempts per network.
pub const SIGN_IN_BURST: u32 = 60;

impl Default for Throttle {
    fn default() -> Self {
        Self::new(SIGN_IN_BURST)
    }
}

impl Throttle {
    /// Allows sign-in attempts per network with this burst and one more each second; and per network and e-mail address
    /// with a burst of 10 and one more every 6 seconds.
    pub fn new(burst: u32) -> Self {
        Self {
            by_address: Arc::new(KeyedLimiter::new(quota(1, burst))),
            by_address_and_email: Arc::new(KeyedLimiter::new(quota(6, 10))),
            by_user: Arc::new(KeyedLimiter::new(quota(30, 10))),
            mails: Arc::new(KeyedLimiter::new(quota(20 * 60, 3))),
            support_keys: SecretGuessLimiter::new(burst),
            setup_token: SecretGuessLimiter::new(burst),
        }
    }

    /// Counts an e-mail to this address that anyone can trigger. Returns `false` above a burst of 3 and one more every
    /// 20 minutes, from all networks together.
    pub fn allow_mail(&self, email_key: &str) -> bool {
        self.mails.allow(truncated(email_key))
    }

    /// Counts an attempt to use a support key. Returns `false` above a third of the burst per network and one more
    /// every 3 seconds, and above a burst of 200 and 2 more each second from all networks together. The first 3
    /// attempts of a network in ten minutes have a shared limit of their own, a burst of 1,000 and 3 more each second,
    /// so that heavy guessing locks out other heavy guessing, but not a customer with a key. The limits together bound
    /// the odds of guessing a key.
    pub fn allow_support_key(&self, address: IpAddr) -> bool {
        self.support_keys.allow(network_of(address))
    }

    /// Counts an attempt to use the setup token, with the same limits as for support keys.
    pub fn allow_setup_token(&self, address: IpAddr) -> bool {
        self.setup_token.allow(network_of(address))
    }

    /// Counts an attempt from this address's network. Returns `false` above the limit.
    pub fn allow_network(&self, address: IpAddr) -> bool {
        self.by_address.allow(network_of(address))
    }

    /// Counts a second factor code. Returns `false` above a burst of 10 and one more every 30 seconds for each user,
    /// from all networks together.
    pub fn allow_second_factor_code(&self, user: UserId) -> bool {
        self.by_user.allow(user)
    }

    /// Counts a password attempt. Returns `false` above the limit of the network, or of the network and the e-mail
    /// address.
    pub fn allow_password(&self, address: IpAddr, email_key: &str) -> bool {
        self.allow_network(address) && self.by_address_and_email.allow((network_of(address), truncated(email_key)))
    }
}

/// Limits guesses at a secret that anyone may try, without locking out those who know it.
#[derive(Clone, Debug)]
struct SecretGuessLimiter {
    by_network: Arc<KeyedLimiter<IpAddr>>,
    first_attempts: Arc<KeyedLimiter<IpAddr>>,
    first_attempts_total: Arc<DefaultDirectRateLimiter>,
    other_attempts_total: Arc<DefaultDirectRateLimiter>,
}

impl SecretGuessLimiter {
    fn new(burst: u32) -> Self {
        Self {
            by_network: Arc::new(KeyedLimiter::new(quota(3, burst / 3))),
            first_attempts: Arc::new(KeyedLimiter::new(quota(200, 3))),
            first_attempts_total: Arc::new(RateLimiter::direct(quota_per_second(3, 1_000))),
            other_attempts_total: Arc::new(RateLimiter::direct(quota_per_second(2, 200))),
        }
    }

    fn allow(&self, network: IpAddr) -> bool {
        let is_first_attempt = || self.first_attempts.allow(network) && self.first_attempts_total.check().is_ok();
        self.by_network.allow(network) && (is_first_attempt() || self.other_attempts_total.check().is_ok())
    }
}

/// A rate limit per key, which prunes keys that have regained their full burst.
#[derive(Debug)]
struct KeyedLimiter<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    calls: AtomicU32,
}

impl<K: Hash + Eq + Clone> KeyedLimiter<K> {
    /// Pruning visits all keys; once in this many calls makes its cost negligible.
    const PRUNE_INTERVAL_CALLS: u32 = 10_000;

    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), calls: AtomicU32::new(0) }
    }

    fn allow(&self, key: K) -> bool {
        if self.calls.fetch_add(1, Ordering::Relaxed) % Self::PRUNE_INTERVAL_CALLS == Self::PRUNE_INTERVAL_CALLS - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key).is_ok()
    }
}

/// Limits the memory per key: longer addresses cannot exist.
fn truncated(email_key: &str) -> String {
    email_key.chars().take(MAX_EMAIL_BYTES).collect()
}

/// One more every `seconds`, with this burst.
fn quota(seconds: u64, burst: u32) -> Quota {
    let burst = NonZeroU32::MIN.saturating_add(burst.saturating_sub(1));
    Quota::with_period(Duration::from_secs(seconds)).unwrap_or_else(|| Quota::per_second(burst)).allow_burst(burst)
}

fn quota_per_second(more: u32, burst: u32) -> Quota {
    let number = |n: u32| NonZeroU32::MIN.saturating_add(n.saturating_sub(1));
    Quota::per_second(number(more)).allow_burst(number(burst))
}

/// The network of an address for rate limits: the address itself for IPv4, its first 48 bits for IPv6, where a client
/// has many addresses.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ipv6) => IpAddr::V6((u128::from(ipv6) & (u128::MAX << 80)).into()),
        ipv4 => ipv4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(throttle: &Throttle, addresses: impl Iterator<Item = IpAddr>) -> usize {
        addresses.filter(|address| throttle.allow_support_key(*address)).count()
    }

    fn ipv4(number: u32) -> IpAddr {
        IpAddr::V4((0x0A00_0000 + number).into())
    }

    #[test]
    fn all_addresses_of_a_network_share_a_third_of_the_burst() {
        let throttle = Throttle::default();
        assert_eq!(attempts(&throttle, (0..100).map(|_| ipv4(1))), 20);
        assert_eq!(
            attempts(&throttle, (0..100).map(|n| IpAddr::V6((0x2001_0db8_0001_u128 << 80 | n << 64).into()))),
            20
        );
        assert!(throttle.allow_support_key(IpAddr::V6((0x2001_0db8_0002_u128 << 80).into())), "another network");
    }

    #[test]
    fn all_addresses_of_a_network_share_the_password_limit() {
        let throttle = Throttle::default();
        let ipv6 = |n: u128| IpAddr::V6((0x2001_0db8_0001_u128 << 80 | n << 64 | n).into());
        let for_one_user = (0..100).filter(|n| throttle.allow_password(ipv6(*n), "someone@example.org")).count();
        assert!((10..20).contains(&for_one_user), "for one user: {for_one_user}");
        let for_many_users =
            (0..100).filter(|n| throttle.allow_password(ipv6(*n), &format!("{n}@example.org"))).count();
        assert!(for_many_users < 50, "refused attempts count towards the limit of the network: {for_many_users}");
        assert!(
            throttle.allow_password(IpAddr::V6((0x2001_0db8_0002_u128 << 80).into()), "someone@example.org"),
            "another network"
        );
    }

    #[test]
    fn keys_not_seen_for_long_are_pruned() {
        let quota = Quota::with_period(Duration::from_nanos(1)).unwrap();
        let keyed = KeyedLimiter::new(quota);
        let allowed = (0..50_000_u32).map(|n| keyed.allow(n)).filter(|allowed| *allowed).count();
        assert_eq!(allowed, 50_000);
        assert!((0..KeyedLimiter::<u32>::PRUNE_INTERVAL_CALLS).all(|n| keyed.allow(n)));
        assert!(keyed.limiter.len() <= KeyedLimiter::<u32>::PRUNE_INTERVAL_CALLS as usize, "{}", keyed.limiter.len());
    }

    #[test]
    fn guessing_from_many_addresses_is_limited_without_locking_out_customers() {
        let throttle = Throttle::default();
        let guesses = attempts(&throttle, (0..20).flat_map(|_| 0..100).map(ipv4));
        // The first three of each network have a limit of their own; some tokens are refilled during the test.
        assert!((500..550).contains(&guesses), "{guesses}");
        assert_eq!(attempts(&throttle, (200..400).map(ipv4)), 200, "the first attempt of each network");
        assert_eq!(attempts(&throttle, (200..400).flat_map(|n| [n; 2]).map(ipv4)), 400, "two more after typing errors");
        let more = attempts(&throttle, (200..400).map(ipv4));
        assert!(more < 50, "the shared limit is used up: {more}");
    }

    #[test]
    fn guessing_from_very_many_networks_is_limited() {
        let throttle = Throttle::default();
        let guesses = attempts(&throttle, (0..20_000).map(ipv4));
        assert!((1_200..1_400).contains(&guesses), "{guesses}");
    }
}
