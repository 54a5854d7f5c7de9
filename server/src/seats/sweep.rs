//! The sweep: ends expired sessions, tickets and offers once a second, so that their seats are free and shown as free
//! without waiting for the next command.

use super::Seats;
use crate::{
    clock::Clock,
    db::{Db, DbError, Tx},
    store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// A longer gap between sweeps counts as an outage, during which no heartbeats were received.
const OUTAGE_THRESHOLD: TimeDelta = TimeDelta::seconds(10);

/// Extends the leases at the start of a process, before it answers requests. On SQLite always, because a crash may have
/// lost heartbeats of the last second that were answered but not written. On PostgreSQL only after an outage, because
/// other processes may be running, and heartbeats are written before they are answered.
///
/// # Errors
/// Returns an error if the database cannot be reached.
pub async fn at_start(db: &Db, clock: &Clock) -> Result<(), DbError> {
    if db.has_other_writers() {
        return after_outage(db, clock).await.map(drop);
    }
    let mut tx = db.begin().await?;
    let before = store::sweeps::lock_last_sweep(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    if !compensate_clock_set_back(&mut tx, before, now).await? {
        store::sweeps::extend(&mut tx, now).await?;
    }
    store::sweeps::set_last_sweep(&mut tx, now).await?;
    tx.commit().await
}

/// Restarts all leases if the clock was set back while no process was running. Returns whether it was.
async fn compensate_clock_set_back(
    tx: &mut Tx,
    before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Some(before) = before.filter(|before| *before > now + OUTAGE_THRESHOLD) else { return Ok(false) };
    tracing::warn!(seconds = (before - now).num_seconds(), "clock was set back; all leases restart");
    store::sweeps::reset(tx, now, now - before).await?;
    Ok(true)
}

/// Extends the leases if an outage has just ended, so that no user loses a seat because of it. Returns whether there
/// was one. Call it before requests are answered.
///
/// # Errors
/// Returns an error if the database cannot be reached.
pub async fn after_outage(db: &Db, clock: &Clock) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let before = store::sweeps::lock_last_sweep(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    let gap = before.map(|at| now - at).filter(|gap| *gap > OUTAGE_THRESHOLD);
    if let Some(gap) = gap {
        let sessions = store::sweeps::extend(&mut tx, now).await?;
        tracing::info!(sessions, seconds = gap.num_seconds(), "outage ended; leases were extended");
    }
    let was_set_back = compensate_clock_set_back(&mut tx, before, now).await?;
    store::sweeps::set_last_sweep(&mut tx, now).await?;
    tx.commit().await?;
    Ok(gap.is_some() || was_set_back)
}

/// Restarts all leases after the clock was set ahead by `ahead`, or back if it is negative.
///
/// # Errors
/// Returns an error if the database cannot be reached.
pub async fn restart_leases(db: &Db, clock: &Clock, ahead: TimeDelta) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let before = store::sweeps::lock_last_sweep(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    // Every server detects the change, and so does the sweep. Only the first one moves scheduled times.
    let is_first = before.is_none_or(|before| (now - before).abs() > OUTAGE_THRESHOLD);
    let ahead = if is_first { ahead } else { TimeDelta::zero() };
    store::sweeps::reset(&mut tx, now, ahead).await?;
    store::sweeps::set_last_sweep(&mut tx, now).await?;
    tx.commit().await
}

/// Sweeps until the task is dropped.
pub async fn run(db: Db, clock: Clock, seats: Seats) {
    let mut tick = tokio::time::interval(SWEEP_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match after_outage(&db, &clock).await {
            Ok(true) => seats.invalidate_cache(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot check for an outage; sweep skipped");
                continue;
            }
        }
        if let Err(error) = seats.sweep().await {
            tracing::warn!(%error, "sweep failed");
        }
    }
}
