//! The secrets that are encrypted, wherever they stand: for encrypting them anew.

use crate::{
    db::{DbError, Tx, args, statements},
    secrets::{Place, Stored},
};
use seatkeeper_shared::ids::ProviderId;

statements! {
    CODE_APPS = "
        SELECT user_id, secret FROM second_factors";

    CLIENTS = "
        SELECT id, client_secret FROM sign_in_providers WHERE client_secret IS NOT NULL";

    LAUNCH_LINKS = "
        SELECT id, link_secret FROM products WHERE link_secret IS NOT NULL";

    // A key that was replaced has no secret any more.
    LEASE_KEYS = "
        SELECT id, secret FROM borrow_keys WHERE secret <> ''";

    // What somebody else has changed meanwhile stays.
    REPLACE_CODE_APP = "
        UPDATE second_factors SET secret = $2 WHERE user_id = $1 AND secret = $3";

    REPLACE_CLIENT = "
        UPDATE sign_in_providers SET client_secret = $2 WHERE id = $1 AND client_secret = $3";

    REPLACE_LAUNCH_LINK = "
        UPDATE products SET link_secret = $2 WHERE id = $1 AND link_secret = $3";

    REPLACE_LEASE_KEY = "
        UPDATE borrow_keys SET secret = $2 WHERE id = $1 AND secret = $3";
}

/// All of them.
pub async fn all(tx: &mut Tx) -> Result<Vec<(Place, Stored)>, DbError> {
    let mut found = Vec::new();
    for row in tx.all(&CODE_APPS, args![]).await? {
        found.push((Place::CodeApp(row.get("user_id")?), Stored::read(row.get("secret")?)));
    }
    for row in tx.all(&CLIENTS, args![]).await? {
        found.push((Place::Client(ProviderId(row.get("id")?)), Stored::read(row.get("client_secret")?)));
    }
    for row in tx.all(&LAUNCH_LINKS, args![]).await? {
        found.push((Place::LaunchLink(row.get("id")?), Stored::read(row.get("link_secret")?)));
    }
    for row in tx.all(&LEASE_KEYS, args![]).await? {
        found.push((Place::LeaseKey(row.get("id")?), Stored::read(row.get("secret")?)));
    }
    Ok(found)
}

/// Replaces one of them; false if it is another one by now.
pub async fn replace(tx: &mut Tx, place: &Place, old: &Stored, new: &Stored) -> Result<bool, DbError> {
    let (old, new) = (old.as_str(), new.as_str());
    let changed = match place {
        Place::CodeApp(user) => tx.run(&REPLACE_CODE_APP, args![*user, new, old]).await?,
        Place::Client(provider) => tx.run(&REPLACE_CLIENT, args![provider.0, new, old]).await?,
        Place::LaunchLink(product) => tx.run(&REPLACE_LAUNCH_LINK, args![*product, new, old]).await?,
        Place::LeaseKey(id) => tx.run(&REPLACE_LEASE_KEY, args![id, new, old]).await?,
    };
    Ok(changed == 1)
}
