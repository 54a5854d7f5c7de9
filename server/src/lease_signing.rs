//! Signs leases, which prove a borrowed seat to a device that is offline.
//!
//! A lease is a JSON Web Token (RFC 7519) signed with Ed25519 (RFC 8037), which libraries exist for in every language.
//! The key is generated on first use and stored encrypted in the database, so all servers sign with the same key and
//! leases stay valid across restarts.

use crate::{
    actor::Actor,
    clock::{Clock, Random},
    db::{Db, DbError, Tx},
    events::Event,
    journal::Journal,
    secrets::{Keyring, SecretLocation},
    store::{self, lease_keys::StoredLeaseKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use seatkeeper_shared::audit::EventData;
use seatkeeper_shared::wire::{
    borrow::{BorrowKey, BorrowKeys, ISSUER, Lease, TOKEN_TYPE},
    sessions::SessionView,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::ops::Deref;

/// How far the clock of an offline device may be behind.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Where the keys are. Clones share all.
#[derive(Clone)]
pub struct LeaseKeys {
    pub journal: Journal,
    pub random: Random,
    /// Encrypts the keys in the database.
    pub keyring: Keyring,
}

impl Deref for LeaseKeys {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

/// Signs leases with the current key.
#[derive(Debug)]
pub struct LeaseSigner {
    stored: StoredLeaseKey,
    key: SigningKey,
}

impl LeaseSigner {
    /// Loads the current key, or generates the first one. `None` before the account is set up. If two requests need the
    /// first key at once, on any server, the second waits for the lock on the account's row and finds the first one's
    /// key.
    ///
    /// # Errors
    /// Returns an error if the database fails or the key cannot be decrypted.
    pub async fn load(keys: &LeaseKeys) -> Result<Option<Self>, DbError> {
        let stored = match store::lease_keys::current(&keys.db).await? {
            Some(stored) => Some(stored),
            None => generate_first(keys).await?,
        };
        stored.map(|stored| Self::new(&keys.keyring, stored)).transpose()
    }

    fn new(keyring: &Keyring, stored: StoredLeaseKey) -> Result<Self, DbError> {
        let key = signing_key(&keyring.open(&SecretLocation::LeaseKey(stored.kid.clone()), &stored.secret)?)?;
        Ok(Self { stored, key })
    }

    /// The signed lease of a borrowed session; `None` for any other session. `slug` is the product's.
    pub fn lease(&self, session: &SessionView, slug: &str, now: DateTime<Utc>) -> Option<String> {
        let until = session.borrowed_until.filter(|until| session.ended.is_none() && *until > now)?;
        let claims = Lease {
            iss: ISSUER.to_owned(),
            sub: session.user_id,
            aud: slug.to_owned(),
            jti: session.id,
            iat: now.timestamp(),
            nbf: (now - CLOCK_SKEW).timestamp(),
            exp: until.timestamp(),
            installation: self.stored.installation,
            account: self.stored.account.clone(),
            license: session.license_id,
            model: session.model,
            product: session.product_id,
            product_name: session.product_name.clone(),
            name: session.user_name.clone(),
            email: session.user_email.clone(),
            device: session.device.clone(),
        };
        let header = json!({ "alg": "EdDSA", "typ": TOKEN_TYPE, "kid": self.stored.kid });
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(json!(claims).to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()).to_bytes());
        Some(format!("{signed}.{signature}"))
    }
}

/// The public keys that verify leases. Generates the first key if there is none, so that it can be built into programs
/// before the first seat is borrowed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn keys(signing: &LeaseKeys) -> Result<BorrowKeys, DbError> {
    let keys = store::lease_keys::keys(&signing.db, signing.clock.now()).await?;
    if !keys.is_empty() || LeaseSigner::load(signing).await?.is_none() {
        return Ok(BorrowKeys { keys });
    }
    Ok(BorrowKeys { keys: store::lease_keys::keys(&signing.db, signing.clock.now()).await? })
}

async fn generate_first(keys: &LeaseKeys) -> Result<Option<StoredLeaseKey>, DbError> {
    let now = keys.clock.now();
    let mut tx = keys.db.begin().await?;
    if store::account::lock(&mut tx).await?.is_none() {
        return Ok(None);
    }
    if let Some(existing) = store::lease_keys::current_in(&mut tx).await? {
        return Ok(Some(existing));
    }
    let kid = insert(&mut tx, &keys.keyring, &keys.random, now).await?;
    let stored = store::lease_keys::current_in(&mut tx).await?;
    let event = Event::new(EventData::BorrowKeyMade { replaces: None, until: None }, Actor::system(), None).named(kid);
    keys.commit(tx, &[event]).await?;
    Ok(stored)
}

/// Adds a new key, which becomes the current one. Returns its id.
async fn insert(tx: &mut Tx, keyring: &Keyring, random: &Random, now: DateTime<Utc>) -> Result<String, DbError> {
    let secret = random.secret();
    let public = public_key(&signing_key(&secret)?);
    let sealed = keyring.seal(random, &SecretLocation::LeaseKey(public.kid.clone()), &secret)?;
    store::lease_keys::insert(tx, &public, &sealed, random.id(now), now).await?;
    Ok(public.kid)
}

/// The result of a key rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotatedKey {
    /// The id of the new key.
    pub kid: String,
    /// Until when the old public key is published for verifying leases.
    pub old_until: DateTime<Utc>,
}

/// Replaces the key that signs leases. The old secret key is deleted. The old public key stays published as long as
/// leases that it may have signed are valid, including those being borrowed at this moment, but no longer if
/// `is_compromised`. `None` before the account is set up.
///
/// # Errors
/// Returns an error if the change was not saved.
pub async fn rotate(
    db: &Db,
    keyring: &Keyring,
    (clock, random): (&Clock, &Random),
    is_compromised: bool,
) -> Result<Option<RotatedKey>, DbError> {
    let mut tx = db.begin().await?;
    if store::account::lock(&mut tx).await?.is_none() {
        return Ok(None);
    }
    let now = clock.now_in(&mut tx).await?;
    let old_until = if is_compromised { now } else { store::lease_keys::last_lease_end(&mut tx, now).await? };
    let replaced = store::lease_keys::current_in(&mut tx).await?.map(|stored| stored.kid);
    store::lease_keys::retire(&mut tx, now, old_until).await?;
    let kid = insert(&mut tx, keyring, random, now).await?;
    let data = EventData::BorrowKeyMade { replaces: Some(replaced), until: Some(old_until) };
    let event = Event::new(data, Actor::system(), None).named(&kid);
    store::events::append(&mut tx, now, &[event]).await?;
    tx.commit().await?;
    Ok(Some(RotatedKey { kid, old_until }))
}

fn signing_key(secret: &str) -> Result<SigningKey, DbError> {
    let unreadable = |problem: String| DbError::Unreadable { column: "secret".to_owned(), problem };
    let seed = URL_SAFE_NO_PAD.decode(secret).map_err(|error| unreadable(error.to_string()))?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| unreadable("is not 32 bytes long".to_owned()))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The public key with its thumbprint (RFC 7638 §3, RFC 8037 §2) as its id.
fn public_key(key: &SigningKey) -> BorrowKey {
    let x = base64url(key.verifying_key().as_bytes());
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BorrowKey::new(base64url(Sha256::digest(canonical)), x)
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8037, appendix A.
    #[test]
    fn the_public_key_and_thumbprint_match_the_rfc() {
        let public = public_key(&signing_key("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("a key"));
        assert_eq!(public.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(public.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn an_invalid_secret_is_rejected() {
        for bad in ["", "AAAA", "not base64!", &"A".repeat(44)] {
            assert!(signing_key(bad).is_err(), "{bad}");
        }
    }
}
