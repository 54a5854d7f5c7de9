//! Heartbeats on a shared database: collected for a moment and written in one statement, which locks no license. The
//! statement renews only leases that have not expired by the database's clock, so that an expired lease is never
//! revived.

use super::{SeatsError, command::heartbeat_interval_seconds};
use crate::{
    clock::Clock,
    db::{Db, DbError},
    store::heartbeats::{self, RenewedLease},
    tasks::Tasks,
};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    wire::sessions::HeartbeatReply,
};
use std::{collections::HashMap, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// The most heartbeats that are written at once.
const MAX_BATCH_HEARTBEATS: usize = 500;
/// How long heartbeats are collected.
const COLLECT_INTERVAL: Duration = Duration::from_millis(50);

enum ReceivedHeartbeat {
    Session { user: UserId, session: SessionId, active: bool, reply: oneshot::Sender<Option<RenewedLease>> },
    Ticket { user: UserId, ticket: TicketId, reply: oneshot::Sender<bool> },
}

/// Collects heartbeats. Clones share one channel.
#[derive(Clone)]
pub(super) struct Heartbeats(mpsc::Sender<ReceivedHeartbeat>);

impl Heartbeats {
    pub fn start(db: Db, clock: Clock, tasks: &Tasks) -> Self {
        let (sender, heartbeats) = mpsc::channel(MAX_BATCH_HEARTBEATS * 16);
        tasks.spawn_service(run(db, clock, heartbeats));
        Self(sender)
    }

    /// Renews the lease of a session. `None` if the user has no such live session.
    pub async fn renew(
        &self,
        user: UserId,
        session: SessionId,
        active: bool,
    ) -> Result<Option<HeartbeatReply>, SeatsError> {
        let (reply, answer) = oneshot::channel();
        self.send(ReceivedHeartbeat::Session { user, session, active, reply }).await?;
        let alive = answer.await.map_err(|_| SeatsError::Unavailable)?;
        Ok(alive.map(|alive| HeartbeatReply {
            lease_until: alive.lease_until,
            next_in_seconds: heartbeat_interval_seconds(alive.lease_seconds),
            idle_ends_at: alive.idle_ends_at,
            ending: alive.ending,
        }))
    }

    /// Renews the lease of a ticket. Returns false if the user has no such ticket in the queue.
    pub async fn renew_ticket(&self, user: UserId, ticket: TicketId) -> Result<bool, SeatsError> {
        let (reply, answer) = oneshot::channel();
        self.send(ReceivedHeartbeat::Ticket { user, ticket, reply }).await?;
        answer.await.map_err(|_| SeatsError::Unavailable)
    }

    async fn send(&self, heartbeat: ReceivedHeartbeat) -> Result<(), SeatsError> {
        self.0.send(heartbeat).await.map_err(|_| SeatsError::Unavailable)
    }
}

async fn run(db: Db, clock: Clock, mut heartbeats: mpsc::Receiver<ReceivedHeartbeat>) {
    let mut batch = Vec::with_capacity(MAX_BATCH_HEARTBEATS);
    while heartbeats.recv_many(&mut batch, MAX_BATCH_HEARTBEATS).await > 0 {
        if let Err(error) = write(&db, &clock, &mut batch).await {
            tracing::warn!(%error, count = batch.len(), "heartbeats were not written");
        }
        // The rest get no answer, and their clients retry.
        batch.clear();
        tokio::time::sleep(COLLECT_INTERVAL).await;
    }
}

async fn write(db: &Db, clock: &Clock, batch: &mut Vec<ReceivedHeartbeat>) -> Result<(), DbError> {
    let mut tx = db.begin_by_index().await?;
    let now = clock.now_in(&mut tx).await?;
    let sessions: Vec<_> = batch
        .iter()
        .filter_map(|heartbeat| match heartbeat {
            ReceivedHeartbeat::Session { user, session, active, .. } => Some((*session, *user, *active)),
            ReceivedHeartbeat::Ticket { .. } => None,
        })
        .collect();
    let tickets: Vec<_> = batch
        .iter()
        .filter_map(|heartbeat| match heartbeat {
            ReceivedHeartbeat::Ticket { user, ticket, .. } => Some((*ticket, *user)),
            ReceivedHeartbeat::Session { .. } => None,
        })
        .collect();
    let alive: HashMap<_, _> = heartbeats::renew(&mut tx, now, &sessions).await?;
    let renewed_tickets = heartbeats::renew_tickets(&mut tx, now, &tickets).await?;
    tx.commit().await?;
    for heartbeat in batch.drain(..) {
        // The caller may have stopped waiting.
        match heartbeat {
            ReceivedHeartbeat::Session { session, user, reply, .. } => {
                // Another user's heartbeat for the same session may be in the batch.
                drop(reply.send(alive.get(&session).filter(|alive| alive.user == user).cloned()));
            }
            ReceivedHeartbeat::Ticket { ticket, reply, .. } => drop(reply.send(renewed_tickets.contains(&ticket))),
        }
    }
    Ok(())
}
