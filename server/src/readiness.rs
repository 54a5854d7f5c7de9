//! Readiness: whether the database can be written to. Frequent checks share a few writes a second, and only changes are
//! logged.

use crate::{
    db::{Db, WriteProbe},
    monotonic::MonotonicClock,
    tasks::Tasks,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::timeout};

/// A result that is not older is returned again.
const MAX_AGE: Duration = Duration::from_millis(250);
/// A check is answered within this time. Together with the age of a result, that is within a second.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(600);
/// A write that takes longer is abandoned together with its connection. No other write begins before that, so that a
/// database that hangs does not accumulate connections.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Checks whether the database can be written to, once for all concurrent callers.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<State>);

#[derive(Debug)]
struct State {
    db: Db,
    tasks: Tasks,
    monotonic: MonotonicClock,
    /// `None` while a write is in progress.
    probe: Mutex<Option<WriteProbe>>,
    last: watch::Sender<Option<ProbeResult>>,
    /// The failure that was logged last, until the database is ready again.
    logged_failure: Mutex<Option<String>>,
}

#[derive(Clone, Debug)]
struct ProbeResult {
    at: Instant,
    /// Why the database could not be written to.
    failure: Option<String>,
}

impl Readiness {
    pub fn new(db: Db, tasks: Tasks, monotonic: MonotonicClock) -> Self {
        let (probe, last, logged_failure) =
            (Mutex::new(Some(WriteProbe::new(db.clone()))), watch::Sender::new(None), Mutex::default());
        Self(Arc::new(State { db, tasks, monotonic, probe, last, logged_failure }))
    }

    /// Checks whether the database can be written to.
    ///
    /// # Errors
    /// Returns the reason why it cannot.
    pub async fn check(&self) -> Result<(), String> {
        let mut answers = self.0.last.subscribe();
        let last = answers.borrow_and_update().clone();
        let failure = match last.filter(|last| self.0.monotonic.since(last.at) < MAX_AGE) {
            Some(last) => last.failure,
            None => {
                self.start_write();
                match timeout(ANSWER_TIMEOUT, answers.changed()).await {
                    Ok(Ok(())) => answers.borrow().as_ref().and_then(|answer| answer.failure.clone()),
                    _ => Some(format!("{} does not answer in time", self.0.db.endpoint().name())),
                }
            }
        };
        self.log_change(failure.as_deref());
        failure.map_or(Ok(()), Err)
    }

    /// Starts a write unless one is in progress.
    fn start_write(&self) {
        let Some(mut probe) = lock(&self.0.probe).take() else { return };
        let state = self.0.clone();
        // In its own task: if the caller stops waiting, the result serves the next one.
        self.0.tasks.spawn_until_stop(async move {
            let failure = match timeout(WRITE_TIMEOUT, probe.write()).await {
                Ok(written) => written.err().map(|error| error.to_string()),
                Err(_) => Some(format!("{} does not answer", state.db.endpoint().name())),
            };
            *lock(&state.probe) = Some(probe);
            state.last.send_replace(Some(ProbeResult { at: state.monotonic.now(), failure }));
        });
    }

    fn log_change(&self, failure: Option<&str>) {
        let mut logged = lock(&self.0.logged_failure);
        match (logged.is_some(), failure) {
            (false, Some(reason)) => tracing::error!(reason, "not ready: the database cannot be written to"),
            (true, None) => tracing::info!("ready again"),
            _ => return,
        }
        *logged = failure.map(str::to_owned);
    }
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn checks_share_a_write_until_its_result_is_too_old() {
        let (folder, monotonic) = (tempfile::tempdir().expect("a folder"), MonotonicClock::default());
        let address = format!("sqlite:{}", folder.path().join("db").display());
        let db = Db::open(&address, &monotonic).await.expect("a database");
        let readiness = Readiness::new(db.clone(), Tasks::default(), monotonic.clone());
        let writes = async || crate::store::schema::readiness_checks(&db).await.expect("the database can be read");
        for answer in join_all((0..500).map(|_| readiness.check())).await {
            answer.expect("the database can be written to");
        }
        let before = writes().await;
        assert!((1..=20).contains(&before), "{before} writes for 500 checks");
        monotonic.advance(MAX_AGE);
        readiness.check().await.expect("the database can be written to");
        assert_eq!(writes().await, before + 1, "the result was too old");
    }
}
