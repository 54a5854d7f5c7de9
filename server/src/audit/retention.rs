//! Deletes old events of the log, seal by seal, so that the rest of the chain can still be verified. The usage history
//! of what is deleted is stored before.

use crate::{actor::Actor, db::DbError, events::Event, journal::Journal, store, usage_history::rollups};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::audit::EventData;
use std::time::Duration;

/// The shortest retention: the live page and the reports read the last month from the log.
pub const MIN_RETENTION_DAYS: u32 = 31;
/// How many events one transaction deletes, so that other writers do not wait long.
const DELETE_BATCH_SIZE: i64 = 2_000;
/// The pause between two transactions, for other writers.
const DELETE_PAUSE: Duration = Duration::from_millis(20);

/// Deletes events older than this many days. Returns how many events that were. The position and hash of the cut are
/// recorded in the log first: the seal there stays and becomes the new beginning of the chain. Events are deleted only
/// after that, so that even after a crash the log explains what is missing.
///
/// # Errors
/// Returns an error if the database fails; the next run continues where this one stopped.
pub async fn prune(journal: &Journal, days: u32) -> Result<i64, DbError> {
    let now = journal.clock.now();
    let stored_until = rollups::store_finished_days(&journal.db, now).await?;
    let old = record_cut(journal, stored_until.min(now - TimeDelta::days(days.into()))).await?;
    let pruned = store::seals::head(&journal.db).await?.pruned;
    loop {
        let mut tx = journal.db.begin().await?;
        let deleted = store::seals::delete(&mut tx, pruned, DELETE_BATCH_SIZE).await?;
        tx.commit().await?;
        if deleted == 0 {
            return Ok(old);
        }
        tokio::time::sleep(DELETE_PAUSE).await;
    }
}

/// Records up to which event the log is pruned. Returns how many events that are. If two servers do this at once, only
/// the first one records it.
async fn record_cut(journal: &Journal, before: DateTime<Utc>) -> Result<i64, DbError> {
    let mut tx = journal.db.begin().await?;
    let head = store::seals::lock_head(&mut tx).await?;
    let Some(cut) = store::seals::last_prunable(&mut tx, head.pruned, before).await? else { return Ok(0) };
    store::seals::set_pruned(&mut tx, cut.position).await?;
    let events = cut.position.0 - head.pruned.0;
    let data = EventData::AuditPruned { position: cut.position, hash: cut.hash, events, before };
    journal.commit(tx, &[Event::new(data, Actor::system(), None)]).await?;
    Ok(events)
}
