//! Writes an event 60, 30 and 7 days before a license ends, each once, however many servers run.

use crate::{actor::Actor, db::DbError, events::Event, journal::Journal, store};
use chrono::TimeDelta;
use seatkeeper_shared::{
    audit::EventData,
    license::{WARNING_DAYS, expiry_warning},
};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Writes the warnings that are due and not written yet. Returns how many.
///
/// Two servers that run this at once both find the license; the second waits for the first one's commit and then
/// changes nothing.
///
/// # Errors
/// Returns an error if the database cannot be read or written.
pub async fn warn(journal: &Journal) -> Result<usize, DbError> {
    let now = journal.clock.now();
    let longest_notice = TimeDelta::days(WARNING_DAYS[0]);
    let mut written = 0;
    for (license, ends_at, warned) in store::contracts::ending(&journal.db, now, now + longest_notice).await? {
        let Some(days) = expiry_warning(Some(ends_at), now).filter(|days| warned.is_none_or(|last| last > *days))
        else {
            continue;
        };
        let mut tx = journal.db.begin().await?;
        if store::contracts::set_warned(&mut tx, license, days, ends_at).await? {
            let data = EventData::LicenseExpiring { days, ends_at };
            journal.commit(tx, &[Event::of_license(data, Actor::system(), license)]).await?;
            written += 1;
        }
    }
    Ok(written)
}

/// Writes warnings until the task is dropped.
pub async fn run(journal: Journal) {
    let mut tick = tokio::time::interval(CHECK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = warn(&journal).await {
            tracing::warn!(%error, "cannot check which licenses end soon");
        }
    }
}
