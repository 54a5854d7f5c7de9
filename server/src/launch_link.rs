//! Launch links: URL templates of other tools, filled with a session's support key, id and a signed token.

use crate::normalize::percent_encode;
use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use seatkeeper_shared::ids::SessionId;
use serde_json::json;
use sha2::Sha256;

pub const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// How far the clock of the other tool may be behind.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(30);

/// Who opens a launch link.
#[derive(Clone, Copy, Debug)]
pub enum LinkOpener<'a> {
    /// An agent: name and e-mail address.
    Agent(&'a str, &'a str),
    Customer,
}

/// The values of the placeholders in a template.
#[derive(Clone, Copy, Debug)]
pub struct LaunchLink<'a> {
    /// The product's slug.
    pub product: &'a str,
    pub session: SessionId,
    /// Absent if the session has none any more.
    pub support_key: Option<&'a str>,
    pub opens: LinkOpener<'a>,
    /// The key for HS256.
    pub secret: Option<&'a str>,
}

/// Fills a template; each value is percent-encoded.
pub fn fill_template(template: &str, launch: &LaunchLink<'_>, now: DateTime<Utc>) -> String {
    let token = launch.secret.filter(|_| template.contains("{token}")).map(|secret| token(launch, secret, now));
    template
        .replace("{support_key}", &percent_encode(launch.support_key.unwrap_or_default()))
        .replace("{session_id}", &launch.session.to_string())
        .replace("{token}", &percent_encode(&token.unwrap_or_default()))
}

/// A JSON Web Token (RFC 7519) signed with HS256, which Jitsi Meet and many other tools verify.
fn token(launch: &LaunchLink<'_>, secret: &str, now: DateTime<Utc>) -> String {
    let (name, email, role) = match launch.opens {
        LinkOpener::Agent(name, email) => (Some(name), Some(email), "agent"),
        LinkOpener::Customer => (None, None, "customer"),
    };
    let claims = json!({
        "iss": "seatkeeper", "aud": launch.product, "sub": launch.session, "room": launch.session,
        "role": role, "name": name, "email": email,
        "iat": now.timestamp(), "nbf": (now - CLOCK_SKEW).timestamp(), "exp": (now + TOKEN_LIFETIME).timestamp(),
    });
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(&claims.to_string()));
    // HMAC accepts keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(signed.as_bytes());
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch() -> LaunchLink<'static> {
        let session = SessionId(uuid::Uuid::from_u128(7));
        LaunchLink {
            product: "chat",
            session,
            support_key: Some("482910537"),
            opens: LinkOpener::Customer,
            secret: None,
        }
    }

    #[test]
    fn values_are_percent_encoded() {
        let at = DateTime::UNIX_EPOCH;
        let text = "https://t.example.org/{session_id}?k={support_key}&t={token}";
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(fill_template(text, &launch(), at), format!("https://t.example.org/{id}?k=482910537&t="));
        let odd = LaunchLink { support_key: Some("a&b=c#d"), ..launch() };
        assert!(fill_template(text, &odd, at).contains("k=a%26b%3Dc%23d&"));
    }

    #[test]
    fn a_token_is_a_jwt_signed_with_hs256() {
        let secret = "0123456789abcdef0123456789abcdef";
        let token = token(&launch(), secret, DateTime::UNIX_EPOCH);
        let parts: Vec<_> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9");
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(format!("{}.{}", parts[0], parts[1]).as_bytes());
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts[2]).expect("base64");
        mac.verify_slice(&signature).expect("the signature is right");
    }
}
