//! The tasks beside requests: each is stopped, or finished, before the server closes its database.

use std::time::Duration;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of a server. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// Starts a task that may be dropped at any await once the server stops, such as a loop.
    #[expect(clippy::disallowed_methods, reason = "tracked here")]
    pub fn spawn_until_stop(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let stopping = self.stopping.clone();
        tokio::spawn(self.tracker.track_future(async move {
            stopping.run_until_cancelled(work).await;
        }))
    }

    /// Starts work that is finished even if nobody waits for it any more, and that the server waits for when it stops.
    #[expect(clippy::disallowed_methods, reason = "tracked here")]
    pub fn spawn_to_end<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        tokio::spawn(self.tracker.track_future(work))
    }

    /// Stops the loops, and waits until all other work is finished, but not longer than this.
    pub async fn stop(&self, limit: Duration) {
        self.stopping.cancel();
        self.tracker.close();
        if timeout(limit, self.tracker.wait()).await.is_err() {
            tracing::warn!(tasks = self.tracker.len(), "work beside requests was not finished in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    #[tokio::test]
    async fn stopping_drops_loops_and_waits_for_work() {
        let (tasks, finished) = (Tasks::default(), Arc::new(AtomicBool::new(false)));
        let endless = tasks.spawn_until_stop(std::future::pending());
        let flag = finished.clone();
        drop(tasks.spawn_to_end(async move {
            tokio::task::yield_now().await;
            flag.store(true, Ordering::SeqCst);
        }));
        tasks.stop(Duration::from_secs(10)).await;
        assert!(endless.is_finished() && finished.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn work_that_never_ends_delays_the_stop_only_for_a_while() {
        let tasks = Tasks::default();
        drop(tasks.spawn_to_end(std::future::pending::<()>()));
        tasks.stop(Duration::from_millis(10)).await;
    }
}
