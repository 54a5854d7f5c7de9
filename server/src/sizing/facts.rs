//! What the log records about an event, as far as a replay needs it.

use crate::store::reports::history::LoggedChange;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId},
    problem::Code,
    session::{EndReason, Mode, Platform},
    ticket::TicketEnd,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The facts of an event. What it does not have, or a newer server has written, is absent.
#[derive(Debug, Default, Deserialize)]
pub struct Facts {
    pub device: Option<String>,
    pub mode: Option<Mode>,
    pub platform: Option<Platform>,
    pub code: Option<Code>,
    pub ticket: Option<TicketId>,
    pub session: Option<SessionId>,
    pub place: Option<i64>,
    pub until: Option<DateTime<Utc>>,
    pub borrowed_until: Option<DateTime<Utc>>,
    reason: Option<String>,
    #[serde(default)]
    changes: Map<String, Value>,
}

impl Facts {
    pub fn of(event: &LoggedChange) -> Self {
        Self::parse(&event.facts)
    }

    pub fn parse(facts: &str) -> Self {
        serde_json::from_str(facts).unwrap_or_default()
    }

    /// Why a session ended.
    pub fn session_end(&self) -> Option<EndReason> {
        self.reason.as_deref()?.parse().ok()
    }

    /// Why a ticket ended.
    pub fn ticket_end(&self) -> Option<TicketEnd> {
        self.reason.as_deref()?.parse().ok()
    }

    /// The value of a field before and after a change; `None` if it did not change.
    pub fn changed<T: DeserializeOwned>(&self, field: &str) -> Option<(T, T)> {
        serde_json::from_value(self.changes.get(field)?.clone()).ok()
    }

    /// All changed fields, with their values before and after.
    pub fn changes(self) -> impl Iterator<Item = (String, Value, Value)> {
        self.changes.into_iter().filter_map(|(field, values)| {
            let (old, new) = serde_json::from_value(values).ok()?;
            Some((field, old, new))
        })
    }
}
