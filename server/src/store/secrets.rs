//! All encrypted secrets of all tables, for re-encryption.

use crate::db::{DbError, Tx, args, statements};
use seatkeeper_shared::ids::{ProductId, ProviderId, UserId};

/// The value of a column: an encrypted secret, or a plain one if no key is configured.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret(pub(crate) String);

impl StoredSecret {
    pub const fn from_column(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

/// The location of a secret in the database, which is the associated data of its encryption (AEAD).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretLocation {
    /// The TOTP secret of a user's authenticator app.
    CodeApp(UserId),
    /// The client secret of a sign-in provider.
    Client(ProviderId),
    /// The key that signs the tokens in a product's launch links.
    LaunchLink(ProductId),
    /// The key with this id, which signs leases of borrowed seats.
    LeaseKey(String),
}

impl SecretLocation {
    /// `table.column/row`.
    pub fn name(&self) -> String {
        match self {
            Self::CodeApp(user) => format!("second_factors.secret/{user}"),
            Self::Client(provider) => format!("sign_in_providers.client_secret/{provider}"),
            Self::LaunchLink(product) => format!("products.link_secret/{product}"),
            Self::LeaseKey(id) => format!("borrow_keys.secret/{id}"),
        }
    }
}

statements! {
    CODE_APPS = "
        SELECT user_id, secret FROM second_factors";

    CLIENTS = "
        SELECT id, client_secret FROM sign_in_providers WHERE client_secret IS NOT NULL";

    LAUNCH_LINKS = "
        SELECT id, link_secret FROM products WHERE link_secret IS NOT NULL";

    // The secret of a replaced key is deleted.
    LEASE_KEYS = "
        SELECT id, secret FROM borrow_keys WHERE secret <> ''";

    // A secret that was changed meanwhile is left alone.
    REPLACE_CODE_APP = "
        UPDATE second_factors SET secret = $2 WHERE user_id = $1 AND secret = $3";

    REPLACE_CLIENT = "
        UPDATE sign_in_providers SET client_secret = $2 WHERE id = $1 AND client_secret = $3";

    REPLACE_LAUNCH_LINK = "
        UPDATE products SET link_secret = $2 WHERE id = $1 AND link_secret = $3";

    REPLACE_LEASE_KEY = "
        UPDATE borrow_keys SET secret = $2 WHERE id = $1 AND secret = $3";
}

/// All secrets with their locations.
pub async fn all(tx: &mut Tx) -> Result<Vec<(SecretLocation, StoredSecret)>, DbError> {
    let mut found = Vec::new();
    for row in tx.all(&CODE_APPS, args![]).await? {
        found.push((SecretLocation::CodeApp(row.get("user_id")?), StoredSecret::from_column(row.get("secret")?)));
    }
    for row in tx.all(&CLIENTS, args![]).await? {
        let location = SecretLocation::Client(ProviderId(row.get("id")?));
        found.push((location, StoredSecret::from_column(row.get("client_secret")?)));
    }
    for row in tx.all(&LAUNCH_LINKS, args![]).await? {
        found.push((SecretLocation::LaunchLink(row.get("id")?), StoredSecret::from_column(row.get("link_secret")?)));
    }
    for row in tx.all(&LEASE_KEYS, args![]).await? {
        found.push((SecretLocation::LeaseKey(row.get("id")?), StoredSecret::from_column(row.get("secret")?)));
    }
    Ok(found)
}

/// Replaces a secret. Returns false if it was changed since it was read.
pub async fn replace(
    tx: &mut Tx,
    location: &SecretLocation,
    old: &StoredSecret,
    new: &StoredSecret,
) -> Result<bool, DbError> {
    let (old, new) = (old.as_str(), new.as_str());
    let changed = match location {
        SecretLocation::CodeApp(user) => tx.run(&REPLACE_CODE_APP, args![*user, new, old]).await?,
        SecretLocation::Client(provider) => tx.run(&REPLACE_CLIENT, args![provider.0, new, old]).await?,
        SecretLocation::LaunchLink(product) => tx.run(&REPLACE_LAUNCH_LINK, args![*product, new, old]).await?,
        SecretLocation::LeaseKey(id) => tx.run(&REPLACE_LEASE_KEY, args![id, new, old]).await?,
    };
    Ok(changed == 1)
}
