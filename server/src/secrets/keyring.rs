//! The keys that secrets are encrypted with: the first key encrypts, all keys decrypt. ChaCha20-Poly1305 (RFC 8439)
//! with random nonces; there are far too few secrets for a collision.

use super::{SecretLocation, StoredSecret};
use crate::{clock::Random, db::DbError};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// The prefix of encrypted values. It is followed by the key's id, a colon, and nonce and ciphertext in base64url.
const PREFIX: &str = "sealed:1:";
/// The length of a key's id in hexadecimal digits.
const KEY_ID_DIGITS: usize = 8;
const KEY_BYTES: usize = 32;
/// Standard base64, as `openssl rand -base64 32` prints it, with or without padding.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys. Clones share them. Without keys, secrets are stored in plain text.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<[Key]>);

#[derive(Debug)]
struct Key {
    id: String,
    aead: LessSafeKey,
}

/// Why a secret cannot be decrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The key with this id is not configured.
    #[error("is encrypted with the key {0}, which is not configured")]
    UnknownKey(String),
    /// The value was changed, or belongs to another row.
    #[error("cannot be encrypted or decrypted")]
    Broken,
}

impl From<SecretError> for DbError {
    fn from(error: SecretError) -> Self {
        Self::Unreadable { column: "secret".to_owned(), problem: error.to_string() }
    }
}

/// The number of the invalid key, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {0} is not 32 bytes in base64; `openssl rand -base64 32` generates one")]
pub struct BadKey(pub usize);

impl Keyring {
    /// Parses keys in base64; the first one encrypts.
    ///
    /// # Errors
    /// Returns an error that names the first invalid key.
    pub fn parse<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, BadKey> {
        let keys = keys.into_iter().enumerate();
        let keys = keys.map(|(index, text)| Key::parse(text).ok_or(BadKey(index + 1)));
        Ok(Self(keys.collect::<Result<Vec<_>, _>>()?.into()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids of the keys; the first key encrypts.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// Whether a value is encrypted with the first key.
    pub fn is_current(&self, stored: &StoredSecret) -> bool {
        key_id(stored) == self.ids().next()
    }

    /// Encrypts a secret for its location.
    ///
    /// # Errors
    /// Returns an error if the secret is larger than 64 GiB.
    pub fn seal(&self, random: &Random, location: &SecretLocation, secret: &str) -> Result<StoredSecret, SecretError> {
        let Some(key) = self.0.first() else { return Ok(StoredSecret(secret.to_owned())) };
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&random.salt()[..NONCE_LEN]);
        let mut text = secret.as_bytes().to_vec();
        let sealed = key.aead.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(location.name()),
            &mut text,
        );
        sealed.map_err(|_| SecretError::Broken)?;
        let bytes = [&nonce[..], &text].concat();
        Ok(StoredSecret(format!("{PREFIX}{}:{}", key.id, URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Decrypts the secret stored at this location.
    ///
    /// # Errors
    /// Returns an error if the key is not configured, or if the value was changed or belongs to another location.
    pub fn open(&self, location: &SecretLocation, stored: &StoredSecret) -> Result<String, SecretError> {
        let Some((id, sealed)) = parts(stored) else { return Ok(stored.0.clone()) };
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| SecretError::UnknownKey(id.to_owned()))?;
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SecretError::Broken)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN).ok_or(SecretError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretError::Broken)?;
        let mut text = text.to_vec();
        let secret = key.aead.open_in_place(nonce, Aad::from(location.name()), &mut text);
        let secret = secret.map_err(|_| SecretError::Broken)?;
        String::from_utf8(secret.to_vec()).map_err(|_| SecretError::Broken)
    }
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        let digest = Sha256::new().chain_update(b"seatkeeper secret key\0").chain_update(bytes).finalize();
        let id = format!("{digest:x}")[..KEY_ID_DIGITS].to_owned();
        Some(Self { id, aead: LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?) })
    }
}

/// The id of the key that a value is encrypted with; `None` for a plain value.
pub fn key_id(stored: &StoredSecret) -> Option<&str> {
    parts(stored).map(|(id, _)| id)
}

fn parts(stored: &StoredSecret) -> Option<(&str, &str)> {
    let (id, sealed) = stored.0.strip_prefix(PREFIX)?.split_once(':')?;
    let is_id = id.len() == KEY_ID_DIGITS && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_id.then_some((id, sealed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::ids::{ProviderId, UserId};
    use uuid::Uuid;

    const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
    const SECRET: &str = "GEZDGNBVGY3TQOJQ";

    fn location() -> SecretLocation {
        SecretLocation::CodeApp(UserId(Uuid::nil()))
    }

    #[test]
    fn a_sealed_secret_opens_only_at_its_location() {
        let (random, keys) = (Random::seeded(1), Keyring::parse([OLD]).expect("a key"));
        let stored = keys.seal(&random, &location(), SECRET).expect("sealed");
        assert!(stored.0.starts_with(PREFIX) && !stored.0.contains(SECRET));
        assert_ne!(keys.seal(&random, &location(), SECRET).expect("sealed"), stored, "the nonce differs");
        assert_eq!(keys.open(&location(), &stored).as_deref(), Ok(SECRET));
        for other in [
            SecretLocation::CodeApp(UserId(Uuid::max())),
            SecretLocation::Client(ProviderId(Uuid::nil())),
            SecretLocation::LeaseKey("x".to_owned()),
        ] {
            assert_eq!(keys.open(&other, &stored), Err(SecretError::Broken), "{other:?}");
        }
        let last = stored.0.len() - 1;
        let changed = if stored.0.ends_with('A') { "B" } else { "A" };
        for bad in [
            format!("{}{changed}", &stored.0[..last]),
            stored.0[..last - 3].to_owned(),
            format!("{PREFIX}{}:", &stored.0[9..17]),
        ] {
            assert_eq!(keys.open(&location(), &StoredSecret(bad.clone())), Err(SecretError::Broken), "{bad}");
        }
    }

    #[test]
    fn the_first_key_encrypts_and_all_decrypt() {
        let random = Random::seeded(1);
        let (old, both) = (Keyring::parse([OLD]).expect("a key"), Keyring::parse([NEW, OLD]).expect("keys"));
        let before = old.seal(&random, &location(), SECRET).expect("sealed");
        assert_eq!(both.open(&location(), &before).as_deref(), Ok(SECRET));
        assert!(!both.is_current(&before));
        let after = both.seal(&random, &location(), SECRET).expect("sealed");
        assert!(both.is_current(&after));
        let unknown = key_id(&after).expect("an id").to_owned();
        assert_eq!(old.open(&location(), &after), Err(SecretError::UnknownKey(unknown)));
        assert!(matches!(Keyring::default().open(&location(), &after), Err(SecretError::UnknownKey(_))));
    }

    #[test]
    fn a_value_written_by_an_earlier_version_is_the_plain_secret() {
        let keys = Keyring::parse([OLD]).expect("a key");
        for plain in [SECRET, "", "sealed:1:", "sealed:1:xyz", "sealed:1:12345678"] {
            assert_eq!(keys.open(&location(), &StoredSecret(plain.to_owned())).as_deref(), Ok(plain));
            assert_eq!(key_id(&StoredSecret(plain.to_owned())), None);
        }
        let none = Keyring::default();
        assert_eq!(none.seal(&Random::seeded(1), &location(), SECRET), Ok(StoredSecret(SECRET.to_owned())));
    }

    #[test]
    fn a_key_is_32_bytes() {
        for bad in ["", "AAAA", "not base64", &"A".repeat(44)] {
            assert_eq!(Keyring::parse([OLD, bad]).err(), Some(BadKey(2)), "{bad}");
        }
    }
}
