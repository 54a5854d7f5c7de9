//! Authenticates SCIM requests, logs them, and reads their bodies and headers.

use super::{
    compute::compute,
    error::{Reason, ScimError, ScimType},
    response::ScimResponse,
};
use crate::{
    app::App,
    auth::secret,
    http::{caller::bearer, client_ip, received_body::ReceivedBody},
    scim::client::{ScimClient, percent_decode},
    store,
};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use seatkeeper_shared::{ids::DirectoryId, wire::directory::DirectoryRequest};
use serde_json::Value;

/// Middleware: admits requests with the token of a directory, and records each in the directory's request log.
pub async fn authenticate(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let hash = bearer(&parts.headers).map(secret::hash);
    let directory = match directory_of(&app, hash.as_deref()).await {
        Ok(directory) => directory,
        Err(error) => return error.into_response(),
    };
    let mut has_waited = false;
    let body = ReceivedBody::receive(body, super::MAX_BODY_BYTES, async || {
        has_waited = true;
        true
    });
    let body = Body::new(body.await);
    // The token may have been replaced while the body arrived.
    let (id, name) = match has_waited {
        false => directory,
        true => match directory_of(&app, hash.as_deref()).await {
            Ok(directory) => directory,
            Err(error) => return error.into_response(),
        },
    };
    let (method, path) = (parts.method.to_string(), loggable_url(parts.uri.path(), parts.uri.query()));
    let address = client_ip::address(&app.trusted_proxies, &parts);
    let client = ScimClient { id, name, address, base_url: base_url(&app, &parts.headers) };
    parts.extensions.insert(client);
    let response = next.run(Request::from_parts(parts, body)).await;
    let reason = response.extensions().get::<Reason>().map(|Reason(reason)| reason.chars().take(500).collect());
    let status = i64::from(response.status().as_u16());
    app.directory_log.record(id, DirectoryRequest { number: 0, at: app.clock.now(), method, path, status, reason });
    response
}

/// The directory whose token has this hash.
async fn directory_of(app: &App, hash: Option<&str>) -> Result<(DirectoryId, String), ScimError> {
    let found = match hash {
        Some(hash) => store::directories::by_secret(&app.db, hash).await?,
        None => None,
    };
    found.ok_or_else(|| ScimError::new(401, "The token is missing or invalid."))
}

/// Bodies larger than this are parsed on a blocking thread.
const LARGE_BODY_BYTES: usize = 16 * 1024;

/// The body, which must be a JSON object. Its content type is ignored: some directories send `application/json`.
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ScimError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ScimError> {
        let body =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
                413 => ScimError::new(413, format!("The body is larger than {} bytes.", super::MAX_BODY_BYTES)),
                _ => ScimError::bad_request(ScimType::InvalidSyntax, rejection.body_text()),
            })?;
        let is_large = body.len() > LARGE_BODY_BYTES;
        let read = move || match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(Value::Object(fields))),
            Ok(_) => Err(ScimError::bad_request(ScimType::InvalidSyntax, "The body must be an object.")),
            Err(_) => Err(ScimError::bad_request(ScimType::InvalidSyntax, "The body is not JSON.")),
        };
        if is_large { compute(read).await } else { read() }
    }
}

/// The id in the path. An unreadable id is answered as not found.
pub struct ResourceId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for ResourceId {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ScimError> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| ScimError::not_found("resource"))
    }
}

/// Whether a path is below `/scim`, however it is spelled: in any case, with doubled slashes or percent-encoded
/// letters.
pub fn is_below_scim(path: &str) -> bool {
    let mut parts = path.split(['/', '\\', ';']).filter(|part| !part.is_empty() && *part != ".");
    let Some(first) = parts.next() else { return false };
    if !first.contains('%') {
        return first.eq_ignore_ascii_case("scim");
    }
    is_below_scim(&percent_decode(first).replace('%', ""))
}

/// The base URL of the SCIM API as the client reaches it.
fn base_url(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = app.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    format!("{}/scim/v2", own.unwrap_or_else(|| format!("http://{host}")))
}

/// The decoded path and query for the log, shortened, and without values that could be secrets.
fn loggable_url(path: &str, query: Option<&str>) -> String {
    let mut text = percent_decode(path);
    for (index, pair) in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (percent_decode(name), percent_decode(value));
        let secret = ["token", "secret", "password", "key"].iter().any(|word| name.to_ascii_lowercase().contains(word));
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(&format!("{name}={}", if secret { "…" } else { &value }));
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// Checks an `If-Match` header against the version of a resource.
///
/// # Errors
/// Returns status 412 if the resource has changed.
pub fn check_if_match(expected: Option<&str>, version: &str) -> Result<(), ScimError> {
    match expected {
        Some(expected) if !matches_version(expected, version) => {
            Err(ScimError::new(412, "The resource has changed since it was read."))
        }
        _ => Ok(()),
    }
}

/// Replaces the response with status 304 if the client has this version already (`If-None-Match`).
pub fn not_modified_if_cached(headers: &HeaderMap, response: ScimResponse) -> Result<ScimResponse, ScimError> {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    match (known, &response.version) {
        (Some(known), Some(version)) if matches_version(known, version) => {
            Ok(ScimResponse { status: StatusCode::NOT_MODIFIED, body: Value::Null, ..response })
        }
        _ => Ok(response),
    }
}

fn matches_version(tags: &str, version: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(version))
}
