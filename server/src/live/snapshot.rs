//! The snapshot: everything that a viewer may see, or the part that it needs. In streams, viewers who see all users and
//! connect at the same time share one.

use super::{
    feed::{frame, json},
    viewer_scope::ViewerScope,
};
use crate::{
    auth::{Caller, Scope},
    db::{Db, DbError},
    live::Live,
    store,
};
use bytes::Bytes;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, Position, UserId},
    wire::{
        live::{LiveContent, SNAPSHOT, Snapshot, SnapshotReply},
        sessions::{SessionSort, StateFilter},
    },
};
use std::{collections::HashSet, sync::Arc, time::Instant};
use tokio::sync::Mutex;

/// The most sessions in a snapshot.
const MAX_SNAPSHOT_SESSIONS: usize = 5_000;

/// A serialized snapshot.
#[derive(Clone, Debug)]
pub struct ViewerSnapshot {
    /// It contains all changes up to this position.
    pub position: Position,
    /// The server-sent event.
    pub bytes: Bytes,
    pub licenses: HashSet<LicenseId>,
    /// For a manager limited to groups who watches them: the users in those groups, and the manager. Empty for other
    /// viewers.
    pub visible_users: HashSet<UserId>,
    /// For a manager limited to groups: these groups. Empty for other viewers.
    pub visible_groups: HashSet<GroupId>,
    started: Instant,
    agents: HashSet<UserId>,
}

/// The newest snapshot for viewers who see all users. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct SnapshotCache(Arc<Mutex<Option<ViewerSnapshot>>>);

impl SnapshotCache {
    /// Returns a snapshot no older than `subscribed_at`: from then on, the viewer receives all changes.
    ///
    /// A thousand viewers who connect at once share one, and those who connect while it is being taken share the next.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn for_viewer(
        &self,
        live: &Live,
        scope: ViewerScope,
        subscribed_at: Instant,
    ) -> Result<ViewerSnapshot, DbError> {
        if scope.work != Scope::All {
            return take_snapshot(live, scope).await;
        }
        let nobody = UserId(uuid::Uuid::nil());
        let mut newest = self.0.lock().await;
        let taken = match newest.as_ref().filter(|taken| taken.started >= subscribed_at) {
            Some(taken) => taken.clone(),
            None => newest.insert(take_snapshot(live, ViewerScope { user: nobody, ..scope }).await?).clone(),
        };
        drop(newest);
        // Support keys are only for the session's own agent, who gets a separate snapshot.
        if taken.agents.contains(&scope.user) { take_snapshot(live, scope).await } else { Ok(taken) }
    }
}

async fn take_snapshot(live: &Live, scope: ViewerScope) -> Result<ViewerSnapshot, DbError> {
    let started = live.clock.instant();
    let visible_groups = scope.licenses.visible_groups(&live.db).await?.unwrap_or_default();
    let visible_users = visible_users(&live.db, scope.work).await?;
    let (snapshot, _) = read(live, scope, MAX_SNAPSHOT_SESSIONS).await?;
    let agents = snapshot.sessions.iter().map(|session| session.user_id).collect();
    let licenses = snapshot.licenses.iter().map(|license| license.id).collect();
    let (position, bytes) = (snapshot.position, frame(SNAPSHOT, Some(snapshot.position), &json(&snapshot)));
    Ok(ViewerSnapshot { position, bytes, licenses, visible_users, visible_groups, started, agents })
}

/// The snapshot for a viewer who requests it beside the stream, with at most `limit` sessions.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn for_request(
    live: &Live,
    caller: &Caller,
    content: LiveContent,
    limit: usize,
) -> Result<SnapshotReply, DbError> {
    let (snapshot, next) = read(live, ViewerScope::new(caller, content), limit).await?;
    Ok(SnapshotReply { user_id: caller.id, build: live.feed.app_build().await, next, snapshot })
}

/// Reads the licenses, sessions and tickets of the scope. Support keys are only for the session's own agent. Also
/// returns the cursor of the sessions beyond `limit`.
async fn read(live: &Live, scope: ViewerScope, limit: usize) -> Result<(Snapshot, Option<String>), DbError> {
    let ViewerScope { user, licenses: scope, work } = scope;
    let (db, at) = (&live.db, live.clock.now());
    // Read the position first: what is read after it may be newer, and is then sent again.
    let position = store::events::head(&mut db.begin_read().await?).await?;
    let mut licenses = match scope {
        Scope::All | Scope::Groups(_) => store::licenses::all(db, at).await?,
        Scope::Own(user) => store::licenses::of_user(db, at, user).await?,
    };
    live.feed.complete(&mut licenses, at);
    scope.hide_group_limits(db, &mut licenses).await?;
    let of = if let Scope::Own(user) = work { Some(user) } else { None };
    let filter = store::sessions::SessionFilter {
        state: Some(StateFilter::Live),
        user: of,
        within: work.manager(),
        ..Default::default()
    };
    let mut page = store::sessions::page(db, &filter, (SessionSort::Created, true), None, limit).await?;
    for session in page.items.iter_mut().filter(|session| session.user_id != user) {
        session.support_key = None;
    }
    let mut queues = match work {
        Scope::All => store::queue::all(db).await?,
        Scope::Groups(manager) => store::queue::visible_to(db, manager).await?,
        Scope::Own(user) => store::queue::of_user(db, user).await?,
    };
    live.wait_estimates.estimate_queues(&mut queues, at).await?;
    let snapshot = Snapshot { position, at, licenses, sessions: page.items, sessions_total: page.total, queues };
    Ok((snapshot, page.next))
}

/// The users that a manager limited to groups may see, as of now, which may be newer than the position. Changes of it
/// are events too.
pub(super) async fn visible_users(db: &Db, scope: Scope) -> Result<HashSet<UserId>, DbError> {
    let Scope::Groups(manager) = scope else { return Ok(HashSet::new()) };
    let mut users = store::manager_scope::users_of(db, manager).await?;
    users.insert(manager);
    Ok(users)
}
