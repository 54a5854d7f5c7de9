//! The OpenID Connect routes: start, callback and back-channel logout. Browsers always get redirects, also for errors,
//! so that users never see JSON.

use super::account::{account_settings, anonymous_actor, new_browser_session};
use crate::{
    app::App,
    auth::{
        oidc::{
            account_linking::{self, SignInError},
            authorization::PendingAuthorization,
            exchange,
            logout::{self, LogoutError},
            refusal::{self, SignInRefusal},
        },
        secret,
    },
    db::DbError,
    events::Event,
    http::{
        client_ip::ClientIp,
        cookies::Purpose,
        extract::{PathParam, ValidQuery},
        problem::ApiError,
    },
    store::{self, providers::Provider},
};
use axum::{
    Form, Json,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use openidconnect::url::form_urlencoded;
use seatkeeper_shared::{
    ids::{ProviderId, UserId},
    problem::Code,
    validate,
    wire::providers::{Finding, FindingCode, SignInFailure, redirect_url},
};
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;

/// The longest form response that is forwarded as a query. Entra ID's codes have about 1,500 bytes.
const MAX_FORWARDED_QUERY_BYTES: usize = 8_000;

/// The public base URL without a trailing slash: as configured, or derived from the `Host` header.
pub(super) fn base_url(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let configured = app.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    configured.unwrap_or_else(|| format!("http://{host}"))
}

/// The redirect URI of a provider.
pub(super) fn redirect_uri(app: &App, headers: &HeaderMap, provider: ProviderId) -> String {
    redirect_url(&base_url(app, headers), provider)
}

/// The query of the start route.
#[derive(Debug, Deserialize)]
pub struct StartQuery {
    back: Option<String>,
}

/// Redirects a browser to a provider.
pub async fn start(
    State(app): State<App>,
    PathParam(id): PathParam<ProviderId>,
    ValidQuery(query): ValidQuery<StartQuery>,
    jar: CookieJar,
    headers: HeaderMap,
) -> (CookieJar, Redirect) {
    let pending = PendingAuthorization::begin(
        (&app.random, app.clock.now()),
        id,
        query.back,
        Purpose::SignIn.of(&app, &jar).map(secret::hash),
    );
    match authorization_redirect(&app, &pending, &headers).await {
        Ok(to) => (pending.add_to(jar, app.is_https()), Redirect::to(&to)),
        Err(trouble) => (jar, redirect_to_sign_in(trouble, Some(id), pending.back.as_deref())),
    }
}

async fn authorization_redirect(
    app: &App,
    pending: &PendingAuthorization,
    headers: &HeaderMap,
) -> Result<String, SignInFailure> {
    let provider = enabled_provider(app, pending.provider).await?;
    let found = app.oidc.metadata.get(&provider.settings.issuer, app.clock.now()).await;
    let metadata = found.map_err(|finding| {
        tracing::warn!(provider_id = %provider.id, ?finding, "sign-in provider unavailable");
        SignInRefusal::from(finding).trouble
    })?;
    let relying_party =
        exchange::relying_party(&app.oidc, &provider, &metadata, &redirect_uri(app, headers, provider.id))?;
    Ok(exchange::authorization_url(&relying_party, &provider, &metadata, pending).into())
}

async fn enabled_provider(app: &App, id: ProviderId) -> Result<Provider, SignInFailure> {
    let found = store::providers::get(&app.db, id).await.map_err(|_| SignInFailure::Unavailable)?;
    found.filter(|provider| provider.settings.enabled).ok_or(SignInFailure::NoProvider)
}

/// Redirects to the sign-in page, which shows the error.
fn redirect_to_sign_in(trouble: SignInFailure, provider: Option<ProviderId>, back: Option<&str>) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("trouble", trouble.as_str());
    if let Some(provider) = provider {
        query.append_pair("provider", &provider.to_string());
    }
    if let Some(back) = back {
        query.append_pair("back", back);
    }
    Redirect::to(&format!("/sign-in?{}", query.finish()))
}

/// The parameters of the callback (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Default, Deserialize)]
pub struct CallbackParams {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Signs in a browser that returns from a provider.
pub async fn callback(
    State(app): State<App>,
    PathParam(id): PathParam<ProviderId>,
    ClientIp(address): ClientIp,
    given: Result<Query<CallbackParams>, QueryRejection>,
    jar: CookieJar,
    headers: HeaderMap,
) -> (CookieJar, Redirect) {
    let Query(given) = given.unwrap_or_default();
    let state = given.state.as_deref().unwrap_or_default();
    let (jar, pending) = match PendingAuthorization::take(jar, id, state, app.clock.now(), app.is_https()) {
        Ok(taken) => taken,
        // It belongs to no pending authorization, and does not affect others.
        Err(jar) => return (jar, redirect_to_sign_in(SignInFailure::Expired, Some(id), None)),
    };
    let back = pending.back.as_deref().filter(|back| validate::is_app_path(back));
    match finish_sign_in(&app, &pending, given, jar.clone(), address, &headers).await {
        Ok(jar) => (jar, Redirect::to(back.unwrap_or("/"))),
        Err(trouble) => (jar, redirect_to_sign_in(trouble, Some(id), back)),
    }
}

/// Receives a response in a form (OAuth 2.0 Form Post Response Mode). It is a cross-site POST, which browsers send
/// without `Lax` cookies. So it only redirects to the same path with the response in the query, a navigation that
/// includes them. An attacker cannot use a code from the URL: it is valid once, and only with the verifier in this
/// browser's cookie.
pub async fn form_callback(
    PathParam(id): PathParam<ProviderId>,
    given: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in given.map(|Form(given)| given).unwrap_or_default() {
        if ["code", "state", "error", "iss"].contains(&name.as_str()) {
            query.append_pair(&name, &value);
        }
    }
    let query = query.finish();
    if query.len() > MAX_FORWARDED_QUERY_BYTES {
        return redirect_to_sign_in(SignInFailure::Failed, Some(id), None);
    }
    Redirect::to(&format!("/auth/oidc/{id}/callback?{query}"))
}

async fn finish_sign_in(
    app: &App,
    pending: &PendingAuthorization,
    given: CallbackParams,
    jar: CookieJar,
    address: IpAddr,
    headers: &HeaderMap,
) -> Result<CookieJar, SignInFailure> {
    if !app.throttle.allow_network(address) {
        return Err(SignInFailure::TooMany);
    }
    let provider = enabled_provider(app, pending.provider).await?;
    let identity = match authorization_code(&provider, given) {
        Ok(code) => {
            exchange::exchange_code(&app.oidc, &provider, pending, code, &redirect_uri(app, headers, provider.id)).await
        }
        Err(refusal) => Err(refusal),
    };
    let identity = match identity {
        Ok(identity) => identity,
        Err(refusal) => return Err(record_refusal(app, address, &provider, None, (refusal, None)).await),
    };
    let account = account_settings(app).await.map_err(|_| SignInFailure::Unavailable)?;
    let (jar, _, mut started) = new_browser_session(app, jar, &account, address, headers);
    started.replaces = started.replaces.or_else(|| pending.replaces.clone());
    match account_linking::sign_in(&app.oidc, &provider, &identity, (&started, anonymous_actor(address))).await {
        Ok(_) => Ok(jar),
        Err(SignInError::Refused(refusal, user)) => {
            Err(record_refusal(app, address, &provider, identity.email.as_deref(), (refusal, user)).await)
        }
        Err(SignInError::Db(error)) => {
            tracing::error!(%error, "sign-in by provider could not be saved");
            Err(SignInFailure::Unavailable)
        }
    }
}

/// The authorization code of a callback. If the response names its issuer, it must be the expected one.
fn authorization_code(provider: &Provider, given: CallbackParams) -> Result<String, SignInRefusal> {
    if let Some(issuer) = given.iss.filter(|issuer| *issuer != provider.settings.issuer) {
        return Err(Finding::new(FindingCode::AnswerIssuer, Some(issuer)).into());
    }
    match (given.error, given.code) {
        (Some(error), _) => {
            let error: String = error.chars().filter(char::is_ascii_graphic).take(50).collect();
            Err(SignInRefusal::from_authorization_error(&error))
        }
        (None, Some(code)) => Ok(code),
        (None, None) => Err(SignInRefusal::from_authorization_error("no code")),
    }
}

/// Records a refused sign-in, in the audit log and for the provider's test page.
async fn record_refusal(
    app: &App,
    address: IpAddr,
    provider: &Provider,
    email: Option<&str>,
    (SignInRefusal { trouble, finding }, user): (SignInRefusal, Option<UserId>),
) -> SignInFailure {
    let code = finding.as_ref().map(|finding| finding.code.as_str());
    tracing::warn!(provider_id = %provider.id, reason = %trouble, code, "sign-in by provider refused");
    let data = refusal::failed_sign_in(trouble, &provider.settings.name, finding.as_ref());
    let event = Event::new(data, anonymous_actor(address), user);
    let event = match email.and_then(|email| validate::email(email).ok()) {
        Some(email) => event.named(email),
        None => event,
    };
    match record(app, provider.id, finding.as_ref(), event).await {
        Ok(()) => trouble,
        Err(_) => SignInFailure::Unavailable,
    }
}

async fn record(app: &App, id: ProviderId, finding: Option<&Finding>, event: Event) -> Result<(), DbError> {
    let mut tx = app.db.begin().await?;
    if let Some(finding) = finding
        && store::providers::lock_shared(&mut tx, id).await?.is_some()
    {
        store::provider_findings::record(&mut tx, id, finding, app.clock.now()).await?;
    }
    app.commit(tx, &[event]).await
}

/// The body of a back-channel logout request.
#[derive(Debug, Deserialize)]
pub struct LogoutRequest {
    logout_token: String,
}

/// Handles a back-channel logout request. The responses are those of Back-Channel Logout 1.0 §2.8.
pub async fn backchannel_logout(
    State(app): State<App>,
    PathParam(id): PathParam<ProviderId>,
    ClientIp(address): ClientIp,
    request: Result<Form<LogoutRequest>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = request else { return invalid_logout_request("there is no logout_token") };
    let provider = match enabled_provider(&app, id).await {
        Ok(provider) => provider,
        Err(SignInFailure::NoProvider) => return ApiError::new(Code::NotFound).into_response(),
        Err(_) => return ApiError::new(Code::Unavailable).into_response(),
    };
    match logout::handle_logout_token(&app.oidc, &provider, &request.logout_token, address).await {
        Ok(_) => StatusCode::OK.into_response(),
        Err(LogoutError::Invalid(why)) => {
            tracing::warn!(provider_id = %id, error = why, "logout token refused");
            invalid_logout_request(why)
        }
        Err(LogoutError::NoKeys) => ApiError::new(Code::Unavailable).into_response(),
        Err(LogoutError::Db(error)) => ApiError::from(error).into_response(),
    }
}

fn invalid_logout_request(why: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": why });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
