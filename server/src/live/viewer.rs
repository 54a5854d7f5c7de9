//! One viewer of the live feed: a snapshot or the missed changes, then every change. A viewer that lags is told to
//! resync. A viewer that requests its snapshots separately is told when it needs a new one.

use super::{
    change_batch::{ChangeBatch, change_frame, queue_json},
    feed::{FeedMessage, Subscription, frame, json},
    own_tickets::OwnTickets,
    snapshot::visible_users,
    viewer_scope::ViewerScope,
};
use crate::{
    auth::{Scope, StreamGuard},
    db::DbError,
    live::Live,
    store,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, Position, UserId},
    wire::{
        live::{LiveContent, RESYNC},
        queue::QueueView,
    },
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use tokio::{sync::broadcast::error::RecvError, time::timeout};

/// The most missed events that are replayed; a viewer who missed more gets a snapshot.
const MAX_MISSED_EVENTS: i64 = 2_000;
/// After this time the stream ends and the viewer must reconnect.
const MAX_STREAM_DURATION: Duration = Duration::from_secs(3_600);

/// What a stream begins with, and what it does besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamOptions {
    /// The position of the last change that the viewer received.
    pub missed_from: Option<Position>,
    /// Which sessions and tickets the stream contains.
    pub content: LiveContent,
    /// Whether the stream contains snapshots. Without, it begins with an `alive` event that has the current position,
    /// and `resync` says that the viewer needs a new snapshot.
    pub has_snapshots: bool,
    /// Whether the viewer's own tickets stay alive while it is connected.
    pub renews_tickets: bool,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { missed_from: None, content: LiveContent::All, has_snapshots: true, renews_tickets: false }
    }
}

/// The feed for one viewer, as a stream of server-sent events.
///
/// The connection polls the next event when it can send. A slow viewer misses messages, which costs the others nothing,
/// and gets a `resync` event as soon as it reads again.
pub fn watch(
    live: Live,
    guard: &StreamGuard,
    options: StreamOptions,
) -> impl Stream<Item = Result<Bytes, DbError>> + use<> {
    let caller = guard.caller();
    let viewer = Viewer {
        scope: ViewerScope::new(caller, options.content),
        licenses: HashSet::new(),
        visible_users: HashSet::new(),
        visible_groups: HashSet::new(),
        // Subscribe first, then read: a change in between is sent twice rather than not at all.
        subscribed_at: live.clock.instant(),
        subscription: live.feed.subscribe(guard),
        until: live.clock.instant() + MAX_STREAM_DURATION,
        live,
        position: Position::default(),
        has_snapshots: options.has_snapshots,
        own_tickets: options.renews_tickets.then(|| OwnTickets::new(caller.clone())),
        stage: Stage::Greet(options.missed_from),
    };
    stream::try_unfold(viewer, Viewer::next)
}

struct Viewer {
    live: Live,
    scope: ViewerScope,
    licenses: HashSet<LicenseId>,
    /// The users whom a manager limited to groups may see and watches.
    visible_users: HashSet<UserId>,
    /// The groups that a manager limited to groups manages.
    visible_groups: HashSet<GroupId>,
    subscription: Subscription,
    subscribed_at: Instant,
    position: Position,
    until: Instant,
    has_snapshots: bool,
    own_tickets: Option<OwnTickets>,
    stage: Stage,
}

/// What the stream sends next.
enum Stage {
    /// The delay before a reconnect.
    Greet(Option<Position>),
    /// The missed changes, or a snapshot.
    Begin(Option<Position>),
    /// Further changes.
    Follow,
    /// Nothing: the viewer must reconnect.
    End,
}

impl Viewer {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, DbError> {
        let next = match self.stage {
            Stage::Greet(missed_from) => {
                self.stage = Stage::Begin(missed_from);
                Ok(Some(Bytes::from_static(b"retry: 1000\n\n")))
            }
            Stage::Begin(missed_from) => {
                self.stage = Stage::Follow;
                match self.begin(missed_from).await {
                    Ok(None) => self.follow().await,
                    begun => begun,
                }
            }
            Stage::Follow => self.follow().await,
            Stage::End => Ok(None),
        };
        match next {
            Ok(next) => Ok(next.map(|bytes| (bytes, self))),
            Err(error) => {
                // The broken stream makes the browser reconnect.
                tracing::warn!(%error, "live feed stream failed; the viewer will reconnect");
                Err(error)
            }
        }
    }

    /// The next event for this viewer; `None` if it must reconnect.
    async fn follow(&mut self) -> Result<Option<Bytes>, DbError> {
        loop {
            let message = match timeout(self.live.clock.monotonic().until(self.until), self.receive()).await {
                Ok(Ok(message)) => message,
                Ok(Err(RecvError::Lagged(_))) if self.has_snapshots => {
                    self.stage = Stage::End;
                    return Ok(Some(frame(RESYNC, None, "{}")));
                }
                Ok(Err(RecvError::Lagged(_))) => {
                    // Without the messages that wait, which the next change would overwrite before they are read.
                    self.subscription = self.subscription.resubscribe();
                    self.load_tickets().await?;
                    return self.snapshot().await.map(Some);
                }
                Ok(Err(RecvError::Closed)) | Err(_) => return Ok(None),
            };
            match message {
                FeedMessage::Alive(frame) => return Ok(Some(frame)),
                FeedMessage::Contacts(contacts) if self.scope.work == Scope::All => {
                    return Ok(Some(contacts.all.clone()));
                }
                FeedMessage::Contacts(contacts) => {
                    if let Some(visible) = contacts.for_users(&self.visible_users) {
                        return Ok(Some(visible));
                    }
                }
                FeedMessage::Change(batch) if batch.position > self.position => {
                    self.position = batch.position;
                    if let Some(own) = &mut self.own_tickets {
                        own.apply(&batch);
                    }
                    if let Some(bytes) = self.project(&batch).await? {
                        return Ok(Some(bytes));
                    }
                }
                FeedMessage::Change(_) => {}
            }
        }
    }

    /// Waits for the next message, and meanwhile keeps the viewer's tickets alive.
    async fn receive(&mut self) -> Result<FeedMessage, RecvError> {
        let Some(own) = &mut self.own_tickets else { return self.subscription.recv().await };
        loop {
            tokio::select! {
                message = self.subscription.recv() => return message,
                () = own.due() => own.renew(&self.live).await,
            }
        }
    }

    async fn load_tickets(&mut self) -> Result<(), DbError> {
        match &mut self.own_tickets {
            Some(own) => own.load(&self.live).await,
            None => Ok(()),
        }
    }

    /// The missed changes if they are known and not too many, and otherwise a snapshot. `None` if nothing was missed.
    async fn begin(&mut self, missed_from: Option<Position>) -> Result<Option<Bytes>, DbError> {
        self.load_tickets().await?;
        let Some(from) = missed_from else {
            return if self.has_snapshots { self.snapshot().await.map(Some) } else { self.begin_now().await.map(Some) };
        };
        let events = store::events::after(&self.live.db, from, MAX_MISSED_EVENTS).await?;
        let can_replay =
            i64::try_from(events.len()).is_ok_and(|n| n < MAX_MISSED_EVENTS) && from <= self.head().await?;
        if !can_replay {
            return self.snapshot().await.map(Some);
        }
        self.load_selection().await?;
        self.position = from;
        let Some(last) = events.last() else {
            return if self.has_snapshots { Ok(None) } else { Ok(Some(self.alive().await)) };
        };
        self.position = last.position;
        let batch = self.live.feed.load_batch(&self.live.db, self.live.clock.now(), &events).await?;
        let sees_other_users = batch.groups_changed && matches!(self.scope.licenses, Scope::Groups(_));
        let user = self.scope.user;
        if batch.may_change_rights_of(user) || batch.reassigned.contains(&user) || sees_other_users {
            return self.snapshot().await.map(Some);
        }
        self.project(&batch).await
    }

    /// Begins at the current position, without a snapshot.
    async fn begin_now(&mut self) -> Result<Bytes, DbError> {
        self.position = self.head().await?;
        self.load_selection().await?;
        Ok(self.alive().await)
    }

    /// An `alive` event with the position: the client learns at once that the stream reaches it.
    async fn alive(&self) -> Bytes {
        self.live.feed.alive(self.live.clock.now(), Some(self.position)).await
    }

    async fn head(&self) -> Result<Position, DbError> {
        let mut tx = self.live.db.begin_read().await?;
        store::events::head(&mut tx).await
    }

    /// Loads which licenses, users and groups this viewer sees, unless it sees all.
    async fn load_selection(&mut self) -> Result<(), DbError> {
        self.visible_users = visible_users(&self.live.db, self.scope.work).await?;
        self.visible_groups = self.scope.licenses.visible_groups(&self.live.db).await?.unwrap_or_default();
        if let Scope::Own(user) = self.scope.licenses {
            let own = store::licenses::of_user(&self.live.db, self.live.clock.now(), user).await?;
            self.licenses = own.iter().map(|l| l.id).collect();
        }
        Ok(())
    }

    /// A snapshot, or the event that tells the viewer to request one.
    async fn snapshot(&mut self) -> Result<Bytes, DbError> {
        if !self.has_snapshots {
            self.position = self.head().await?;
            self.load_selection().await?;
            return Ok(frame(RESYNC, Some(self.position), "{}"));
        }
        let taken = self.live.feed.snapshots.for_viewer(&self.live, self.scope, self.subscribed_at).await?;
        (self.position, self.licenses) = (taken.position, taken.licenses);
        (self.visible_users, self.visible_groups) = (taken.visible_users, taken.visible_groups);
        Ok(taken.bytes)
    }

    /// The change as this viewer sees it; `None` if it does not. Takes constant time for viewers who see all users, and
    /// time proportional to the viewer's licenses for the others.
    async fn project(&mut self, batch: &ChangeBatch) -> Result<Option<Bytes>, DbError> {
        let ViewerScope { user, licenses, work } = self.scope;
        let has_own_sessions = batch.sessions.contains_key(&user);
        match (licenses, work) {
            // The viewer's own new sessions include support keys, which the shared frame does not.
            (Scope::All, Scope::All) if has_own_sessions => {
                let own = own_change(batch, &HashSet::new(), user);
                Ok(Some([batch.all.clone(), own].concat().into()))
            }
            (Scope::All, Scope::All) => Ok(Some(batch.all.clone())),
            (Scope::All, _) if batch.has_work_of(user) => {
                Ok(Some(work_change(batch, &batch.full_licenses, |_| true, user)))
            }
            (Scope::All, _) => Ok(Some(batch.without_work.clone())),
            (Scope::Groups(_), _) if batch.groups_changed || batch.may_change_rights_of(user) => {
                self.snapshot().await.map(Some)
            }
            (Scope::Groups(_), Scope::Own(_)) => {
                let licenses = licenses_for(batch, &self.visible_groups);
                Ok(Some(work_change(batch, &licenses, |_| true, user)))
            }
            (Scope::Groups(_), _) => Ok(Some(group_change(batch, (&self.visible_users, &self.visible_groups), user))),
            (Scope::Own(_), _) if batch.reassigned.contains(&user) => self.snapshot().await.map(Some),
            (Scope::Own(_), _) if has_own_sessions || self.licenses.iter().any(|id| batch.concerns(*id)) => {
                Ok(Some(own_change(batch, &self.licenses, user)))
            }
            (Scope::Own(_), _) => Ok(None),
        }
    }
}

/// The change for a manager limited to groups: all licenses with their total counts and the limits of these groups, but
/// only the sessions and tickets of users in these groups and the manager's own, the latter with support keys.
fn group_change(batch: &ChangeBatch, (users, groups): (&HashSet<UserId>, &HashSet<GroupId>), manager: UserId) -> Bytes {
    let theirs = batch.sessions_without_keys.iter();
    let theirs = theirs.filter(|session| session.user_id != manager && users.contains(&session.user_id));
    let own = batch.sessions.get(&manager).cloned();
    let sessions: Vec<_> = theirs.map(json).chain(own).collect();
    let queues: Vec<_> = batch.queues.iter().map(|queue| json(&visible_queue(queue, users))).collect();
    change_frame(batch.head(), &licenses_for(batch, groups), &sessions.join(","), &queues.join(","))
}

/// All changed licenses, with the limits of these groups only.
fn licenses_for(batch: &ChangeBatch, groups: &HashSet<GroupId>) -> String {
    batch.licenses.values().map(|license| license.json_for(groups)).collect::<Vec<_>>().join(",")
}

fn visible_queue(queue: &QueueView, users: &HashSet<UserId>) -> QueueView {
    let tickets = queue.tickets.iter().filter(|ticket| users.contains(&ticket.user_id)).cloned().collect();
    QueueView { license_id: queue.license_id, tickets }
}

/// The change for one user, of these licenses.
fn own_change(batch: &ChangeBatch, visible_licenses: &HashSet<LicenseId>, user: UserId) -> Bytes {
    let changed = visible_licenses.iter().filter_map(|id| batch.licenses.get(id));
    let licenses: Vec<_> = changed.map(|license| license.json_for(&HashSet::new())).collect();
    work_change(batch, &licenses.join(","), |license| visible_licenses.contains(&license), user)
}

/// The change with these serialized licenses and only the user's own sessions and tickets, built from the serialized
/// pieces.
fn work_change(batch: &ChangeBatch, licenses: &str, sees: impl Fn(LicenseId) -> bool, user: UserId) -> Bytes {
    let sessions = batch.sessions.get(&user).map_or("", String::as_str);
    let queues = batch.queues.iter().map(|queue| queue.license_id).filter(|license| sees(*license));
    let tickets = |license| batch.tickets.get(&(license, user)).map_or("", String::as_str);
    let queues: Vec<_> = queues.map(|license| queue_json(license, tickets(license))).collect();
    change_frame(batch.head(), licenses, sessions, &queues.join(","))
}
