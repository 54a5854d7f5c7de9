//! The cookies that we set: how they are called, and to whom browsers send them.
//!
//! By HTTPS a cookie for our host alone has the prefix `__Host-`: browsers take it from nobody but this host, so that no neighbour
//! below the same domain can put one of its own in its place (RFC 6265bis §4.1.3).

use crate::app::App;
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Holds the secret of a browser session.
    SignIn,
    /// Proves that somebody has signed in here before.
    Device,
}

impl Purpose {
    /// Its name at this server.
    pub fn name(self, app: &App) -> &'static str {
        match (self, app.is_https() && self.domain(app).is_none()) {
            (Self::SignIn, true) => "__Host-seatkeeper_session",
            (Self::SignIn, false) => SIGN_IN,
            (Self::Device, true) => "__Host-seatkeeper_device",
            (Self::Device, false) => "seatkeeper_device",
        }
    }

    /// What a browser has sent.
    pub fn of<'j>(self, app: &App, jar: &'j CookieJar) -> Option<&'j str> {
        jar.get(self.name(app)).map(Cookie::value)
    }

    /// The cookie with this value, with what has to be the same when it is taken away. Lasts as long as the browser runs.
    pub fn cookie(self, app: &App, value: String) -> Cookie<'static> {
        let mut cookie = Cookie::new(self.name(app), value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        // Whoever comes back from a provider comes from another site, and its browser is known nevertheless.
        cookie.set_same_site(if self == Self::Device { SameSite::Lax } else { SameSite::Strict });
        cookie.set_secure(app.is_https());
        if let Some(domain) = self.domain(app) {
            cookie.set_domain(domain.to_owned());
        }
        cookie
    }

    /// The domain whose hosts all get it; nobody but the gate needs that.
    fn domain(self, app: &App) -> Option<&str> {
        match self {
            Self::SignIn => app.cookie_domain.as_deref(),
            Self::Device => None,
        }
    }
}

/// What the names of all our cookies begin with, also those of `auth/oidc/flow.rs`: the gate keeps them from applications by it.
const OWN: &str = "seatkeeper_";

/// Whether a cookie of this name is one of ours.
pub fn is_own(name: &str) -> bool {
    let name = ["__Host-", "__Secure-"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    name.starts_with(OWN)
}

/// How the cookie of a browser session is called where it cannot have the prefix.
pub const SIGN_IN: &str = "seatkeeper_session";
