//! The caller's second factor: an authenticator app with recovery codes.

use super::Endpoint;
use crate::wire::second_factor::{ConfirmSecondFactor, Proof, RecoveryCodes, SecondFactorSetup, SecondFactorState};

/// Whether the caller has a second factor, and how many recovery codes are left.
pub fn state() -> Endpoint<SecondFactorState> {
    Endpoint::get("/me/second-factor")
}

/// Starts the setup: the answer contains the secret for the app, which counts once it is confirmed.
pub fn start() -> Endpoint<SecondFactorSetup> {
    Endpoint::post("/me/second-factor", &())
}

/// Confirms the app with its first code. The recovery codes are only in this answer.
pub fn confirm(body: &ConfirmSecondFactor) -> Endpoint<RecoveryCodes> {
    Endpoint::post("/me/second-factor/confirm", body)
}

/// Replaces the recovery codes: those of before work no more.
pub fn renew_recovery_codes(body: &Proof) -> Endpoint<RecoveryCodes> {
    Endpoint::post("/me/second-factor/recovery-codes", body)
}

/// Removes the app and the recovery codes: the password alone signs in again.
pub fn remove(body: &Proof) -> Endpoint<()> {
    Endpoint::post("/me/second-factor/remove", body)
}
