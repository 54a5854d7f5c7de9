//! What proves a borrowed seat offline: a signed lease, and the keys to check it with.

use crate::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a lease is issued by, as the claim `iss`.
pub const ISSUER: &str = "seatkeeper";
/// The type of the token in its header (RFC 7519 §5.1): a lease is never mistaken for another token.
pub const TOKEN_TYPE: &str = "seatkeeper-lease+jwt";

/// The claims of a lease (RFC 7519). Times are whole seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// [`ISSUER`].
    pub iss: String,
    /// The user who borrowed the seat.
    pub sub: UserId,
    /// The product, by its slug: a program accepts its own only.
    pub aud: String,
    /// The session; who has the server at hand can look whether it lives.
    pub jti: SessionId,
    /// When it was signed.
    pub iat: i64,
    /// It is good from then on: a clock before that is wrong, or was set back.
    pub nbf: i64,
    /// It is good until then.
    pub exp: i64,
    /// The installation of Seatkeeper that signed it.
    pub installation: Uuid,
    /// The name of its account.
    pub account: String,
    /// The license whose seat it is.
    pub license: LicenseId,
    /// Named or concurrent.
    pub model: Model,
    /// The product.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    pub email: String,
    /// The device, as it was named when the seat was taken.
    pub device: String,
}

/// Public keys to check leases with, in the standard form (RFC 7517).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BorrowKeys {
    /// The one that signs now comes first.
    pub keys: Vec<BorrowKey>,
}

/// A public key (RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BorrowKey {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The key, in base64url.
    pub x: String,
    /// Its id, which stands in the header of leases: the thumbprint of the key (RFC 7638).
    pub kid: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `EdDSA`.
    pub alg: String,
}

impl BorrowKey {
    /// The public key with this id, in base64url.
    pub fn new(kid: String, x: String) -> Self {
        let [kty, crv, usage, alg] = ["OKP", "Ed25519", "sig", "EdDSA"].map(str::to_owned);
        Self { kty, crv, x, kid, usage, alg }
    }
}
