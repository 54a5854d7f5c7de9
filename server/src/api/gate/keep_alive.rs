//! How an open page keeps its seat: a proxy asks the gate once for a WebSocket, a stream or a download, however long it lasts.
//! So the page includes our script, which says from time to time that it is still there.

use super::place;
use crate::{app::App, auth::Caller, gate, http::problem::Fail, store};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use seatkeeper_shared::{ids::ProductId, problem::Code, wire::gate::KeptAlive};
use serde::Deserialize;

/// The script that pages include.
const SCRIPT: &str = include_str!("keep_alive.js");
/// For scripts in pages that admit only what says that it is for them.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What the page says.
#[derive(Debug, Deserialize)]
pub struct Ping {
    /// The agent did something since the last one.
    #[serde(default)]
    active: bool,
}

/// Keeps a seat; takes none.
pub async fn ping(
    State(app): State<App>,
    Path(product): Path<String>,
    Query(ping): Query<Ping>,
    headers: HeaderMap,
    caller: Result<Caller, Fail>,
) -> Response {
    let kept = async {
        let product = app.bell.catalog.find(&app.db, &product).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
        if !is_ours(&app, product, &headers).await? {
            return Err(Fail::code(Code::WrongOrigin));
        }
        // From here on the page may read the answer, whatever it is.
        Ok(keep(&app, &caller?, product, &headers, ping.active).await)
    };
    match kept.await {
        Ok(answer) => with_origin(&headers, answer.map_or_else(Fail::into_response, |kept| Json(kept).into_response())),
        Err(fail) if fail.what() == Code::WrongOrigin => fail.into_response(),
        Err(fail) => with_origin(&headers, fail.into_response()),
    }
}

async fn keep(
    app: &App,
    caller: &Caller,
    product: ProductId,
    headers: &HeaderMap,
    active: bool,
) -> Result<KeptAlive, Fail> {
    let place = place(caller, product, headers);
    let session_id = gate::stay(app, caller, &place, active).await?;
    Ok(KeptAlive { session_id, next_in_seconds: app.bell.seated.pause(&place).num_seconds().max(1) })
}

/// What browsers ask first if a page adds headers of its own.
pub async fn preflight(State(app): State<App>, Path(product): Path<String>, headers: HeaderMap) -> Response {
    let allowed = async {
        let product = app.bell.catalog.find(&app.db, &product).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
        is_ours(&app, product, &headers).await
    };
    match allowed.await {
        Ok(true) => {
            let methods = (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
            with_origin(&headers, (StatusCode::NO_CONTENT, [methods]).into_response())
        }
        Ok(false) => Fail::code(Code::WrongOrigin).into_response(),
        Err(fail) => fail.into_response(),
    }
}

/// The script.
pub async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    (headers, SCRIPT).into_response()
}

/// Whether the page that asks is one of an application behind this gate, or no page at all: nobody else's page keeps a seat.
async fn is_ours(app: &App, product: ProductId, headers: &HeaderMap) -> Result<bool, Fail> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = text("origin") else { return Ok(text("sec-fetch-site") != Some("cross-site")) };
    let here = origin.split_once("://").is_some_and(|(_, host)| Some(host) == text("host"));
    if here {
        return Ok(true);
    }
    let origins = store::gate::way_back(&app.db, product).await?.map(|(_, origins)| origins).unwrap_or_default();
    Ok(origins.iter().any(|ours| ours == origin))
}

/// Lets the page read the answer; it was checked that it may.
fn with_origin(asked: &HeaderMap, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = asked.get(header::ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    response
}
