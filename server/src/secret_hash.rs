//! Hashes of secrets. Only hashes are stored; secrets have 256 random bits, so an unsalted SHA-256 is sufficient.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a secret.
pub type Digest = [u8; 32];

/// Computes the SHA-256 of a secret.
pub fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// A digest in the form in which it is stored and looked up (base64url).
pub fn encode_digest(digest: &Digest) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

/// The hash of a secret in the form in which it is stored and looked up.
pub fn hash(secret: &str) -> String {
    encode_digest(&digest(secret))
}

/// Compares two secrets without leaking through timing where they differ.
pub fn constant_time_eq(a: &str, b: &str) -> bool {
    digest(a) == digest(b)
}
