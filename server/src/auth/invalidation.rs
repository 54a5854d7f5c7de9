//! Which callers' cached credentials and rights an event invalidates. Invalidating too many callers costs a database
//! read each. An event that invalidates too few is noticed within a second by open streams, and within seconds by other
//! requests, when their cache entries expire.

use crate::events::topics::{EventSubject, Topic};
use seatkeeper_shared::ids::UserId;

/// The callers whose credentials or rights an event may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AffectedCallers {
    None,
    User(UserId),
    All,
}

impl From<&EventSubject> for AffectedCallers {
    fn from(event: &EventSubject) -> Self {
        match event.user.filter(|_| event.concerns(Topic::Caller)) {
            _ if event.concerns(Topic::AllCallers) => Self::All,
            Some(user) => Self::User(user),
            None => Self::None,
        }
    }
}
