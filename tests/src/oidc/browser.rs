//! A browser that signs in by a provider: it follows redirects one by one, so that a story can see where they lead.

use super::provider::{CLIENT, Provider, SECRET};
use crate::world::{Answer, CookieStore, World, id_of};
use reqwest::{Client, header, redirect::Policy};
use seatkeeper_shared::ids::ProviderId;
use serde_json::{Value, json};

/// A browser with cookies.
pub struct Browser {
    http: Client,
    url: String,
}

impl Browser {
    /// A browser that was never here.
    pub fn new(world: &World) -> Self {
        Self::at(&world.url)
    }

    /// The same for another server.
    pub fn at(url: &str) -> Self {
        let http = CookieStore::client().redirect(Policy::none()).build().expect("a client");
        Self { http, url: url.to_owned() }
    }

    /// Opens an address; where it sends the browser to.
    pub async fn follow(&self, address: &str) -> String {
        let address = if address.starts_with('/') { format!("{}{address}", self.url) } else { address.to_owned() };
        let answer = self.http.get(address).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{answer:?}");
        answer.headers()[header::LOCATION].to_str().expect("an address").to_owned()
    }

    /// Another site's page has this browser send the query of an address as a form; where that leads. A browser adds
    /// no cookies then.
    pub async fn posted_by_another_site(&self, address: &str) -> String {
        let (to, form) = address.split_once('?').unwrap_or((address, ""));
        let to = if to.starts_with('/') { format!("{}{to}", self.url) } else { to.to_owned() };
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        let request = http.post(to).header("origin", "https://login.example.com").body(form.to_owned());
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = request.send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.cookies().count()), (303, 0), "{answer:?}");
        answer.headers()[header::LOCATION].to_str().expect("an address").to_owned()
    }

    /// Leaves for the provider and comes back with a code, which is not used yet.
    pub async fn comes_back(&self, provider: ProviderId, back: &str) -> String {
        let to = self.follow(&format!("/auth/oidc/{provider}/start{back}")).await;
        assert!(to.contains("/authorize?"), "{to}");
        self.follow(&to).await
    }

    /// Signs in; where that ends.
    pub async fn sign_in(&self, provider: ProviderId) -> String {
        let callback = self.comes_back(provider, "").await;
        self.follow(&callback).await
    }

    /// Signs in, which does not succeed; why.
    pub async fn is_turned_away(&self, provider: ProviderId) -> String {
        let to = self.sign_in(provider).await;
        assert_eq!(self.get("/me").await.status, 401, "nobody is signed in");
        trouble(&to)
    }

    /// Asks the API.
    pub async fn get(&self, path: &str) -> Answer {
        let answer = self.http.get(format!("{}/api/v1{path}", self.url)).send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.json().await.unwrap_or(Value::Null);
        Answer { status, kind: "application/problem+json".to_owned(), headers, body }
    }

    /// The e-mail address of who is signed in.
    pub async fn email(&self) -> String {
        self.get("/me").await.ok()["email"].as_str().expect("an address").to_owned()
    }
}

/// What the sign-in page is told to say.
#[track_caller]
pub fn trouble(to: &str) -> String {
    let (page, query) = to.split_once('?').unwrap_or((to, ""));
    assert_eq!(page, "/sign-in", "{to}");
    let word = query.split('&').find_map(|pair| pair.strip_prefix("trouble="));
    word.unwrap_or_else(|| panic!("{to}")).to_owned()
}

/// Adds the provider to Seatkeeper, with these settings beside what it takes.
pub async fn added(world: &World, provider: &Provider, more: Value) -> ProviderId {
    let mut body =
        json!({ "name": "Muster ID", "issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    id_of(&world.admin.post("/sign-in-providers", &body).await.created())
}

/// Tells Seatkeeper of a sign-out; the status of the answer.
pub async fn log_out(world: &World, provider: ProviderId, token: &str) -> u16 {
    let address = format!("{}/auth/oidc/{provider}/backchannel-logout", world.url);
    let answer = Client::new().post(address).form(&[("logout_token", token)]).send().await.expect("an answer");
    answer.status().as_u16()
}
