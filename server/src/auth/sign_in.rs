//! Starts a browser session. Every way to sign in ends here: password, second factor, passkey, provider, and setup.

use crate::{
    db::{DbError, Tx},
    events::Event,
    seats::Actor,
    store::{self, credentials::NewBrowserSession},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{audit::EventData, ids::UserId};

/// Starts a browser session in this transaction, and ends the session that the same browser had before, of whichever
/// user: its cookie is overwritten and could not be used to sign out. Also marks the browser as known to the user
/// (`attempt_limit.rs`). Returns the audit log entries, of which `data` is about the sign-in.
///
/// # Errors
/// Returns an error if the session cannot be saved.
pub async fn start(
    tx: &mut Tx,
    (user, actor): (UserId, Actor),
    started: &NewBrowserSession,
    data: EventData,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, DbError> {
    let replaced = store::credentials::insert_browser_session(tx, user, started, now).await?;
    store::sign_in_tries::remember(tx, &started.device, user, now).await?;
    let ended = replaced.map(|before| {
        Event::new(EventData::SignedOut { replaced_by_sign_in: Some(true) }, actor.clone(), Some(before))
    });
    let begun = Event::new(data, actor, Some(user));
    Ok(ended.into_iter().chain([begun]).collect())
}
