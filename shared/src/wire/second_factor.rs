//! The second factor: an authenticator app, recovery codes, and the second step of signing in.

use super::{account::Me, providers::ProviderOption};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The state of the own second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorState {
    /// Whether signing in with a password also requires a code.
    pub on: bool,
    /// The number of unused recovery codes.
    pub recovery_codes: i64,
}

/// The secret for the authenticator app, which must still be confirmed. It is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorSetup {
    /// The secret in base32, for typing.
    pub secret: String,
    /// The secret as an `otpauth:` URI.
    pub uri: String,
    /// The secret as a QR code in SVG; absent if it is too long for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// Confirms the second factor with a code of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmSecondFactor {
    /// The code: six digits.
    pub code: String,
}

/// Recovery codes for users who lost their app, each valid once. They are shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// One-time codes in clear text; they are shown once.
    pub recovery_codes: Vec<String>,
}

/// Verifies the user again with the password or a code. One is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    /// The user's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A code of the app, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The ways in which the user can verify again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyOptions {
    /// With `POST /me/verify` and the password.
    pub password: bool,
    /// With `POST /me/verify` and a code of the app, or a recovery code.
    pub code: bool,
    /// By signing in again with a passkey.
    pub passkey: bool,
    /// By signing in again with one of these providers.
    pub providers: Vec<ProviderOption>,
}

/// The response to a correct password if a second factor is required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorNeeded {
    /// The challenge for `POST /sign-in/second-factor`.
    pub challenge: String,
    /// When the challenge expires.
    pub expires_at: DateTime<Utc>,
    /// Whether a code of the app, or a recovery code, is accepted.
    pub code: bool,
    /// Whether the user has a passkey for signing in without a password.
    pub passkey: bool,
}

/// The second step of signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondStep {
    /// The challenge from the first step.
    pub challenge: String,
    /// A code of the app, or a recovery code.
    pub code: String,
}

/// The result of signing in with e-mail address and password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SignedIn {
    /// The user is signed in.
    Done(Box<Me>),
    /// The user must still enter a second factor.
    NeedsSecondFactor(SecondFactorNeeded),
}
