//! Whether a caller may use a route at all: the scope of their token, and the second factor that they must set up.

use crate::caller::{Caller, Credential};
use axum::extract::MatchedPath;

/// Why a caller may not use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    #[error("the token may not be used for this route")]
    OutOfScope,
    #[error("the user must set up a second factor first")]
    SecondFactorRequired,
}

/// What the authorization of a request depends on: its credential, method and route. A stream keeps it and repeats the
/// check by the same rules for as long as it is open.
#[derive(Clone, Debug)]
pub struct Admission {
    pub credential: Credential,
    is_safe: bool,
    route: Option<MatchedPath>,
}

impl Admission {
    /// The admission of a request with this credential, method and route.
    pub fn new(credential: Credential, is_safe: bool, route: Option<MatchedPath>) -> Self {
        Self { credential, is_safe, route }
    }

    /// The admission of a read that every signed-in user may perform.
    pub fn for_read(credential: Credential) -> Self {
        Self { credential, is_safe: true, route: None }
    }

    /// Checks the token's scope and the second factor requirement. Every handler gets its caller through this check.
    ///
    /// # Errors
    /// Returns an error if the caller may not use the route.
    pub fn authorize(&self, caller: &Caller) -> Result<(), AdmissionError> {
        let path = self.path();
        // Passing the gate takes a seat, even with a safe method.
        if !caller.scope.admits(self.is_safe && !path.starts_with("/gate/"), path) {
            return Err(AdmissionError::OutOfScope);
        }
        if caller.needs_second_factor && !is_allowed_without_second_factor(path) {
            return Err(AdmissionError::SecondFactorRequired);
        }
        Ok(())
    }

    /// The route's path relative to the API's base; an empty path for routes outside the API and the gate.
    fn path(&self) -> &str {
        let path = self.route.as_ref().map(MatchedPath::as_str).unwrap_or_default();
        match path.strip_prefix("/api/v1") {
            Some(below) => below,
            None if path.starts_with("/gate/") => path,
            None => "",
        }
    }
}

/// Whether a user who must set up a second factor first may use this route: their own account, and signing out.
fn is_allowed_without_second_factor(path: &str) -> bool {
    let is_own_account = path == "/me" || path.starts_with("/me/");
    // This lists licenses and what managers have answered.
    is_own_account && path != "/me/access" || path == "/setup" || path == "/sign-out"
}
