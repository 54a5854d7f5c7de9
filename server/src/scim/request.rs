//! What every request passes: whose token it is, and the log of the last requests.

use super::{
    answer::Answer,
    compute::compute,
    fail::{Fail, Reason, Type},
};
use crate::{
    app::App,
    auth::{caller::bearer, secret},
    http::client,
    seats::{Actor, Door},
    store,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use seatkeeper_shared::{ids::DirectoryId, wire::directory::DirectoryRequest};
use serde_json::Value;
use std::net::IpAddr;

/// The directory that asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Which.
    pub id: DirectoryId,
    /// What people call it.
    pub name: String,
    /// From which address.
    pub address: Option<IpAddr>,
    /// Where we are, for the locations of resources.
    pub base: String,
}

impl Asker {
    /// For the log.
    pub fn actor(&self) -> Actor {
        Actor { id: None, name: Some(self.name.clone()), door: Door::Scim, address: self.address }
    }
}

/// Lets in who has the token of a directory, and takes note of what he asked and what he was told.
pub async fn enter(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let known = match bearer(&parts) {
        Some(token) => store::directories::by_secret(&app.db, &secret::hash(token)).await,
        None => Ok(None),
    };
    let (id, name) = match known {
        Ok(Some(known)) => known,
        Ok(None) => return Fail::new(401, "The token is missing or not good.").into_response(),
        Err(error) => return Fail::from(error).into_response(),
    };
    let (method, path) = (parts.method.to_string(), said(parts.uri.path(), parts.uri.query()));
    let address = client::address(&app.trusted_proxies, &parts);
    let asker = Asker { id, name, address, base: base(&app, &parts.headers) };
    parts.extensions.insert(asker);
    let response = next.run(Request::from_parts(parts, body)).await;
    let reason = response.extensions().get::<Reason>().map(|Reason(reason)| reason.chars().take(500).collect());
    let status = i64::from(response.status().as_u16());
    app.directory_log.note(id, DirectoryRequest { number: 0, at: app.clock.now(), method, path, status, reason });
    response
}

/// Bodies from so many bytes on are read beside the threads that answer all others.
const LARGE_BODY_BYTES: usize = 16 * 1024;

/// The body, which must be an object. What it is said to be does not matter: some directories say `application/json`.
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Fail;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fail> {
        let body =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
                413 => Fail::new(413, format!("The body is larger than {} bytes.", super::LARGEST_BODY)),
                _ => Fail::bad(Type::InvalidSyntax, rejection.body_text()),
            })?;
        let is_large = body.len() > LARGE_BODY_BYTES;
        let read = move || match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(Value::Object(fields))),
            Ok(_) => Err(Fail::bad(Type::InvalidSyntax, "The body must be an object.")),
            Err(_) => Err(Fail::bad(Type::InvalidSyntax, "The body is no JSON.")),
        };
        if is_large { compute(read).await } else { read() }
    }
}

/// The id in the path. What cannot be read is not there.
pub struct ResourceId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for ResourceId {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fail> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| Fail::not_found("resource"))
    }
}

/// Whether an address is below `/scim`, however it is spelled: in whatever case, with slashes doubled or letters escaped.
pub fn is_below_scim(path: &str) -> bool {
    let mut parts = path.split(['/', '\\', ';']).filter(|part| !part.is_empty() && *part != ".");
    let Some(first) = parts.next() else { return false };
    if !first.contains('%') {
        return first.eq_ignore_ascii_case("scim");
    }
    is_below_scim(&decoded(first).replace('%', ""))
}

/// Where SCIM is served, as whoever asks reaches it.
fn base(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = app.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    format!("{}/scim/v2", own.unwrap_or_else(|| format!("http://{host}")))
}

/// The address as people read it, of a bounded length, and without what could be a secret.
fn said(path: &str, query: Option<&str>) -> String {
    let mut text = decoded(path);
    for (place, pair) in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        let secret = ["token", "secret", "password", "key"].iter().any(|word| name.to_ascii_lowercase().contains(word));
        text.push(if place == 0 { '?' } else { '&' });
        text.push_str(&format!("{name}={}", if secret { "…" } else { &value }));
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// Text without the escapes of addresses.
pub fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        rest = after;
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            (b'+', ..) => bytes.push(b' '),
            (other, ..) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Goes on only if the resource is in the version that is expected.
///
/// # Errors
/// 412: it has changed since.
pub fn must_match(expected: Option<&str>, version: &str) -> Result<(), Fail> {
    match expected {
        Some(expected) if !names(expected, version) => {
            Err(Fail::new(412, "The resource has changed since it was read."))
        }
        _ => Ok(()),
    }
}

/// Nothing more is told of a resource that has not changed since it was read.
pub fn unless_known(headers: &HeaderMap, answer: Answer) -> Result<Answer, Fail> {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    match (known, &answer.version) {
        (Some(known), Some(version)) if names(known, version) => {
            Ok(Answer { status: StatusCode::NOT_MODIFIED, body: Value::Null, ..answer })
        }
        _ => Ok(answer),
    }
}

fn names(tags: &str, version: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(version))
}
