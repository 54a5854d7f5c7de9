//! Keeps the seat of an open page. A WebSocket, stream or download causes only one forward-auth request, however long
//! it lasts, so pages include a script that sends keep-alive pings.

use super::cache_key;
use crate::{app::App, auth::Caller, forward_auth, http::problem::ApiError, store};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use seatkeeper_shared::{ids::ProductId, problem::Code, wire::gate::KeepAliveReply};
use serde::Deserialize;

const SCRIPT: &str = include_str!("keep_alive.js");
/// Lets pages with `Cross-Origin-Embedder-Policy: require-corp` load the script.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Debug, Deserialize)]
pub struct PingQuery {
    /// Whether the agent was active since the last ping.
    #[serde(default)]
    active: bool,
}

/// Renews the lease of a seat. Never takes a new seat.
pub async fn ping(
    State(app): State<App>,
    Path(product): Path<String>,
    Query(ping): Query<PingQuery>,
    headers: HeaderMap,
    caller: Result<Caller, ApiError>,
) -> Response {
    let renewed = async {
        let product = app.product_cache.find(&app.db, &product).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
        if !is_allowed_origin(&app, product, &headers).await? {
            return Err(ApiError::new(Code::WrongOrigin));
        }
        // From here on, the page may read the response, including errors.
        Ok(renew_seat(&app, &caller?, product, &headers, ping.active).await)
    };
    match renewed.await {
        Ok(result) => {
            allow_origin(&headers, result.map_or_else(ApiError::into_response, |kept| Json(kept).into_response()))
        }
        Err(error) if error.code() == Code::WrongOrigin => error.into_response(),
        Err(error) => allow_origin(&headers, error.into_response()),
    }
}

async fn renew_seat(
    app: &App,
    caller: &Caller,
    product: ProductId,
    headers: &HeaderMap,
    active: bool,
) -> Result<KeepAliveReply, ApiError> {
    let key = cache_key(caller, product, headers);
    let session_id = forward_auth::renew_only(&app.gate, caller, &key, active).await?;
    Ok(KeepAliveReply {
        session_id,
        next_in_seconds: app.gate.session_cache.heartbeat_interval(&key).num_seconds().max(1),
    })
}

/// Answers CORS preflights, which browsers send if a page adds custom headers.
pub async fn preflight(State(app): State<App>, Path(product): Path<String>, headers: HeaderMap) -> Response {
    let allowed = async {
        let product = app.product_cache.find(&app.db, &product).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
        is_allowed_origin(&app, product, &headers).await
    };
    match allowed.await {
        Ok(true) => {
            let methods = (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
            allow_origin(&headers, (StatusCode::NO_CONTENT, [methods]).into_response())
        }
        Ok(false) => ApiError::new(Code::WrongOrigin).into_response(),
        Err(error) => error.into_response(),
    }
}

pub async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    (headers, SCRIPT).into_response()
}

/// Whether the request comes from a page of an application behind this gate, or not from a page. Other sites' pages
/// must not keep a seat.
async fn is_allowed_origin(app: &App, product: ProductId, headers: &HeaderMap) -> Result<bool, ApiError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = text("origin") else { return Ok(text("sec-fetch-site") != Some("cross-site")) };
    let here = origin.split_once("://").is_some_and(|(_, host)| Some(host) == text("host"));
    if here {
        return Ok(true);
    }
    let origins =
        store::forward_auth::product_origins(&app.db, product).await?.map(|(_, origins)| origins).unwrap_or_default();
    Ok(origins.iter().any(|allowed| allowed == origin))
}

/// Adds the CORS headers that let the page read the response, after its origin was checked.
fn allow_origin(request_headers: &HeaderMap, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = request_headers.get(header::ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    response
}
