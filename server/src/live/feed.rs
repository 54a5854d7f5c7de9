//! One reader of the event log per process. What it finds is serialised once, whoever and how many are watching.

use super::{snapshot::Snapshots, trends::Trends};
use crate::{
    auth::{StreamGuard, reach::Reach},
    bell::Bell,
    clock::Clock,
    db::{Db, DbError},
    seats::prospects::Prospects,
    store::{self, events::Logged},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, Position, SessionId, UserId},
    wire::{
        licenses::LicenseView,
        live::{ALIVE, Alive, CHANGE, CONTACTS, Change, Contact, Contacts},
        queue::QueueView,
        sessions::SessionView,
    },
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::Hash,
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::{sync::broadcast, time::Instant};

/// Changes that come closer together than this are told together.
const TICK: Duration = Duration::from_millis(100);
/// How often the log is looked at where other processes write to it too.
const LOOK: Duration = Duration::from_millis(250);
/// The same while others knock when they have written: a knock may get lost.
const LOOK_AFTER: Duration = Duration::from_millis(500);
/// How often it is told which sessions were heard of.
const CONTACT: Duration = Duration::from_secs(5);
/// How long a heartbeat that was answered may wait to be written, and more.
const UNWRITTEN: TimeDelta = TimeDelta::seconds(2);
/// How often a sign of life is sent.
const SIGN: Duration = Duration::from_secs(15);
/// How many events are read at once.
const READ: i64 = 5_000;
/// How far a viewer may fall behind, in things told, before he has to resync: six seconds or more.
const BEHIND: usize = 64;

/// What viewers are told.
#[derive(Clone, Debug)]
pub enum Told {
    /// Something changed.
    Change(Arc<Tick>),
    /// Sessions were heard of.
    Contacts(Arc<Heard>),
    /// A sign of life, ready to be sent to everybody.
    Alive(Bytes),
}

/// Sessions that were heard of.
#[derive(Debug)]
pub struct Heard {
    /// Ready to be sent to those who see all.
    pub all: Bytes,
    at: DateTime<Utc>,
    each: Vec<(UserId, Contact)>,
}

impl Heard {
    /// What is told to a viewer who sees these people; nothing if it is about none of them.
    pub fn of(&self, people: &HashSet<UserId>) -> Option<Bytes> {
        let his = self.each.iter().filter(|(user, _)| people.contains(user));
        let contacts: Vec<_> = his.map(|(_, contact)| contact.clone()).collect();
        (!contacts.is_empty()).then(|| frame(CONTACTS, None, &json(&Contacts { at: self.at, contacts })))
    }
}

/// What changed, serialised once: whole for those who see all, in pieces for those who see their own.
#[derive(Debug)]
pub struct Tick {
    /// Up to here.
    pub position: Position,
    /// The server's time.
    pub at: DateTime<Utc>,
    /// Ready to be sent to those who see all.
    pub all: Bytes,
    /// Licenses, as JSON.
    pub licenses: HashMap<LicenseId, String>,
    /// Sessions with their support keys, as JSON with commas between, for their agents.
    pub sessions: HashMap<UserId, String>,
    /// The same sessions without their keys.
    pub open: Vec<SessionView>,
    /// Lines that changed, each whole.
    pub lines: Vec<QueueView>,
    /// The same, as JSON for each agent in it: his tickets with commas between.
    pub tickets: HashMap<(LicenseId, UserId), String>,
    /// Users who were given a license or lost one: what they see is another selection now.
    pub reassigned: HashSet<UserId>,
    /// Somebody came into a group or left one, or other people manage it: whoever is limited to groups may see others now.
    pub regrouped: bool,
    /// Whose rights may have changed, so that what they see is another selection now.
    pub changed: Vec<Reach>,
}

impl Tick {
    /// Whether rights of this user may have changed.
    pub fn may_change_rights_of(&self, user: UserId) -> bool {
        self.changed.iter().any(|reach| matches!(reach, Reach::Everybody) || *reach == Reach::User(user))
    }

    /// Whether a license or the line in front of it changed.
    pub fn concerns(&self, license: LicenseId) -> bool {
        self.licenses.contains_key(&license) || self.lines.iter().any(|line| line.license_id == license)
    }
}

/// The live feed. Clones share one reader.
#[derive(Clone)]
pub struct Feed {
    told: broadcast::Sender<Told>,
    prospects: Prospects,
    trends: Arc<RwLock<Trends>>,
    /// What viewers are told first.
    pub(super) snapshots: Snapshots,
}

impl Feed {
    /// Starts to read the log; `bell` rings when this process wrote to it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn start(db: Db, clock: Clock, prospects: Prospects, bell: Bell) -> Result<Self, DbError> {
        let mut tx = db.begin_read().await?;
        let position = store::events::head(&mut tx).await?;
        let mut trends = Trends::default();
        let mut levels = store::events::levels(&mut tx, clock.now() - TimeDelta::hours(24)).await?;
        levels.sort_by_key(|(_, _, at)| *at);
        for (license, occupied, at) in levels {
            trends.note_peak(license, occupied, at);
        }
        for (license, since) in store::events::full_since(&mut tx).await? {
            trends.note_full(license, since);
        }
        let contacts = clock.now_in(&mut tx).await?;
        drop(tx);
        let feed = Self {
            told: broadcast::channel(BEHIND).0,
            prospects,
            trends: Arc::new(RwLock::new(trends)),
            snapshots: Snapshots::default(),
        };
        let reader = Reader { feed: feed.clone(), db, clock, bell, position, contacts, signed: Instant::now() };
        tokio::spawn(reader.run());
        Ok(feed)
    }

    /// Hears of everything from now on: for whoever is let in, and for as long as they are.
    pub fn subscribe(&self, _for: &StreamGuard) -> broadcast::Receiver<Told> {
        self.told.subscribe()
    }

    /// Writes since when licenses are full and their peaks into their views.
    pub fn complete(&self, views: &mut [LicenseView], now: DateTime<Utc>) {
        self.trends.read().unwrap_or_else(|poisoned| poisoned.into_inner()).complete(views, now);
    }

    fn note(&self, events: &[Logged]) {
        let mut trends = self.trends.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        for event in events {
            if let (Some(license), Some(occupied), Some(seats)) = (event.license, event.occupied, event.seats) {
                trends.note(license, occupied, seats, event.at);
            }
        }
    }

    /// What these events changed, as it is now.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn tick(&self, db: &Db, now: DateTime<Utc>, events: &[Logged]) -> Result<Tick, DbError> {
        let licenses: BTreeSet<_> = events.iter().filter_map(|e| e.license).collect();
        let sessions: BTreeSet<SessionId> = events.iter().filter_map(|e| e.session).collect();
        let users = |kinds: &[&str]| -> HashSet<UserId> {
            events.iter().filter(|e| kinds.contains(&e.kind.as_str())).filter_map(|e| e.user).collect()
        };
        // What changes about a product changes all its licenses.
        let mut licenses = match events.iter().any(|event| event.kind.starts_with("product_")) {
            true => store::licenses::all(db, now).await?,
            false => store::licenses::some(db, now, licenses).await?,
        };
        self.complete(&mut licenses, now);
        let mut sessions = store::sessions::some(db, sessions).await?;
        let own = joined(sessions.iter().map(|session| (session.user_id, session)));
        for session in &mut sessions {
            session.support_key = None;
        }
        let mut lines = store::queue::at(db, queued(events)).await?;
        self.prospects.tell_all(&mut lines, now).await?;
        let tickets = lines.iter().flat_map(|line| &line.tickets);
        let tickets = joined(tickets.map(|ticket| ((ticket.license_id, ticket.user_id), ticket)));
        let position = events.last().map(|e| e.position).unwrap_or_default();
        let pieces = licenses.iter().map(|l| (l.id, json(l))).collect();
        let change = Change { position, at: now, licenses, sessions, queues: lines };
        let all = frame(CHANGE, Some(position), &json(&change));
        Ok(Tick {
            position,
            at: now,
            all,
            open: change.sessions,
            lines: change.queues,
            regrouped: events.iter().any(|event| regroups(&event.kind)),
            tickets,
            licenses: pieces,
            sessions: own,
            reassigned: users(&["license_granted", "license_revoked"]),
            changed: events.iter().map(|event| Reach::of(&event.kind, event.user, event.license.is_some())).collect(),
        })
    }
}

/// Whether an entry of the log is about who is in which group, or who manages it.
fn regroups(kind: &str) -> bool {
    kind.starts_with("group_") && kind != "group_limits_changed" || matches!(kind, "user_added" | "user_deleted")
}

/// What belongs to each key, as JSON with commas between.
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

/// The licenses whose line is not what it was.
fn queued(events: &[Logged]) -> BTreeSet<LicenseId> {
    events.iter().filter(|event| event.kind.starts_with("ticket_")).filter_map(|event| event.license).collect()
}

/// A server-sent event.
pub(super) fn frame(event: &str, id: Option<Position>, json: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("{id}event: {event}\ndata: {json}\n\n"))
}

pub(super) fn json(value: &impl Serialize) -> String {
    // Wire types hold nothing that JSON cannot.
    serde_json::to_string(value).unwrap_or_default()
}

struct Reader {
    feed: Feed,
    db: Db,
    clock: Clock,
    bell: Bell,
    position: Position,
    contacts: DateTime<Utc>,
    signed: Instant,
}

impl Reader {
    async fn run(mut self) {
        let mut contact = tokio::time::interval(CONTACT);
        loop {
            tokio::select! {
                () = self.bell.rung() => {}
                () = tokio::time::sleep(self.pause()) => {}
                _ = contact.tick() => self.tell_contacts().await,
            }
            match self.read().await {
                Ok(true) => {
                    self.sign_if_due();
                    tokio::time::sleep(TICK).await;
                }
                Ok(false) => self.sign_if_due(),
                Err(error) => {
                    tracing::warn!(%error, "the live feed cannot read the log; it goes on where it stopped");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// How long to wait for the bell before looking at the log unasked.
    fn pause(&self) -> Duration {
        match (self.db.is_shared(), self.bell.hears_others()) {
            (false, _) => CONTACT,
            (true, false) => LOOK,
            (true, true) => LOOK_AFTER,
        }
    }

    /// Reads on; true if there was something.
    async fn read(&mut self) -> Result<bool, DbError> {
        let events = store::events::after(&self.db, self.position, READ).await?;
        let Some(last) = events.last().map(|e| e.position) else { return Ok(false) };
        self.bell.heard(&events);
        self.feed.note(&events);
        if self.feed.told.receiver_count() > 0 {
            let tick = self.feed.tick(&self.db, self.clock.now(), &events).await?;
            // Nobody may be watching any more.
            let _ = self.feed.told.send(Told::Change(Arc::new(tick)));
        }
        self.position = last;
        Ok(true)
    }

    /// Tells which sessions were heard of since the last time, by the database's time: that is what contacts are dated with.
    async fn tell_contacts(&mut self) {
        let told = async {
            let now = self.clock.now_in(&mut self.db.begin_read().await?).await?;
            let since = std::mem::replace(&mut self.contacts, now);
            if self.feed.told.receiver_count() == 0 {
                return Ok(());
            }
            // What was heard just before the last look was perhaps not written yet; told twice, it does no harm.
            let each = store::sessions::heard_of(&self.db, since - UNWRITTEN, READ).await?;
            if !each.is_empty() {
                let (at, contacts) = (self.clock.now(), each.iter().map(|(_, contact)| contact.clone()).collect());
                let all = frame(CONTACTS, None, &json(&Contacts { at, contacts }));
                let _ = self.feed.told.send(Told::Contacts(Arc::new(Heard { all, at, each })));
            }
            Ok::<_, DbError>(())
        };
        if let Err(error) = told.await {
            tracing::warn!(%error, "cannot read which sessions were heard of");
        }
    }

    /// Says that the line lives and the log can be read.
    fn sign_if_due(&mut self) {
        if self.signed.elapsed() >= SIGN {
            self.signed = Instant::now();
            let _ = self.feed.told.send(Told::Alive(frame(ALIVE, None, &json(&Alive { at: self.clock.now() }))));
        }
    }
}
