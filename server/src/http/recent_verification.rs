//! Step-up authentication: adding a credential, for the user or for a program, requires that the user verified their
//! identity recently, by password, code, passkey or provider. Neither an unattended browser nor a stolen token can add
//! one.

use super::problem::ApiError;
use crate::{
    app::App,
    auth::{Caller, admission::Admission},
    store,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::TimeDelta;
use seatkeeper_shared::problem::Code;
use std::ops::Deref;

/// How long a verification counts as recent.
pub const RECENT_VERIFICATION_WINDOW: TimeDelta = TimeDelta::minutes(10);

/// A caller in a browser who verified their identity recently. Routes that add or replace credentials take this instead
/// of a [`Caller`].
#[derive(Clone, Debug)]
pub struct RecentlyVerifiedCaller(pub Caller);

impl Deref for RecentlyVerifiedCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<App> for RecentlyVerifiedCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let admission = Admission::from_request_parts(parts, app).await?;
        require_recent_verification(app, &caller, &admission).await?;
        Ok(Self(caller))
    }
}

/// Checks that the caller verified their identity recently, for routes that require it only in some cases.
///
/// # Errors
/// Returns `verification_required` if the last verification is too old, and `browser_required` for tokens, which cannot
/// be verified.
pub async fn require_recent_verification(app: &App, caller: &Caller, admission: &Admission) -> Result<(), ApiError> {
    let now = app.clock.now();
    let is_recent = |caller: &Caller| caller.verified_at.is_some_and(|at| now - at < RECENT_VERIFICATION_WINDOW);
    if caller.sign_in.is_none() {
        return Err(ApiError::new(Code::BrowserRequired));
    }
    if is_recent(caller) {
        return Ok(());
    }
    // The user may have verified their identity at another server a moment ago.
    let known = store::credentials::caller(&app.db, &admission.credential, now).await?;
    match known {
        Some(known) if is_recent(&known.caller) => Ok(()),
        _ => Err(ApiError::new(Code::VerificationRequired)),
    }
}
