//! Turns the code with which a browser comes back into who it is.

use super::{
    Metadata, MoreClaims, Party, TokenAnswer,
    fetch::{Fetch, FetchError},
    flow::Flow,
    group_claim::GroupClaim,
    id_token::{self, Claims},
    refusal::Refusal,
};
use crate::{app::App, secrets::Place, store::providers::Provider};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SubjectIdentifier, TokenResponse as _,
    UserInfoClaims,
    core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreGenderClaim, CoreResponseMode},
    url::Url,
};
use seatkeeper_shared::wire::providers::{Finding, FindingCode, SignInTrouble};
use serde_json::Value;

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
    /// What it says of groups.
    pub groups: GroupClaim,
    /// What the provider calls his session there.
    pub session: Option<String>,
}

/// Seatkeeper as the client of a provider.
///
/// # Errors
/// Our own address is none, or the client secret cannot be decrypted.
pub fn party(app: &App, provider: &Provider, metadata: &Metadata, redirect: &str) -> Result<Party, SignInTrouble> {
    let place = Place::Client(provider.id);
    let secret = provider.client_secret.as_ref().map(|secret| app.open_secret(&place, secret)).transpose();
    let secret = secret.map_err(|error| {
        tracing::error!(%error, provider = %provider.id, "the client secret cannot be decrypted");
        SignInTrouble::Unavailable
    })?;
    let secret = secret.map(ClientSecret::new);
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
pub fn authorization(party: &Party, provider: &Provider, metadata: &Metadata, flow: &Flow) -> Url {
    let verifier = PkceCodeVerifier::new(flow.verifier.clone());
    let (state, nonce) = (flow.state.clone(), flow.nonce.clone());
    let scopes = provider.settings.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned()));
    let asked = party
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scopes(scopes)
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    let (url, _, _) = if answers_in_form(provider, metadata) {
        asked.add_extra_param("response_mode", "form_post").url()
    } else {
        asked.url()
    };
    url
}

/// Whether the provider is asked for its answer in a form: where an admin says so, and where it knows no other way
/// that a server can read.
fn answers_in_form(provider: &Provider, metadata: &Metadata) -> bool {
    let modes = metadata.response_modes_supported();
    let only = modes
        .is_some_and(|modes| modes.contains(&CoreResponseMode::FormPost) && !modes.contains(&CoreResponseMode::Query));
    provider.settings.form_post || only
}

/// Exchanges a code for who came.
///
/// # Errors
/// Why nobody is signed in. The details hold no secret.
pub async fn exchange(
    app: &App,
    provider: &Provider,
    flow: &Flow,
    code: String,
    redirect: &str,
) -> Result<Came, Refusal> {
    let (now, issuer) = (app.clock.now(), &provider.settings.issuer);
    let metadata = app.providers.of(issuer, now).await?;
    let party = party(app, provider, &metadata, redirect)?;
    let fetch = app.providers.fetch(issuer);
    let verifier = PkceCodeVerifier::new(flow.verifier.clone());
    let answer = tokens(&party, &fetch, code, verifier).await?;
    let token = answer.id_token().ok_or_else(|| Finding::new(FindingCode::NoIdToken, None))?;
    let nonce = Nonce::new(flow.nonce.clone());
    let claims = id_token::believed(app, provider, &metadata, (token, &nonce), now).await?;
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
) -> Result<TokenAnswer, Refusal> {
    let ask = |request| fetch.clone().ask(request);
    let asked = party.exchange_code(AuthorizationCode::new(code)).map_err(|_| SignInTrouble::Failed)?;
    asked.set_pkce_verifier(verifier).request_async(&ask).await.map_err(|error| match &error {
        RequestTokenError::ServerResponse(answer) => Refusal::exchanging(answer.error(), answer.error_description()),
        RequestTokenError::Request(error) => Finding::from(error).into(),
        // Says what was expected where, as in "email: invalid type: sequence, expected a string".
        RequestTokenError::Parse(error, _) => {
            let finding = Finding::new(FindingCode::TokenMalformed, Some(error.inner().to_string()));
            finding.about_claim(&error.path().to_string()).into()
        }
        RequestTokenError::Other(why) => Finding::new(FindingCode::TokenMalformed, Some(why.clone())).into(),
    })
}

/// Many providers tell more at their user info endpoint than in the ID token.
fn lacks_something(claims: &Claims, provider: &Provider) -> bool {
    let all = serde_json::to_value(claims).unwrap_or_default();
    claims.email().is_none() || !GroupClaim::of(&all, provider.settings.group_claim.as_deref()).is_known()
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
    groups: GroupClaim,
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
            groups: GroupClaim::of(claims, claim),
        }
    }
}
