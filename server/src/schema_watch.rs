//! Checks while the program runs that the database can be used, and that its schema is not newer than the program.

use crate::{
    db::{Db, DbError, schema::known},
    store,
};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long the database may take to answer before its availability is checked with a new connection.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Checks periodically whether a newer version of Seatkeeper has changed the schema, in which case this program stops
/// writing. Logs once when the database becomes unreachable, and why. Returns when `db` does.
pub async fn watch(db: impl Fn() -> Option<Db>) {
    let mut tick = interval(CHECK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(db) = db() else { return };
        check(&db).await;
    }
}

async fn check(db: &Db) {
    let endpoint = db.endpoint();
    let failure = match timeout(ANSWER_TIMEOUT, store::schema::version(db)).await {
        Ok(Ok(version)) => {
            compare(db, version);
            None
        }
        Ok(Err(DbError::Unusable { reason, .. })) => Some(db.unavailability(ANSWER_TIMEOUT).await.unwrap_or(reason)),
        Ok(Err(error)) => Some(error.to_string()),
        // A database that accepts a connection is only busy.
        Err(_) => db.unavailability(ANSWER_TIMEOUT).await,
    };
    if endpoint.set_failure(failure.clone()) {
        match failure {
            Some(reason) => tracing::error!(database = endpoint.name(), reason, "the database cannot be used"),
            None => tracing::info!(database = endpoint.name(), "the database can be used again"),
        }
    }
}

fn compare(db: &Db, version: i64) {
    let newer = (version > known()).then_some(version);
    if !db.endpoint().set_newer_schema(newer) {
        return;
    }
    match newer {
        Some(version) => tracing::error!(
            database = db.endpoint().name(),
            version,
            known = known(),
            "a newer version of Seatkeeper has changed the database; this version no longer writes: start the newer one"
        ),
        None => {
            tracing::info!(database = db.endpoint().name(), "the schema of the database matches this version again")
        }
    }
}
