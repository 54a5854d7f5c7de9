//! Signs leases: what proves a borrowed seat where no server can be asked.
//!
//! A lease is a JSON Web Token (RFC 7519) signed with Ed25519 (RFC 8037), which any language can check. The key is made when it is needed for
//! the first time and stands in the database, so that all servers sign with the same one and a lease outlives each of them.

use crate::{
    app::App,
    db::DbError,
    events::Event,
    seats::Actor,
    store::{self, borrow::Signs},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use seatkeeper_shared::wire::{
    borrow::{BorrowKey, BorrowKeys, ISSUER, Lease, TOKEN_TYPE},
    sessions::SessionView,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// By how much the clock of an offline device may be behind.
const BEHIND: TimeDelta = TimeDelta::minutes(5);

/// Signs with the key that counts now.
#[derive(Debug)]
pub struct Signer {
    signs: Signs,
    key: SigningKey,
}

impl Signer {
    /// The signer; nothing before the account is set up. Of two who need the first key at once, on whichever server, the second waits for
    /// the account's row and finds the key of the first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(app: &App) -> Result<Option<Self>, DbError> {
        let signs = match store::borrow::signer(&app.db).await? {
            Some(signs) => Some(signs),
            None => make(app).await?,
        };
        signs.map(Self::new).transpose()
    }

    fn new(signs: Signs) -> Result<Self, DbError> {
        let key = key(&signs.secret)?;
        Ok(Self { signs, key })
    }

    /// The signed lease of a session of this product that is borrowed; nothing for any other.
    pub fn lease(&self, session: &SessionView, slug: &str, now: DateTime<Utc>) -> Option<String> {
        let until = session.borrowed_until.filter(|until| session.ended.is_none() && *until > now)?;
        let claims = Lease {
            iss: ISSUER.to_owned(),
            sub: session.user_id,
            aud: slug.to_owned(),
            jti: session.id,
            iat: now.timestamp(),
            nbf: (now - BEHIND).timestamp(),
            exp: until.timestamp(),
            installation: self.signs.installation,
            account: self.signs.account.clone(),
            license: session.license_id,
            model: session.model,
            product: session.product_id,
            product_name: session.product_name.clone(),
            name: session.user_name.clone(),
            email: session.user_email.clone(),
            device: session.device.clone(),
        };
        let head = json!({ "alg": "EdDSA", "typ": TOKEN_TYPE, "kid": self.signs.kid });
        let signed = format!("{}.{}", part(head.to_string()), part(json!(claims).to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()).to_bytes());
        Some(format!("{signed}.{signature}"))
    }
}

/// The public keys that leases can be checked with. The first one is made if there is none, so that it can be built into programs before
/// anybody has borrowed a seat.
///
/// # Errors
/// The database does not answer.
pub async fn keys(app: &App) -> Result<BorrowKeys, DbError> {
    let keys = store::borrow::keys(&app.db).await?;
    if !keys.is_empty() || Signer::of(app).await?.is_none() {
        return Ok(BorrowKeys { keys });
    }
    Ok(BorrowKeys { keys: store::borrow::keys(&app.db).await? })
}

async fn make(app: &App) -> Result<Option<Signs>, DbError> {
    let now = app.clock.now();
    let secret = app.dice.secret();
    let public = public(&key(&secret)?);
    let mut tx = app.db.begin().await?;
    if store::account::lock(&mut tx).await?.is_none() {
        return Ok(None);
    }
    if let Some(theirs) = store::borrow::signer_in(&mut tx).await? {
        return Ok(Some(theirs));
    }
    store::borrow::insert(&mut tx, &public, &secret, app.dice.id(now), now).await?;
    let made = store::borrow::signer_in(&mut tx).await?;
    let event = Event::new("borrow_key_made", Actor::system(), None, json!({})).named(&public.kid);
    app.commit(tx, &[event]).await?;
    Ok(made)
}

fn key(secret: &str) -> Result<SigningKey, DbError> {
    let unreadable = |problem: String| DbError::Unreadable { column: "secret".to_owned(), problem };
    let seed = URL_SAFE_NO_PAD.decode(secret).map_err(|error| unreadable(error.to_string()))?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| unreadable("is not 32 bytes long".to_owned()))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The public key with its thumbprint (RFC 7638 §3, RFC 8037 §2) as its id.
fn public(key: &SigningKey) -> BorrowKey {
    let x = part(key.verifying_key().as_bytes());
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BorrowKey::new(part(Sha256::digest(canonical)), x)
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8037, appendix A: the same secret key has the same public key and thumbprint.
    #[test]
    fn a_key_is_told_as_the_standard_says() {
        let public = public(&key("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("a key"));
        assert_eq!(public.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(public.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_no_key_is_not_signed_with() {
        for bad in ["", "AAAA", "not base64!", &"A".repeat(44)] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }
}
