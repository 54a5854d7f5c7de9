//! The state of an authorization request until the browser returns from the provider. It is stored in a cookie of the
//! browser: unauthenticated requests cause no writes, and any server can receive the callback. Tampering with it only
//! breaks the user's own sign-in.
//!
//! Each authorization has a cookie of its own, named after its `state`: parallel sign-ins in two tabs do not interfere,
//! and a callback that matches none changes none.

use crate::{auth::secret, clock::Random};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::ProviderId, validate};
use serde::{Deserialize, Serialize};

/// The prefix of the cookies' names. They are `SameSite=Lax`, because the callback is a navigation from another site.
const COOKIE_PREFIX: &str = "seatkeeper_sign_in_";
/// With HTTPS, the prefix prevents other hosts of the domain from setting them (RFC 6265bis §4.1.3.2), and so from
/// signing in a user to another account.
const HOST_COOKIE_PREFIX: &str = "__Host-seatkeeper_sign_in_";
const STATE_CHARS_IN_COOKIE_NAME: usize = 16;
/// The path of cookies without the `__Host-` prefix, which requires `/`.
const COOKIE_PATH: &str = "/auth/oidc";
/// How long the sign-in at the provider may take.
const AUTHORIZATION_TIMEOUT: TimeDelta = TimeDelta::minutes(15);
/// The maximum number of pending authorizations per browser; the oldest is removed.
pub const MAX_PENDING_AUTHORIZATIONS: usize = 8;
/// The longest return path that is kept: a cookie is limited to 4,096 bytes.
const MAX_BACK_BYTES: usize = 1_500;

/// A pending authorization, as stored in the cookie.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingAuthorization {
    pub provider: ProviderId,
    /// Returned in the callback: ties it to this browser.
    pub state: String,
    /// Returned in the ID token: ties it to this authorization.
    pub nonce: String,
    /// The PKCE code verifier (RFC 7636): only this browser can have the code exchanged.
    pub verifier: String,
    /// The page to return to after the sign-in.
    pub back: Option<String>,
    /// When the authorization expires.
    pub until: DateTime<Utc>,
    /// The hash of the session cookie before the redirect: the sign-in replaces that session. The cookie itself is
    /// `SameSite=Strict`, so browsers do not send it with the callback.
    pub replaces: Option<String>,
}

impl PendingAuthorization {
    /// Begins an authorization. A `back` that is not a page of this server is ignored.
    pub fn begin(
        (random, now): (&Random, DateTime<Utc>),
        provider: ProviderId,
        back: Option<String>,
        replaces: Option<String>,
    ) -> Self {
        let until = now + AUTHORIZATION_TIMEOUT;
        let back = back.filter(|back| back.len() <= MAX_BACK_BYTES && validate::is_app_path(back));
        Self {
            provider,
            state: random.secret(),
            nonce: random.secret(),
            verifier: random.secret(),
            back,
            until,
            replaces,
        }
    }

    /// Finds the authorization of a callback and removes its cookie: each can be used once.
    ///
    /// # Errors
    /// Returns the unchanged cookies if none matches.
    pub fn take(
        jar: CookieJar,
        provider: ProviderId,
        state: &str,
        now: DateTime<Utc>,
        secure: bool,
    ) -> Result<(CookieJar, Self), CookieJar> {
        let name = cookie_name(state, secure);
        let found = jar.get(&name).and_then(|cookie| decode(cookie.value()));
        match found.filter(|pending| pending.matches(provider, state, now)) {
            Some(pending) => Ok((jar.remove(base_cookie(name, secure)), pending)),
            None => Err(jar),
        }
    }

    /// Adds this authorization to the cookies. Removes the oldest ones beyond [`MAX_PENDING_AUTHORIZATIONS`], and
    /// unreadable ones.
    pub fn add_to(&self, jar: CookieJar, secure: bool) -> CookieJar {
        let prefix = prefix(secure);
        let ours = jar.iter().filter(|cookie| cookie.name().starts_with(prefix));
        let mut others: Vec<_> = ours
            .map(|cookie| (decode(cookie.value()).map(|pending| pending.until), cookie.name().to_owned()))
            .collect();
        others.sort();
        let surplus = (others.len() + 1).saturating_sub(MAX_PENDING_AUTHORIZATIONS);
        let unreadable = others.iter().filter(|(until, _)| until.is_none()).count();
        let jar = others
            .into_iter()
            .take(surplus.max(unreadable))
            .fold(jar, |jar, (_, name)| jar.remove(base_cookie(name, secure)));
        // Cannot fail: all fields serialize to JSON.
        let value = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let mut cookie = base_cookie(cookie_name(&self.state, secure), secure);
        cookie.set_value(value);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(time::Duration::seconds(AUTHORIZATION_TIMEOUT.num_seconds()));
        jar.add(cookie)
    }

    fn matches(&self, provider: ProviderId, state: &str, now: DateTime<Utc>) -> bool {
        self.provider == provider && secret::constant_time_eq(&self.state, state) && now < self.until
    }
}

fn decode(value: &str) -> Option<PendingAuthorization> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
}

const fn prefix(secure: bool) -> &'static str {
    if secure { HOST_COOKIE_PREFIX } else { COOKIE_PREFIX }
}

/// The name of the cookie for a state. The state comes from the callback and may be forged, so unsafe characters are
/// dropped.
fn cookie_name(state: &str, secure: bool) -> String {
    let safe = state.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_');
    let start: String = safe.take(STATE_CHARS_IN_COOKIE_NAME).collect();
    format!("{}{start}", prefix(secure))
}

/// A cookie with the attributes that must be the same when it is set and when it is removed.
fn base_cookie(name: String, secure: bool) -> Cookie<'static> {
    Cookie::build((name, "")).path(if secure { "/" } else { COOKIE_PATH }).secure(secure).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn pending(number: u32) -> PendingAuthorization {
        let state = format!("{number:>043}");
        let until = DateTime::from_timestamp(i64::from(number), 0).expect("a time");
        let (nonce, verifier) = (state.clone(), state.clone());
        PendingAuthorization {
            provider: ProviderId(Uuid::nil()),
            state,
            nonce,
            verifier,
            back: None,
            until,
            replaces: None,
        }
    }

    #[test]
    fn the_oldest_pending_authorizations_are_removed() {
        for secure in [false, true] {
            let mut jar = CookieJar::new().add(Cookie::new(format!("{}rubbish", prefix(secure)), "x"));
            // The cookie's name is the beginning of the state, so the number comes first.
            let state = |number: u32| format!("{:<043}", format!("s{number}-"));
            for number in 1..=20 {
                jar = PendingAuthorization { state: state(number), ..pending(number) }.add_to(jar, secure);
            }
            let left = jar.iter().filter(|cookie| cookie.name().starts_with(prefix(secure))).count();
            assert_eq!(left, MAX_PENDING_AUTHORIZATIONS);
            let at = DateTime::UNIX_EPOCH;
            let provider = ProviderId(Uuid::nil());
            let Err(jar) = PendingAuthorization::take(jar, provider, &state(1), at, secure) else {
                panic!("the oldest is gone")
            };
            let Ok((jar, newest)) = PendingAuthorization::take(jar, provider, &state(20), at, secure) else {
                panic!("the newest")
            };
            assert_eq!(newest.until.timestamp(), 20);
            assert!(
                PendingAuthorization::take(jar, provider, &state(20), at, secure).is_err(),
                "each can be used once"
            );
        }
    }
}
