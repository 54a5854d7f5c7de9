//! Asked again: whoever adds a way in, for themselves or for a program, has to have shown a short while ago who they are, by a password, a
//! code, a passkey or a provider. An open browser that somebody else found, or a token that somebody else has, adds none.

use super::Caller;
use crate::{app::App, auth::caller::Admission, http::problem::Fail, store};
use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::TimeDelta;
use seatkeeper_shared::problem::Code;
use std::ops::Deref;

/// For how long somebody who showed who they are is believed to be the one who sits there.
pub const RECENT: TimeDelta = TimeDelta::minutes(10);

/// A caller in a browser who showed who they are a short while ago. A route that adds or replaces ways in takes this instead of a
/// [`Caller`].
#[derive(Clone, Debug)]
pub struct RecentCaller(pub Caller);

impl Deref for RecentCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<App> for RecentCaller {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let admission = Admission::from_request_parts(parts, app).await?;
        must_be_recent(app, &caller, &admission).await?;
        Ok(Self(caller))
    }
}

/// Goes on only if the caller showed a short while ago who they are. For what takes that only sometimes.
///
/// # Errors
/// `verification_required`; `browser_required` for programs, which cannot show it.
pub async fn must_be_recent(app: &App, caller: &Caller, admission: &Admission) -> Result<(), Fail> {
    let now = app.clock.now();
    let is_recent = |caller: &Caller| caller.verified_at.is_some_and(|at| now - at < RECENT);
    if caller.sign_in.is_none() {
        return Err(Fail::code(Code::BrowserRequired));
    }
    if is_recent(caller) {
        return Ok(());
    }
    // They may have shown it to another server a moment ago.
    let known = store::credentials::caller(&app.db, &admission.credential, now).await?;
    match known {
        Some(known) if is_recent(&known.caller) => Ok(()),
        _ => Err(Fail::code(Code::VerificationRequired)),
    }
}
