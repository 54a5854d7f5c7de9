//! Somebody who talks to the server, and what he is answered.

use super::{CookieStore, PASSWORD, setup};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use seatkeeper_shared::ids::UserId;
use serde::Serialize;
use serde_json::{Value, json};

/// Somebody who talks to the server, with a browser's cookies.
#[derive(Clone)]
pub struct Person {
    /// The user; all zeros for a stranger.
    pub id: UserId,
    /// The server he talks to.
    pub url: String,
    http: Client,
    token: Option<String>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `content-type`.
    pub kind: String,
    /// All headers.
    pub headers: header::HeaderMap,
    /// The body as JSON; `null` if it is none.
    pub body: Value,
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// What it sets the cookie with this name to.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> &str {
        let mut all = self.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().expect("text"));
        let found = all.find(|cookie| cookie.split_once('=').is_some_and(|(of, _)| of == name));
        found.unwrap_or_else(|| panic!("{name} is not set"))
    }

    /// Its tag.
    #[track_caller]
    pub fn tag(&self) -> String {
        self.headers["etag"].to_str().expect("a tag").to_owned()
    }

    /// The body of a 201.
    #[track_caller]
    pub fn created(self) -> Value {
        assert_eq!(self.status, 201, "{:#}", self.body);
        self.body
    }

    /// The body of a problem with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{:#}", self.body);
        assert_eq!(self.kind, "application/problem+json");
        assert!(self.body["title"].as_str().is_some_and(|title| !title.is_empty()));
        self.body
    }
}

impl Person {
    /// Somebody whom the server does not know.
    pub fn stranger(url: &str) -> Self {
        let http = CookieStore::client().build().expect("a client");
        Self { id: UserId(uuid::Uuid::nil()), http, url: url.to_owned(), token: None }
    }

    /// The admin who sets the server up.
    pub async fn setting_up(url: &str) -> Self {
        let mut person = Self::stranger(url);
        let me = person.post("/setup", &setup()).await.created();
        person.id = serde_json::from_value(me["id"].clone()).expect("an id");
        person
    }

    /// Somebody who signs in.
    pub async fn signing_in(url: &str, email: &str, id: UserId) -> Self {
        let mut person = Self::stranger(url);
        person.id = id;
        person.post("/sign-in", &json!({ "email": email, "password": PASSWORD })).await.ok();
        person
    }

    /// The same person, who has to sign in anew.
    pub async fn sign_in_again(&self, email: &str) -> Self {
        Self::signing_in(&self.url, email, self.id).await
    }

    /// The same person as a program with a token.
    pub async fn with_token(&self) -> Self {
        let token = self.post("/tokens", &json!({ "name": "test", "days": 1 })).await.created();
        let secret = token["secret"].as_str().expect("a secret").to_owned();
        Self { token: Some(secret), http: Client::new(), ..self.clone() }
    }

    /// Somebody who holds a token of a server that does not run yet. Each of his requests takes a new connection, so that a
    /// proxy sends it to the next server.
    pub fn with_secret(id: UserId, secret: String) -> Self {
        let http = Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        Self { id, token: Some(secret), http, url: String::new() }
    }

    /// The secret of the token, if he is a program with one.
    pub fn secret(&self) -> &str {
        self.token.as_deref().expect("a token")
    }

    /// The same person at another server on the same database.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// A request that is not sent yet; `path` is below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.raw(method, &format!("{}/api/v1{path}", self.url))
    }

    /// The same at any address.
    pub fn raw(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request.header(header::ORIGIN, &self.url),
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// Sends a request to a server that may be gone.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let headers = response.headers().clone();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default().to_owned();
        let status = response.status();
        let text = response.text().await?;
        Ok(Answer { status, kind, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    /// The tag of something.
    pub async fn tag(&self, path: &str) -> String {
        self.get(path).await.tag()
    }

    /// Changes something if it still has this tag.
    pub async fn patch_if(&self, path: &str, tag: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).header(header::IF_MATCH, tag).json(body)).await
    }

    /// Replaces something if it still has this tag.
    pub async fn put_if(&self, path: &str, tag: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).header(header::IF_MATCH, tag).json(body)).await
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Writes.
    pub async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Changes.
    pub async fn patch(&self, path: &str, body: &(impl Serialize + Sync)) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Replaces.
    pub async fn put(&self, path: &str, body: &(impl Serialize + Sync)) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Removes.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Asks for a seat of Remote Support.
    pub async fn ask(&self) -> Answer {
        self.post("/sessions", &wanted("application")).await
    }

    /// Asks for a seat with an idempotency key, of a server that may be gone.
    pub async fn try_ask(&self, key: &str) -> Result<Answer, reqwest::Error> {
        let request = self.request(Method::POST, "/sessions").header("idempotency-key", key);
        self.try_send(request.json(&wanted("application"))).await
    }
}

/// The id in a body.
#[track_caller]
pub fn id_of<T: serde::de::DeserializeOwned>(body: &Value) -> T {
    serde_json::from_value(body["id"].clone()).expect("an id")
}

/// A request for a seat of Remote Support.
pub fn wanted(mode: &str) -> Value {
    json!({ "product": "remote-support-v5", "device": "NB-0412", "mode": mode })
}
