//! Pruning: sealed events that are too old are deleted, seal by seal, so that the rest of the chain can still be verified.

use crate::{app::App, db::DbError, events::Event, seats::Actor, store};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::time::Duration;

/// The fewest days that events are kept: the live page and the reports read the last month from the log.
pub const FEWEST_DAYS: u32 = 31;
/// How many events are deleted in one transaction, so that nobody waits for long.
const PART: i64 = 2_000;
/// How long others go first after each.
const PAUSE: Duration = Duration::from_millis(20);

/// Deletes what is older than so many days; how many events were too old. First it is written down, in the log itself, up to where and with which
/// hash: the seal there stays and is the new beginning of the chain. Only then is deleted, so that a crash in between leaves
/// nothing that cannot be explained.
///
/// # Errors
/// The database does not do it, or not all of it: the next time goes on where this one stopped.
pub async fn prune(app: &App, days: u32) -> Result<i64, DbError> {
    let old = mark(app, app.clock.now() - TimeDelta::days(days.into())).await?;
    let pruned = store::seals::head(&app.db).await?.pruned;
    loop {
        let mut tx = app.db.begin().await?;
        let gone = store::seals::delete(&mut tx, pruned, PART).await?;
        tx.commit().await?;
        if gone == 0 {
            return Ok(old);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Writes down up to where is pruned; how many events that are. Two servers that do it at once write it down once.
async fn mark(app: &App, than: DateTime<Utc>) -> Result<i64, DbError> {
    let mut tx = app.db.begin().await?;
    let head = store::seals::lock_head(&mut tx).await?;
    let Some(cut) = store::seals::old(&mut tx, head.pruned, than).await? else { return Ok(0) };
    store::seals::set_pruned(&mut tx, cut.position).await?;
    let events = cut.position.0 - head.pruned.0;
    let facts = json!({ "position": cut.position, "hash": cut.hash, "events": events, "before": than });
    app.commit(tx, &[Event::new("audit_pruned", Actor::system(), None, facts)]).await?;
    Ok(events)
}
