//! Verifies ID tokens (OpenID Connect Core 1.0 §3.1.3.7). The crate verifies signature, issuer, audience and nonce; the
//! authorized party and the times are checked here, so that each refusal names its claim.

use super::{
    ACCEPTED_SIGNATURE_ALGORITHMS, CLOCK_LEEWAY, ExtraClaims, Metadata, RelyingParty, Token, refusal::SignInRefusal,
};
use crate::{auth::oidc::Oidc, store::providers::Provider};
use chrono::{DateTime, Utc};
use openidconnect::{
    ClaimsVerificationError, ClientId, IdTokenClaims, Nonce, SignatureVerificationError, core::CoreGenderClaim,
};
use seatkeeper_shared::wire::providers::{Finding, FindingCode};
use serde_json::Value;

/// The most characters of a subject (OpenID Connect Core 1.0 §2).
const MAX_SUBJECT_CHARS: usize = 255;

/// The claims of an ID token.
pub type Claims = IdTokenClaims<ExtraClaims, CoreGenderClaim>;

/// Verifies an ID token and returns its claims. If the key is unknown, the provider's keys are fetched again, because
/// providers rotate them.
///
/// # Errors
/// Returns the reason if the token is invalid.
pub async fn verify(
    oidc: &Oidc,
    provider: &Provider,
    metadata: &Metadata,
    (token, nonce): (&Token, &Nonce),
    now: DateTime<Utc>,
) -> Result<Claims, SignInRefusal> {
    let claims = match verify_signature(provider, metadata, token, nonce) {
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        )) => {
            let newer = oidc.metadata.refresh(&provider.settings.issuer, now).await?;
            verify_signature(provider, &newer, token, nonce)
        }
        other => other,
    };
    let claims = claims.map_err(|error| SignInRefusal::from(to_finding(&error)))?;
    match check_claims(&claims, &provider.settings.client_id, now) {
        Some(finding) => Err(finding.into()),
        None => Ok(claims),
    }
}

fn verify_signature(
    provider: &Provider,
    metadata: &Metadata,
    token: &Token,
    nonce: &Nonce,
) -> Result<Claims, ClaimsVerificationError> {
    let relying_party = RelyingParty::from_provider_metadata(
        metadata.clone(),
        ClientId::new(provider.settings.client_id.clone()),
        None,
    );
    let verifier = relying_party
        .id_token_verifier()
        .set_allowed_algs(ACCEPTED_SIGNATURE_ALGORITHMS)
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(|| DateTime::<Utc>::MIN_UTC);
    token.claims(&verifier, nonce).cloned()
}

/// What is wrong with the claims of a token whose signature is valid.
fn check_claims(claims: &Claims, client: &str, now: DateTime<Utc>) -> Option<Finding> {
    let at = |code, time: DateTime<Utc>| {
        let seconds = |time: DateTime<Utc>| time.format("%FT%TZ").to_string();
        Some(Finding::new(code, Some(format!("{}; here it is {}", seconds(time), seconds(now)))))
    };
    // The subject identifies the user for ever. An empty one would be the same for all users.
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > MAX_SUBJECT_CHARS || !subject.is_ascii() {
        return Some(Finding::new(FindingCode::TokenMalformed, None).about_claim("sub"));
    }
    // ZITADEL adds the project to the audience, and names the client in `azp`.
    match claims.authorized_party() {
        Some(party) if party.as_str() != client => {
            return Some(Finding::new(FindingCode::TokenParty, Some(party.as_str().to_owned())));
        }
        None if claims.audiences().len() > 1 => {
            let all: Vec<_> = claims.audiences().iter().map(|audience| audience.as_str()).collect();
            return Some(Finding::new(FindingCode::TokenParty, Some(format!("none; aud: {}", all.join(", ")))));
        }
        _ => {}
    }
    // Not `exp + CLOCK_LEEWAY`, which overflows for the largest representable time.
    if claims.expiration() <= now - CLOCK_LEEWAY {
        return at(FindingCode::TokenExpired, claims.expiration());
    }
    if claims.issue_time() > now + CLOCK_LEEWAY {
        return at(FindingCode::TokenIssuedAt, claims.issue_time());
    }
    match claims.additional_claims().all.get("nbf").map(numeric_date) {
        Some(None) => Some(Finding::new(FindingCode::TokenMalformed, None).about_claim("nbf")),
        Some(Some(begins)) if begins > now + CLOCK_LEEWAY => at(FindingCode::TokenNotBefore, begins),
        _ => None,
    }
}

/// Parses a NumericDate (RFC 7519 §2): seconds, possibly with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "too large values are no valid time")]
fn numeric_date(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?, 0)
}

/// Converts the crate's error.
fn to_finding(error: &ClaimsVerificationError) -> Finding {
    let (code, detail) = match error {
        ClaimsVerificationError::InvalidAudience(why) => (FindingCode::TokenAudience, why.clone()),
        ClaimsVerificationError::InvalidIssuer(why) => (FindingCode::TokenIssuer, why.clone()),
        ClaimsVerificationError::InvalidNonce(_) => return Finding::new(FindingCode::TokenNonce, None),
        ClaimsVerificationError::SignatureVerification(
            why @ (SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature),
        ) => (FindingCode::TokenAlgorithm, why.to_string()),
        ClaimsVerificationError::SignatureVerification(why) => (FindingCode::TokenSignature, why.to_string()),
        other => (FindingCode::TokenMalformed, other.to_string()),
    };
    Finding::new(code, Some(detail))
}
