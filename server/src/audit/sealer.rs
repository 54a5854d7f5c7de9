//! Seals new events of the log once a second, and prunes old ones once an hour.

use super::{SealHasher, retention};
use crate::{
    db::{Db, DbError, Tx},
    journal::Journal,
    store::{self, seals::Seal},
};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const SEAL_INTERVAL: Duration = Duration::from_secs(1);
/// How many events one seal covers at most. If more are written in a second, the sealer falls behind rather than delay
/// requests, and catches up afterwards.
const MAX_SEALED_EVENTS: i64 = 20_000;
const READ_BATCH_SIZE: i64 = 1_000;
/// After how many seal intervals old events are pruned again: an hour.
const PRUNE_EVERY: u32 = 3_600;

/// Seals new events. Returns how many. No event is sealed twice, even if two servers do this at once: on PostgreSQL the
/// second one finds the head locked and skips; and a server that finds the head moved since it was read seals nothing.
///
/// # Errors
/// Returns an error if the database fails; nothing is sealed then.
pub async fn seal(db: &Db) -> Result<i64, DbError> {
    // On SQLite no other process seals, so the write lock is taken only after the events are read.
    let (head, mut reading) = if db.has_other_writers() {
        let mut tx = db.begin().await?;
        let Some(head) = store::seals::lock_head_if_free(&mut tx).await? else { return Ok(0) };
        (head, tx)
    } else {
        (store::seals::head(db).await?, db.begin_read().await?)
    };
    let Some(seal) = next_seal(&mut reading, &head).await? else { return Ok(0) };
    let mut tx = if db.has_other_writers() {
        reading
    } else {
        drop(reading);
        db.begin().await?
    };
    if store::seals::lock_head(&mut tx).await?.position != head.position {
        return Ok(0);
    }
    store::seals::insert(&mut tx, &seal).await?;
    tx.commit().await?;
    Ok(seal.events)
}

/// The seal over the events after the head.
async fn next_seal(tx: &mut Tx, head: &store::seals::SealHead) -> Result<Option<Seal>, DbError> {
    let mut hasher = SealHasher::after(&head.hash);
    let mut seal = Seal { position: head.position, events: 0, last_at: Default::default(), hash: String::new() };
    while seal.events < MAX_SEALED_EVENTS {
        let events = store::seals::events_in(tx, seal.position, READ_BATCH_SIZE).await?;
        for event in &events {
            hasher.add(event);
            seal.position = event.position;
            seal.events += 1;
            seal.last_at = seal.last_at.max(event.at);
        }
        if i64::try_from(events.len()).unwrap_or(READ_BATCH_SIZE) < READ_BATCH_SIZE {
            break;
        }
    }
    seal.hash = hasher.finish();
    Ok((seal.events > 0).then_some(seal))
}

/// Seals and prunes periodically, for ever.
pub async fn run(journal: Journal, audit_days: Option<u32>) {
    let mut tick = tokio::time::interval(SEAL_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u32.. {
        tick.tick().await;
        if let Err(error) = seal(&journal.db).await {
            tracing::warn!(%error, "audit log not sealed");
        }
        if let Some(days) = audit_days.filter(|_| round % PRUNE_EVERY == 0)
            && let Err(error) = retention::prune(&journal, days).await
        {
            tracing::warn!(%error, "audit log not pruned");
        }
    }
}
