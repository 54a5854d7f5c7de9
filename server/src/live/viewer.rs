//! One viewer of the live feed: a snapshot or what he missed, then every change; never silently less.

use super::{
    feed::{Tick, Told, frame, json},
    snapshot::people,
};
use crate::{
    app::App,
    auth::{Scope, StreamGuard},
    db::DbError,
    store,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use seatkeeper_shared::{
    ids::{LicenseId, Position, UserId},
    wire::{
        live::{CHANGE, RESYNC},
        queue::QueueView,
    },
};
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, timeout_at},
};

/// The most events that are caught up on; whoever missed more gets a snapshot.
const MISSED: i64 = 2_000;
/// After this time a viewer has to come again.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The feed for one viewer, as the bytes of a stream of server-sent events.
///
/// The connection itself draws what comes next, when it can send. What it does not draw in time is told to nobody: the
/// viewer lags, which costs the others nothing, and is told to resync as soon as he reads again.
pub fn watch(
    app: App,
    guard: &StreamGuard,
    missed_from: Option<Position>,
) -> impl Stream<Item = Result<Bytes, DbError>> + use<> {
    let caller = guard.caller();
    let viewer = Viewer {
        scope: Scope::of(caller),
        user: caller.id,
        licenses: HashSet::new(),
        people: HashSet::new(),
        // First heard, then read: what happens in between is told twice rather than not at all.
        heard_since: Instant::now(),
        told: app.feed.subscribe(guard),
        app,
        position: Position::default(),
        until: Instant::now() + LONGEST,
        next: Next::Greet(missed_from),
    };
    stream::try_unfold(viewer, Viewer::draw)
}

struct Viewer {
    app: App,
    scope: Scope,
    user: UserId,
    licenses: HashSet<LicenseId>,
    /// Whom a viewer sees who is limited to groups.
    people: HashSet<UserId>,
    told: broadcast::Receiver<Told>,
    heard_since: Instant,
    position: Position,
    until: Instant,
    next: Next,
}

/// What comes next.
enum Next {
    /// How soon to come again when the line breaks.
    Greet(Option<Position>),
    /// What was missed, or a snapshot.
    Begin(Option<Position>),
    /// What is told from now on.
    Follow,
    /// Nothing: the viewer has to come again.
    End,
}

impl Viewer {
    async fn draw(mut self) -> Result<Option<(Bytes, Self)>, DbError> {
        let drawn = match self.next {
            Next::Greet(missed_from) => {
                self.next = Next::Begin(missed_from);
                Ok(Some(Bytes::from_static(b"retry: 1000\n\n")))
            }
            Next::Begin(missed_from) => {
                self.next = Next::Follow;
                match self.begin(missed_from).await {
                    Ok(None) => self.follow().await,
                    begun => begun,
                }
            }
            Next::Follow => self.follow().await,
            Next::End => Ok(None),
        };
        match drawn {
            Ok(drawn) => Ok(drawn.map(|bytes| (bytes, self))),
            Err(error) => {
                // The broken stream tells his browser to reconnect.
                tracing::warn!(%error, "a viewer of the live feed has to come again");
                Err(error)
            }
        }
    }

    /// The next thing that this viewer is told; none if he has to come again.
    async fn follow(&mut self) -> Result<Option<Bytes>, DbError> {
        loop {
            let told = match timeout_at(self.until, self.told.recv()).await {
                Ok(Ok(told)) => told,
                Ok(Err(RecvError::Lagged(_))) => {
                    self.next = Next::End;
                    return Ok(Some(frame(RESYNC, None, "{}")));
                }
                Ok(Err(RecvError::Closed)) | Err(_) => return Ok(None),
            };
            match told {
                Told::Alive(frame) => return Ok(Some(frame)),
                Told::Contacts(heard) if self.scope == Scope::All => return Ok(Some(heard.all.clone())),
                Told::Contacts(heard) => {
                    if let Some(his) = heard.of(&self.people) {
                        return Ok(Some(his));
                    }
                }
                Told::Change(tick) if tick.position > self.position => {
                    self.position = tick.position;
                    if let Some(bytes) = self.view(&tick).await? {
                        return Ok(Some(bytes));
                    }
                }
                Told::Change(_) => {}
            }
        }
    }

    /// What was missed, if that is known and not too much; else a snapshot. Nothing if nothing was missed.
    async fn begin(&mut self, missed_from: Option<Position>) -> Result<Option<Bytes>, DbError> {
        let Some(from) = missed_from else { return self.snapshot().await.map(Some) };
        let events = store::events::after(&self.app.db, from, MISSED).await?;
        let known = i64::try_from(events.len()).is_ok_and(|n| n < MISSED) && from <= self.head().await?;
        if !known {
            return self.snapshot().await.map(Some);
        }
        self.select().await?;
        self.position = from;
        let Some(last) = events.last() else { return Ok(None) };
        self.position = last.position;
        let tick = self.app.feed.tick(&self.app.db, self.app.clock.now(), &events).await?;
        let other_people = tick.regrouped && matches!(self.scope, Scope::Groups(_));
        if tick.may_change_rights_of(self.user) || tick.reassigned.contains(&self.user) || other_people {
            return self.snapshot().await.map(Some);
        }
        self.view(&tick).await
    }

    async fn head(&self) -> Result<Position, DbError> {
        let mut tx = self.app.db.begin_read().await?;
        store::events::head(&mut tx).await
    }

    /// Reads which licenses and people this viewer sees, if not all.
    async fn select(&mut self) -> Result<(), DbError> {
        self.people = people(&self.app.db, self.scope).await?;
        if let Scope::Own(user) = self.scope {
            let own = store::licenses::of_user(&self.app.db, self.app.clock.now(), user).await?;
            self.licenses = own.iter().map(|l| l.id).collect();
        }
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<Bytes, DbError> {
        let taken = self.app.feed.snapshots.for_viewer(&self.app, self.user, self.scope, self.heard_since).await?;
        (self.position, self.licenses, self.people) = (taken.position, taken.licenses, taken.people);
        Ok(taken.bytes)
    }

    /// The change as this viewer sees it; nothing if he does not. For those who see all it takes the same time whatever
    /// changed, for the others as long as they have licenses.
    async fn view(&mut self, tick: &Tick) -> Result<Option<Bytes>, DbError> {
        let own = tick.sessions.contains_key(&self.user);
        match self.scope {
            // The viewer's own new sessions carry their keys, which the frame for all does not.
            Scope::All if own => {
                let own = pieces(tick, &HashSet::new(), self.user);
                Ok(Some([tick.all.clone(), own].concat().into()))
            }
            Scope::All => Ok(Some(tick.all.clone())),
            Scope::Groups(_) if tick.regrouped || tick.may_change_rights_of(self.user) => {
                self.snapshot().await.map(Some)
            }
            Scope::Groups(manager) => Ok(Some(of_people(tick, &self.people, manager))),
            Scope::Own(user) if tick.reassigned.contains(&user) => self.snapshot().await.map(Some),
            Scope::Own(user) if own || self.licenses.iter().any(|id| tick.concerns(*id)) => {
                Ok(Some(pieces(tick, &self.licenses, user)))
            }
            Scope::Own(_) => Ok(None),
        }
    }
}

/// The change as a manager sees it who is limited to groups: all licenses with their whole counts, but only the sessions and
/// tickets of his people and his own, the latter with their keys.
fn of_people(tick: &Tick, people: &HashSet<UserId>, manager: UserId) -> Bytes {
    let licenses: Vec<_> = tick.licenses.values().map(String::as_str).collect();
    let theirs = tick.open.iter().filter(|session| session.user_id != manager && people.contains(&session.user_id));
    let own = tick.sessions.get(&manager).cloned();
    let sessions: Vec<_> = theirs.map(json).chain(own).collect();
    let queues: Vec<_> = tick.lines.iter().map(|line| json(&line_of(line, people))).collect();
    change(tick, &licenses.join(","), &sessions.join(","), &queues.join(","))
}

fn line_of(line: &QueueView, people: &HashSet<UserId>) -> QueueView {
    let tickets = line.tickets.iter().filter(|ticket| people.contains(&ticket.user_id)).cloned().collect();
    QueueView { license_id: line.license_id, tickets }
}

/// The change as one user sees it, put together from what is serialised already.
fn pieces(tick: &Tick, sees: &HashSet<LicenseId>, user: UserId) -> Bytes {
    let licenses: Vec<_> = sees.iter().filter_map(|id| tick.licenses.get(id).map(String::as_str)).collect();
    let sessions = tick.sessions.get(&user).map_or("", String::as_str);
    let lines = tick.lines.iter().map(|line| line.license_id).filter(|license| sees.contains(license));
    let queues: Vec<_> = lines.map(|license| own_line(tick, license, user)).collect();
    change(tick, &licenses.join(","), sessions, &queues.join(","))
}

fn change(tick: &Tick, licenses: &str, sessions: &str, queues: &str) -> Bytes {
    let (position, at) = (tick.position, json(&tick.at));
    let json = format!(
        r#"{{"position":{position},"at":{at},"licenses":[{licenses}],"sessions":[{sessions}],"queues":[{queues}]}}"#
    );
    frame(CHANGE, Some(position), &json)
}

/// The line of a license, with the tickets that are the user's.
fn own_line(tick: &Tick, license: LicenseId, user: UserId) -> String {
    let tickets = tick.tickets.get(&(license, user)).map_or("", String::as_str);
    format!(r#"{{"license_id":"{license}","tickets":[{tickets}]}}"#)
}
