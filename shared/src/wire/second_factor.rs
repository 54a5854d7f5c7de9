//! The second factor: an app that shows codes, recovery codes, and the second step of signing in.

use super::{account::Me, providers::OfferedProvider};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether one has a second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorState {
    /// Whether signing in with a password takes a code, too.
    pub on: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

/// The secret for the app, which does not count yet. It is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorStarted {
    /// In base32, to type in.
    pub secret: String,
    /// The same as an `otpauth:` address.
    pub uri: String,
    /// The same as a QR code, in SVG; absent if it is too long for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// A code that the app shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmFactor {
    /// Six digits.
    pub code: String,
}

/// Codes for those who lost their app, each good once. They are shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// The codes.
    pub recovery_codes: Vec<String>,
}

/// Proves that it is oneself: by the password, or by a code. One is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    /// One's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A code that the app shows, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// By what one can show again who one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyOptions {
    /// With `POST /me/verify` and the password.
    pub password: bool,
    /// With `POST /me/verify` and a code of the app, or a recovery code.
    pub code: bool,
    /// By signing in anew with a passkey.
    pub passkey: bool,
    /// By signing in anew by one of these.
    pub providers: Vec<OfferedProvider>,
}

/// The password is right; a second factor is needed, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorNeeded {
    /// Goes into `POST /sign-in/second-factor` beside the code.
    pub challenge: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// Whether a code of the app, or a recovery code, is taken.
    pub code: bool,
    /// Whether the user has a passkey, with which he signs in without a password.
    pub passkey: bool,
}

/// The second step of signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondStep {
    /// From the first step.
    pub challenge: String,
    /// A code that the app shows, or a recovery code.
    pub code: String,
}

/// What signing in with e-mail and password brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SignedIn {
    /// One is signed in.
    Done(Box<Me>),
    /// One is not, yet.
    Half(SecondFactorNeeded),
}
