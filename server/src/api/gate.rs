//! The gate for proxies, and the page on which one waits for a seat.

use crate::{
    app::App,
    auth::Caller,
    gate::{self, Entered, seated::Place},
    http::{browser, extract::Body, problem::Fail},
    store,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use seatkeeper_shared::{
    ids::ProductId,
    problem::Code,
    validate::links,
    wire::gate::{EnterGate, GateEntered},
};
use serde::Deserialize;

/// The e-mail address of whoever passes, for the application behind the gate.
const USER: HeaderName = HeaderName::from_static("x-seatkeeper-user");
/// His id.
const USER_ID: HeaderName = HeaderName::from_static("x-seatkeeper-user-id");
/// His session.
const SESSION: HeaderName = HeaderName::from_static("x-seatkeeper-session");
/// Where a browser that does not pass should go.
const REDIRECT: HeaderName = HeaderName::from_static("x-seatkeeper-redirect");

/// How a proxy asks.
#[derive(Debug, Deserialize)]
pub struct How {
    /// Send browsers to the waiting page: for proxies that hand our answer on.
    #[serde(default)]
    redirect: bool,
}

/// Whether a request that came to a proxy may pass: 200, 401 if nobody is signed in, 403 if there is no seat. Proxies know no
/// other answers.
pub async fn pass(
    State(app): State<App>,
    Path(product): Path<String>,
    Query(how): Query<How>,
    headers: HeaderMap,
    caller: Result<Caller, Fail>,
) -> Response {
    let passed = async {
        let caller = caller?;
        let found = app.bell.catalog.find(&app.db, &product).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
        let session = gate::pass(&app, &caller, &place(&caller, found, &headers)).await?;
        Ok((caller, session))
    };
    match passed.await {
        Ok((caller, session)) => {
            let email = HeaderValue::from_bytes(caller.email.as_bytes()).ok().map(|email| (USER, email));
            let ids = [(USER_ID, caller.id.to_string()), (SESSION, session.to_string())];
            let ids = ids.into_iter().filter_map(|(name, id)| Some((name, HeaderValue::from_str(&id).ok()?)));
            let mut response = StatusCode::OK.into_response();
            response.headers_mut().extend(email.into_iter().chain(ids));
            response
        }
        Err(fail) => turned_away(&app, &product, &headers, &how, fail).await,
    }
}

/// Only navigations are sent to the waiting page: what a script asks for would not know what to do with it.
async fn turned_away(app: &App, product: &str, headers: &HeaderMap, how: &How, fail: Fail) -> Response {
    if fail.is_ours() {
        return fail.into_response();
    }
    let status = if fail.what() == Code::NotSignedIn { 401 } else { 403 };
    let page = is_page(headers) && fail.what() != Code::NotFound && fail.what() != Code::OutOfScope;
    let to = if page { Some(waiting_page(app, product, headers).await) } else { None };
    match to.and_then(|to| HeaderValue::from_str(&to).ok()) {
        Some(to) if how.redirect => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Some(to) => ([(REDIRECT, to)], fail.with_status(status)).into_response(),
        None => fail.with_status(status).into_response(),
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    text(headers, header::ACCEPT.as_str()).is_some_and(|accept| accept.contains("text/html"))
}

async fn waiting_page(app: &App, product: &str, headers: &HeaderMap) -> String {
    let base = app.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let product = crate::text::encoded(product);
    match wanted(headers) {
        Some(wanted) => format!("{base}/wait/{product}?return={}", crate::text::encoded(&wanted)),
        None => format!("{base}/wait/{product}"),
    }
}

/// Where the request that came to the proxy wanted to go, as the proxy says. It is checked when somebody is sent there.
fn wanted(headers: &HeaderMap) -> Option<String> {
    if let Some(whole) = text(headers, "x-original-url") {
        return Some(whole.to_owned());
    }
    let [proto, host, uri] =
        ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri"].map(|name| text(headers, name));
    Some(format!("{}://{}{}", proto?, host?, uri.unwrap_or("/")))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Where somebody sits: each browser that is signed in is a device.
fn place(caller: &Caller, product: ProductId, headers: &HeaderMap) -> Place {
    let named = text(headers, header::USER_AGENT.as_str()).and_then(browser::named);
    let device = match (caller.sign_in, named) {
        (Some(id), named) => {
            let id = id.0.simple().to_string();
            let tail = id.get(id.len().saturating_sub(4)..).unwrap_or_default();
            format!("{} · {tail}", named.as_deref().unwrap_or("Browser"))
        }
        (None, Some(named)) => named,
        (None, None) => "API".to_owned(),
    };
    Place { user: caller.id, product, device }
}

/// Takes a seat at the gate, or a place in the line: for the page on which one waits. With a place, ask again when a seat is
/// offered to the ticket.
#[utoipa::path(post, path = "/gate/{product}", tag = "gate", params(("product" = String, Path, description = "Slug or id")), request_body = EnterGate, responses((status = 200, body = GateEntered)))]
pub async fn enter(
    State(app): State<App>,
    caller: Caller,
    Path(product): Path<String>,
    headers: HeaderMap,
    Body(wish): Body<EnterGate>,
) -> Result<Json<GateEntered>, Fail> {
    let found = app.bell.catalog.find(&app.db, &product).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let back = store::gate::way_back(&app.db, found).await?;
    let (product_name, origins) = back.ok_or_else(|| Fail::code(Code::NotFound))?;
    let return_to = wish.return_to.filter(|to| links::leads_to(to, &origins)).or(origins.into_iter().next());
    let (session, ticket) = match gate::enter(&app, &caller, &place(&caller, found, &headers), wish.again).await? {
        Entered::Seat(id) => (store::sessions::get(&app.db, id).await?, None),
        Entered::Line(ticket) => (None, Some(*ticket)),
    };
    Ok(Json(GateEntered { product_name, session, ticket, return_to }))
}
