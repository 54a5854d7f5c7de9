//! Signs leases: what proves a borrowed seat where no server can be asked.
//!
//! A lease is a JSON Web Token (RFC 7519) signed with Ed25519 (RFC 8037), which any language can check. The key is
//! made when it is needed for the first time and stands in the database, encrypted, so that all servers sign with the
//! same one and a lease outlives each of them.

use crate::{
    app::App,
    clock::{Clock, Dice},
    db::{Db, DbError, Tx},
    events::Event,
    seats::Actor,
    secrets::{Keyring, Place},
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
        signs.map(|signs| Self::new(app, signs)).transpose()
    }

    fn new(app: &App, signs: Signs) -> Result<Self, DbError> {
        let key = key(&app.open_secret(&Place::LeaseKey(signs.kid.clone()), &signs.secret)?)?;
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
    let keys = store::borrow::keys(&app.db, app.clock.now()).await?;
    if !keys.is_empty() || Signer::of(app).await?.is_none() {
        return Ok(BorrowKeys { keys });
    }
    Ok(BorrowKeys { keys: store::borrow::keys(&app.db, app.clock.now()).await? })
}

async fn make(app: &App) -> Result<Option<Signs>, DbError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if store::account::lock(&mut tx).await?.is_none() {
        return Ok(None);
    }
    if let Some(theirs) = store::borrow::signer_in(&mut tx).await? {
        return Ok(Some(theirs));
    }
    let kid = insert(&mut tx, &app.keyring, &app.dice, now).await?;
    let made = store::borrow::signer_in(&mut tx).await?;
    let event = Event::new("borrow_key_made", Actor::system(), None, json!({})).named(kid);
    app.commit(tx, &[event]).await?;
    Ok(made)
}

/// Adds a new key, which signs from now on; its id.
async fn insert(tx: &mut Tx, keyring: &Keyring, dice: &Dice, now: DateTime<Utc>) -> Result<String, DbError> {
    let secret = dice.secret();
    let public = public(&key(&secret)?);
    let stored = keyring.seal(dice, &Place::LeaseKey(public.kid.clone()), &secret)?;
    store::borrow::insert(tx, &public, &stored, dice.id(now), now).await?;
    Ok(public.kid)
}

/// What became of the key that signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The id of the new key.
    pub kid: String,
    /// Until when the key before it is told to those who check leases.
    pub old_until: DateTime<Utc>,
}

/// Lets a new key sign leases. The secret of the one before is deleted; its public half is told for as long as leases
/// that it may have signed last, also those that are being borrowed at this moment, or no longer if somebody else
/// knows the secret. Nothing before the account is set up.
///
/// # Errors
/// Not saved.
pub async fn rotate(
    db: &Db,
    keyring: &Keyring,
    (clock, dice): (&Clock, &Dice),
    is_known_to_others: bool,
) -> Result<Option<Rotated>, DbError> {
    let mut tx = db.begin().await?;
    if store::account::lock(&mut tx).await?.is_none() {
        return Ok(None);
    }
    let now = clock.now_in(&mut tx).await?;
    let old_until = if is_known_to_others { now } else { store::borrow::leases_end(&mut tx, now).await? };
    let replaced = store::borrow::signer_in(&mut tx).await?.map(|signs| signs.kid);
    store::borrow::retire(&mut tx, now, old_until).await?;
    let kid = insert(&mut tx, keyring, dice, now).await?;
    let facts = json!({ "replaces": replaced, "until": old_until });
    let event = Event::new("borrow_key_made", Actor::system(), None, facts).named(&kid);
    store::events::append(&mut tx, now, &[event]).await?;
    tx.commit().await?;
    Ok(Some(Rotated { kid, old_until }))
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
