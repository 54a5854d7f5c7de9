//! What a viewer is told first: everything he may see. Those who see all and come at the same time are told the same bytes.

use super::feed::{frame, json};
use crate::{
    app::App,
    auth::Scope,
    db::{Db, DbError},
    store,
};
use bytes::Bytes;
use seatkeeper_shared::{
    ids::{LicenseId, Position, UserId},
    wire::{
        live::{SNAPSHOT, Snapshot},
        sessions::{SessionSort, StateFilter},
    },
};
use std::{collections::HashSet, sync::Arc};
use tokio::{sync::Mutex, time::Instant};

/// The most sessions that a snapshot holds.
const SESSIONS: usize = 5_000;

/// A snapshot, ready to be sent.
#[derive(Clone, Debug)]
pub struct Taken {
    /// All changes up to here are in it.
    pub position: Position,
    /// The event.
    pub bytes: Bytes,
    /// Its licenses.
    pub licenses: HashSet<LicenseId>,
    /// The people in the groups of a viewer who is limited to them, and himself.
    pub people: HashSet<UserId>,
    begun: Instant,
    agents: HashSet<UserId>,
}

/// The newest snapshot for those who see all. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Snapshots(Arc<Mutex<Option<Taken>>>);

impl Snapshots {
    /// A snapshot for a viewer who has heard of all changes since then: it must not be older than that.
    ///
    /// A thousand who come at once wait for one, and those who came while it was being taken for the next.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn for_viewer(
        &self,
        app: &App,
        user: UserId,
        scope: Scope,
        heard_since: Instant,
    ) -> Result<Taken, DbError> {
        if scope != Scope::All {
            return take(app, user, scope).await;
        }
        let mut newest = self.0.lock().await;
        let taken = match newest.as_ref().filter(|taken| taken.begun >= heard_since) {
            Some(taken) => taken.clone(),
            None => newest.insert(take(app, UserId(uuid::Uuid::nil()), scope).await?).clone(),
        };
        drop(newest);
        // Support keys are for the session's own agent: he gets a snapshot of his own.
        if taken.agents.contains(&user) { take(app, user, scope).await } else { Ok(taken) }
    }
}

async fn take(app: &App, user: UserId, scope: Scope) -> Result<Taken, DbError> {
    let begun = Instant::now();
    let (db, at) = (&app.db, app.clock.now());
    // The position first: what is read after it may be newer, and is then told once more.
    let position = store::events::head(&mut db.begin_read().await?).await?;
    let mut licenses = match scope {
        Scope::All | Scope::Groups(_) => store::licenses::all(db, at).await?,
        Scope::Own(user) => store::licenses::of_user(db, at, user).await?,
    };
    app.feed.complete(&mut licenses, at);
    let of = if let Scope::Own(user) = scope { Some(user) } else { None };
    let (state, within) = (Some(StateFilter::Live), scope.manager());
    let filter = store::sessions::Filter { state, user: of, within, ..Default::default() };
    let people = people(db, scope).await?;
    let mut page = store::sessions::page(db, &filter, (SessionSort::Created, true), None, SESSIONS).await?;
    for session in page.items.iter_mut().filter(|session| session.user_id != user) {
        session.support_key = None;
    }
    let mut queues = match scope {
        Scope::All => store::queue::all(db).await?,
        Scope::Groups(manager) => store::queue::within(db, manager).await?,
        Scope::Own(user) => store::queue::of_user(db, user).await?,
    };
    app.prospects.tell_all(&mut queues, at).await?;
    let agents = page.items.iter().map(|session| session.user_id).collect();
    let ids = licenses.iter().map(|license| license.id).collect();
    let snapshot = Snapshot { position, at, licenses, sessions: page.items, sessions_total: page.total, queues };
    let bytes = frame(SNAPSHOT, Some(position), &json(&snapshot));
    Ok(Taken { position, bytes, licenses: ids, people, begun, agents })
}

/// Whom a viewer sees who is limited to groups: as of now, which may be newer than the position. What changes it is heard.
pub(super) async fn people(db: &Db, scope: Scope) -> Result<HashSet<UserId>, DbError> {
    let Scope::Groups(manager) = scope else { return Ok(HashSet::new()) };
    let mut people = store::scope::people_of(db, manager).await?;
    people.insert(manager);
    Ok(people)
}
