//! Forward authentication for reverse proxies (the gate), and entering the queue from the waiting page.

pub mod keep_alive;

use crate::{
    app::App,
    auth::Caller,
    forward_auth::{
        self, EntryOutcome, credentials,
        request::{ForwardedRequest, ReturnAddress},
    },
    http::{extract::ValidJson, problem::ApiError, user_agent},
    store::{self, forward_auth::CacheKey},
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
    validate::urls,
    wire::gate::{EnterGate, GateAdmission},
};
use serde::Deserialize;

/// The user's e-mail address, for the application behind the gate.
const USER_HEADER: HeaderName = HeaderName::from_static("x-seatkeeper-user");
const USER_ID_HEADER: HeaderName = HeaderName::from_static("x-seatkeeper-user-id");
const SESSION_HEADER: HeaderName = HeaderName::from_static("x-seatkeeper-session");
/// Where the proxy should redirect a browser that is denied.
const REDIRECT_HEADER: HeaderName = HeaderName::from_static("x-seatkeeper-redirect");

/// The problem document, for proxies that discard the body.
const PROBLEM_HEADER: HeaderName = HeaderName::from_static("x-seatkeeper-problem");

/// The options of a proxy's configuration.
#[derive(Debug, Deserialize)]
pub struct GateOptions {
    /// Redirect browsers to the waiting page: for proxies that forward the response.
    #[serde(default)]
    redirect: bool,
    /// The proxy sets a header with the request method, so that CORS preflights can be allowed.
    #[serde(default)]
    preflights: bool,
    /// The proxy replaces the browser's `Cookie` and `Authorization` headers with those of the response.
    #[serde(default)]
    credentials: bool,
}

/// Decides whether a proxied request may pass: 200, 401 if the user is not signed in, or 403 without a seat. Proxies
/// support no other status.
pub async fn pass(
    State(app): State<App>,
    Path(product): Path<String>,
    Query(options): Query<GateOptions>,
    method: Method,
    headers: HeaderMap,
    caller: Result<Caller, ApiError>,
) -> Response {
    let request = ForwardedRequest::new(&method, &headers);
    if request.is_preflight(options.preflights) {
        return StatusCode::OK.into_response();
    }
    let passed = async {
        if let Some(name) = request.lookalike() {
            return Err(ApiError::with_detail(
                Code::BadRequest,
                format!("the header {name} could be mistaken for one set by Seatkeeper"),
            ));
        }
        let caller = caller?;
        let found = app.product_cache.find(&app.db, &product).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
        let key = cache_key(&caller, found, &headers);
        let session = match request.is_prefetch() {
            true => forward_auth::renew_only(&app.gate, &caller, &key, true).await?,
            false => forward_auth::admit(&app.gate, &caller, &key).await?,
        };
        Ok((caller, session))
    };
    match passed.await {
        Ok((caller, session)) => allow(&caller, session, &headers, &options),
        Err(error) => deny(&app, &product, request, &options, error),
    }
}

fn allow(caller: &Caller, session: SessionId, headers: &HeaderMap, options: &GateOptions) -> Response {
    let email = HeaderValue::from_bytes(caller.email.as_bytes()).ok().map(|email| (USER_HEADER, email));
    let ids = [(USER_ID_HEADER, caller.id.to_string()), (SESSION_HEADER, session.to_string())];
    let ids = ids.into_iter().filter_map(|(name, id)| Some((name, HeaderValue::from_str(&id).ok()?)));
    let mut response = StatusCode::OK.into_response();
    response.headers_mut().extend(email.into_iter().chain(ids));
    if options.credentials {
        // Without a browser session, the request was authenticated by an API token, which the application must not see.
        response.headers_mut().extend(credentials::for_application(headers, caller.sign_in.is_none()));
    }
    response
}

/// Denies a request. Only navigations are redirected to the waiting page; scripts get the problem document.
fn deny(app: &App, product: &str, request: ForwardedRequest<'_>, options: &GateOptions, error: ApiError) -> Response {
    if error.is_server_error() {
        return error.into_response();
    }
    let status = if error.code() == Code::NotSignedIn { 401 } else { 403 };
    let no_page = matches!(error.code(), Code::NotFound | Code::OutOfScope | Code::BadRequest | Code::NoSeat);
    let to = (request.is_navigation() && !no_page).then(|| waiting_page(app, product, &request.return_address()));
    match to.and_then(|to| HeaderValue::from_str(&to).ok()) {
        // 303, so that a POST is not repeated at the waiting page.
        Some(to) if options.redirect => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Some(to) => ([(REDIRECT_HEADER, to)], problem_response(error, status)).into_response(),
        None => problem_response(error, status),
    }
}

fn problem_response(error: ApiError, status: u16) -> Response {
    let brief = ApiError::new(error.code()).with_status(status).json();
    let brief = HeaderValue::from_str(&brief).ok().map(|brief| (PROBLEM_HEADER, brief));
    let mut response = error.with_status(status).into_response();
    response.headers_mut().extend(brief);
    response
}

fn waiting_page(app: &App, product: &str, back: &ReturnAddress) -> String {
    let base = app.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let back_to = back.url.as_deref().map(|url| format!("return={}", crate::normalize::percent_encode(url)));
    let unsent = back.unsent.then(|| "unsent=true".to_owned());
    let query = back_to.into_iter().chain(unsent).collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}/wait/{}{mark}{query}", crate::normalize::percent_encode(product))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The key of the caller's session in the cache. Each browser session counts as a device.
fn cache_key(caller: &Caller, product: ProductId, headers: &HeaderMap) -> CacheKey {
    let named = header_text(headers, header::USER_AGENT.as_str()).and_then(user_agent::browser_and_system);
    let device = match (caller.sign_in, named) {
        (Some(id), named) => {
            let id = id.0.simple().to_string();
            let tail = id.get(id.len().saturating_sub(4)..).unwrap_or_default();
            format!("{} · {tail}", named.as_deref().unwrap_or("Browser"))
        }
        (None, Some(named)) => named,
        (None, None) => "API".to_owned(),
    };
    CacheKey { user: caller.id, product, device }
}

/// Takes a seat at the gate, or joins the queue.
///
/// For the waiting page. After joining the queue, call it again when a seat is offered to the ticket.
#[utoipa::path(
    post, path = "/gate/{product}", tag = "gate",
    params(("product" = String, Path, description = "Slug or id")),
    request_body = EnterGate,
    responses((status = 200, body = GateAdmission)),
)]
pub async fn enter(
    State(app): State<App>,
    caller: Caller,
    Path(product): Path<String>,
    headers: HeaderMap,
    ValidJson(request): ValidJson<EnterGate>,
) -> Result<Json<GateAdmission>, ApiError> {
    let found = app.product_cache.find(&app.db, &product).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let back = store::forward_auth::product_origins(&app.db, found).await?;
    let (product_name, origins) = back.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let return_to =
        request.return_to.filter(|to| urls::has_allowed_origin(to, &origins)).or(origins.into_iter().next());
    let (session, ticket) =
        match forward_auth::enter(&app.gate, &caller, &cache_key(&caller, found, &headers), request.again).await? {
            EntryOutcome::Seat(id) => (store::sessions::get(&app.db, id).await?, None),
            EntryOutcome::Queued(ticket) => (None, Some(*ticket)),
        };
    Ok(Json(GateAdmission { product_name, session, ticket, return_to }))
}
