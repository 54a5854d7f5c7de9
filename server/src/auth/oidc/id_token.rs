//! Checks an ID token (OpenID Connect Core 1.0 §3.1.3.7). Signature, issuer and nonce are the crate's affair;
//! audience, party and times are decided here, so that each refusal names its claim.

use super::{LEEWAY, Metadata, MoreClaims, Party, SIGNATURES, Token, refusal::Refusal};
use crate::{app::App, store::providers::Provider};
use chrono::{DateTime, Utc};
use openidconnect::{
    ClaimsVerificationError, ClientId, IdTokenClaims, Nonce, SignatureVerificationError, core::CoreGenderClaim,
};
use seatkeeper_shared::wire::providers::{Finding, FindingCode};
use serde_json::Value;

/// The claims of an ID token.
pub type Claims = IdTokenClaims<MoreClaims, CoreGenderClaim>;

/// The claims of an ID token that holds. If its key is not known, the keys are read again: providers change them.
///
/// # Errors
/// It does not hold; says why.
pub async fn believed(
    app: &App,
    provider: &Provider,
    metadata: &Metadata,
    (token, nonce): (&Token, &Nonce),
    now: DateTime<Utc>,
) -> Result<Claims, Refusal> {
    let claims = match signed(provider, metadata, token, nonce) {
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        )) => {
            let newer = app.providers.afresh(&provider.settings.issuer, now).await?;
            signed(provider, &newer, token, nonce)
        }
        other => other,
    };
    let claims = claims.map_err(|error| Refusal::from(found(&error)))?;
    match trouble(&claims, &provider.settings.client_id, now) {
        Some(finding) => Err(finding.into()),
        None => Ok(claims),
    }
}

fn signed(
    provider: &Provider,
    metadata: &Metadata,
    token: &Token,
    nonce: &Nonce,
) -> Result<Claims, ClaimsVerificationError> {
    let party =
        Party::from_provider_metadata(metadata.clone(), ClientId::new(provider.settings.client_id.clone()), None);
    let verifier = party
        .id_token_verifier()
        .set_allowed_algs(SIGNATURES)
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(|| DateTime::<Utc>::MIN_UTC);
    token.claims(&verifier, nonce).cloned()
}

/// What is wrong with the claims of a token that the provider signed.
fn trouble(claims: &Claims, client: &str, now: DateTime<Utc>) -> Option<Finding> {
    let at = |code, time: DateTime<Utc>| {
        let seconds = |time: DateTime<Utc>| time.format("%FT%TZ").to_string();
        Some(Finding::new(code, Some(format!("{}; here it is {}", seconds(time), seconds(now)))))
    };
    // ZITADEL names the project beside the client, and says by `azp` who asked.
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
    // Not `exp + LEEWAY`: the last time there is has none after it.
    if claims.expiration() <= now - LEEWAY {
        return at(FindingCode::TokenExpired, claims.expiration());
    }
    if claims.issue_time() > now + LEEWAY {
        return at(FindingCode::TokenIssuedAt, claims.issue_time());
    }
    match claims.additional_claims().all.get("nbf").map(time) {
        Some(None) => Some(Finding::new(FindingCode::TokenMalformed, None).about_claim("nbf")),
        Some(Some(begins)) if begins > now + LEEWAY => at(FindingCode::TokenNotBefore, begins),
        _ => None,
    }
}

/// A time as RFC 7519 §2 writes it: seconds, which may have a fraction.
#[expect(clippy::cast_possible_truncation, reason = "what is too large for a time is none")]
fn time(said: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(said.as_i64().or_else(|| said.as_f64().map(|seconds| seconds as i64))?, 0)
}

/// What the crate found.
fn found(error: &ClaimsVerificationError) -> Finding {
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
