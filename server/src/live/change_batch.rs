//! A batch of changes as the feed publishes it: serialized once, as a whole and in pieces.

use super::feed::{frame, json};
use crate::auth::invalidation::AffectedCallers;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, Position, UserId},
    wire::{licenses::LicenseView, live::CHANGE, queue::QueueView, sessions::SessionView},
};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

/// A `change` event of serialized parts, each comma-separated.
pub(super) fn change_frame(
    (position, at, requests): (Position, DateTime<Utc>, bool),
    licenses: &str,
    sessions: &str,
    queues: &str,
) -> Bytes {
    let at = json(&at);
    let requests = if requests { r#","requests":true"# } else { "" };
    let lists = format!(r#""licenses":[{licenses}],"sessions":[{sessions}],"queues":[{queues}]"#);
    let json = format!(r#"{{"position":{position},"at":{at},{lists}{requests}}}"#);
    frame(CHANGE, Some(position), &json)
}

/// A queue with these serialized tickets.
pub(super) fn queue_json(license: LicenseId, tickets: &str) -> String {
    format!(r#"{{"license_id":"{license}","tickets":[{tickets}]}}"#)
}

/// A changed license, for viewers who do not see all groups.
#[derive(Debug)]
pub struct LicenseChange {
    license: LicenseView,
    /// As JSON, without reservations and caps of groups.
    without_limits: String,
}

impl LicenseChange {
    pub(super) fn new(license: LicenseView) -> Self {
        let bare = LicenseView { group_limits: Vec::new(), ..license.clone() };
        Self { license, without_limits: json(&bare) }
    }

    /// The license as JSON, with the reservations and caps of these groups only.
    pub fn json_for(&self, groups: &HashSet<GroupId>) -> Cow<'_, str> {
        let mut visible = self.license.group_limits.iter().filter(|limit| groups.contains(&limit.group_id)).peekable();
        if visible.peek().is_none() {
            return Cow::Borrowed(&self.without_limits);
        }
        let group_limits = visible.cloned().collect();
        Cow::Owned(json(&LicenseView { group_limits, ..self.license.clone() }))
    }
}

/// A batch of changes, serialized once: as a whole for viewers who see all users, in pieces for the others.
#[derive(Debug)]
pub struct ChangeBatch {
    /// The position of the last event in it.
    pub position: Position,
    /// The server's time of the state.
    pub at: DateTime<Utc>,
    /// The serialized event for viewers who see all users.
    pub all: Bytes,
    /// The serialized event for viewers who see all users but watch their own work, if nothing of it changed: the
    /// licenses, and that the viewer has no ticket in the changed queues.
    pub without_work: Bytes,
    /// The changed licenses with all limits of groups, as comma-separated JSON.
    pub full_licenses: String,
    /// The changed licenses, for viewers who do not see all groups.
    pub licenses: HashMap<LicenseId, LicenseChange>,
    /// The changed sessions of each agent with their support keys, as comma-separated JSON.
    pub sessions: HashMap<UserId, String>,
    /// The same sessions without support keys.
    pub sessions_without_keys: Vec<SessionView>,
    /// The changed queues, each complete.
    pub queues: Vec<QueueView>,
    /// The tickets of each waiter in those queues, as comma-separated JSON.
    pub tickets: HashMap<(LicenseId, UserId), String>,
    /// Users who gained or lost a license, so that they see other licenses now.
    pub reassigned: HashSet<UserId>,
    /// A membership or a group's managers changed, so that managers limited to groups may see other users now.
    pub groups_changed: bool,
    /// Requests for licenses may have changed.
    pub requests_changed: bool,
    /// Users whose rights may have changed, so that they may see other data now.
    pub affected_callers: Vec<AffectedCallers>,
}

impl ChangeBatch {
    /// What every `change` event has.
    pub fn head(&self) -> (Position, DateTime<Utc>, bool) {
        (self.position, self.at, self.requests_changed)
    }

    /// Whether this user's rights may have changed.
    pub fn may_change_rights_of(&self, user: UserId) -> bool {
        self.affected_callers
            .iter()
            .any(|reach| matches!(reach, AffectedCallers::All) || *reach == AffectedCallers::User(user))
    }

    /// Whether it contains sessions or tickets of this user.
    pub fn has_work_of(&self, user: UserId) -> bool {
        let has_ticket = |queue: &QueueView| self.tickets.contains_key(&(queue.license_id, user));
        self.sessions.contains_key(&user) || self.queues.iter().any(has_ticket)
    }

    /// Whether a license or its queue changed.
    pub fn concerns(&self, license: LicenseId) -> bool {
        self.licenses.contains_key(&license) || self.queues.iter().any(|queue| queue.license_id == license)
    }
}
