//! Signed leases that prove a borrowed seat offline, and the keys for verifying them.

use crate::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The issuer of leases, in the claim `iss`.
pub const ISSUER: &str = "seatkeeper";
/// The type of the token in its header (RFC 7519 §5.1), so that a lease is never mistaken for another token.
pub const TOKEN_TYPE: &str = "seatkeeper-lease+jwt";

/// The claims of a lease (RFC 7519). Times are whole seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The issuer, [`ISSUER`].
    pub iss: String,
    /// The user who borrowed the seat.
    pub sub: UserId,
    /// The slug of the product. A program accepts only its own.
    pub aud: String,
    /// The session. Online, the server tells whether it is still live.
    pub jti: SessionId,
    /// The time of signing.
    pub iat: i64,
    /// The start of validity. An earlier clock is wrong, or was set back.
    pub nbf: i64,
    /// The end of validity.
    pub exp: i64,
    /// The installation of Seatkeeper that signed it.
    pub installation: Uuid,
    /// The name of its account.
    pub account: String,
    /// The license whose seat is borrowed.
    pub license: LicenseId,
    /// The model of the license.
    pub model: Model,
    /// The product's id.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    pub email: String,
    /// The device that the seat was taken for.
    pub device: String,
}

/// The public keys for verifying leases, as a JSON Web Key Set (RFC 7517).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BorrowKeys {
    /// The keys; the current signing key comes first.
    pub keys: Vec<BorrowKey>,
}

/// A public Ed25519 key as a JSON Web Key (RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BorrowKey {
    /// The key type, `OKP`.
    pub kty: String,
    /// The curve, `Ed25519`.
    pub crv: String,
    /// The public key, in base64url.
    pub x: String,
    /// The key id, as in the header of leases: the thumbprint of the key (RFC 7638).
    pub kid: String,
    /// The use, `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The algorithm, `EdDSA`.
    pub alg: String,
}

impl BorrowKey {
    /// Creates a key from its id and the public key in base64url.
    pub fn new(kid: String, x: String) -> Self {
        let [kty, crv, usage, alg] = ["OKP", "Ed25519", "sig", "EdDSA"].map(str::to_owned);
        Self { kty, crv, x, kid, usage, alg }
    }
}
