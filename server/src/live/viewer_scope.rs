//! What one viewer gets of the feed: which licenses, and whose sessions and tickets.

use crate::auth::{Caller, Scope};
use seatkeeper_shared::{ids::UserId, wire::live::LiveContent};

/// What a viewer sees, narrowed to what it asked for. Never more than the caller's [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerScope {
    /// The viewer.
    pub user: UserId,
    /// Whose licenses and group limits: always all that the caller may see.
    pub licenses: Scope,
    /// Whose sessions and tickets.
    pub work: Scope,
}

impl ViewerScope {
    /// What this caller gets.
    pub fn new(caller: &Caller, content: LiveContent) -> Self {
        let scope = Scope::of(caller);
        let work = match content {
            LiveContent::All => scope,
            LiveContent::Own => Scope::Own(caller.id),
        };
        Self { user: caller.id, licenses: scope, work }
    }
}
