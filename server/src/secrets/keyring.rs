//! The keys that secrets are encrypted with: the first encrypts, all of them decrypt. ChaCha20-Poly1305 (RFC 8439)
//! with a nonce drawn by chance; there are by far too few secrets for two to meet.

use super::{Place, Stored};
use crate::{clock::Dice, db::DbError};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// What encrypted values begin with; then come the id of the key, a colon, and nonce and ciphertext in base64url.
const PREFIX: &str = "sealed:1:";
/// How many hexadecimal digits the id of a key has.
const KEY_ID_DIGITS: usize = 8;
const KEY_BYTES: usize = 32;
/// Of the standard alphabet, as `openssl rand -base64 32` writes it, with or without padding.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys. Clones share them. Without any, secrets are stored as they are.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<[Key]>);

#[derive(Debug)]
struct Key {
    id: String,
    aead: LessSafeKey,
}

/// Why a secret does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Its key is not among those that are given.
    #[error("is encrypted with the key {0}, which is not given")]
    UnknownKey(String),
    /// It was changed, or belongs to another row.
    #[error("cannot be encrypted or decrypted")]
    Broken,
}

impl From<SecretError> for DbError {
    fn from(error: SecretError) -> Self {
        Self::Unreadable { column: "secret".to_owned(), problem: error.to_string() }
    }
}

/// A key that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {0} is not 32 bytes in base64; `openssl rand -base64 32` makes one")]
pub struct BadKey(pub usize);

impl Keyring {
    /// These keys in base64, the one that encrypts first.
    ///
    /// # Errors
    /// One of them is no key; says which.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, BadKey> {
        let keys = keys.into_iter().enumerate();
        let keys = keys.map(|(index, text)| Key::read(text).ok_or(BadKey(index + 1)));
        Ok(Self(keys.collect::<Result<Vec<_>, _>>()?.into()))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids of the keys, the one that encrypts first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// Whether a value is encrypted with the key that encrypts now.
    pub fn is_current(&self, stored: &Stored) -> bool {
        key_id(stored) == self.ids().next()
    }

    /// Encrypts a secret for its place.
    ///
    /// # Errors
    /// It is larger than 64 GiB.
    pub fn seal(&self, dice: &Dice, place: &Place, secret: &str) -> Result<Stored, SecretError> {
        let Some(key) = self.0.first() else { return Ok(Stored(secret.to_owned())) };
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&dice.salt()[..NONCE_LEN]);
        let mut text = secret.as_bytes().to_vec();
        let sealed =
            key.aead.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.name()), &mut text);
        sealed.map_err(|_| SecretError::Broken)?;
        let bytes = [&nonce[..], &text].concat();
        Ok(Stored(format!("{PREFIX}{}:{}", key.id, URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The secret that stands in this place.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(&self, place: &Place, stored: &Stored) -> Result<String, SecretError> {
        let Some((id, sealed)) = parts(stored) else { return Ok(stored.0.clone()) };
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| SecretError::UnknownKey(id.to_owned()))?;
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SecretError::Broken)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN).ok_or(SecretError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretError::Broken)?;
        let mut text = text.to_vec();
        let secret = key.aead.open_in_place(nonce, Aad::from(place.name()), &mut text);
        let secret = secret.map_err(|_| SecretError::Broken)?;
        String::from_utf8(secret.to_vec()).map_err(|_| SecretError::Broken)
    }
}

impl Key {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        let digest = Sha256::new().chain_update(b"seatkeeper secret key\0").chain_update(bytes).finalize();
        let id = format!("{digest:x}")[..KEY_ID_DIGITS].to_owned();
        Some(Self { id, aead: LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?) })
    }
}

/// The id of the key with which a value is encrypted, if it is.
pub fn key_id(stored: &Stored) -> Option<&str> {
    parts(stored).map(|(id, _)| id)
}

fn parts(stored: &Stored) -> Option<(&str, &str)> {
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

    fn place() -> Place {
        Place::CodeApp(UserId(Uuid::nil()))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let (dice, keys) = (Dice::loaded(1), Keyring::of([OLD]).expect("a key"));
        let stored = keys.seal(&dice, &place(), SECRET).expect("sealed");
        assert!(stored.0.starts_with(PREFIX) && !stored.0.contains(SECRET));
        assert_ne!(keys.seal(&dice, &place(), SECRET).expect("sealed"), stored, "the nonce is another");
        assert_eq!(keys.open(&place(), &stored).as_deref(), Ok(SECRET));
        for other in [
            Place::CodeApp(UserId(Uuid::max())),
            Place::Client(ProviderId(Uuid::nil())),
            Place::LeaseKey("x".to_owned()),
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
            assert_eq!(keys.open(&place(), &Stored(bad.clone())), Err(SecretError::Broken), "{bad}");
        }
    }

    #[test]
    fn the_first_key_encrypts_and_all_decrypt() {
        let dice = Dice::loaded(1);
        let (old, both) = (Keyring::of([OLD]).expect("a key"), Keyring::of([NEW, OLD]).expect("keys"));
        let before = old.seal(&dice, &place(), SECRET).expect("sealed");
        assert_eq!(both.open(&place(), &before).as_deref(), Ok(SECRET));
        assert!(!both.is_current(&before));
        let after = both.seal(&dice, &place(), SECRET).expect("sealed");
        assert!(both.is_current(&after));
        let unknown = key_id(&after).expect("an id").to_owned();
        assert_eq!(old.open(&place(), &after), Err(SecretError::UnknownKey(unknown)));
        assert!(matches!(Keyring::default().open(&place(), &after), Err(SecretError::UnknownKey(_))));
    }

    #[test]
    fn what_an_earlier_version_wrote_is_the_secret_itself() {
        let keys = Keyring::of([OLD]).expect("a key");
        for plain in [SECRET, "", "sealed:1:", "sealed:1:xyz", "sealed:1:12345678"] {
            assert_eq!(keys.open(&place(), &Stored(plain.to_owned())).as_deref(), Ok(plain));
            assert_eq!(key_id(&Stored(plain.to_owned())), None);
        }
        let none = Keyring::default();
        assert_eq!(none.seal(&Dice::loaded(1), &place(), SECRET), Ok(Stored(SECRET.to_owned())));
    }

    #[test]
    fn a_key_is_32_bytes() {
        for bad in ["", "AAAA", "not base64", &"A".repeat(44)] {
            assert_eq!(Keyring::of([OLD, bad]).err(), Some(BadKey(2)), "{bad}");
        }
    }
}
