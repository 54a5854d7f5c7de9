//! A browser that signs in by a provider. It follows redirects one by one, so that tests can check each of them.

use super::provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use crate::harness::{Answer, CookieStore, World, http, id_of};
use reqwest::{Client, header, redirect::Policy};
use seatkeeper_shared::ids::ProviderId;
use serde_json::{Value, json};

/// A browser with cookies.
pub struct OidcBrowser {
    http: Client,
    url: String,
}

impl OidcBrowser {
    /// A browser without cookies.
    pub fn new(world: &World) -> Self {
        Self::at(&world.url)
    }

    /// Like [`Self::new`], for another server.
    pub fn at(url: &str) -> Self {
        let http = CookieStore::client().redirect(Policy::none()).build().expect("a client");
        Self { http, url: url.to_owned() }
    }

    /// Opens an address; returns the location of the redirect.
    pub async fn follow(&self, address: &str) -> String {
        let address = if address.starts_with('/') { format!("{}{address}", self.url) } else { address.to_owned() };
        let answer = self.http.get(address).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{answer:?}");
        answer.headers()[header::LOCATION].to_str().expect("an address").to_owned()
    }

    /// Sends the query of an address as a form, as a page of another site would: without cookies. Returns the location
    /// of the redirect.
    pub async fn post_from_another_site(&self, address: &str) -> String {
        let (to, form) = address.split_once('?').unwrap_or((address, ""));
        let to = if to.starts_with('/') { format!("{}{to}", self.url) } else { to.to_owned() };
        let http = http::client_builder().redirect(Policy::none()).build().expect("a client");
        let request = http.post(to).header("origin", "https://login.example.com").body(form.to_owned());
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = request.send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.cookies().count()), (303, 0), "{answer:?}");
        answer.headers()[header::LOCATION].to_str().expect("an address").to_owned()
    }

    /// Goes to the provider and returns the callback URL with a code, which is not opened yet.
    pub async fn return_from_provider(&self, provider: ProviderId, back: &str) -> String {
        let to = self.follow(&format!("/auth/oidc/{provider}/start{back}")).await;
        assert!(to.contains("/authorize?"), "{to}");
        self.follow(&to).await
    }

    /// Signs in; returns the final location.
    pub async fn sign_in(&self, provider: ProviderId) -> String {
        let callback = self.return_from_provider(provider, "").await;
        self.follow(&callback).await
    }

    /// Tries to sign in, expects a failure, and returns its error.
    pub async fn fail_sign_in(&self, provider: ProviderId) -> String {
        let to = self.sign_in(provider).await;
        assert_eq!(self.get("/me").await.status, 401, "no user is signed in");
        error_in(&to)
    }

    /// Sends GET to the API.
    pub async fn get(&self, path: &str) -> Answer {
        let answer = self.http.get(format!("{}/api/v1{path}", self.url)).send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.json().await.unwrap_or(Value::Null);
        Answer { status, kind: "application/problem+json".to_owned(), headers, body }
    }

    /// The e-mail address of the signed-in user.
    pub async fn email(&self) -> String {
        self.get("/me").await.ok()["email"].as_str().expect("an address").to_owned()
    }
}

/// The error in a redirect to the sign-in page.
#[track_caller]
pub fn error_in(to: &str) -> String {
    let (page, query) = to.split_once('?').unwrap_or((to, ""));
    assert_eq!(page, "/sign-in", "{to}");
    let word = query.split('&').find_map(|pair| pair.strip_prefix("trouble="));
    word.unwrap_or_else(|| panic!("{to}")).to_owned()
}

/// Adds the provider to Seatkeeper, with additional settings.
pub async fn add_provider(world: &World, provider: &Provider, more: Value) -> ProviderId {
    let mut body = json!({
        "name": "Muster ID",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    id_of(&world.admin.post("/sign-in-providers", &body).await.created())
}

/// Sends a logout token to Seatkeeper; returns the status of the response.
pub async fn send_logout_token(world: &World, provider: ProviderId, token: &str) -> u16 {
    let address = format!("{}/auth/oidc/{provider}/backchannel-logout", world.url);
    let answer = http::client().post(address).form(&[("logout_token", token)]).send().await.expect("an answer");
    answer.status().as_u16()
}
