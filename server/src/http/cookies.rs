//! Names and attributes of the cookies that this server sets.
//!
//! With HTTPS, a cookie for this host alone has the prefix `__Host-`: browsers accept it only from this host, so that
//! other hosts of the same domain cannot overwrite it (RFC 6265bis §4.1.3).

use crate::{app::App, auth::secret};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The secret of a browser session.
    SignIn,
    /// Proves that a user has signed in with this browser before.
    Device,
}

impl Purpose {
    /// The cookie's name, depending on the server's configuration.
    pub fn name(self, app: &App) -> &'static str {
        match (self, app.is_https() && self.domain(app).is_none()) {
            (Self::SignIn, true) => "__Host-seatkeeper_session",
            (Self::SignIn, false) => SIGN_IN_COOKIE,
            (Self::Device, true) => "__Host-seatkeeper_device",
            (Self::Device, false) => "seatkeeper_device",
        }
    }

    /// The value that the browser sent.
    pub fn of<'j>(self, app: &App, jar: &'j CookieJar) -> Option<&'j str> {
        jar.get(self.name(app)).map(Cookie::value)
    }

    /// A cookie with this value, and with the attributes that must be the same when it is removed. It lasts until the
    /// browser is closed.
    pub fn cookie(self, app: &App, value: String) -> Cookie<'static> {
        let mut cookie = Cookie::new(self.name(app), value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        // The device cookie is also sent with the callback from a provider, a navigation from another site.
        cookie.set_same_site(if self == Self::Device { SameSite::Lax } else { SameSite::Strict });
        cookie.set_secure(app.is_https());
        if let Some(domain) = self.domain(app) {
            cookie.set_domain(domain.to_owned());
        }
        cookie
    }

    /// The domain whose hosts all receive the cookie; only needed for the gate.
    fn domain(self, app: &App) -> Option<&str> {
        match self {
            Self::SignIn => app.cookie_domain.as_deref(),
            Self::Device => None,
        }
    }
}

/// The session cookie's name where it cannot have the prefix.
pub const SIGN_IN_COOKIE: &str = "seatkeeper_session";

/// Sets the cookie by which this browser is recognised later, with a new secret if it has none. Returns the cookies and
/// the hash of the secret.
pub fn device_cookie(app: &App, jar: CookieJar) -> (CookieJar, String) {
    let device =
        Purpose::Device.of(app, &jar).filter(|device| device.len() == DEVICE_SECRET_CHARS).map(ToOwned::to_owned);
    let device = device.unwrap_or_else(|| app.random.secret());
    let hash = secret::hash(&device);
    let mut cookie = Purpose::Device.cookie(app, device);
    cookie.set_max_age(time::Duration::days(DEVICE_COOKIE_DAYS));
    (jar.add(cookie), hash)
}

/// The length of `Random::secret`.
const DEVICE_SECRET_CHARS: usize = 43;
/// The longest lifetime of a cookie that browsers accept.
const DEVICE_COOKIE_DAYS: i64 = 400;
