//! Launch links: addresses of other tools in which a session's key, id and a signed token are put.

use crate::text::encoded;
use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use seatkeeper_shared::ids::SessionId;
use serde_json::json;
use sha2::Sha256;

/// For how long a token is good.
pub const GOOD_FOR: TimeDelta = TimeDelta::minutes(5);
/// By how much other clocks may be behind ours.
const BEHIND: TimeDelta = TimeDelta::seconds(30);

/// Who opens a link.
#[derive(Clone, Copy, Debug)]
pub enum Opens<'a> {
    /// The agent, with name and e-mail address.
    Agent(&'a str, &'a str),
    /// The customer.
    Customer,
}

/// What is put into a link.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The slug of the product.
    pub product: &'a str,
    /// The session.
    pub session: SessionId,
    /// The support key, as long as there is one.
    pub support_key: Option<&'a str>,
    /// Who opens it.
    pub opens: Opens<'a>,
    /// What tokens are signed with.
    pub secret: Option<&'a str>,
}

/// The link with everything in it, each value encoded.
pub fn link(template: &str, launch: &Launch<'_>, now: DateTime<Utc>) -> String {
    let token = launch.secret.filter(|_| template.contains("{token}")).map(|secret| token(launch, secret, now));
    template
        .replace("{support_key}", &encoded(launch.support_key.unwrap_or_default()))
        .replace("{session_id}", &launch.session.to_string())
        .replace("{token}", &encoded(&token.unwrap_or_default()))
}

/// A JSON Web Token (RFC 7519), signed with HS256: what Jitsi Meet and many others check.
fn token(launch: &Launch<'_>, secret: &str, now: DateTime<Utc>) -> String {
    let (name, email, role) = match launch.opens {
        Opens::Agent(name, email) => (Some(name), Some(email), "agent"),
        Opens::Customer => (None, None, "customer"),
    };
    let claims = json!({
        "iss": "seatkeeper", "aud": launch.product, "sub": launch.session, "room": launch.session,
        "role": role, "name": name, "email": email,
        "iat": now.timestamp(), "nbf": (now - BEHIND).timestamp(), "exp": (now + GOOD_FOR).timestamp(),
    });
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims.to_string()));
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(signed.as_bytes());
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch() -> Launch<'static> {
        let session = SessionId(uuid::Uuid::from_u128(7));
        Launch { product: "chat", session, support_key: Some("482910537"), opens: Opens::Customer, secret: None }
    }

    #[test]
    fn values_are_put_in_encoded() {
        let at = DateTime::UNIX_EPOCH;
        let text = "https://t.example.org/{session_id}?k={support_key}&t={token}";
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(link(text, &launch(), at), format!("https://t.example.org/{id}?k=482910537&t="));
        let odd = Launch { support_key: Some("a&b=c#d"), ..launch() };
        assert!(link(text, &odd, at).contains("k=a%26b%3Dc%23d&"));
    }

    #[test]
    fn a_token_is_signed_as_the_standard_says() {
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
