//! Stores the usage of each finished local day, from which long periods are reported.
//!
//! A day is stored once it has been over for a while, so that no event of it can still be written; the day after begins
//! where it ends. The log is pruned only as far as this reaches.

use super::{HistoryQuery, PieceCache, Source};
use crate::{
    clock::Clock,
    db::{Db, DbError},
    reports::local_time::{midnight_before, next_midnight, time},
    store::{
        self,
        reports::{ReportScope, days},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const BUILD_INTERVAL: Duration = Duration::from_secs(300);
/// How long a day has been over before it is stored. An event that is written later counts at the beginning of the next
/// day.
pub(super) const SETTLING_TIME: TimeDelta = TimeDelta::minutes(10);

/// Stores finished days periodically, for ever.
pub async fn run(db: Db, clock: Clock) {
    let mut tick = tokio::time::interval(BUILD_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = store_finished_days(&db, clock.now()).await {
            tracing::warn!(%error, "usage history not stored");
        }
    }
}

/// Stores the finished days of all licenses and products. Returns up to when everything that happened is stored: no
/// event after that may be removed from the log.
///
/// # Errors
/// Returns an error if the database fails; the next run continues where this one stopped.
pub async fn store_finished_days(db: &Db, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbError> {
    let Some(account) = store::account::get(db).await? else { return Ok(DateTime::UNIX_EPOCH) };
    let zone = account.time_zone.parse().unwrap_or(Tz::UTC);
    let mut reach = now;
    let licenses = days::all_licenses(db).await?;
    let licenses = licenses.into_iter().map(|(license, _)| ReportScope::License(license));
    let products = days::all_products(db).await?.into_iter().map(ReportScope::Product);
    for scope in licenses.chain(products) {
        let licenses = store::reports::licenses(db, Some(scope)).await?;
        let query = HistoryQuery { scope, licenses, from: now, to: now, zone, cache: PieceCache::default() };
        reach = reach.min(store_days_of(db, &query, now).await?);
    }
    Ok(reach - SETTLING_TIME)
}

/// Stores the finished days of a license or product. Returns up to when everything is stored.
async fn store_days_of(db: &Db, query: &HistoryQuery, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbError> {
    let (scope, zone) = (query.scope.id(), query.zone);
    let log_start = store::reports::pruned_until(db).await?;
    // A day of which the log has only a part, or nothing, stays as it is.
    days::delete_outdated(db, scope, log_start.unwrap_or(DateTime::UNIX_EPOCH), zone.name()).await?;
    let mut source = Source::since(db, query, now).await?;
    let mut at = match (days::last_ended(db, scope, now).await?, log_start) {
        (Some(end), _) => end.at,
        (None, Some(start)) => start.timestamp_micros(),
        (None, None) => match source.next_at().await? {
            Some(first) => midnight_before(zone, time(first)).timestamp_micros(),
            None => return Ok(now),
        },
    };
    loop {
        let end = next_midnight(zone, time(at));
        if end + SETTLING_TIME > now {
            return Ok(time(at));
        }
        let piece = source.next_piece(zone, at, end.timestamp_micros(), false).await?;
        if !days::insert(db, scope, zone.name(), &piece, source.position).await? {
            // Another server does this.
            return Ok(time(at));
        }
        at = piece.summary.to;
    }
}
