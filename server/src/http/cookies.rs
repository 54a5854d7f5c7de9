//! Names and attributes of the cookies that this server sets.
//!
//! With HTTPS, a cookie for this host alone has the prefix `__Host-`: browsers accept it only from this host, so that
//! other hosts of the same domain cannot overwrite it (RFC 6265bis §4.1.3).

use crate::app::App;
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

/// The prefix of the names of all cookies of this server, including those of `auth/oidc/authorization.rs`. The gate
/// uses it to hide them from applications.
const COOKIE_NAME_PREFIX: &str = "seatkeeper_";

/// Whether a cookie with this name was set by this server.
pub fn is_own(name: &str) -> bool {
    let name = ["__Host-", "__Secure-"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    name.starts_with(COOKIE_NAME_PREFIX)
}

/// The session cookie's name where it cannot have the prefix.
pub const SIGN_IN_COOKIE: &str = "seatkeeper_session";
