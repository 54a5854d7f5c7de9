//! Once a second: seals what is new in the event log, and now and then prunes what is too old.

use super::{Chain, retention};
use crate::{
    app::App,
    db::{Db, DbError, Tx},
    store::{self, seals::Seal},
};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often it is looked for what is new.
const EVERY: Duration = Duration::from_secs(1);
/// How many events one seal covers at most. Under a load that writes more than this in a second the sealer falls behind rather
/// than take the processor from those who wait for seats, and catches up afterwards.
const MOST: i64 = 20_000;
/// How many events are read at once.
const PART: i64 = 1_000;
/// After how many looks it is pruned again: an hour.
const PRUNES: u32 = 3_600;

/// Seals what is new; how many events that were. Two who do it at once never seal an event twice: on PostgreSQL the second finds
/// the head locked and leaves it to the first; and whoever finds that the head has moved since he read it seals nothing.
///
/// # Errors
/// The database does not do it; nothing is sealed.
pub async fn seal(db: &Db) -> Result<i64, DbError> {
    // On SQLite, where no other process seals, those who write must not wait until the events are read.
    let (head, mut reading) = if db.is_shared() {
        let mut tx = db.begin().await?;
        let Some(head) = store::seals::lock_head_if_free(&mut tx).await? else { return Ok(0) };
        (head, tx)
    } else {
        (store::seals::head(db).await?, db.begin_read().await?)
    };
    let Some(seal) = next(&mut reading, &head).await? else { return Ok(0) };
    let mut tx = if db.is_shared() {
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

/// The seal over what comes after the head.
async fn next(tx: &mut Tx, head: &store::seals::Head) -> Result<Option<Seal>, DbError> {
    let mut chain = Chain::after(&head.hash);
    let mut seal = Seal { position: head.position, events: 0, last_at: Default::default(), hash: String::new() };
    while seal.events < MOST {
        let events = store::seals::events_in(tx, seal.position, PART).await?;
        for event in &events {
            chain.add(event);
            seal.position = event.position;
            seal.events += 1;
            seal.last_at = seal.last_at.max(event.at);
        }
        if i64::try_from(events.len()).unwrap_or(PART) < PART {
            break;
        }
    }
    seal.hash = chain.hash();
    Ok((seal.events > 0).then_some(seal))
}

/// Seals and prunes until it is dropped.
pub async fn run(app: App) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for look in 0_u32.. {
        tick.tick().await;
        if let Err(error) = seal(&app.db).await {
            tracing::warn!(%error, "cannot seal the audit log");
        }
        if let Some(days) = app.audit_days.filter(|_| look % PRUNES == 0)
            && let Err(error) = retention::prune(&app, days).await
        {
            tracing::warn!(%error, "cannot prune the audit log");
        }
    }
}
