//! What a browser left with when it was sent to a provider. It is kept in the browser's own cookie: strangers cause no writes, and any of
//! several servers can receive it. Whoever changes it can only spoil their own sign-in.
//!
//! Each attempt has a cookie of its own, named by its `state`: two tabs that sign in at once do not know of each
//! other, and an answer that belongs to no attempt touches none.

use crate::{app::App, auth::secret, http::cookies::Purpose};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::ProviderId, validate};
use serde::{Deserialize, Serialize};

/// What the names of the cookies begin with. They are `Lax`, because the way back comes from another site.
const COOKIE: &str = "seatkeeper_sign_in_";
/// With HTTPS no other host can set them (RFC 6265bis §4.1.3.2): nobody gets signed in as somebody else by a
/// neighbouring site.
const HOST_COOKIE: &str = "__Host-seatkeeper_sign_in_";
/// How many characters of the state are in the name.
const NAME_CHARS: usize = 16;
/// Where the cookies are sent, where their names do not say.
const PATH: &str = "/auth/oidc";
/// How long signing in at the provider may take.
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// How many attempts of one browser may be under way; the oldest makes room.
pub const MAX_ATTEMPTS: usize = 8;
/// The longest page to go back to: a cookie has 4,096 bytes.
const MAX_BACK_BYTES: usize = 1_500;

/// One way to a provider and back.
#[derive(Clone, Serialize, Deserialize)]
pub struct Flow {
    /// The provider.
    pub provider: ProviderId,
    /// Comes back in the address: the answer belongs to this browser.
    pub state: String,
    /// Comes back in the ID token: the token was made for this sign-in.
    pub nonce: String,
    /// Is shown when the code is exchanged (RFC 7636): the code is of no use to anybody else.
    pub verifier: String,
    /// The page to go to.
    pub back: Option<String>,
    /// Until when it has to be back.
    pub until: DateTime<Utc>,
    /// The hash of the session cookie that the browser left with: the sign-in by the provider replaces that session.
    /// The cookie itself is `Strict`, and browsers leave it out when they come back from another site.
    pub replaces: Option<String>,
}

impl Flow {
    /// A way that begins now. What is no page of ours is not gone back to.
    pub fn begin(app: &App, provider: ProviderId, back: Option<String>, jar: &CookieJar) -> Self {
        let replaces = Purpose::SignIn.of(app, jar).map(secret::hash);
        let (dice, until) = (&app.dice, app.clock.now() + LONGEST);
        let back = back.filter(|back| back.len() <= MAX_BACK_BYTES && validate::is_own_page(back));
        Self { provider, state: dice.secret(), nonce: dice.secret(), verifier: dice.secret(), back, until, replaces }
    }

    /// The attempt of this browser to which an answer belongs, and its cookies without it: each counts once.
    pub fn take(
        jar: CookieJar,
        provider: ProviderId,
        state: &str,
        now: DateTime<Utc>,
        secure: bool,
    ) -> Result<(CookieJar, Self), CookieJar> {
        let name = name_of(state, secure);
        let found = jar.get(&name).and_then(|cookie| read(cookie.value()));
        match found.filter(|flow| flow.is_of(provider, state, now)) {
            Some(flow) => Ok((jar.remove(removal(name, secure)), flow)),
            None => Err(jar),
        }
    }

    /// The cookies with this way. The oldest attempts beyond [`MAX_ATTEMPTS`] make room, and what cannot be read goes.
    pub fn keep(&self, jar: CookieJar, secure: bool) -> CookieJar {
        let prefix = prefix(secure);
        let ours = jar.iter().filter(|cookie| cookie.name().starts_with(prefix));
        let mut others: Vec<_> =
            ours.map(|cookie| (read(cookie.value()).map(|flow| flow.until), cookie.name().to_owned())).collect();
        others.sort();
        let surplus = (others.len() + 1).saturating_sub(MAX_ATTEMPTS);
        let unreadable = others.iter().filter(|(until, _)| until.is_none()).count();
        let jar = others
            .into_iter()
            .take(surplus.max(unreadable))
            .fold(jar, |jar, (_, name)| jar.remove(removal(name, secure)));
        // A struct of texts can always be written as JSON.
        let value = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let mut cookie = removal(name_of(&self.state, secure), secure);
        cookie.set_value(value);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(time::Duration::seconds(LONGEST.num_seconds()));
        jar.add(cookie)
    }

    fn is_of(&self, provider: ProviderId, state: &str, now: DateTime<Utc>) -> bool {
        self.provider == provider && secret::same(&self.state, state) && now < self.until
    }
}

fn read(value: &str) -> Option<Flow> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
}

const fn prefix(secure: bool) -> &'static str {
    if secure { HOST_COOKIE } else { COOKIE }
}

/// The name of the cookie of a state, which anybody may have made up.
fn name_of(state: &str, secure: bool) -> String {
    let safe = state.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_');
    let start: String = safe.take(NAME_CHARS).collect();
    format!("{}{start}", prefix(secure))
}

/// A cookie with what has to be the same when it is set and when it is taken away.
fn removal(name: String, secure: bool) -> Cookie<'static> {
    Cookie::build((name, "")).path(if secure { "/" } else { PATH }).secure(secure).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn flow(number: u32) -> Flow {
        let state = format!("{number:>043}");
        let until = DateTime::from_timestamp(i64::from(number), 0).expect("a time");
        let (nonce, verifier) = (state.clone(), state.clone());
        Flow { provider: ProviderId(Uuid::nil()), state, nonce, verifier, back: None, until, replaces: None }
    }

    #[test]
    fn the_oldest_attempts_make_room_and_the_others_stay() {
        for secure in [false, true] {
            let mut jar = CookieJar::new().add(Cookie::new(format!("{}rubbish", prefix(secure)), "x"));
            // The state's beginning is the name: numbers stand in front here.
            let state = |number: u32| format!("{:<043}", format!("s{number}-"));
            for number in 1..=20 {
                jar = Flow { state: state(number), ..flow(number) }.keep(jar, secure);
            }
            let left = jar.iter().filter(|cookie| cookie.name().starts_with(prefix(secure))).count();
            assert_eq!(left, MAX_ATTEMPTS);
            let at = DateTime::UNIX_EPOCH;
            let provider = ProviderId(Uuid::nil());
            let Err(jar) = Flow::take(jar, provider, &state(1), at, secure) else { panic!("the oldest is gone") };
            let Ok((jar, newest)) = Flow::take(jar, provider, &state(20), at, secure) else { panic!("the newest") };
            assert_eq!(newest.until.timestamp(), 20);
            assert!(Flow::take(jar, provider, &state(20), at, secure).is_err(), "each counts once");
        }
    }
}
