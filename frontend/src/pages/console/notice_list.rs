//! What the agent is told about sessions and tickets that ended or moved without their action, until they dismiss it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use seatkeeper_shared::{ids::SessionId, problem::SessionEnd};

/// Notice about one of the user's sessions that ended or moved without a click here.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: SessionId,
    /// Name of the product.
    pub product: String,
    /// Name of the device, if it is another one.
    pub device: Option<String>,
    pub outcome: SessionOutcome,
}

/// What happened to a session.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionOutcome {
    /// It ended without a click here.
    Ended {
        end: SessionEnd,
        /// The device whose session replaced it.
        replaced_by: Option<String>,
    },
    /// The agent continued it at another device.
    Moved { device: String, at: DateTime<Utc> },
}

impl SessionOutcome {
    /// How it ended, unless it lives on elsewhere.
    pub fn end(&self) -> Option<&SessionEnd> {
        match self {
            Self::Ended { end, .. } => Some(end),
            Self::Moved { .. } => None,
        }
    }
}

/// The notices that are not dismissed yet.
#[derive(Clone, Copy, Default)]
pub struct NoticeList(RwSignal<Vec<Notice>>);

impl NoticeList {
    /// The notices, in order; tracked.
    pub fn all(self) -> Vec<Notice> {
        self.0.get()
    }

    /// Adds a notice, in place of an earlier one about the same session. An end may be reported by both the feed and a
    /// heartbeat, and is final.
    pub fn add(self, notice: Notice) {
        let _ = self.0.try_update(|all| {
            if !all.iter().any(|known| known.id == notice.id && known.outcome.end().is_some()) {
                all.retain(|known| known.id != notice.id);
                all.push(notice);
            }
        });
    }

    /// The agent has read the notice about this session.
    pub fn dismiss(self, id: SessionId) {
        self.0.update(|all| all.retain(|one| one.id != id));
    }
}
