//! Loads the state: first what the page needs to be shown, then the rest, and applies the changes of meanwhile again.

use super::StateSync;
use crate::{
    api::Failure,
    live::{
        connection::ConnectionMonitor,
        state::{Coverage, LastContacts},
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::{Position, UserId},
    wire::{
        live::{Change, LiveContent, SnapshotReply},
        sessions::SessionView,
    },
};
use std::time::Duration;

/// How long a request for the state may take before the server counts as hanging.
const LOAD_TIMEOUT: Duration = Duration::from_secs(8);
/// The delay before a failed request for the state is repeated, while the stream works.
pub(super) const RETRY_DELAY_MS: f64 = 3_000.0;
/// The most sessions that are loaded.
const MAX_SESSIONS: usize = 5_000;
/// The most changes kept while a request is in progress.
const MAX_KEPT_CHANGES: usize = 500;

/// A request for the state.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Numbers the requests, so that late answers to outdated ones are ignored.
    number: usize,
    pub(super) in_progress: bool,
    /// Whether the state has been requested and has not arrived.
    awaits_snapshot: bool,
    /// When to request it, if it has to be requested again.
    pub(super) due_at: Option<f64>,
    /// The changes that arrived since the request was sent, in order: the answer may be older.
    changes: Vec<Change>,
    /// The position of the last answer. Changes up to it are contained.
    pub(super) loaded: Position,
    /// The stream delivers everything after this position.
    pub(super) began: Position,
}

impl Load {
    /// The position of the last answer, if there is one and none is expected: later changes may lack sessions.
    pub(super) fn complete_until(&self) -> Option<Position> {
        Some(self.loaded).filter(|loaded| loaded.0 > 0 && !self.awaits_snapshot)
    }

    /// Whether the state contains this change already, or nothing is loaded yet. Keeps it if a request is in progress.
    pub(super) fn is_contained(&mut self, change: &Change) -> bool {
        if self.in_progress && self.changes.len() < MAX_KEPT_CHANGES {
            self.changes.push(change.clone());
        } else if self.in_progress {
            // Too many to keep: the answer will be too old.
            self.due_at = Some(0.0);
        }
        change.position <= self.loaded || self.loaded.0 == 0
    }
}

impl StateSync {
    pub(super) fn request_at(self, at: f64) {
        self.load.update_value(|load| load.due_at = Some(load.due_at.map_or(at, |known| known.min(at))));
    }

    /// Requests the state, whatever is in progress: that may lack what is needed now.
    pub(super) fn request(self) {
        let Some(number) = self.load.try_update_value(|load| {
            load.number += 1;
            (load.in_progress, load.awaits_snapshot, load.due_at) = (true, true, None);
            load.changes.clear();
            load.number
        }) else {
            return;
        };
        spawn_local(async move {
            let coverage = self.coverage.get_untracked();
            let done = self.load_state(number, &coverage).await;
            if self.is_current(number) {
                self.finish(done);
            }
        });
    }

    fn is_current(self, number: usize) -> bool {
        self.load.try_with_value(|load| load.number == number) == Some(true)
    }

    fn finish(self, done: Result<(), Failure>) {
        self.load.update_value(|load| {
            (load.in_progress, load.awaits_snapshot) = (false, false);
            load.changes.clear();
        });
        if done.is_err() {
            self.monitor.update_value(ConnectionMonitor::on_failed_poll);
            self.request_at(js_sys::Date::now() + RETRY_DELAY_MS);
        }
        self.publish_status();
    }

    async fn load_state(self, number: usize, coverage: &Coverage) -> Result<(), Failure> {
        let content = if matches!(coverage, Coverage::Users(_)) { LiveContent::Own } else { LiveContent::All };
        let request = endpoints::live::snapshot(content, endpoints::live::SNAPSHOT_SESSIONS);
        let reply = self.api.send_within(request, LOAD_TIMEOUT).await?;
        if !self.is_current(number) {
            return Ok(());
        }
        let next = reply.next.clone();
        self.apply_snapshot(reply, coverage.clone());
        match coverage {
            Coverage::All => self.load_sessions(number, None, next).await,
            Coverage::Newest(users) if next.is_some() => self.load_sessions_of(number, users.iter()).await,
            Coverage::Newest(_) => Ok(()),
            // The snapshot has the user's own.
            Coverage::Users(users) => {
                self.load_sessions_of(number, users.iter().filter(|user| **user != self.user)).await
            }
        }
    }

    fn apply_snapshot(self, reply: SnapshotReply, coverage: Coverage) {
        self.clock.synchronize(reply.snapshot.at);
        self.note_build(reply.build);
        if reply.user_id != self.user {
            // Another user has signed in, in another tab.
            return self.caller.refresh();
        }
        // What waits may be older than the answer.
        self.apply_pending();
        let position = reply.snapshot.position;
        let kept = self.load.try_update_value(|load| {
            load.loaded = position;
            load.awaits_snapshot = false;
            if position < load.began {
                load.due_at = Some(0.0);
            }
            load.changes.clone()
        });
        self.live.last_contacts.set(LastContacts::default());
        self.live.state.update(|state| {
            state.restrict(coverage);
            state.reset(reply.snapshot);
        });
        self.apply_again(kept.unwrap_or_default());
        self.monitor.update_value(|monitor| monitor.on_snapshot(js_sys::Date::now()));
        self.publish_status();
        if let Some(feed) = self.feed.get_value() {
            // The stream may have waited for a position.
            feed.check(js_sys::Date::now());
        }
    }

    async fn load_sessions_of(self, number: usize, users: impl Iterator<Item = &UserId>) -> Result<(), Failure> {
        for user in users {
            self.load_sessions(number, Some(*user), Some(String::new())).await?;
        }
        Ok(())
    }

    /// Loads the sessions that the snapshot left out: of a user, or after a cursor.
    async fn load_sessions(self, number: usize, user: Option<UserId>, next: Option<String>) -> Result<(), Failure> {
        let mut next = next;
        while let Some(after) = next.filter(|_| self.live.state.with_untracked(|s| s.sessions.len()) < MAX_SESSIONS) {
            let kept = self.load.with_value(|load| load.changes.len());
            let after = Some(after).filter(|after| !after.is_empty());
            let request = endpoints::live::sessions(user, after.as_deref());
            let page = self.api.send_within(request, LOAD_TIMEOUT).await?;
            if !self.is_current(number) {
                return Ok(());
            }
            self.add_omitted(page.items);
            let newer = self.load.with_value(|load| load.changes.get(kept..).map(<[_]>::to_vec));
            self.apply_again(newer.unwrap_or_default());
            next = page.next;
        }
        Ok(())
    }

    fn add_omitted(self, sessions: Vec<SessionView>) {
        self.live.state.update(|state| state.add_omitted(sessions));
    }

    /// Applies the changes that are later than the answer.
    fn apply_again(self, changes: Vec<Change>) {
        let loaded = self.load.with_value(|load| load.loaded);
        changes.into_iter().filter(|change| change.position > loaded).for_each(|change| self.apply(change));
    }
}
