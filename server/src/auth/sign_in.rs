//! Somebody is signed in in a browser, by whichever way: password, second step, passkey, provider, or as the first admin.

use crate::{
    db::{DbError, Tx},
    events::Event,
    seats::Actor,
    store::{self, credentials::Started},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;
use serde_json::{Value, json};

/// Starts the browser session of a user, in this transaction, and ends the one that the same browser had before, whoever's it was:
/// nobody is left signed in with a cookie that no browser holds any more. From now on the browser is known to the user (`tries.rs`). The
/// entries for the log: what is said of it, and the end.
///
/// # Errors
/// Not saved.
pub async fn start(
    tx: &mut Tx,
    (user, actor): (UserId, Actor),
    started: &Started,
    (kind, facts): (&'static str, Value),
    now: DateTime<Utc>,
) -> Result<Vec<Event>, DbError> {
    let replaced = store::credentials::insert_browser_session(tx, user, started, now).await?;
    store::sign_in_tries::remember(tx, &started.device, user, now).await?;
    let ended = replaced
        .map(|before| Event::new("signed_out", actor.clone(), Some(before), json!({ "replaced_by_sign_in": true })));
    let begun = Event::new(kind, actor, Some(user), facts);
    Ok(ended.into_iter().chain([begun]).collect())
}
