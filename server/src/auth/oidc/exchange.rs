//! Exchanges an authorization code for the user's identity at the provider.

use super::{
    CodeTokenResponse, ExtraClaims, Metadata, RelyingParty,
    authorization::PendingAuthorization,
    group_claim::GroupClaim,
    http_client::{FetchError, ProviderHttpClient},
    id_token::{self, Claims},
    refusal::SignInRefusal,
};
use crate::{auth::oidc::Oidc, secrets::SecretLocation, store::providers::Provider};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SubjectIdentifier, TokenResponse as _,
    UserInfoClaims,
    core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreGenderClaim, CoreResponseMode},
    url::Url,
};
use seatkeeper_shared::wire::providers::{Finding, FindingCode, SignInFailure};
use serde_json::Value;

/// A user's identity as asserted by the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// The permanent identifier of the user at the provider (`sub`).
    pub subject: String,
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    pub name: Option<String>,
    pub groups: GroupClaim,
    /// The id of the session at the provider (`sid`).
    pub session: Option<String>,
}

/// Seatkeeper as a client of the provider.
///
/// # Errors
/// Returns an error if the redirect URL is invalid, or if the client secret cannot be decrypted.
pub fn relying_party(
    oidc: &Oidc,
    provider: &Provider,
    metadata: &Metadata,
    redirect: &str,
) -> Result<RelyingParty, SignInFailure> {
    let location = SecretLocation::Client(provider.id);
    let secret = provider.client_secret.as_ref().map(|secret| oidc.keyring.open(&location, secret)).transpose();
    let secret = secret.map_err(|error| {
        tracing::error!(%error, provider_id = %provider.id, "client secret cannot be decrypted");
        SignInFailure::Unavailable
    })?;
    let secret = secret.map(ClientSecret::new);
    let methods = metadata.token_endpoint_auth_methods_supported();
    let supports = |method| methods.is_none_or(|all| all.contains(&method));
    // Where both are supported, the header: bodies are logged more often.
    let in_header =
        supports(CoreClientAuthMethod::ClientSecretBasic) || !supports(CoreClientAuthMethod::ClientSecretPost);
    let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| SignInFailure::Failed)?;
    let relying_party = RelyingParty::from_provider_metadata(
        metadata.clone(),
        ClientId::new(provider.settings.client_id.clone()),
        secret,
    );
    let auth_type = if in_header { AuthType::BasicAuth } else { AuthType::RequestBody };
    Ok(relying_party.set_redirect_uri(redirect).set_auth_type(auth_type))
}

/// The URL to which a browser is redirected for the sign-in.
pub fn authorization_url(
    relying_party: &RelyingParty,
    provider: &Provider,
    metadata: &Metadata,
    pending: &PendingAuthorization,
) -> Url {
    let verifier = PkceCodeVerifier::new(pending.verifier.clone());
    let (state, nonce) = (pending.state.clone(), pending.nonce.clone());
    let scopes = provider.settings.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned()));
    let request = relying_party
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scopes(scopes)
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    let (url, _, _) = if uses_form_post(provider, metadata) {
        request.add_extra_param("response_mode", "form_post").url()
    } else {
        request.url()
    };
    url
}

/// Whether to request `response_mode=form_post`: if an admin configured it, or if the provider supports no other mode
/// that a server can read.
fn uses_form_post(provider: &Provider, metadata: &Metadata) -> bool {
    let modes = metadata.response_modes_supported();
    let only = modes
        .is_some_and(|modes| modes.contains(&CoreResponseMode::FormPost) && !modes.contains(&CoreResponseMode::Query));
    provider.settings.form_post || only
}

/// Exchanges a code for the user's identity.
///
/// # Errors
/// Returns the reason for a failed sign-in. Its details contain no secrets.
pub async fn exchange_code(
    oidc: &Oidc,
    provider: &Provider,
    pending: &PendingAuthorization,
    code: String,
    redirect: &str,
) -> Result<ProviderIdentity, SignInRefusal> {
    let (now, issuer) = (oidc.clock.now(), &provider.settings.issuer);
    let metadata = oidc.metadata.get(issuer, now).await?;
    let relying_party = relying_party(oidc, provider, &metadata, redirect)?;
    let http = oidc.metadata.http_client(issuer);
    let verifier = PkceCodeVerifier::new(pending.verifier.clone());
    let response = request_tokens(&relying_party, &http, code, verifier).await?;
    let token = response.id_token().ok_or_else(|| Finding::new(FindingCode::NoIdToken, None))?;
    let nonce = Nonce::new(pending.nonce.clone());
    let claims = id_token::verify(oidc, provider, &metadata, (token, &nonce), now).await?;
    let user_info = if needs_user_info(&claims, provider) {
        request_user_info(&relying_party, &http, response.access_token(), claims.subject().clone()).await
    } else {
        None
    };
    Ok(to_identity(&claims, user_info.as_ref(), provider))
}

async fn request_tokens(
    relying_party: &RelyingParty,
    http: &ProviderHttpClient,
    code: String,
    verifier: PkceCodeVerifier,
) -> Result<CodeTokenResponse, SignInRefusal> {
    let send = |request| http.clone().send(request);
    let request = relying_party.exchange_code(AuthorizationCode::new(code)).map_err(|_| SignInFailure::Failed)?;
    request.set_pkce_verifier(verifier).request_async(&send).await.map_err(|error| match &error {
        RequestTokenError::ServerResponse(answer) => {
            SignInRefusal::from_token_error(answer.error(), answer.error_description())
        }
        RequestTokenError::Request(error) => Finding::from(error).into(),
        // With the path of the claim: "email: invalid type: sequence, expected a string".
        RequestTokenError::Parse(error, _) => {
            let finding = Finding::new(FindingCode::TokenMalformed, Some(error.inner().to_string()));
            finding.about_claim(&error.path().to_string()).into()
        }
        RequestTokenError::Other(why) => Finding::new(FindingCode::TokenMalformed, Some(why.clone())).into(),
    })
}

/// Whether to query the user info endpoint: many providers return more claims there than in the ID token.
fn needs_user_info(claims: &Claims, provider: &Provider) -> bool {
    let all = serde_json::to_value(claims).unwrap_or_default();
    claims.email().is_none() || !GroupClaim::of(&all, provider.settings.group_claim.as_deref()).is_known()
}

type UserInfo = UserInfoClaims<ExtraClaims, CoreGenderClaim>;

/// Queries the user info endpoint, if there is one. A failure is logged and ignored.
async fn request_user_info(
    relying_party: &RelyingParty,
    http: &ProviderHttpClient,
    access: &AccessToken,
    subject: SubjectIdentifier,
) -> Option<UserInfo> {
    // The crate panics on characters that are invalid in a header.
    if !access.secret().chars().all(|c| c.is_ascii_graphic()) {
        return None;
    }
    let send = |request| http.clone().send(request);
    let request = relying_party.user_info(access.clone(), Some(subject)).ok()?;
    let user_info: Result<UserInfo, openidconnect::UserInfoError<FetchError>> = request.request_async(&send).await;
    user_info.inspect_err(|error| tracing::warn!(%error, "user info request failed")).ok()
}

fn to_identity(claims: &Claims, user_info: Option<&UserInfo>, provider: &Provider) -> ProviderIdentity {
    // Cannot fail: the claims were read from JSON.
    let all = serde_json::to_value(claims).unwrap_or_default();
    let own = UserClaims::of(&all, provider);
    let user_info = user_info.and_then(|user_info| serde_json::to_value(user_info).ok());
    let user_info = user_info.map(|user_info| UserClaims::of(&user_info, provider)).unwrap_or_default();
    // Address and verification belong together, so both come from the same source.
    let (email, email_verified) =
        if own.email.is_some() { (own.email, own.email_verified) } else { (user_info.email, user_info.email_verified) };
    ProviderIdentity {
        subject: claims.subject().as_str().to_owned(),
        email,
        email_verified,
        name: own.name.or(user_info.name),
        groups: own.groups.or(user_info.groups),
        session: all["sid"].as_str().map(str::to_owned),
    }
}

#[derive(Default)]
struct UserClaims {
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
    groups: GroupClaim,
}

impl UserClaims {
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
