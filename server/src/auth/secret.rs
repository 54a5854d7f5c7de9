//! Secrets are kept as hashes only: they have 256 bits of chance, so a plain SHA-256 cannot be turned back.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a secret.
pub type Digest = [u8; 32];

/// The SHA-256 of a secret.
pub fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// The form in which a digest is stored and looked up.
pub fn stored(digest: &Digest) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

/// The form in which a secret is stored and looked up.
pub fn hash(secret: &str) -> String {
    stored(&digest(secret))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn same(a: &str, b: &str) -> bool {
    digest(a) == digest(b)
}
