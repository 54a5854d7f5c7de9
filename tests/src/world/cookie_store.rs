//! Cookies as browsers keep them: what is `SameSite=Strict` is not sent when another site leads the browser here
//! (RFC 6265bis §5.2), as a provider of sign-ins does.

use reqwest::{Client, ClientBuilder, Url, cookie::Jar, header::HeaderValue};
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
    /// A client with a store of its own.
    pub fn client() -> ClientBuilder {
        Client::builder().cookie_provider(Arc::new(Self::default()))
    }
}

/// The only address to which another site leads.
fn comes_from_another_site(url: &Url) -> bool {
    url.path().starts_with("/auth/oidc/") && url.path().ends_with("/callback")
}

impl reqwest::cookie::CookieStore for CookieStore {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        let headers: Vec<_> = headers.collect();
        let mut strict = self.strict.lock().expect("a lock");
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
        if !comes_from_another_site(url) {
            return Some(all);
        }
        let strict = self.strict.lock().expect("a lock");
        let is_strict = |cookie: &&str| strict.contains(cookie.split('=').next().unwrap_or_default());
        let sent: Vec<_> = all.to_str().ok()?.split("; ").filter(|cookie| !is_strict(cookie)).collect();
        (!sent.is_empty()).then(|| HeaderValue::from_str(&sent.join("; ")).expect("it was one"))
    }
}
