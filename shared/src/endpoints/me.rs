//! The signed-in user.

use super::Endpoint;
use crate::{
    ids::SignInId,
    wire::{
        account::{ChangeMe, ChangePassword, Me, SignInView},
        my_access::MyAccess,
        second_factor::{Proof, VerifyOptions},
    },
};

/// The caller, with their rights and what the app must know of the account.
pub fn get() -> Endpoint<Me> {
    Endpoint::get("/me")
}

/// When the caller's assignments end by themselves, and what they have requested or may request.
pub fn access() -> Endpoint<MyAccess> {
    Endpoint::get("/me/access")
}

/// Changes the caller's name or language.
pub fn change(body: &ChangeMe) -> Endpoint<Me> {
    Endpoint::patch("/me", body)
}

/// Changes the caller's password, and signs out all their other browsers.
pub fn change_password(body: &ChangePassword) -> Endpoint<()> {
    Endpoint::post("/me/password", body)
}

/// The browsers in which the caller is signed in, this one included.
pub fn sign_ins() -> Endpoint<Vec<SignInView>> {
    Endpoint::get("/me/sign-ins")
}

/// Signs the caller out in one browser.
pub fn end_sign_in(sign_in: SignInId) -> Endpoint<()> {
    Endpoint::delete(format!("/me/sign-ins/{sign_in}"))
}

/// Signs the caller out in all browsers but this one.
pub fn end_other_sign_ins() -> Endpoint<()> {
    Endpoint::delete("/me/sign-ins")
}

/// How the caller can prove who they are, before they change how they sign in.
pub fn verify_options() -> Endpoint<VerifyOptions> {
    Endpoint::get("/me/verify")
}

/// Proves who the caller is; counts for ten minutes.
pub fn verify(body: &Proof) -> Endpoint<()> {
    Endpoint::post("/me/verify", body)
}
