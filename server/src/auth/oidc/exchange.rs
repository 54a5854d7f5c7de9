//! Turns the code with which a browser comes back into who it is: the ID token is checked by the crate `openidconnect` (signature,
//! issuer, audience, time, nonce).

use super::{
    Metadata, MoreClaims, Party, SIGNATURES, Token, TokenAnswer,
    fetch::{Fetch, FetchError},
    flow::Flow,
};
use crate::{app::App, store::providers::Provider};
use chrono::{DateTime, Utc};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    IdTokenClaims, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, SubjectIdentifier, TokenResponse as _, UserInfoClaims,
    core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreGenderClaim},
    url::Url,
};
use seatkeeper_shared::wire::providers::{FindingCode, SignInTrouble};
use serde_json::Value;

type Claims = IdTokenClaims<MoreClaims, CoreGenderClaim>;

/// Who came, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// Who that is at the provider, for ever.
    pub subject: String,
    /// His e-mail address.
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    /// His name.
    pub name: Option<String>,
    /// The groups that the claim names; nothing if there is no such claim.
    pub groups: Option<Vec<String>>,
    /// What the provider calls his session there.
    pub session: Option<String>,
}

/// Seatkeeper as the client of a provider.
///
/// # Errors
/// Our own address is none.
pub fn party(provider: &Provider, metadata: &Metadata, redirect: &str) -> Result<Party, SignInTrouble> {
    let secret = provider.client_secret.as_ref().map(|secret| ClientSecret::new(secret.0.clone()));
    let methods = metadata.token_endpoint_auth_methods_supported();
    let knows = |method| methods.is_none_or(|all| all.contains(&method));
    // Where both are known, the header: a body is more easily logged.
    let in_header = knows(CoreClientAuthMethod::ClientSecretBasic) || !knows(CoreClientAuthMethod::ClientSecretPost);
    let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| SignInTrouble::Failed)?;
    let party =
        Party::from_provider_metadata(metadata.clone(), ClientId::new(provider.settings.client_id.clone()), secret);
    let auth_type = if in_header { AuthType::BasicAuth } else { AuthType::RequestBody };
    Ok(party.set_redirect_uri(redirect).set_auth_type(auth_type))
}

/// Where a browser is sent that wants to sign in.
pub fn authorization(party: &Party, provider: &Provider, flow: &Flow) -> Url {
    let verifier = PkceCodeVerifier::new(flow.verifier.clone());
    let (state, nonce) = (flow.state.clone(), flow.nonce.clone());
    let scopes = provider.settings.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned()));
    let (url, _, _) = party
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scopes(scopes)
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .url();
    url
}

/// Exchanges a code for who came.
///
/// # Errors
/// Why nobody is signed in. The details are logged; they hold no secret.
pub async fn exchange(
    app: &App,
    provider: &Provider,
    flow: &Flow,
    code: String,
    redirect: &str,
) -> Result<Came, SignInTrouble> {
    let (now, issuer) = (app.clock.now(), &provider.settings.issuer);
    let metadata = app.providers.of(issuer, now).await.map_err(|finding| trouble(finding.code))?;
    let party = party(provider, &metadata, redirect)?;
    let fetch = app.providers.fetch(issuer);
    let verifier = PkceCodeVerifier::new(flow.verifier.clone());
    let answer = tokens(&party, &fetch, code, verifier).await?;
    let token = answer.id_token().ok_or(SignInTrouble::Failed)?;
    let nonce = Nonce::new(flow.nonce.clone());
    let claims = believed(app, provider, &metadata, (token, &nonce), now).await?;
    let told = if lacks_something(&claims, provider) {
        user_info(&party, &fetch, answer.access_token(), claims.subject().clone()).await
    } else {
        None
    };
    Ok(came(&claims, told.as_ref(), provider))
}

async fn tokens(
    party: &Party,
    fetch: &Fetch,
    code: String,
    verifier: PkceCodeVerifier,
) -> Result<TokenAnswer, SignInTrouble> {
    let ask = |request| fetch.clone().ask(request);
    let asked = party.exchange_code(AuthorizationCode::new(code)).map_err(|_| SignInTrouble::Failed)?;
    asked.set_pkce_verifier(verifier).request_async(&ask).await.map_err(|error| {
        tracing::warn!(%error, "a code was not exchanged");
        match error {
            RequestTokenError::Request(_) => SignInTrouble::Unreachable,
            _ => SignInTrouble::Failed,
        }
    })
}

/// What the provider said of itself was no use.
pub fn trouble(code: FindingCode) -> SignInTrouble {
    match code {
        FindingCode::Unreachable | FindingCode::TimedOut | FindingCode::Status => SignInTrouble::Unreachable,
        _ => SignInTrouble::Failed,
    }
}

/// The claims of an ID token. If its key is not known, the keys are read again: providers change them.
async fn believed(
    app: &App,
    provider: &Provider,
    metadata: &Metadata,
    (token, nonce): (&Token, &Nonce),
    now: DateTime<Utc>,
) -> Result<Claims, SignInTrouble> {
    match verified(provider, metadata, token, nonce, now) {
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        )) => {
            let newer = app.providers.afresh(&provider.settings.issuer, now).await;
            let newer = newer.map_err(|finding| trouble(finding.code))?;
            verified(provider, &newer, token, nonce, now)
        }
        other => other,
    }
    .map_err(|error| {
        tracing::warn!(provider = %provider.id, %error, "an ID token does not hold");
        SignInTrouble::Failed
    })
}

fn verified(
    provider: &Provider,
    metadata: &Metadata,
    token: &Token,
    nonce: &Nonce,
    now: DateTime<Utc>,
) -> Result<Claims, ClaimsVerificationError> {
    let party =
        Party::from_provider_metadata(metadata.clone(), ClientId::new(provider.settings.client_id.clone()), None);
    let verifier = party.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || now);
    token.claims(&verifier, nonce).cloned()
}

/// Many providers tell more at their user info endpoint than in the ID token.
fn lacks_something(claims: &Claims, provider: &Provider) -> bool {
    let more = &claims.additional_claims().all;
    claims.email().is_none() || provider.settings.group_claim.as_ref().is_some_and(|claim| !more.contains_key(claim))
}

type Told = UserInfoClaims<MoreClaims, CoreGenderClaim>;

/// What the user info endpoint tells of this subject, if there is one and it does.
async fn user_info(party: &Party, fetch: &Fetch, access: &AccessToken, subject: SubjectIdentifier) -> Option<Told> {
    // The crate panics on what fits into no header.
    if !access.secret().chars().all(|c| c.is_ascii_graphic()) {
        return None;
    }
    let ask = |request| fetch.clone().ask(request);
    let asked = party.user_info(access.clone(), Some(subject)).ok()?;
    let told: Result<Told, openidconnect::UserInfoError<FetchError>> = asked.request_async(&ask).await;
    told.inspect_err(|error| tracing::warn!(%error, "a provider does not tell about its user")).ok()
}

fn came(claims: &Claims, told: Option<&Told>, provider: &Provider) -> Came {
    // What was read from JSON can be written as JSON.
    let all = serde_json::to_value(claims).unwrap_or_default();
    let own = Person::of(&all, provider);
    let told = told.and_then(|told| serde_json::to_value(told).ok());
    let told = told.map(|told| Person::of(&told, provider)).unwrap_or_default();
    // Address and verification belong together: never one from here and the other from there.
    let (email, email_verified) =
        if own.email.is_some() { (own.email, own.email_verified) } else { (told.email, told.email_verified) };
    Came {
        subject: claims.subject().as_str().to_owned(),
        email,
        email_verified,
        name: own.name.or(told.name),
        groups: own.groups.or(told.groups),
        session: all["sid"].as_str().map(str::to_owned),
    }
}

#[derive(Default)]
struct Person {
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
    groups: Option<Vec<String>>,
}

impl Person {
    fn of(claims: &Value, provider: &Provider) -> Self {
        let text = |claim: &str| claims[claim].as_str().filter(|text| !text.trim().is_empty());
        let parts: Vec<_> = text("given_name").into_iter().chain(text("family_name")).collect();
        let name = text("name").map(str::to_owned);
        let claim = provider.settings.group_claim.as_deref();
        Self {
            email: text("email").map(str::to_owned),
            email_verified: claims["email_verified"] == Value::Bool(true),
            name: name.or_else(|| Some(parts.join(" ")).filter(|name| !name.is_empty())),
            groups: claim.and_then(|claim| claims.get(claim)).map(names),
        }
    }
}

/// The names in a claim: a list, or a single one.
fn names(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
