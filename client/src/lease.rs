//! Verifies leases offline, for programs that start with a borrowed seat and without a network.
//!
//! ```no_run
//! # use seatkeeper_client::lease;
//! # fn start(lease: &str, keys: &str, now: i64) -> Result<(), Box<dyn std::error::Error>> {
//! // From `GET /api/v1/borrow/keys`, fetched while online, or built into the program.
//! let keys = serde_json::from_str(keys)?;
//! let lease = lease::verify(lease, &keys, "remote-support-v5", now)?;
//! println!("{} may work with {} until {}", lease.name, lease.product_name, lease.exp);
//! # Ok(())
//! # }
//! ```

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use seatkeeper_shared::{
    ids::SessionId,
    wire::borrow::{BorrowKeys, ISSUER, Lease, TOKEN_TYPE},
};
use serde::{Deserialize, de::DeserializeOwned};

/// Why a lease is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The text is not a lease, or incomplete.
    #[error("this is not a lease of Seatkeeper")]
    Malformed,
    /// None of the keys signed it: it comes from another installation, or the keys are outdated.
    #[error("the lease is signed with an unknown key")]
    UnknownKey,
    /// It was changed after it was signed.
    #[error("the signature of the lease is invalid: the lease was changed")]
    Signature,
    /// It is for another product.
    #[error("the lease is for another product")]
    OtherProduct,
    /// It is not valid yet: the clock is wrong, or was set back.
    #[error("the lease is not valid yet: the clock of this machine is behind")]
    NotYet,
    /// It has expired.
    #[error("the lease has expired")]
    Expired,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Verifies a lease: one of the keys must have signed it, it must be for this product (its slug), and valid at `now`,
/// in seconds since 1970.
///
/// This cannot tell whether the seat was returned early, nor on which machine it runs: compare `device` with the
/// machine's name.
///
/// # Errors
/// Returns why the lease is not valid.
pub fn verify(token: &str, keys: &BorrowKeys, product: &str, now: i64) -> Result<Lease, LeaseError> {
    let lease = verify_any(token, keys, now)?;
    if lease.aud == product { Ok(lease) } else { Err(LeaseError::OtherProduct) }
}

/// Verifies a lease as [`verify`] does, for any product.
///
/// # Errors
/// Returns why the lease is not valid.
pub fn verify_any(token: &str, keys: &BorrowKeys, now: i64) -> Result<Lease, LeaseError> {
    let (signed, signature) = token.trim().rsplit_once('.').ok_or(LeaseError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(LeaseError::Malformed)?;
    let Header { alg, typ, kid } = read(header)?;
    // Accept only the expected algorithm: the token must not choose how it is verified.
    if alg != "EdDSA" || typ != TOKEN_TYPE {
        return Err(LeaseError::Malformed);
    }
    let key = keys.keys.iter().find(|key| key.kid == kid && key.kty == "OKP" && key.crv == "Ed25519");
    let key = key.ok_or(LeaseError::UnknownKey)?;
    let key = VerifyingKey::from_bytes(&bytes(&key.x)?).map_err(|_| LeaseError::UnknownKey)?;
    let signature = Signature::from_bytes(&bytes(signature)?);
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| LeaseError::Signature)?;
    let lease: Lease = read(claims)?;
    match lease {
        lease if lease.iss != ISSUER => Err(LeaseError::Malformed),
        lease if now < lease.nbf => Err(LeaseError::NotYet),
        lease if now >= lease.exp => Err(LeaseError::Expired),
        lease => Ok(lease),
    }
}

/// The session of a lease, without verifying its signature: for returning the seat to the server, which checks.
///
/// # Errors
/// Returns [`LeaseError::Malformed`] if the text is not a lease.
pub fn session_id(token: &str) -> Result<SessionId, LeaseError> {
    let claims = token.trim().split('.').nth(1).ok_or(LeaseError::Malformed)?;
    Ok(read::<Lease>(claims)?.jti)
}

fn read<T: DeserializeOwned>(part: &str) -> Result<T, LeaseError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| LeaseError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| LeaseError::Malformed)
}

fn bytes<const N: usize>(part: &str) -> Result<[u8; N], LeaseError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| LeaseError::Malformed)?;
    bytes.try_into().map_err(|_| LeaseError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};
    use seatkeeper_shared::wire::borrow::BorrowKey;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn keys() -> BorrowKeys {
        let public = |seed, kid: &str| {
            BorrowKey::new(kid.to_owned(), URL_SAFE_NO_PAD.encode(key(seed).verifying_key().as_bytes()))
        };
        BorrowKeys { keys: vec![public(1, "new"), public(2, "old")] }
    }

    fn head(kid: &str) -> Value {
        json!({ "alg": "EdDSA", "typ": TOKEN_TYPE, "kid": kid })
    }

    fn claims() -> Value {
        let id = "00000000-0000-0000-0000-000000000007";
        json!({
            "iss": ISSUER, "sub": id, "aud": "chat", "jti": id, "iat": NOW, "nbf": NOW - 300, "exp": NOW + 3_600,
            "installation": id, "account": "Aurora", "license": id, "model": "concurrent", "product": id,
            "product_name": "Chat", "name": "Ada", "email": "ada@example.org", "device": "NB-1",
        })
    }

    fn token(seed: u8, head: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(key(seed).sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }

    fn checked(token: &str, now: i64) -> Result<String, LeaseError> {
        verify(token, &keys(), "chat", now).map(|lease| lease.name)
    }

    #[test]
    fn a_lease_is_valid_from_shortly_before_signing_until_its_end() {
        let lease = token(1, &head("new"), &claims());
        assert_eq!(checked(&format!("{lease}\n"), NOW), Ok("Ada".to_owned()));
        assert_eq!(checked(&lease, NOW - 300), Ok("Ada".to_owned()));
        assert_eq!(checked(&lease, NOW - 301), Err(LeaseError::NotYet), "the clock was set back");
        assert_eq!(checked(&lease, NOW + 3_599), Ok("Ada".to_owned()));
        assert_eq!(checked(&lease, NOW + 3_600), Err(LeaseError::Expired));
        assert_eq!(
            checked(&token(2, &head("old"), &claims()), NOW),
            Ok("Ada".to_owned()),
            "an older key is accepted too"
        );
    }

    #[test]
    fn a_changed_or_foreign_lease_is_not_valid() {
        let mut longer = claims();
        longer["exp"] = json!(NOW + 9_999_999);
        let (own, other) = (token(1, &head("new"), &claims()), token(1, &head("new"), &longer));
        let (_, signature) = own.rsplit_once('.').expect("a token");
        let (signed, _) = other.rsplit_once('.').expect("a token");
        assert_eq!(checked(&format!("{signed}.{signature}"), NOW), Err(LeaseError::Signature));
        assert_eq!(checked(&token(3, &head("new"), &claims()), NOW), Err(LeaseError::Signature));
        assert_eq!(checked(&token(3, &head("theirs"), &claims()), NOW), Err(LeaseError::UnknownKey));
        assert_eq!(verify(&own, &keys(), "mail", NOW), Err(LeaseError::OtherProduct));
    }

    #[test]
    fn a_token_does_not_choose_how_it_is_verified() {
        for bad in [
            json!({ "alg": "none", "typ": TOKEN_TYPE, "kid": "new" }),
            json!({ "alg": "HS256", "typ": TOKEN_TYPE, "kid": "new" }),
            json!({ "alg": "EdDSA", "typ": "JWT", "kid": "new" }),
            json!({ "alg": "EdDSA" }),
        ] {
            assert_eq!(checked(&token(1, &bad, &claims()), NOW), Err(LeaseError::Malformed), "{bad}");
        }
        for bad in ["", ".", "..", "a.b.c", "eyJ9.e30.", "text"] {
            assert_eq!(checked(bad, NOW), Err(LeaseError::Malformed), "{bad}");
        }
        let mut theirs = claims();
        theirs["iss"] = json!("another issuer");
        assert_eq!(checked(&token(1, &head("new"), &theirs), NOW), Err(LeaseError::Malformed));
    }
}
