//! Licenses that end: an entry of the log 60, 30 and 7 days before, each once, however many servers look.

use crate::{app::App, db::DbError, events::Event, seats::Actor, store};
use chrono::TimeDelta;
use seatkeeper_shared::license::{WARNING_DAYS, expiry_warning};
use serde_json::json;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(60);

/// Warns of every end that is near and was not warned of yet; returns of how many.
///
/// Two servers that do it at once both find the license; the second waits for the first's commit and then changes nothing.
///
/// # Errors
/// The database does not answer.
pub async fn warn(app: &App) -> Result<usize, DbError> {
    let now = app.clock.now();
    let first = TimeDelta::days(WARNING_DAYS[0]);
    let mut given = 0;
    for (license, ends_at, warned) in store::contracts::ending(&app.db, now, now + first).await? {
        let Some(days) = expiry_warning(Some(ends_at), now).filter(|days| warned.is_none_or(|last| last > *days))
        else {
            continue;
        };
        let mut tx = app.db.begin().await?;
        if store::contracts::warn(&mut tx, license, days, ends_at).await? {
            let facts = json!({ "days": days, "ends_at": ends_at });
            app.commit(tx, &[Event::of_license("license_expiring", Actor::system(), license, facts)]).await?;
            given += 1;
        }
    }
    Ok(given)
}

/// Warns for as long as it lives.
pub async fn run(app: App) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = warn(&app).await {
            tracing::warn!(%error, "cannot look which licenses end");
        }
    }
}
