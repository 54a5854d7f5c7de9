//! The account: its settings.

use super::Endpoint;
use crate::wire::account::{AccountView, ChangeAccount};

/// Changes the settings of the account.
pub fn change(body: &ChangeAccount) -> Endpoint<AccountView> {
    Endpoint::patch("/account", body)
}
