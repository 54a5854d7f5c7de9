//! Starts a browser session. Every way to sign in ends here: password, second factor, passkey, provider, and setup.

use crate::{
    db::{DbError, Tx},
    events::Event,
    seats::Actor,
    store::{self, credentials::NewBrowserSession},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{audit::Kind, ids::UserId};
use serde_json::{Value, json};

/// Starts a browser session in this transaction, and ends the session that the same browser had before, of whichever
/// user: its cookie is overwritten and could not be used to sign out. Also marks the browser as known to the user
/// (`attempt_limit.rs`). Returns the audit log entries.
///
/// # Errors
/// Returns an error if the session cannot be saved.
pub async fn start(
    tx: &mut Tx,
    (user, actor): (UserId, Actor),
    started: &NewBrowserSession,
    (kind, facts): (Kind, Value),
    now: DateTime<Utc>,
) -> Result<Vec<Event>, DbError> {
    let replaced = store::credentials::insert_browser_session(tx, user, started, now).await?;
    store::sign_in_tries::remember(tx, &started.device, user, now).await?;
    let ended = replaced
        .map(|before| Event::new(Kind::SignedOut, actor.clone(), Some(before), json!({ "replaced_by_sign_in": true })));
    let begun = Event::new(kind, actor, Some(user), facts);
    Ok(ended.into_iter().chain([begun]).collect())
}
