//! One reader of the event log per process. Each change is serialized once, however many viewers there are.

use super::{
    change_batch::{ChangeBatch, LicenseChange, change_frame, queue_json},
    snapshot::SnapshotCache,
    usage_trends::UsageTrends,
};
use crate::{
    app_build::AppBuild,
    auth::{StreamGuard, invalidation::AffectedCallers},
    clock::Clock,
    commit_hooks::CommitHooks,
    db::{Db, DbError},
    events::topics::Topic,
    seats::wait_estimate::WaitEstimates,
    store::{self, events::LoggedEvent},
    tasks::Tasks,
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{Position, SessionId, UserId},
    wire::{
        licenses::LicenseView,
        live::{ALIVE, ALIVE_INTERVAL_SECONDS, Alive, CHANGE, CONTACTS, Change, Contact, Contacts},
    },
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::Hash,
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::sync::broadcast;

/// Changes within this time are sent as one batch.
const BATCH_WINDOW: Duration = Duration::from_millis(100);
/// How often the log is polled when other processes write to it too.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// The same while other processes send notifications: one may get lost.
const NOTIFIED_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How often viewers learn that the connection works, and which sessions sent a heartbeat.
const ALIVE_INTERVAL: Duration = Duration::from_secs(ALIVE_INTERVAL_SECONDS);
/// More than the longest time between answering a heartbeat and writing it.
const HEARTBEAT_WRITE_DELAY: TimeDelta = TimeDelta::seconds(2);
/// The most events, or contacts, read at once.
const MAX_READ_ROWS: i64 = 5_000;
/// How many messages a viewer may fall behind before it must resync: six seconds or more.
const CHANNEL_CAPACITY: usize = 64;

/// Receives the messages of the feed from the time of subscribing.
pub type Subscription = broadcast::Receiver<FeedMessage>;

/// A message to all viewers.
#[derive(Clone, Debug)]
pub enum FeedMessage {
    /// The state changed.
    Change(Arc<ChangeBatch>),
    /// Sessions sent heartbeats.
    Contacts(Arc<ContactBatch>),
    /// A serialized `alive` event, the same for all viewers.
    Alive(Bytes),
}

/// Sessions that sent heartbeats.
#[derive(Debug)]
pub struct ContactBatch {
    /// The serialized event for viewers who see all users.
    pub all: Bytes,
    at: DateTime<Utc>,
    contacts: Vec<(UserId, Contact)>,
}

impl ContactBatch {
    /// The event for a viewer who sees these users; `None` if it concerns none of them.
    pub fn for_users(&self, users: &HashSet<UserId>) -> Option<Bytes> {
        let visible = self.contacts.iter().filter(|(user, _)| users.contains(user));
        let contacts: Vec<_> = visible.map(|(_, contact)| contact.clone()).collect();
        (!contacts.is_empty()).then(|| frame(CONTACTS, None, &json(&Contacts { at: self.at, contacts })))
    }
}

/// The live feed. Clones share one reader.
#[derive(Clone)]
pub struct Feed {
    sender: broadcast::Sender<FeedMessage>,
    wait_estimates: WaitEstimates,
    trends: Arc<RwLock<UsageTrends>>,
    app_build: AppBuild,
    /// The snapshots that viewers get first.
    pub(super) snapshots: SnapshotCache,
}

impl Feed {
    /// Starts the reader of the log, which `commit_hooks` wake when this process has written to it. `app_build` is
    /// named in `alive` events.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn start(
        db: Db,
        clock: Clock,
        wait_estimates: WaitEstimates,
        commit_hooks: CommitHooks,
        app_build: AppBuild,
        tasks: &Tasks,
    ) -> Result<Self, DbError> {
        let mut tx = db.begin_read().await?;
        let position = store::events::head(&mut tx).await?;
        let full_since = store::events::full_since(&mut tx).await?;
        let contacts_sent_until = clock.now_in(&mut tx).await?;
        tx.commit().await?;
        let mut trends = UsageTrends::default();
        // Read later than the position: what was logged meanwhile is recorded twice, to the same effect.
        let mut levels = store::events::levels(&db, clock.now() - TimeDelta::hours(24)).await?;
        levels.sort_by_key(|(_, _, at)| *at);
        for (license, occupied, at) in levels {
            trends.record_peak(license, occupied, at);
        }
        for (license, since) in full_since {
            trends.record_full_since(license, since);
        }
        let feed = Self {
            sender: broadcast::channel(CHANNEL_CAPACITY).0,
            wait_estimates,
            trends: Arc::new(RwLock::new(trends)),
            app_build,
            snapshots: SnapshotCache::default(),
        };
        let reader = Reader { feed: feed.clone(), db, clock, commit_hooks, position, contacts_sent_until };
        tasks.spawn_until_stop(reader.run());
        Ok(feed)
    }

    /// Receives all messages from now on. The guard proves that the viewer is authorized.
    pub fn subscribe(&self, _authorized: &StreamGuard) -> Subscription {
        self.sender.subscribe()
    }

    /// An `alive` event for this time; with `position` as its id if it is the first of a stream.
    pub(super) async fn alive(&self, at: DateTime<Utc>, position: Option<Position>) -> Bytes {
        frame(ALIVE, position, &json(&Alive { at, build: self.app_build.id().await }))
    }

    /// Identifies the build of the app that this server delivers.
    pub async fn app_build(&self) -> Option<String> {
        self.app_build.id().await
    }

    /// Fills in since when licenses are full, and their peaks.
    pub fn complete(&self, views: &mut [LicenseView], now: DateTime<Utc>) {
        self.trends.read().unwrap_or_else(|poisoned| poisoned.into_inner()).complete(views, now);
    }

    fn record_usage(&self, events: &[LoggedEvent]) {
        let mut trends = self.trends.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        for event in events {
            if let (Some(license), Some(occupied), Some(seats)) = (event.subject.license, event.occupied, event.seats) {
                trends.record_usage(license, occupied, seats, event.at);
            }
        }
    }

    /// Loads the current state of everything that these events changed.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn load_batch(
        &self,
        db: &Db,
        now: DateTime<Utc>,
        events: &[LoggedEvent],
    ) -> Result<ChangeBatch, DbError> {
        let licenses: BTreeSet<_> = events.iter().filter_map(|e| e.subject.license).collect();
        let sessions: BTreeSet<SessionId> = events.iter().filter_map(|e| e.subject.session).collect();
        let concerning = |topic| events.iter().map(|e| e.subject).filter(move |subject| subject.concerns(topic));
        // A change of a product changes all its licenses.
        let mut licenses = match concerning(Topic::Products).next().is_some() {
            true => store::licenses::all(db, now).await?,
            false => store::licenses::some(db, now, licenses).await?,
        };
        self.complete(&mut licenses, now);
        let mut sessions = store::sessions::some(db, sessions).await?;
        let own = joined(sessions.iter().map(|session| (session.user_id, session)));
        for session in &mut sessions {
            session.support_key = None;
        }
        let mut queues = store::queue::of_licenses(
            db,
            concerning(Topic::Queues).filter_map(|subject| subject.license).collect::<BTreeSet<_>>(),
        )
        .await?;
        self.wait_estimates.estimate_queues(&mut queues, now).await?;
        let tickets = queues.iter().flat_map(|queue| &queue.tickets);
        let tickets = joined(tickets.map(|ticket| ((ticket.license_id, ticket.user_id), ticket)));
        let position = events.last().map(|e| e.position).unwrap_or_default();
        let requests = concerning(Topic::LicenseRequests).next().is_some();
        let change = Change { position, at: now, licenses, sessions, queues, requests };
        let all = frame(CHANGE, Some(position), &json(&change));
        let full_licenses = change.licenses.iter().map(json).collect::<Vec<_>>().join(",");
        let empty_queues = change.queues.iter().map(|queue| queue_json(queue.license_id, "")).collect::<Vec<_>>();
        Ok(ChangeBatch {
            position,
            at: now,
            all,
            without_work: change_frame((position, now, requests), &full_licenses, "", &empty_queues.join(",")),
            full_licenses,
            sessions_without_keys: change.sessions,
            queues: change.queues,
            requests_changed: requests,
            groups_changed: concerning(Topic::Groups).next().is_some(),
            tickets,
            licenses: change.licenses.into_iter().map(|license| (license.id, LicenseChange::new(license))).collect(),
            sessions: own,
            reassigned: concerning(Topic::Assignments).filter_map(|subject| subject.user).collect(),
            affected_callers: events.iter().map(|event| AffectedCallers::from(&event.subject)).collect(),
        })
    }
}

/// The values of each key, as comma-separated JSON.
fn joined<'a, K: Eq + Hash, T: Serialize + 'a>(all: impl Iterator<Item = (K, &'a T)>) -> HashMap<K, String> {
    let mut joined = HashMap::<K, String>::new();
    for (key, value) in all {
        let text = joined.entry(key).or_default();
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&json(value));
    }
    joined
}

/// Formats a server-sent event.
pub fn frame(event: &str, id: Option<Position>, json: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("{id}event: {event}\ndata: {json}\n\n"))
}

/// A wire type as JSON.
pub fn json(value: &impl Serialize) -> String {
    // Wire types contain nothing that JSON cannot represent.
    serde_json::to_string(value).unwrap_or_default()
}

struct Reader {
    feed: Feed,
    db: Db,
    clock: Clock,
    commit_hooks: CommitHooks,
    position: Position,
    contacts_sent_until: DateTime<Utc>,
}

impl Reader {
    async fn run(mut self) {
        let mut alive = tokio::time::interval(ALIVE_INTERVAL);
        loop {
            let is_alive_due = tokio::select! {
                () = self.commit_hooks.changed() => false,
                () = tokio::time::sleep(self.poll_interval()) => false,
                _ = alive.tick() => true,
            };
            if is_alive_due {
                self.send_contacts().await;
            }
            match self.read_events().await {
                Ok(has_changed) => {
                    if is_alive_due {
                        self.send_alive().await;
                    }
                    if has_changed {
                        tokio::time::sleep(BATCH_WINDOW).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "live feed cannot read the event log; will retry");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// How long to wait for a notification before polling the log.
    fn poll_interval(&self) -> Duration {
        match (self.db.has_other_writers(), self.commit_hooks.is_listening()) {
            (false, _) => ALIVE_INTERVAL,
            (true, false) => POLL_INTERVAL,
            (true, true) => NOTIFIED_POLL_INTERVAL,
        }
    }

    /// Reads and publishes new events; returns whether there were any.
    async fn read_events(&mut self) -> Result<bool, DbError> {
        let events = store::events::after(&self.db, self.position, MAX_READ_ROWS).await?;
        let Some(last) = events.last().map(|e| e.position) else { return Ok(false) };
        self.commit_hooks.notify_logged(events.iter().map(|event| &event.subject));
        self.feed.record_usage(&events);
        if self.feed.sender.receiver_count() > 0 {
            let batch = self.feed.load_batch(&self.db, self.clock.now(), &events).await?;
            // The last viewer may have left meanwhile.
            let _ = self.feed.sender.send(FeedMessage::Change(Arc::new(batch)));
        }
        self.position = last;
        Ok(true)
    }

    /// Sends the sessions that sent heartbeats since the last time, by the database's clock, which dates the contacts.
    async fn send_contacts(&mut self) {
        let sent = async {
            let now = self.clock.now_in(&mut self.db.begin_read().await?).await?;
            let since = std::mem::replace(&mut self.contacts_sent_until, now);
            if self.feed.sender.receiver_count() == 0 {
                return Ok(());
            }
            // A heartbeat just before the last read may not have been written yet. Sending a contact twice is harmless.
            let contacts =
                store::sessions::recent_contacts(&self.db, since - HEARTBEAT_WRITE_DELAY, MAX_READ_ROWS).await?;
            if !contacts.is_empty() {
                let (at, view) = (self.clock.now(), contacts.iter().map(|(_, contact)| contact.clone()).collect());
                let all = frame(CONTACTS, None, &json(&Contacts { at, contacts: view }));
                let _ = self.feed.sender.send(FeedMessage::Contacts(Arc::new(ContactBatch { all, at, contacts })));
            }
            Ok::<_, DbError>(())
        };
        if let Err(error) = sent.await {
            tracing::warn!(%error, "live feed cannot read session contacts");
        }
    }

    /// Sends an `alive` event: the connection works and the log can be read.
    async fn send_alive(&mut self) {
        let alive = self.feed.alive(self.clock.now(), None).await;
        let _ = self.feed.sender.send(FeedMessage::Alive(alive));
    }
}
