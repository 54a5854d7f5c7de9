//! Where browsers leave for a provider of sign-ins and come back, and where providers tell of sign-outs. Browsers are answered with
//! redirects, also when something is wrong: nobody who signs in shall see JSON.

use super::account::{browser_session, settings, somebody_at};
use crate::{
    app::App,
    auth::oidc::{
        admit::{self, Turned},
        exchange,
        flow::Flow,
        logout::{self, NotObeyed},
        refusal::{self, Refusal},
    },
    db::DbError,
    events::Event,
    http::{
        client::Address,
        extract::{Asked, Named},
        problem::Fail,
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
    wire::providers::{Finding, FindingCode, SignInTrouble, redirect_url},
};
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;

/// The longest answer in a form that is sent on in an address, in bytes; Entra ID's codes have some 1,500.
const LONGEST_ANSWER: usize = 8_000;

/// Where browsers reach us, without a slash at its end: as configured, or else as this browser says.
pub(super) fn base(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let configured = app.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    configured.unwrap_or_else(|| format!("http://{host}"))
}

/// Where a provider sends browsers back to.
pub(super) fn redirect(app: &App, headers: &HeaderMap, provider: ProviderId) -> String {
    redirect_url(&base(app, headers), provider)
}

/// What the sign-in page wants to be gone on with.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    back: Option<String>,
}

/// Sends a browser to a provider.
pub async fn start(
    State(app): State<App>,
    Named(id): Named<ProviderId>,
    Asked(wanted): Asked<Wanted>,
    jar: CookieJar,
    headers: HeaderMap,
) -> (CookieJar, Redirect) {
    let flow = Flow::begin(&app, id, wanted.back, &jar);
    match leave(&app, &flow, &headers).await {
        Ok(to) => (flow.keep(jar, app.is_https()), Redirect::to(&to)),
        Err(trouble) => (jar, sorry(trouble, Some(id), flow.back.as_deref())),
    }
}

async fn leave(app: &App, flow: &Flow, headers: &HeaderMap) -> Result<String, SignInTrouble> {
    let provider = enabled(app, flow.provider).await?;
    let found = app.providers.of(&provider.settings.issuer, app.clock.now()).await;
    let metadata = found.map_err(|finding| {
        tracing::warn!(provider = %provider.id, ?finding, "a provider of sign-ins cannot be used");
        Refusal::from(finding).trouble
    })?;
    let party = exchange::party(app, &provider, &metadata, &redirect(app, headers, provider.id))?;
    Ok(exchange::authorization(&party, &provider, &metadata, flow).into())
}

async fn enabled(app: &App, id: ProviderId) -> Result<Provider, SignInTrouble> {
    let found = store::providers::get(&app.db, id).await.map_err(|_| SignInTrouble::Unavailable)?;
    found.filter(|provider| provider.settings.enabled).ok_or(SignInTrouble::NoProvider)
}

/// Back to the sign-in page, which says what was wrong.
fn sorry(trouble: SignInTrouble, provider: Option<ProviderId>, back: Option<&str>) -> Redirect {
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

/// What a provider sends a browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Signs in a browser that comes back from a provider.
pub async fn callback(
    State(app): State<App>,
    Named(id): Named<ProviderId>,
    Address(address): Address,
    given: Result<Query<Back>, QueryRejection>,
    jar: CookieJar,
    headers: HeaderMap,
) -> (CookieJar, Redirect) {
    let Query(given) = given.unwrap_or_default();
    let state = given.state.as_deref().unwrap_or_default();
    let (jar, flow) = match Flow::take(jar, id, state, app.clock.now(), app.is_https()) {
        Ok(taken) => taken,
        // Nobody knows where it comes from: it spoils no sign-in that is under way.
        Err(jar) => return (jar, sorry(SignInTrouble::Expired, Some(id), None)),
    };
    let back = flow.back.as_deref().filter(|back| validate::is_own_page(back));
    match come_in(&app, &flow, given, jar.clone(), address, &headers).await {
        Ok(jar) => (jar, Redirect::to(back.unwrap_or("/"))),
        Err(trouble) => (jar, sorry(trouble, Some(id), back)),
    }
}

/// A provider sends its answer in a form (OAuth 2.0 Form Post Response Mode). Such a request comes from another site,
/// so browsers leave our cookies out, and it counts for nothing by itself: the browser is sent on to the same address
/// with the same answer, a navigation to which browsers do add `Lax` cookies. What stands in that address is of no
/// use to who reads it, as in every sign-in with an answer in the query: a code counts once, and only with the
/// verifier that is in this browser's cookie.
pub async fn form_callback(
    Named(id): Named<ProviderId>,
    given: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in given.map(|Form(given)| given).unwrap_or_default() {
        if ["code", "state", "error", "iss"].contains(&name.as_str()) {
            query.append_pair(&name, &value);
        }
    }
    let query = query.finish();
    if query.len() > LONGEST_ANSWER {
        return sorry(SignInTrouble::Failed, Some(id), None);
    }
    Redirect::to(&format!("/auth/oidc/{id}/callback?{query}"))
}

async fn come_in(
    app: &App,
    flow: &Flow,
    given: Back,
    jar: CookieJar,
    address: IpAddr,
    headers: &HeaderMap,
) -> Result<CookieJar, SignInTrouble> {
    if !app.throttle.allow_from(address) {
        return Err(SignInTrouble::TooMany);
    }
    let provider = enabled(app, flow.provider).await?;
    let came = match answered(&provider, given) {
        Ok(code) => exchange::exchange(app, &provider, flow, code, &redirect(app, headers, provider.id)).await,
        Err(refusal) => Err(refusal),
    };
    let came = match came {
        Ok(came) => came,
        Err(refusal) => return Err(away(app, address, &provider, None, (refusal, None)).await),
    };
    let account = settings(app).await.map_err(|_| SignInTrouble::Unavailable)?;
    let (jar, _, mut started) = browser_session(app, jar, &account, address, headers);
    started.replaces = started.replaces.or_else(|| flow.replaces.clone());
    match admit::sign_in(app, &provider, &came, (&started, somebody_at(address))).await {
        Ok(_) => Ok(jar),
        Err(Turned::Away(refusal, user)) => {
            Err(away(app, address, &provider, came.email.as_deref(), (refusal, user)).await)
        }
        Err(Turned::Db(error)) => {
            tracing::error!(%error, "somebody who came from a provider could not be signed in");
            Err(SignInTrouble::Unavailable)
        }
    }
}

/// The code with which a browser came back. The answer must be of the provider that was asked, where it says whose it is.
fn answered(provider: &Provider, given: Back) -> Result<String, Refusal> {
    if let Some(issuer) = given.iss.filter(|issuer| *issuer != provider.settings.issuer) {
        return Err(Finding::new(FindingCode::AnswerIssuer, Some(issuer)).into());
    }
    match (given.error, given.code) {
        (Some(error), _) => {
            let error: String = error.chars().filter(char::is_ascii_graphic).take(50).collect();
            Err(Refusal::answered(&error))
        }
        (None, Some(code)) => Ok(code),
        (None, None) => Err(Refusal::answered("no code")),
    }
}

/// Writes down that somebody was turned away, for the log and for the provider's test.
async fn away(
    app: &App,
    address: IpAddr,
    provider: &Provider,
    email: Option<&str>,
    (Refusal { trouble, finding }, user): (Refusal, Option<UserId>),
) -> SignInTrouble {
    let code = finding.as_ref().map(|finding| finding.code.as_str());
    tracing::warn!(provider = %provider.id, %trouble, code, "a sign-in by a provider was refused");
    let facts = json!({ "reason": trouble, "provider": provider.settings.name });
    let facts = refusal::facts(finding.as_ref(), facts);
    let event = Event::new("sign_in_failed", somebody_at(address), user, facts);
    let event = match email.and_then(|email| validate::email(email).ok()) {
        Some(email) => event.named(email),
        None => event,
    };
    match record(app, provider.id, finding.as_ref(), event).await {
        Ok(()) => trouble,
        Err(_) => SignInTrouble::Unavailable,
    }
}

async fn record(app: &App, id: ProviderId, finding: Option<&Finding>, event: Event) -> Result<(), DbError> {
    let mut tx = app.db.begin().await?;
    if let Some(finding) = finding
        && store::providers::keep(&mut tx, id).await?.is_some()
    {
        store::provider_findings::record(&mut tx, id, finding, app.clock.now()).await?;
    }
    app.commit(tx, &[event]).await
}

/// The body of a back-channel logout request.
#[derive(Debug, Deserialize)]
pub struct Told {
    logout_token: String,
}

/// A provider says that somebody signed out there. The answers are those of Back-Channel Logout 1.0 §2.8.
pub async fn backchannel_logout(
    State(app): State<App>,
    Named(id): Named<ProviderId>,
    Address(address): Address,
    told: Result<Form<Told>, FormRejection>,
) -> Response {
    let Ok(Form(told)) = told else { return refused("there is no logout_token") };
    let provider = match enabled(&app, id).await {
        Ok(provider) => provider,
        Err(SignInTrouble::NoProvider) => return Fail::code(Code::NotFound).into_response(),
        Err(_) => return Fail::code(Code::Unavailable).into_response(),
    };
    match logout::obey(&app, &provider, &told.logout_token, address).await {
        Ok(_) => StatusCode::OK.into_response(),
        Err(NotObeyed::Bad(why)) => {
            tracing::warn!(provider = %id, why, "a logout token is not obeyed");
            refused(why)
        }
        Err(NotObeyed::NoKeys) => Fail::code(Code::Unavailable).into_response(),
        Err(NotObeyed::Db(error)) => Fail::from(error).into_response(),
    }
}

fn refused(why: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": why });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
