//! Setting up the account, and signing in.

use super::Endpoint;
use crate::wire::{
    account::{Me, Setup, SetupState, SignIn},
    passkeys::{PasskeyOptions, PasskeySignIn},
    password_links::{ForgotPassword, PasswordLinkView, PreviewPasswordLink, RedeemPasswordLink},
    providers::SignInOptions,
    second_factor::{SecondStep, SignedIn},
};

/// Whether the server still needs its first admin.
pub fn setup_state() -> Endpoint<SetupState> {
    Endpoint::get("/setup")
}

/// Creates the account with its first admin, and signs the admin in.
pub fn set_up(body: &Setup) -> Endpoint<Me> {
    Endpoint::post("/setup", body)
}

/// Signs in with e-mail address and password; a second factor may still be needed.
pub fn with_password(body: &SignIn) -> Endpoint<SignedIn> {
    Endpoint::post("/sign-in", body)
}

/// The ways to sign in: whether by password, and through which providers.
pub fn options() -> Endpoint<SignInOptions> {
    Endpoint::get("/sign-in-options")
}

/// Completes a sign-in with the code of the second factor.
pub fn second_step(body: &SecondStep) -> Endpoint<Me> {
    Endpoint::post("/sign-in/second-factor", body)
}

/// Asks for the challenge that a passkey signs.
pub fn begin_passkey() -> Endpoint<PasskeyOptions> {
    Endpoint::post("/sign-in/passkey/begin", &())
}

/// Signs in with a passkey, which needs no second factor.
pub fn with_passkey(body: &PasskeySignIn) -> Endpoint<Me> {
    Endpoint::post("/sign-in/passkey", body)
}

/// Signs out in this browser.
pub fn sign_out() -> Endpoint<()> {
    Endpoint::post("/sign-out", &())
}

/// Asks for a link to a new password by e-mail. The answer does not tell whether there is such a user.
pub fn forgot_password(body: &ForgotPassword) -> Endpoint<()> {
    Endpoint::post("/forgot-password", body)
}

/// Whose password a link sets, without using the link up.
pub fn preview_link(body: &PreviewPasswordLink) -> Endpoint<PasswordLinkView> {
    Endpoint::post("/links/preview", body)
}

/// Sets a password with a link, which then works no more. Does not sign in.
pub fn use_link(body: &RedeemPasswordLink) -> Endpoint<()> {
    Endpoint::post("/links/use", body)
}
