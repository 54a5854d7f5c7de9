//! Once a second: ends what is over, so that seats are free and shown free even if nobody asks.

use super::Seats;
use crate::{
    clock::Clock,
    db::{Db, DbError},
    store,
};
use chrono::TimeDelta;
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
    let now = clock.now_in(&mut tx).await?;
    store::sweeps::extend(&mut tx, now).await?;
    store::sweeps::mark(&mut tx, now).await?;
    tx.commit().await
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
    store::sweeps::mark(&mut tx, now).await?;
    tx.commit().await?;
    Ok(gap.is_some())
}

/// Starts all leases anew, because the clock was set to another time.
///
/// # Errors
/// The database is away.
pub async fn start_leases_anew(db: &Db, clock: &Clock) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    store::sweeps::lock_last(&mut tx).await?;
    let now = clock.now_in(&mut tx).await?;
    store::sweeps::start_anew(&mut tx, now).await?;
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
