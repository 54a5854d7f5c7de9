//! Secrets are kept as hashes only: they have 256 bits of chance, so a plain SHA-256 cannot be turned back.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

/// The form in which a secret is stored and looked up.
pub fn hash(secret: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn same(a: &str, b: &str) -> bool {
    Sha256::digest(a) == Sha256::digest(b)
}
