//! The gate for proxies, and the page on which one waits for a seat.

pub mod keep_alive;

use crate::{
    app::App,
    auth::Caller,
    gate::{
        self, Entered, credentials,
        request::{ForwardedRequest, ReturnAddress},
        seated::Place,
    },
    http::{browser, extract::Body, problem::Fail},
    store,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use seatkeeper_shared::{
    ids::{ProductId, SessionId},
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

/// The problem as a header, for proxies that throw the body away.
const PROBLEM: HeaderName = HeaderName::from_static("x-seatkeeper-problem");

/// How a proxy asks.
#[derive(Debug, Deserialize)]
pub struct How {
    /// Send browsers to the waiting page: for proxies that hand our answer on.
    #[serde(default)]
    redirect: bool,
    /// The proxy overwrites a header that tells the method, so that CORS preflights can be let through.
    #[serde(default)]
    preflights: bool,
    /// The proxy sends the application the `Cookie` and `Authorization` of our answer instead of the browser's.
    #[serde(default)]
    credentials: bool,
}

/// Whether a request that came to a proxy may pass: 200, 401 if nobody is signed in, 403 if there is no seat. Proxies know no
/// other answers.
pub async fn pass(
    State(app): State<App>,
    Path(product): Path<String>,
    Query(how): Query<How>,
    method: Method,
    headers: HeaderMap,
    caller: Result<Caller, Fail>,
) -> Response {
    let request = ForwardedRequest::new(&method, &headers);
    if request.is_preflight(how.preflights) {
        return StatusCode::OK.into_response();
    }
    let passed = async {
        if let Some(name) = request.lookalike() {
            return Err(Fail::detail(Code::BadRequest, format!("the header {name} could be taken for one of ours")));
        }
        let caller = caller?;
        let found = app.bell.catalog.find(&app.db, &product).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
        let place = place(&caller, found, &headers);
        let session = match request.is_look_ahead() {
            true => gate::stay(&app, &caller, &place, true).await?,
            false => gate::pass(&app, &caller, &place).await?,
        };
        Ok((caller, session))
    };
    match passed.await {
        Ok((caller, session)) => let_through(&caller, session, &headers, &how),
        Err(fail) => turned_away(&app, &product, request, &how, fail),
    }
}

fn let_through(caller: &Caller, session: SessionId, headers: &HeaderMap, how: &How) -> Response {
    let email = HeaderValue::from_bytes(caller.email.as_bytes()).ok().map(|email| (USER, email));
    let ids = [(USER_ID, caller.id.to_string()), (SESSION, session.to_string())];
    let ids = ids.into_iter().filter_map(|(name, id)| Some((name, HeaderValue::from_str(&id).ok()?)));
    let mut response = StatusCode::OK.into_response();
    response.headers_mut().extend(email.into_iter().chain(ids));
    if how.credentials {
        // Whoever has no browser session came by a token of ours.
        response.headers_mut().extend(credentials::for_application(headers, caller.sign_in.is_none()));
    }
    response
}

/// Only navigations are sent to the waiting page: what a script asks for would not know what to do with it.
fn turned_away(app: &App, product: &str, request: ForwardedRequest<'_>, how: &How, fail: Fail) -> Response {
    if fail.is_ours() {
        return fail.into_response();
    }
    let status = if fail.what() == Code::NotSignedIn { 401 } else { 403 };
    let no_page = matches!(fail.what(), Code::NotFound | Code::OutOfScope | Code::BadRequest | Code::NoSeat);
    let to = (request.is_navigation() && !no_page).then(|| waiting_page(app, product, &request.return_address()));
    match to.and_then(|to| HeaderValue::from_str(&to).ok()) {
        // What was a POST must not be repeated at the waiting page.
        Some(to) if how.redirect => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Some(to) => ([(REDIRECT, to)], problem(fail, status)).into_response(),
        None => problem(fail, status),
    }
}

fn problem(fail: Fail, status: u16) -> Response {
    let brief = Fail::code(fail.what()).with_status(status).json();
    let brief = HeaderValue::from_str(&brief).ok().map(|brief| (PROBLEM, brief));
    let mut response = fail.with_status(status).into_response();
    response.headers_mut().extend(brief);
    response
}

fn waiting_page(app: &App, product: &str, back: &ReturnAddress) -> String {
    let base = app.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let back_to = back.url.as_deref().map(|url| format!("return={}", crate::text::encoded(url)));
    let unsent = back.unsent.then(|| "unsent=true".to_owned());
    let query = back_to.into_iter().chain(unsent).collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}/wait/{}{mark}{query}", crate::text::encoded(product))
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
