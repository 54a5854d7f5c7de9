//! Once a second: ends what is over, so that seats are free and shown free even if nobody asks.

use super::Seats;
use crate::{
    clock::Clock,
    db::{Db, DbError, Tx},
    store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often it is looked for what is over.
const EVERY: Duration = Duration::from_secs(1);
/// A gap between sweeps longer than this was an outage: nobody was there to hear the heartbeats.
const OUTAGE: TimeDelta = TimeDelta::seconds(10);

/// Extends the leases at the start of a process, before anything is answered. On SQLite always: a crash may have lost the
/// heartbeats that were answered in the last second and not written yet, and their leases were promised. On PostgreSQL
/// others may be serving, and heartbeats are written before they are answered.
///
/// # Errors
/// The database is away.
pub async fn at_start(db: &Db, clock: &Clock) -> Result<(), DbError> {
    if db.is_shared() {
        return after_outage(db, clock).await.map(drop);
    }
    let mut tx = db.begin().await?;
    let before = store::sweeps::lock_last(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    if !set_back(&mut tx, before, now).await? {
        store::sweeps::extend(&mut tx, now).await?;
    }
    store::sweeps::mark(&mut tx, now).await?;
    tx.commit().await
}

/// Starts all leases anew if the clock was set back while nobody was here to notice; whether it was.
async fn set_back(tx: &mut Tx, before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<bool, DbError> {
    let Some(before) = before.filter(|before| *before > now + OUTAGE) else { return Ok(false) };
    tracing::warn!(seconds = (before - now).num_seconds(), "the clock was set back: all leases start anew");
    store::sweeps::start_anew(tx, now, now - before).await?;
    Ok(true)
}

/// Extends the leases by an outage that has just ended; whether there was one. Done before anything is answered: nobody
/// loses a seat because we were down.
///
/// # Errors
/// The database is away.
pub async fn after_outage(db: &Db, clock: &Clock) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let before = store::sweeps::lock_last(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    let gap = before.map(|at| now - at).filter(|gap| *gap > OUTAGE);
    if let Some(gap) = gap {
        let sessions = store::sweeps::extend(&mut tx, now).await?;
        tracing::info!(sessions, seconds = gap.num_seconds(), "nobody was here for a while: leases start anew");
    }
    let back = set_back(&mut tx, before, now).await?;
    store::sweeps::mark(&mut tx, now).await?;
    tx.commit().await?;
    Ok(gap.is_some() || back)
}

/// Starts all leases anew, because the clock was set ahead by so much, or back.
///
/// # Errors
/// The database is away.
pub async fn start_leases_anew(db: &Db, clock: &Clock, ahead: TimeDelta) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let before = store::sweeps::lock_last(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    // Each server notices it, and so does the sweep: what was to be at a certain time is moved by the first of them only.
    let first = before.is_none_or(|before| (now - before).abs() > OUTAGE);
    let ahead = if first { ahead } else { TimeDelta::zero() };
    store::sweeps::start_anew(&mut tx, now, ahead).await?;
    store::sweeps::mark(&mut tx, now).await?;
    tx.commit().await
}

/// Sweeps until it is dropped.
pub async fn run(db: Db, clock: Clock, seats: Seats) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match after_outage(&db, &clock).await {
            Ok(true) => seats.forget(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot sweep: the database does not answer");
                continue;
            }
        }
        if let Err(error) = seats.sweep().await {
            tracing::warn!(%error, "cannot sweep");
        }
    }
}
