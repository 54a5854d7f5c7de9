//! An HTTP client that acts as one user, and the responses it receives.

use super::{CookieStore, PASSWORD, setup};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use seatkeeper_shared::ids::UserId;
use serde::Serialize;
use serde_json::{Value, json};

/// A user as an HTTP client: with a browser's cookies, or with an API token.
#[derive(Clone)]
pub struct Person {
    /// The user's id; nil for a client that is not signed in.
    pub id: UserId,
    /// The base URL of the server.
    pub url: String,
    http: Client,
    token: Option<String>,
}

/// The response of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// The value of `Content-Type`.
    pub kind: String,
    pub headers: header::HeaderMap,
    /// The body as JSON; `null` if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// Expects 200 and returns the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// The `Set-Cookie` header for the cookie with this name.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> &str {
        let mut all = self.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().expect("text"));
        let found = all.find(|cookie| cookie.split_once('=').is_some_and(|(of, _)| of == name));
        found.unwrap_or_else(|| panic!("{name} is not set"))
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.headers["etag"].to_str().expect("an entity tag").to_owned()
    }

    /// Expects 201 and returns the body.
    #[track_caller]
    pub fn created(self) -> Value {
        assert_eq!(self.status, 201, "{:#}", self.body);
        self.body
    }

    /// Expects a problem document with this status and code, and returns it.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{:#}", self.body);
        assert_eq!(self.kind, "application/problem+json");
        assert!(self.body["title"].as_str().is_some_and(|title| !title.is_empty()));
        self.body
    }
}

impl Person {
    /// A client that is not signed in.
    pub fn anonymous(url: &str) -> Self {
        let http = CookieStore::client().build().expect("a client");
        Self { id: UserId(uuid::Uuid::nil()), http, url: url.to_owned(), token: None }
    }

    /// Sets the server up; returns its first admin, signed in.
    pub async fn setting_up(url: &str) -> Self {
        let mut person = Self::anonymous(url);
        let me = person.post("/setup", &setup()).await.created();
        person.id = serde_json::from_value(me["id"].clone()).expect("an id");
        person
    }

    /// Signs a user in with their password.
    pub async fn signing_in(url: &str, email: &str, id: UserId) -> Self {
        let mut person = Self::anonymous(url);
        person.id = id;
        person.post("/sign-in", &json!({ "email": email, "password": PASSWORD })).await.ok();
        person
    }

    /// Signs the same user in once more, as another browser.
    pub async fn sign_in_again(&self, email: &str) -> Self {
        Self::signing_in(&self.url, email, self.id).await
    }

    /// The same user as a program with an API token.
    pub async fn with_token(&self) -> Self {
        let token = self.post("/tokens", &json!({ "name": "test", "days": 1 })).await.created();
        let secret = token["secret"].as_str().expect("a secret").to_owned();
        Self { token: Some(secret), http: super::http::client(), ..self.clone() }
    }

    /// A program with a token, for a server that does not run yet. Each request opens a new connection, so that a proxy
    /// sends it to the next server.
    pub fn with_secret(id: UserId, secret: String) -> Self {
        let http = super::http::client_builder().pool_max_idle_per_host(0).build().expect("a client");
        Self { id, token: Some(secret), http, url: String::new() }
    }

    /// The secret of the API token; panics for a browser.
    pub fn secret(&self) -> &str {
        self.token.as_deref().expect("a client with an API token")
    }

    /// The same user at another server on the same database.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// Builds a request to a path below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.raw(method, &format!("{}/api/v1{path}", self.url))
    }

    /// Builds a request to any URL.
    pub fn raw(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request.header(header::ORIGIN, &self.url),
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// Sends a request to a server that may be down.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let headers = response.headers().clone();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default().to_owned();
        let status = response.status();
        let text = response.text().await?;
        Ok(Answer { status, kind, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    /// The entity tag of the resource at a path.
    pub async fn etag_of(&self, path: &str) -> String {
        self.get(path).await.etag()
    }

    /// Sends PATCH with `If-Match`.
    pub async fn patch_if(&self, path: &str, tag: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).header(header::IF_MATCH, tag).json(body)).await
    }

    /// Sends PUT with `If-Match`.
    pub async fn put_if(&self, path: &str, tag: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).header(header::IF_MATCH, tag).json(body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &(impl Serialize + Sync)) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &(impl Serialize + Sync)) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Requests a seat of Remote Support.
    pub async fn request_seat(&self) -> Answer {
        self.post("/sessions", &seat_request("application")).await
    }

    /// Requests a seat with an idempotency key from a server that may be down.
    pub async fn try_request_seat(&self, key: &str) -> Result<Answer, reqwest::Error> {
        let request = self.request(Method::POST, "/sessions").header("idempotency-key", key);
        self.try_send(request.json(&seat_request("application"))).await
    }
}

/// The `id` in a body.
#[track_caller]
pub fn id_of<T: serde::de::DeserializeOwned>(body: &Value) -> T {
    serde_json::from_value(body["id"].clone()).expect("an id")
}

/// The body of a request for a seat of Remote Support.
pub fn seat_request(mode: &str) -> Value {
    json!({ "product": "remote-support-v5", "device": "NB-0412", "mode": mode })
}
