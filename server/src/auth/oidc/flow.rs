//! What a browser left with when it was sent to a provider. It is kept in the browser's own cookie: strangers cause no writes, and any of
//! several servers can receive it. Whoever changes it can only spoil his own sign-in.

use crate::{app::App, auth::secret};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::ProviderId, validate};
use serde::{Deserialize, Serialize};

/// The name of the cookie. It is `Lax`, because the way back comes from another site.
const COOKIE: &str = "seatkeeper_sign_in";
/// Where the cookie is sent.
const PATH: &str = "/auth/oidc";
/// How long signing in at the provider may take.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

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
}

impl Flow {
    /// A way that begins now. What is no page of ours is not gone back to.
    pub fn begin(app: &App, provider: ProviderId, back: Option<String>) -> Self {
        let (dice, until) = (&app.dice, app.clock.now() + LONGEST);
        let back = back.filter(|back| validate::is_own_page(back));
        Self { provider, state: dice.secret(), nonce: dice.secret(), verifier: dice.secret(), back, until }
    }

    /// The way that this browser began, and its cookies without it: each counts once.
    pub fn take(jar: CookieJar) -> (CookieJar, Option<Self>) {
        let found = jar.get(COOKIE).and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie.value()).ok());
        let flow = found.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        (jar.remove(Cookie::build((COOKIE, "")).path(PATH)), flow)
    }

    /// The cookies with this way.
    pub fn keep(&self, jar: CookieJar, secure: bool) -> CookieJar {
        // A struct of texts can always be written as JSON.
        let value = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let cookie = Cookie::build((COOKIE, value))
            .path(PATH)
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(secure)
            .max_age(time::Duration::seconds(LONGEST.num_seconds()));
        jar.add(cookie)
    }

    /// Whether an answer belongs to it.
    pub fn is_of(&self, provider: ProviderId, state: &str, now: DateTime<Utc>) -> bool {
        self.provider == provider && secret::same(&self.state, state) && now < self.until
    }
}
