//! A cookie store that handles `SameSite=Strict` as browsers do (RFC 6265bis §5.2): such cookies are not sent when
//! another site, an identity provider for example, redirects the browser to Seatkeeper.

use reqwest::{ClientBuilder, Url, cookie::Jar, header::HeaderValue};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// The cookies of one browser.
#[derive(Default)]
pub struct CookieStore {
    jar: Jar,
    strict: Mutex<BTreeSet<String>>,
}

impl CookieStore {
    /// A client builder with a cookie store of its own.
    pub fn client() -> ClientBuilder {
        super::http::client_builder().cookie_provider(Arc::new(Self::default()))
    }
}

/// Whether a request to this URL is a redirect from another site: only the OIDC callback is.
fn is_cross_site(url: &Url) -> bool {
    url.path().starts_with("/auth/oidc/") && url.path().ends_with("/callback")
}

impl reqwest::cookie::CookieStore for CookieStore {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        let headers: Vec<_> = headers.collect();
        let mut strict = self.strict.lock().expect("no thread panicked with the lock");
        for text in headers.iter().filter_map(|header| header.to_str().ok()) {
            if let Some((name, attributes)) = text.split_once('=')
                && attributes.to_ascii_lowercase().contains("samesite=strict")
            {
                strict.insert(name.to_owned());
            }
        }
        self.jar.set_cookies(&mut headers.into_iter(), url);
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        let all = self.jar.cookies(url)?;
        if !is_cross_site(url) {
            return Some(all);
        }
        let strict = self.strict.lock().expect("no thread panicked with the lock");
        let is_strict = |cookie: &&str| strict.contains(cookie.split('=').next().unwrap_or_default());
        let sent: Vec<_> = all.to_str().ok()?.split("; ").filter(|cookie| !is_strict(cookie)).collect();
        (!sent.is_empty()).then(|| HeaderValue::from_str(&sent.join("; ")).expect("a part of a valid header"))
    }
}
