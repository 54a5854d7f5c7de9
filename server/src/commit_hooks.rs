//! What happens after each commit of events: caches and tasks that subscribed learn of it.

use crate::events::{
    Event,
    topics::{EventSubject, Topic},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// Learns of committed events. Must be quick, and may be told of an event more than once.
pub trait CommitSubscriber: Send + Sync {
    /// A transaction outside the seat engine is about to be committed, or was; in the latter case its outcome may be
    /// unknown.
    fn on_transaction(&self, _event: &EventSubject) {}

    /// An event was committed, by this process or another one.
    fn on_commit(&self, _event: &EventSubject) {}

    /// An event was read from the log, which any process may have committed; those of this process for a second time.
    fn on_logged(&self, event: &EventSubject) {
        self.on_commit(event);
    }
}

/// The subscribers, and the tasks that commits wake. Clones share both.
#[derive(Clone, Default)]
pub struct CommitHooks {
    subscribers: Arc<[Arc<dyn CommitSubscriber>]>,
    changed: Arc<Notify>,
    committed_here: Arc<Notify>,
    is_listening: Arc<AtomicBool>,
}

impl CommitHooks {
    /// Hooks with these subscribers.
    pub fn new(subscribers: impl IntoIterator<Item = Arc<dyn CommitSubscriber>>) -> Self {
        Self { subscribers: subscribers.into_iter().collect(), ..Self::default() }
    }

    /// Tells that a transaction outside the seat engine is about to be committed, or was. Call it at both times: no
    /// decision may use what it changes.
    pub fn notify_transaction(&self, events: &[Event]) {
        for event in events {
            self.subscribers.iter().for_each(|subscriber| subscriber.on_transaction(&event.subject()));
        }
    }

    /// Tells of events that this process committed, or whose commit has an unknown outcome. Call it before answering
    /// any request.
    pub fn notify_committed(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        for event in events {
            self.subscribers.iter().for_each(|subscriber| subscriber.on_commit(&event.subject()));
        }
        self.changed.notify_one();
        self.committed_here.notify_one();
    }

    /// A notification arrived, from this or another process: the event log has new entries.
    pub fn notification_received(&self) {
        self.set_listening(true);
        self.changed.notify_one();
    }

    /// Whether this process receives notifications of other processes' commits.
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    /// Records whether this process receives notifications of other processes' commits.
    pub fn set_listening(&self, listening: bool) {
        self.is_listening.store(listening, Ordering::Relaxed);
    }

    /// Tells of events read from the log, which any process may have written.
    pub fn notify_logged<'a>(&self, events: impl IntoIterator<Item = &'a EventSubject>) {
        for event in events {
            self.subscribers.iter().for_each(|subscriber| subscriber.on_logged(event));
        }
    }

    /// Waits for a commit here or a notification. One that came while nothing waited counts. For the single reader of
    /// the log.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits for a commit of this process. For the single sender of notifications.
    pub async fn committed_here(&self) {
        self.committed_here.notified().await;
    }
}

impl fmt::Debug for CommitHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitHooks").field("subscribers", &self.subscribers.len()).finish_non_exhaustive()
    }
}

/// Wakes a task when a committed event concerns its topic. Clones wake the same task.
#[derive(Clone, Debug)]
pub struct Wake {
    topic: Topic,
    is_for_all: bool,
    notify: Arc<Notify>,
}

impl Wake {
    /// For a task that waits for this topic, whichever process commits.
    pub fn on(topic: Topic) -> Self {
        Self { topic, is_for_all: true, notify: Arc::default() }
    }

    /// For a task that runs in every process, but needs to be woken only in the one that commits.
    pub fn on_own(topic: Topic) -> Self {
        Self { is_for_all: false, ..Self::on(topic) }
    }

    /// Wakes the task, for another reason than an event.
    pub fn now(&self) {
        self.notify.notify_one();
    }

    /// Waits for such an event. One that came while nothing waited counts.
    pub async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl CommitSubscriber for Wake {
    fn on_commit(&self, event: &EventSubject) {
        if event.concerns(self.topic) {
            self.now();
        }
    }

    fn on_logged(&self, event: &EventSubject) {
        if self.is_for_all {
            self.on_commit(event);
        }
    }
}
