//! One viewer of the live feed: a snapshot or what he missed, then every change; never silently less.

use super::feed::{Tick, Told, frame, json};
use crate::{app::App, auth::Caller, db::DbError, store};
use bytes::Bytes;
use futures_util::Stream;
use seatkeeper_shared::{
    ids::{LicenseId, Position, UserId},
    permissions::Action,
    wire::{
        live::{CHANGE, RESYNC, SNAPSHOT, Snapshot},
        queue::QueueView,
        sessions::{SessionSort, StateFilter},
    },
};
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    time::Instant,
};
use tokio_stream::wrappers::ReceiverStream;

/// The most sessions that a snapshot holds.
const SESSIONS: usize = 5_000;
/// The most events that are caught up on; whoever missed more gets a snapshot.
const MISSED: i64 = 2_000;
/// How often a sign of life is sent.
const ALIVE: Duration = Duration::from_secs(15);
/// After this time a viewer has to come again, so that an ended sign-in does not watch for ever.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What a viewer may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All licenses and sessions.
    All,
    /// The licenses assigned to this user, and his sessions.
    Own(UserId),
}

impl Scope {
    /// What this caller may see.
    pub fn of(caller: &Caller) -> Self {
        if caller.may(Action::ViewSessions) { Self::All } else { Self::Own(caller.id) }
    }
}

/// The feed for one viewer, as the bytes of a stream of server-sent events.
pub fn watch(
    app: App,
    caller: &Caller,
    missed_from: Option<Position>,
) -> impl Stream<Item = Result<Bytes, DbError>> + use<> {
    let (to, stream) = mpsc::channel(16);
    let viewer = Viewer { app, scope: Scope::of(caller), user: caller.id, licenses: HashSet::new(), to };
    tokio::spawn(viewer.run(missed_from));
    ReceiverStream::new(stream)
}

struct Viewer {
    app: App,
    scope: Scope,
    user: UserId,
    licenses: HashSet<LicenseId>,
    to: mpsc::Sender<Result<Bytes, DbError>>,
}

/// The viewer is gone, or has to come again.
struct Over;

impl Viewer {
    async fn run(mut self, missed_from: Option<Position>) {
        if let Err(error) = self.feed(missed_from).await {
            tracing::warn!(%error, "a viewer of the live feed has to come again");
            // The broken stream tells his browser to reconnect.
            let _ = self.to.send(Err(error)).await;
        }
    }

    async fn feed(&mut self, missed_from: Option<Position>) -> Result<(), DbError> {
        // First subscribe, then read: what happens in between is told twice rather than not at all.
        let mut told = self.app.feed.subscribe();
        let Ok(mut position) = self.begin(missed_from).await? else { return Ok(()) };
        let until = Instant::now() + LONGEST;
        while Instant::now() < until {
            let next = tokio::time::timeout(ALIVE, told.recv()).await;
            let sent = match next {
                Err(_) => self.send(Bytes::from_static(b": alive\n\n")).await,
                Ok(Ok(Told::Contacts(frame))) if self.scope == Scope::All => self.send(frame).await,
                Ok(Ok(Told::Contacts(_))) => Ok(()),
                Ok(Ok(Told::Change(tick))) if tick.position <= position => Ok(()),
                Ok(Ok(Told::Change(tick))) if tick.changed.contains(&self.user) => Err(Over),
                Ok(Ok(Told::Change(tick))) => {
                    position = tick.position;
                    self.tell(&tick).await?
                }
                Ok(Err(RecvError::Lagged(_))) => {
                    let _ = self.send(frame(RESYNC, None, "{}")).await;
                    Err(Over)
                }
                Ok(Err(RecvError::Closed)) => Err(Over),
            };
            if sent.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn send(&self, bytes: Bytes) -> Result<(), Over> {
        self.to.send(Ok(bytes)).await.map_err(|_| Over)
    }

    /// Sends what was missed, if that is known and not too much; else a snapshot.
    async fn begin(&mut self, missed_from: Option<Position>) -> Result<Result<Position, Over>, DbError> {
        if self.send(Bytes::from_static(b"retry: 1000\n\n")).await.is_err() {
            return Ok(Err(Over));
        }
        if let Some(from) = missed_from {
            let events = store::events::after(&self.app.db, from, MISSED).await?;
            let head = self.head().await?;
            let whole = i64::try_from(events.len()).is_ok_and(|n| n < MISSED) && from <= head;
            if whole {
                self.select().await?;
                let position = events.last().map_or(from, |e| e.position);
                if !events.is_empty() {
                    let tick = self.app.feed.tick(&self.app.db, self.app.clock.now(), &events).await?;
                    let sent = if tick.changed.contains(&self.user) || tick.reassigned.contains(&self.user) {
                        self.snapshot().await?.map(drop)
                    } else {
                        self.tell(&tick).await?
                    };
                    return Ok(sent.map(|()| position));
                }
                return Ok(Ok(position));
            }
        }
        self.snapshot().await
    }

    async fn head(&self) -> Result<Position, DbError> {
        let mut tx = self.app.db.begin_read().await?;
        store::events::head(&mut tx).await
    }

    /// Reads which licenses this viewer sees, if not all.
    async fn select(&mut self) -> Result<(), DbError> {
        if let Scope::Own(user) = self.scope {
            let own = store::licenses::of_user(&self.app.db, self.app.clock.now(), user).await?;
            self.licenses = own.iter().map(|l| l.id).collect();
        }
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<Result<Position, Over>, DbError> {
        // The position first: what is read after it may be newer, and is then told once more.
        let position = self.head().await?;
        let (db, at) = (&self.app.db, self.app.clock.now());
        let mut licenses = match self.scope {
            Scope::All => store::licenses::all(db, at).await?,
            Scope::Own(user) => store::licenses::of_user(db, at, user).await?,
        };
        self.app.feed.complete(&mut licenses, at);
        let filter = store::sessions::Filter {
            state: Some(StateFilter::Live),
            user: if let Scope::Own(user) = self.scope { Some(user) } else { None },
            ..Default::default()
        };
        let mut page = store::sessions::page(db, &filter, (SessionSort::Created, true), None, SESSIONS).await?;
        if self.scope == Scope::All {
            for session in page.items.iter_mut().filter(|s| s.user_id != self.user) {
                session.support_key = None;
            }
        }
        self.licenses = licenses.iter().map(|l| l.id).collect();
        let mut queues = match self.scope {
            Scope::All => store::queue::all(db).await?,
            Scope::Own(user) => store::queue::of_user(db, user).await?,
        };
        self.app.prospects.tell_all(&mut queues, at).await?;
        let snapshot = Snapshot { position, at, licenses, sessions: page.items, sessions_total: page.total, queues };
        let sent = self.send(frame(SNAPSHOT, Some(position), &json(&snapshot))).await;
        Ok(sent.map(|()| position))
    }

    async fn tell(&mut self, tick: &Tick) -> Result<Result<(), Over>, DbError> {
        match self.scope {
            // The viewer's own new sessions carry their keys, which the frame for all does not.
            Scope::All if tick.sessions.iter().any(|(user, _)| *user == self.user) => {
                let every = |_: &LicenseId| true;
                let sent = self.send(tick.all.clone()).await;
                Ok(sent.and(self.send(pieces(tick, every, self.user)).await))
            }
            Scope::All => Ok(self.send(tick.all.clone()).await),
            Scope::Own(user) if tick.reassigned.contains(&user) => Ok(self.snapshot().await?.map(drop)),
            Scope::Own(user) => {
                let mine = |license: &LicenseId| self.licenses.contains(license);
                let sessions = tick.sessions.iter().any(|(of, _)| *of == user);
                if sessions
                    || tick.licenses.iter().any(|(id, _)| mine(id))
                    || tick.lines.iter().any(|l| mine(&l.license_id))
                {
                    return Ok(self.send(pieces(tick, mine, user)).await);
                }
                Ok(Ok(()))
            }
        }
    }
}

/// The change as one user sees it, put together from what is serialised already.
fn pieces(tick: &Tick, sees: impl Fn(&LicenseId) -> bool + Copy, user: UserId) -> Bytes {
    let joined = |parts: Vec<&str>| parts.join(",");
    let licenses = joined(tick.licenses.iter().filter(|(id, _)| sees(id)).map(|(_, json)| json.as_str()).collect());
    let sessions = joined(tick.sessions.iter().filter(|(of, _)| *of == user).map(|(_, json)| json.as_str()).collect());
    let queues = joined_lines(tick, sees, user);
    let (position, at) = (tick.position, json(&tick.at));
    let json = format!(
        r#"{{"position":{position},"at":{at},"licenses":[{licenses}],"sessions":[{sessions}],"queues":[{queues}]}}"#
    );
    frame(CHANGE, Some(position), &json)
}

/// The lines that changed, each with the tickets that are the user's.
fn joined_lines(tick: &Tick, sees: impl Fn(&LicenseId) -> bool, user: UserId) -> String {
    let line = |line: &QueueView| {
        let own = tick.tickets.iter().filter(|(license, of, _)| *license == line.license_id && *of == user);
        let tickets: Vec<_> = own.map(|(_, _, json)| json.as_str()).collect();
        format!(r#"{{"license_id":"{}","tickets":[{}]}}"#, line.license_id, tickets.join(","))
    };
    tick.lines.iter().filter(|line| sees(&line.license_id)).map(line).collect::<Vec<_>>().join(",")
}
