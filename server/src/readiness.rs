//! Whether this server can do its work: whether something can be written. Asking often costs no more than asking a few times a
//! second, and says nothing in any log as long as the answer stays the same.

use crate::db::{Db, WriteProbe};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// An answer that is no older is given again.
const MAX_AGE: Duration = Duration::from_millis(250);
/// Who asks is answered after this time at the latest: with the age of the last answer, within a second.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(600);
/// A write that takes longer is given up, with its connection. Until then no other is begun, so that a database that hangs is not
/// asked by more and more connections.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Finds out whether something can be written, once for all who ask at the same time.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<State>);

#[derive(Debug)]
struct State {
    db: Db,
    /// Nobody has it while a write is under way.
    probe: Mutex<Option<WriteProbe>>,
    last: watch::Sender<Option<Answer>>,
    /// What was written to the operator's log last: why it is not ready.
    said: Mutex<Option<String>>,
}

#[derive(Clone, Debug)]
struct Answer {
    at: Instant,
    /// Why not.
    failure: Option<String>,
}

impl Readiness {
    /// Of this database.
    pub fn new(db: Db) -> Self {
        let (probe, last, said) =
            (Mutex::new(Some(WriteProbe::new(db.clone()))), watch::Sender::new(None), Mutex::default());
        Self(Arc::new(State { db, probe, last, said }))
    }

    /// Whether something can be written; if not, why.
    pub async fn check(&self) -> Result<(), String> {
        let mut answers = self.0.last.subscribe();
        let last = answers.borrow_and_update().clone();
        let failure = match last.filter(|last| last.at.elapsed() < MAX_AGE) {
            Some(last) => last.failure,
            None => {
                self.begin();
                match timeout(ANSWER_TIMEOUT, answers.changed()).await {
                    Ok(Ok(())) => answers.borrow().as_ref().and_then(|answer| answer.failure.clone()),
                    _ => Some(format!("{} does not answer in time", self.0.db.endpoint().name())),
                }
            }
        };
        self.say(failure.as_deref());
        failure.map_or(Ok(()), Err)
    }

    /// Begins a write, if none is under way.
    fn begin(&self) {
        let Some(mut probe) = lock(&self.0.probe).take() else { return };
        let state = self.0.clone();
        // Beside whoever asks: who gives up waiting leaves it to the next one.
        tokio::spawn(async move {
            let failure = match timeout(WRITE_TIMEOUT, probe.write()).await {
                Ok(written) => written.err().map(|error| error.to_string()),
                Err(_) => Some(format!("{} does not answer", state.db.endpoint().name())),
            };
            *lock(&state.probe) = Some(probe);
            state.last.send_replace(Some(Answer { at: Instant::now(), failure }));
        });
    }

    fn say(&self, failure: Option<&str>) {
        let mut said = lock(&self.0.said);
        match (said.is_some(), failure) {
            (false, Some(reason)) => tracing::error!(reason, "not ready: nothing can be written"),
            (true, None) => tracing::info!("ready again"),
            _ => return,
        }
        *said = failure.map(str::to_owned);
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
    async fn many_who_ask_at_once_cause_one_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("sqlite:{}", folder.path().join("db").display());
        let db = Db::open(&address).await.expect("a database");
        let readiness = Readiness::new(db.clone());
        for answer in join_all((0..500).map(|_| readiness.check())).await {
            answer.expect("it can be written to");
        }
        let checks = crate::store::schema::checks(&db).await.expect("it can be read");
        assert!((1..=20).contains(&checks), "{checks} writes for 500 who asked");
    }
}
