//! The events of a time are found on SQLite without an index by time.

use super::*;
use crate::{
    actor::Actor,
    db::{Sql, statement},
    monotonic::MonotonicClock,
};
use chrono::TimeDelta;
use seatkeeper_shared::audit::EventData;

static TIMES: Sql = statement!("SELECT position, at FROM events ORDER BY position");
static PRUNE: Sql = statement!("DELETE FROM events WHERE position <= $1");

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

/// A log with one event at each of these times, in this order, in a folder that is deleted with it.
async fn log(seconds: impl IntoIterator<Item = i64>) -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("sqlite:{}", folder.path().join("db").display());
    let db = Db::open(&address, &MonotonicClock::default()).await.expect("a database");
    for seconds in seconds {
        let mut tx = db.begin().await.expect("a transaction");
        let event = Event::new(EventData::SignedOut { replaced_by_sign_in: None }, Actor::system(), None);
        append(&mut tx, time(seconds), &[event]).await.expect("an event");
        tx.commit().await.expect("committed");
    }
    (db, folder)
}

/// Checks all times: the range has every event of the time. Returns the size of the largest range of one second.
async fn largest_range(db: &Db) -> i64 {
    let rows = db.all(&TIMES, args![]).await.expect("rows");
    let events: Vec<(Position, DateTime<Utc>)> =
        rows.iter().map(|row| (row.get("position").expect("one"), row.get("at").expect("one"))).collect();
    let mut largest = 0;
    for seconds in -2..110 {
        let (from, to) = (time(seconds), time(seconds + 1));
        let range = db.log_range(Some(from), Some(to)).await.expect("a range");
        for (position, at) in &events {
            let is_in_range = range.after < *position && *position <= range.until;
            assert!(is_in_range || *at < from || *at >= to, "{position:?} at {seconds} s is not in {range:?}");
        }
        largest = largest.max(range.until.0 - range.after.0);
    }
    largest
}

#[tokio::test]
async fn the_events_of_a_time_are_found_by_position() {
    assert_eq!(largest_range(&log([]).await.0).await, 0, "an empty log");
    let (db, _folder) = log((0..100).map(|number| number / 2 * 2)).await;
    assert!(largest_range(&db).await <= 3, "without clock steps, others are hardly included");
    let mut tx = db.begin().await.expect("a transaction");
    tx.run(&PRUNE, args![40_i64]).await.expect("pruned");
    tx.commit().await.expect("committed");
    assert!(largest_range(&db).await <= 42, "of a pruned log");
}

#[tokio::test]
async fn events_are_found_although_the_clock_was_set_back() {
    // Back by ten seconds, forward by fifty (wrongly), and back again.
    let times = (0..30).chain(20..40).chain(90..100).chain(41..80);
    let (db, _folder) = log(times).await;
    let size = largest_range(&db).await;
    assert!(size > 3, "ranges are larger by what was written in that time");
    let whole = db.log_range(None, None).await.expect("a range");
    assert_eq!((whole.after, whole.until), (Position(0), Position(i64::MAX)));
}

#[tokio::test]
async fn random_clock_steps_hide_no_event() {
    let mut state: u64 = 7;
    let mut random = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap_or_default() % below
    };
    for _ in 0..8 {
        let mut now = 50;
        let times: Vec<_> = (0..60)
            .map(|_| {
                now = if random(12) == 0 { random(100) } else { now + random(3) };
                now
            })
            .collect();
        largest_range(&log(times).await.0).await;
    }
}
