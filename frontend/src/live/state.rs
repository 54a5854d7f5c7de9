//! The state built from the live feed: licenses, live and recently ended sessions, queues. Independent of the browser.

pub use super::contacts::{LastContacts, is_contact_lost};

use super::{recent_ids::RecentIds, session_log::SessionLog};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, Position, SessionId, TicketId, UserId},
    license::Model,
    session::SessionState,
    wire::{
        licenses::LicenseView,
        live::{Change, LiveContent, Snapshot},
        queue::{QueueView, TicketView},
        sessions::SessionView,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Whose sessions and tickets the state contains. Pages that show no list of them need only those of some users.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Coverage {
    /// Those of all users whom the viewer may see.
    #[default]
    All,
    /// The same, but of very many sessions only the newest, those of these users, and those that a table has read
    /// beside the feed.
    Newest(BTreeSet<UserId>),
    /// Those of these users.
    Users(BTreeSet<UserId>),
}

impl Coverage {
    /// What the stream has to deliver to keep this up to date.
    pub fn content(&self, me: UserId) -> LiveContent {
        match self {
            Self::Users(users) if users.iter().all(|user| *user == me) => LiveContent::Own,
            _ => LiveContent::All,
        }
    }

    fn includes(&self, user: UserId) -> bool {
        match self {
            Self::All | Self::Newest(_) => true,
            Self::Users(users) => users.contains(&user),
        }
    }
}

/// What the viewer sees, as of [`LiveState::position`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveState {
    /// The position of the last change applied.
    pub position: Position,
    /// The licenses, sorted by product; named ones first.
    pub licenses: Vec<LicenseView>,
    /// The live sessions.
    pub sessions: BTreeMap<SessionId, SessionView>,
    /// Sessions that ended a moment ago and are still shown.
    pub recently_ended: BTreeMap<SessionId, SessionView>,
    /// The queues that are not empty, each in order.
    pub queues: BTreeMap<LicenseId, Vec<TicketView>>,
    /// Which of the sessions, live or recently ended, changed lately.
    pub session_log: SessionLog,
    /// Whose sessions and tickets these are.
    coverage: Coverage,
    /// The number of live sessions that the feed left out, because there are very many.
    omitted_sessions: usize,
    /// Those of `sessions` that were read before the last snapshot, which left them out. They are shown until they are
    /// read again, and count as omitted until then.
    carried: BTreeSet<SessionId>,
    /// When the state began; a session that is older and not known was left out.
    began_at: DateTime<Utc>,
    /// Sessions that have ended: what was read of them before is outdated.
    ended_ids: RecentIds,
    /// The number of snapshots that the state has been replaced by.
    snapshots: usize,
    /// Whether the last snapshot left sessions out.
    is_partial: bool,
    /// The number of changes of requests for licenses.
    request_changes: usize,
}

impl LiveState {
    /// Replaces the state by a snapshot, except for the rows of a table that the snapshot neither contains nor
    /// contradicts.
    pub fn reset(&mut self, snapshot: Snapshot) {
        let before = std::mem::take(&mut self.sessions);
        self.position = snapshot.position;
        self.licenses = snapshot.licenses;
        self.licenses.sort_by(compare_licenses);
        self.sessions = snapshot.sessions.into_iter().map(|session| (session.id, session)).collect();
        self.omitted_sessions =
            usize::try_from(snapshot.sessions_total).unwrap_or_default().saturating_sub(self.sessions.len());
        self.began_at = snapshot.at;
        self.ended_ids = RecentIds::default();
        self.snapshots += 1;
        self.is_partial = self.omitted_sessions > 0;
        self.carry_over(before);
        self.recently_ended.clear();
        self.session_log.record_all();
        self.queues.clear();
        snapshot.queues.into_iter().for_each(|queue| self.insert_queue(queue));
    }

    /// Keeps what a table had read of the sessions that the snapshot left out: those older than all that it contains,
    /// except those of users whose sessions are loaded next.
    fn carry_over(&mut self, before: BTreeMap<SessionId, SessionView>) {
        self.carried.clear();
        let Coverage::Newest(users) = &self.coverage else { return };
        let oldest = self.sessions.values().map(|session| session.created_at).min();
        for (id, session) in before {
            let may_be_omitted = oldest.is_some_and(|oldest| session.created_at <= oldest);
            if self.is_partial
                && may_be_omitted
                && !users.contains(&session.user_id)
                && !self.sessions.contains_key(&id)
            {
                self.carried.insert(id);
                self.sessions.insert(id, session);
            }
        }
    }

    /// Retains the sessions and tickets of these users only, now and when changes are applied.
    pub fn restrict(&mut self, coverage: Coverage) {
        self.sessions.retain(|_, session| coverage.includes(session.user_id));
        self.carried.retain(|id| self.sessions.contains_key(id));
        self.recently_ended.retain(|_, session| coverage.includes(session.user_id));
        self.queues.values_mut().for_each(|queue| queue.retain(|ticket| coverage.includes(ticket.user_id)));
        self.queues.retain(|_, queue| !queue.is_empty());
        self.session_log.record_all();
        self.coverage = coverage;
    }

    /// Whether the sessions and tickets of all users whom the viewer may see are contained, but for sessions that
    /// were left out because there are very many.
    pub fn covers_all(&self) -> bool {
        self.position.0 > 0 && !matches!(self.coverage, Coverage::Users(_))
    }

    /// The number of the snapshot that left out sessions, if a table has to read them.
    pub fn partial_snapshot(&self) -> Option<usize> {
        (self.is_partial && matches!(self.coverage, Coverage::Newest(_))).then_some(self.snapshots)
    }

    /// Differs whenever requests for licenses may have changed.
    pub fn requests_version(&self) -> usize {
        self.snapshots + self.request_changes
    }

    /// Whether there are more sessions than are ever loaded.
    pub fn is_capped(&self) -> bool {
        self.coverage == Coverage::All && self.omitted_sessions > 0
    }

    /// Whether a session has ended that was known.
    pub fn has_ended(&self, id: SessionId) -> bool {
        !self.sessions.contains_key(&id) && (self.omitted_sessions == 0 || self.ended_ids.contains(id))
    }

    /// Whether no session is left out.
    pub fn is_complete(&self) -> bool {
        self.covers_all() && self.omitted_sessions == 0
    }

    /// Adds sessions that the snapshot left out, as they were read beside the feed. What the feed has said of them
    /// since is newer.
    pub fn add_omitted(&mut self, sessions: Vec<SessionView>) {
        for session in sessions {
            let is_carried = self.carried.remove(&session.id);
            let is_known = self.sessions.contains_key(&session.id) && !is_carried;
            if is_known || self.ended_ids.contains(session.id) || !self.coverage.includes(session.user_id) {
                continue;
            }
            // A session that began since is not one that the snapshot left out; its change follows.
            if session.created_at <= self.began_at {
                self.omitted_sessions = self.omitted_sessions.saturating_sub(1);
            }
            self.sessions.insert(session.id, session);
        }
        self.session_log.record_all();
    }

    /// Like [`Self::add_omitted`], for all rows that a table shows: others that were read before the snapshot are gone.
    pub fn replace_carried(&mut self, sessions: Vec<SessionView>) {
        self.add_omitted(sessions);
        let outdated = std::mem::take(&mut self.carried);
        self.sessions.retain(|id, _| !outdated.contains(id));
    }

    /// Applies a change (idempotent); returns the sessions that it ended.
    pub fn apply(&mut self, change: Change) -> Vec<SessionView> {
        self.position = self.position.max(change.position);
        self.request_changes += usize::from(change.requests);
        for license in change.licenses {
            self.insert_license(license);
        }
        change.queues.into_iter().for_each(|queue| self.insert_queue(queue));
        change.sessions.into_iter().filter_map(|session| self.insert_session(session)).collect()
    }

    /// Applies a session from the answer to a request, ahead of the feed, which delivers it and the use of its license
    /// a moment later: what is shown of both agrees until then.
    pub fn apply_ahead(&mut self, session: SessionView) {
        let (id, license, user) = (session.id, session.license_id, session.user_id);
        let before = self.use_by(user, license);
        self.insert_session(session);
        self.remove_recently_ended(&[id]);
        let after = self.use_by(user, license);
        if let Some(license) = self.licenses.iter_mut().find(|known| known.id == license) {
            let usage = &mut license.usage;
            let counts = [&mut usage.sessions, &mut usage.occupied, &mut usage.connected];
            for (count, (after, before)) in counts.into_iter().zip(after.into_iter().zip(before)) {
                *count = (*count + after - before).max(0);
            }
        }
    }

    /// The user's sessions on a license, the seats they occupy, and the part of these that is connected.
    fn use_by(&self, user: UserId, license: LicenseId) -> [i64; 3] {
        let all = self.sessions.values().filter(|session| session.user_id == user && session.license_id == license);
        let [mut sessions, mut connected] = [0, 0];
        for session in all {
            sessions += 1;
            connected |= i64::from(session.state == SessionState::Connected);
        }
        [sessions, sessions.min(1), connected]
    }

    /// Removes recently ended sessions.
    pub fn remove_recently_ended(&mut self, ids: &[SessionId]) {
        for id in ids {
            if self.recently_ended.remove(id).is_some() {
                self.session_log.record(*id);
            }
        }
    }

    /// The license, if the viewer may see it.
    pub fn license(&self, id: LicenseId) -> Option<&LicenseView> {
        self.licenses.iter().find(|license| license.id == id)
    }

    /// The number of live sessions that the viewer may see, also of those that the feed left out.
    pub fn session_count(&self) -> usize {
        self.sessions.len() - self.carried.len() + self.omitted_sessions
    }

    /// The number of live sessions on the licenses that `counts` selects.
    pub fn session_count_of(&self, counts: impl Fn(LicenseId, Model) -> bool) -> usize {
        let is_counted =
            |session: &&SessionView| counts(session.license_id, session.model) && !self.carried.contains(&session.id);
        let known = self.sessions.values().filter(is_counted).count();
        let licenses = self.licenses.iter().filter(|license| counts(license.id, license.model));
        let counted: i64 = licenses.map(|license| license.usage.sessions).sum();
        let counted = usize::try_from(counted).unwrap_or_default();
        match self.coverage {
            // The counts of the licenses include sessions of users whom a manager limited to groups may not see.
            Coverage::All | Coverage::Newest(_) => counted.clamp(known, known + self.omitted_sessions),
            // Only viewers who see all users do without their sessions.
            Coverage::Users(_) => counted,
        }
    }

    /// The number of live sessions on concurrent licenses.
    pub fn shared_session_count(&self) -> usize {
        self.session_count_of(|_, model| model == Model::Concurrent)
    }

    /// The live sessions of a user, the newest first.
    pub fn sessions_of(&self, user: UserId) -> Vec<SessionView> {
        let mut own: Vec<_> = self.sessions.values().filter(|session| session.user_id == user).cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        own
    }

    /// Whether the user has a session or a ticket.
    pub fn concerns(&self, user: UserId) -> bool {
        self.sessions.values().any(|session| session.user_id == user)
            || self.queues.values().flatten().any(|ticket| ticket.user_id == user)
    }

    /// The queue of a license, in order.
    pub fn queue_of(&self, license: LicenseId) -> &[TicketView] {
        self.queues.get(&license).map(Vec::as_slice).unwrap_or_default()
    }

    /// The tickets of a user, the oldest first.
    pub fn tickets_of(&self, user: UserId) -> Vec<TicketView> {
        let all = self.queues.values().flatten();
        let mut own: Vec<_> = all.filter(|ticket| ticket.user_id == user).cloned().collect();
        own.sort_by_key(|ticket| (ticket.created_at, ticket.id));
        own
    }

    /// Inserts a ticket from the answer to a request, ahead of the feed, which delivers the whole queue a moment later.
    pub fn insert_ticket(&mut self, ticket: TicketView) {
        self.remove_ticket(ticket.id);
        let queue = self.queues.entry(ticket.license_id).or_default();
        queue.push(ticket);
        queue.sort_by_key(|ticket| ticket.position);
    }

    /// Removes a ticket that has left the queue.
    pub fn remove_ticket(&mut self, id: TicketId) {
        self.queues.values_mut().for_each(|queue| queue.retain(|ticket| ticket.id != id));
        self.queues.retain(|_, queue| !queue.is_empty());
    }

    fn insert_queue(&mut self, mut queue: QueueView) {
        queue.tickets.retain(|ticket| self.coverage.includes(ticket.user_id));
        if queue.tickets.is_empty() {
            self.queues.remove(&queue.license_id);
        } else {
            self.queues.insert(queue.license_id, queue.tickets);
        }
    }

    fn insert_license(&mut self, license: LicenseView) {
        match self.licenses.iter_mut().find(|known| known.id == license.id) {
            Some(known) => *known = license,
            None => self.licenses.push(license),
        }
        self.licenses.sort_by(compare_licenses);
    }

    /// Whether a newer version of this session is known. The feed and the answers to requests can overtake each other;
    /// a version with a later contact, or an ended one, is newer.
    fn is_outdated(&self, session: &SessionView) -> bool {
        let known = self.sessions.get(&session.id);
        let earlier = known.is_some_and(|known| session.last_seen_at < known.last_seen_at);
        session.state != SessionState::Ended && (earlier || self.recently_ended.contains_key(&session.id))
    }

    /// Inserts or ends a session; returns it if this ended it.
    fn insert_session(&mut self, mut session: SessionView) -> Option<SessionView> {
        if !self.coverage.includes(session.user_id) || self.is_outdated(&session) {
            return None;
        }
        let before = self.sessions.remove(&session.id);
        let is_carried = self.carried.remove(&session.id);
        let was_omitted = session.created_at <= self.began_at && !self.ended_ids.contains(session.id);
        if (before.is_none() || is_carried) && was_omitted {
            self.omitted_sessions = self.omitted_sessions.saturating_sub(1);
        }
        self.session_log.record(session.id);
        if session.state == SessionState::Ended {
            self.ended_ids.insert(session.id);
            before?;
            self.recently_ended.insert(session.id, session.clone());
            return Some(session);
        }
        // The message for all viewers lacks the support key; the one for the session's agent follows.
        if session.state == SessionState::Waiting && session.support_key.is_none() {
            session.support_key = before.and_then(|known| known.support_key);
        }
        self.sessions.insert(session.id, session);
        None
    }
}

fn compare_licenses(a: &LicenseView, b: &LicenseView) -> std::cmp::Ordering {
    let key = |license: &LicenseView| (license.product_name.to_lowercase(), license.model, license.id);
    key(a).cmp(&key(b))
}

#[cfg(test)]
mod tests;
