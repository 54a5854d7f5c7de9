//! API tokens of the caller.

use super::Endpoint;
use crate::{
    ids::TokenId,
    wire::account::{CreatedToken, NewToken, TokenView},
};

/// The caller's tokens, without their secrets.
pub fn list() -> Endpoint<Vec<TokenView>> {
    Endpoint::get("/tokens")
}

/// Creates a token. Its secret is only in this answer.
pub fn create(body: &NewToken) -> Endpoint<CreatedToken> {
    Endpoint::post("/tokens", body)
}

/// Deletes a token: requests with it are refused from then on.
pub fn delete(token: TokenId) -> Endpoint<()> {
    Endpoint::delete(format!("/tokens/{token}"))
}
