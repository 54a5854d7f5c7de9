//! The tasks beside requests: each is stopped, or finished, before the server closes its database. Also the threads,
//! which end by themselves.

use std::{io, thread, time::Duration};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of a server. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    services: TaskTracker,
    services_stopping: CancellationToken,
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

    /// Starts a task that other work needs, such as the seat engine: it is stopped last.
    #[expect(clippy::disallowed_methods, reason = "tracked here")]
    pub fn spawn_service(&self, service: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let stopping = self.services_stopping.clone();
        tokio::spawn(self.services.track_future(async move {
            stopping.run_until_cancelled(service).await;
        }))
    }

    /// Starts work that is finished even if nobody waits for it any more, and that the server waits for when it stops.
    #[expect(clippy::disallowed_methods, reason = "tracked here")]
    pub fn spawn_to_end<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        tokio::spawn(self.tracker.track_future(work))
    }

    /// Stops the loops, waits until all other work is finished, and stops the services; all within this time.
    pub async fn stop(&self, limit: Duration) {
        self.stopping.cancel();
        self.tracker.close();
        self.services.close();
        let stopped = timeout(limit, async {
            self.tracker.wait().await;
            self.services_stopping.cancel();
            self.services.wait().await;
            // What the services have begun last.
            self.tracker.wait().await;
        });
        if stopped.await.is_err() {
            self.services_stopping.cancel();
            tracing::warn!(tasks = self.tracker.len(), "work beside requests was not finished in time");
        }
    }
}

/// Runs work that blocks its thread, such as a long computation, on a thread for such work. It is finished even if
/// nobody waits for it any more.
#[expect(clippy::disallowed_methods, reason = "the runtime waits for it")]
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    tokio::task::spawn_blocking(work)
}

/// Starts a thread that ends when what it serves is dropped, such as the sender of its requests.
///
/// # Errors
/// Returns an error if the system has no more threads.
#[expect(clippy::disallowed_methods, reason = "its owner ends it")]
pub fn spawn_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
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
    async fn work_can_use_a_service_until_it_is_finished() {
        let tasks = Tasks::default();
        let (question, mut questions) = tokio::sync::mpsc::channel::<tokio::sync::oneshot::Sender<()>>(1);
        let service = tasks.spawn_service(async move {
            while let Some(asked) = questions.recv().await {
                let _ = asked.send(());
            }
        });
        let stopping = tasks.stopping.clone();
        let work = tasks.spawn_to_end(async move {
            // Not before the server stops.
            stopping.cancelled().await;
            let (reply, answer) = tokio::sync::oneshot::channel();
            question.send(reply).await.is_ok() && answer.await.is_ok()
        });
        tasks.stop(Duration::from_secs(10)).await;
        assert!(work.await.expect("it ends") && service.is_finished());
    }

    #[tokio::test]
    async fn work_that_never_ends_delays_the_stop_only_for_a_while() {
        let tasks = Tasks::default();
        drop(tasks.spawn_to_end(std::future::pending::<()>()));
        tasks.stop(Duration::from_millis(10)).await;
    }
}
