//! Parses uploaded files on a background thread, one at a time: a file of 64 MB can occupy a core for seconds, and
//! several hundred megabytes.

use crate::tasks::spawn_blocking;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The parser panicked, or the server stops.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the file could not be parsed")]
pub struct ParserFailed;

/// Lets the requests of this server parse their files one after another, in the order of their arrival.
#[derive(Clone, Debug)]
pub struct FileReader(Arc<Semaphore>);

impl Default for FileReader {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl FileReader {
    /// Waits for the files before this one, and then runs `parse`. If the future is dropped while it waits, because the
    /// client is gone, `parse` does not run. Once it runs, it finishes, and the next file waits for it.
    ///
    /// # Errors
    /// Returns an error if `parse` panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        parse: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ParserFailed> {
        let turn = self.0.clone().acquire_owned().await.map_err(|_| ParserFailed)?;
        let parsing = spawn_blocking(move || {
            // Not dropped with the request, since the thread continues without it.
            let _turn = turn;
            parse()
        });
        parsing.await.map_err(|_| ParserFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Duration,
    };

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn files_are_parsed_one_at_a_time() {
        let (reader, running) = (FileReader::default(), Arc::new(AtomicUsize::new(0)));
        let parse = || {
            let running = running.clone();
            move || {
                let others = running.fetch_add(1, Ordering::SeqCst);
                // Another file would run meanwhile, if it could.
                (0..1_000).for_each(|_| std::thread::yield_now());
                running.fetch_sub(1, Ordering::SeqCst);
                others
            }
        };
        let parsed = futures_util::future::join_all((0..8).map(|_| reader.run(parse()))).await;
        assert!(parsed.into_iter().all(|others| matches!(others, Ok(0))));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[expect(clippy::disallowed_methods, reason = "aborted below")]
    async fn a_request_that_is_dropped_while_it_waits_parses_nothing() {
        let (reader, parsed) = (FileReader::default(), Arc::new(AtomicUsize::new(0)));
        let (finish, until_finished) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let reader = reader.clone();
            async move { reader.run(move || until_finished.recv().is_ok()).await }
        });
        while reader.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // The thread keeps its turn although its request is dropped.
        first.abort();
        assert!(first.await.is_err());
        let count = || {
            let parsed = parsed.clone();
            move || parsed.fetch_add(1, Ordering::SeqCst)
        };
        let waiting = tokio::time::timeout(Duration::from_millis(20), reader.run(count())).await;
        assert!(waiting.is_err(), "it waits for the file before it");
        finish.send(()).expect("a thread that waits");
        assert!(matches!(reader.run(count()).await, Ok(0)), "the dropped request has parsed nothing");
    }

    #[tokio::test]
    async fn a_panic_ends_the_turn() {
        let reader = FileReader::default();
        let panicked: Result<(), _> = reader.run(|| panic!("a damaged file")).await;
        assert!(panicked.is_err());
        assert!(matches!(reader.run(|| 7).await, Ok(7)));
    }
}
