//! Passkeys of the caller.

use super::Endpoint;
use crate::{
    ids::PasskeyId,
    wire::passkeys::{NewPasskey, PasskeyOptions, PasskeyView, RenamePasskey},
};

/// The caller's passkeys, without their keys.
pub fn list() -> Endpoint<Vec<PasskeyView>> {
    Endpoint::get("/me/passkeys")
}

/// Asks for the options with which a browser creates a passkey.
pub fn begin() -> Endpoint<PasskeyOptions> {
    Endpoint::post("/me/passkeys/begin", &())
}

/// Adds the passkey that the browser has created.
pub fn add(body: &NewPasskey) -> Endpoint<PasskeyView> {
    Endpoint::post("/me/passkeys", body)
}

/// Gives a passkey another name.
pub fn rename(passkey: PasskeyId, body: &RenamePasskey) -> Endpoint<PasskeyView> {
    Endpoint::patch(format!("/me/passkeys/{passkey}"), body)
}

/// Removes a passkey: it no longer signs in. The device keeps its part.
pub fn remove(passkey: PasskeyId) -> Endpoint<()> {
    Endpoint::delete(format!("/me/passkeys/{passkey}"))
}
