//! Signs of life where several processes share the database: collected for a moment and written in one statement, which
//! locks no license. The statement renews only what lives by the database's clock, so an expired lease is never revived.

use super::{SeatsError, command::next_in};
use crate::{
    clock::Clock,
    db::{Db, DbError},
    store::beats::{self, Alive},
};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    wire::sessions::Renewed,
};
use std::{collections::HashMap, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// How many are written at once at most.
const BATCH: usize = 500;
/// How long they are collected.
const COLLECT: Duration = Duration::from_millis(50);

enum Beat {
    Session { user: UserId, session: SessionId, active: bool, reply: oneshot::Sender<Option<Alive>> },
    Ticket { user: UserId, ticket: TicketId, reply: oneshot::Sender<bool> },
}

/// Collects signs of life. Clones share one queue.
#[derive(Clone)]
pub(super) struct Heartbeats(mpsc::Sender<Beat>);

impl Heartbeats {
    pub fn start(db: Db, clock: Clock) -> Self {
        let (queue, beats) = mpsc::channel(BATCH * 16);
        tokio::spawn(run(db, clock, beats));
        Self(queue)
    }

    /// Renews the lease of a session; nothing if there is no such live session of this user's.
    pub async fn renew(&self, user: UserId, session: SessionId, active: bool) -> Result<Option<Renewed>, SeatsError> {
        let (reply, answer) = oneshot::channel();
        self.send(Beat::Session { user, session, active, reply }).await?;
        let alive = answer.await.map_err(|_| SeatsError::Unavailable)?;
        Ok(alive.map(|alive| Renewed {
            lease_until: alive.lease_until,
            next_in_seconds: next_in(alive.lease_seconds),
            idle_ends_at: alive.idle_ends_at,
            ending: alive.ending,
        }))
    }

    /// Renews the lease of a ticket; false if there is no such ticket of this user's in the line.
    pub async fn keep(&self, user: UserId, ticket: TicketId) -> Result<bool, SeatsError> {
        let (reply, answer) = oneshot::channel();
        self.send(Beat::Ticket { user, ticket, reply }).await?;
        answer.await.map_err(|_| SeatsError::Unavailable)
    }

    async fn send(&self, beat: Beat) -> Result<(), SeatsError> {
        self.0.send(beat).await.map_err(|_| SeatsError::Unavailable)
    }
}

async fn run(db: Db, clock: Clock, mut beats: mpsc::Receiver<Beat>) {
    let mut batch = Vec::with_capacity(BATCH);
    while beats.recv_many(&mut batch, BATCH).await > 0 {
        if let Err(error) = write(&db, &clock, &mut batch).await {
            tracing::warn!(%error, "{} signs of life were not written", batch.len());
        }
        // Those that are left get no answer, and their clients come again.
        batch.clear();
        tokio::time::sleep(COLLECT).await;
    }
}

async fn write(db: &Db, clock: &Clock, batch: &mut Vec<Beat>) -> Result<(), DbError> {
    let mut tx = db.begin_by_index().await?;
    let now = clock.now_in(&mut tx).await?;
    let sessions: Vec<_> = batch
        .iter()
        .filter_map(|beat| match beat {
            Beat::Session { user, session, active, .. } => Some((*session, *user, *active)),
            Beat::Ticket { .. } => None,
        })
        .collect();
    let tickets: Vec<_> = batch
        .iter()
        .filter_map(|beat| match beat {
            Beat::Ticket { user, ticket, .. } => Some((*ticket, *user)),
            Beat::Session { .. } => None,
        })
        .collect();
    let alive: HashMap<_, _> = beats::renew(&mut tx, now, &sessions).await?;
    let kept = beats::keep(&mut tx, now, &tickets).await?;
    tx.commit().await?;
    for beat in batch.drain(..) {
        // Nobody may be waiting any more.
        match beat {
            Beat::Session { session, user, reply, .. } => {
                // Its own agent's heartbeat may have come together with that of somebody else.
                drop(reply.send(alive.get(&session).filter(|alive| alive.user == user).cloned()));
            }
            Beat::Ticket { ticket, reply, .. } => drop(reply.send(kept.contains(&ticket))),
        }
    }
    Ok(())
}
