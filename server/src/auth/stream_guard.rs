//! Ends streams and long polls within a second after their credential was revoked, for whatever reason and at whichever
//! server.
//!
//! A stream does not depend on particular events: it holds the credential itself. About once a second, and after each
//! commit that may affect one of the credentials, a single statement rechecks the credentials of all open streams of
//! this process, by the same rules by which requests are authorized. Before a stream sends anything, it checks that its
//! last result is still current; if not, it waits for the next one. No stream and no message needs a database read of
//! its own.

use super::{
    Caller,
    admission::{Admission, AdmissionError},
    caller_cache::{CallerCache, Generation},
    last_used::LastUsedBuffer,
};
use crate::{
    caller::CachedCaller,
    clock::Clock,
    db::{Db, DbError},
    store,
    tasks::Tasks,
};
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// How often the credentials of all open streams are rechecked.
const RECHECK_INTERVAL: Duration = Duration::from_millis(750);
/// The minimum time between two rechecks.
const MIN_RECHECK_GAP: Duration = Duration::from_millis(50);
/// How long a result is valid: while the database does not answer, streams send nothing.
const MAX_VERDICT_AGE: Duration = Duration::from_secs(3);

/// The credentials of the open streams of this process. Clones share them.
#[derive(Clone)]
pub struct OpenStreams(Arc<StreamRegistry>);

struct StreamRegistry {
    callers: CallerCache,
    clock: Clock,
    open: Mutex<StreamTable>,
    rechecks: AtomicU64,
}

#[derive(Default)]
struct StreamTable {
    streams: HashMap<u64, Arc<OpenStream>>,
    last_id: u64,
}

struct OpenStream {
    admission: Admission,
    verdict: watch::Sender<Verdict>,
}

/// The last result for a credential.
enum Verdict {
    /// It identifies this caller.
    Valid(Box<CachedCaller>, Generation),
    /// It is revoked or expired, permanently.
    Revoked,
}

impl OpenStreams {
    /// Starts the task that rechecks credentials.
    pub fn start(db: Db, clock: Clock, callers: CallerCache, tasks: &Tasks) -> Self {
        let streams =
            Self(Arc::new(StreamRegistry { callers, clock, open: Mutex::default(), rechecks: AtomicU64::default() }));
        tasks.spawn_until_stop(streams.clone().run(db));
        streams
    }

    /// The number of open streams.
    pub fn count(&self) -> usize {
        self.open().streams.len()
    }

    /// The number of database reads for rechecks.
    pub fn recheck_count(&self) -> u64 {
        self.0.rechecks.load(Ordering::Relaxed)
    }

    async fn run(self, db: Db) {
        let mut every = interval(RECHECK_INTERVAL);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let all = tokio::select! {
                _ = every.tick() => true,
                () = self.0.callers.invalidated() => false,
            };
            if let Err(error) = self.recheck(&db, all).await {
                tracing::warn!(%error, "stream credentials could not be rechecked; streams are paused");
            }
            tokio::time::sleep(MIN_RECHECK_GAP).await;
        }
    }

    /// Rechecks all streams, or those whose last result is not current.
    async fn recheck(&self, db: &Db, all: bool) -> Result<(), DbError> {
        let streams: Vec<_> =
            self.open().streams.values().filter(|stream| all || self.needs_recheck(stream)).cloned().collect();
        if streams.is_empty() {
            return Ok(());
        }
        self.0.rechecks.fetch_add(1, Ordering::Relaxed);
        // Taken before the read: a commit during the read makes the result outdated.
        let generation = self.0.callers.generation(self.0.clock.instant());
        let credentials: Vec<_> = streams.iter().map(|stream| stream.admission.credential).collect();
        let mut callers = store::credentials::callers(db, &credentials, self.0.clock.now()).await?;
        for stream in streams {
            let verdict = match callers.get_mut(&stream.admission.credential) {
                Some(entry) => Verdict::Valid(Box::new(entry.clone()), generation),
                None => Verdict::Revoked,
            };
            stream.verdict.send_if_modified(|last| {
                let is_changed = !self.is_current(last) || !is_same_verdict(last, &verdict);
                *last = verdict;
                is_changed
            });
        }
        Ok(())
    }

    fn needs_recheck(&self, stream: &OpenStream) -> bool {
        !self.is_current(&stream.verdict.borrow())
    }

    /// Whether the last result is still valid.
    fn is_current(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Valid(entry, generation) => {
                entry.expires_at > self.0.clock.now()
                    && self.0.clock.monotonic().since(generation.read_at()) < MAX_VERDICT_AGE
                    && self.0.callers.is_current(*generation, entry.caller.id)
            }
            Verdict::Revoked => true,
        }
    }

    fn open(&self) -> MutexGuard<'_, StreamTable> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same_verdict(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (Verdict::Valid(one, _), Verdict::Valid(other, _)) => have_same_access(&one.caller, &other.caller),
        (Verdict::Revoked, Verdict::Revoked) => true,
        _ => false,
    }
}

/// Whether a caller's access is unchanged.
fn have_same_access(one: &Caller, other: &Caller) -> bool {
    let rights = |caller: &Caller| (caller.id, caller.scope, caller.needs_second_factor);
    rights(one) == rights(other) && one.rights == other.rights
}

/// The credential of a stream or a long poll. Subscribing to changes and streaming a body require one.
pub struct StreamGuard {
    caller: Caller,
    admission: Admission,
    verdict: watch::Receiver<Verdict>,
    streams: OpenStreams,
    id: u64,
}

/// How a stream ends when its credential is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRevocation {
    /// It is closed normally: the client reconnects and then gets the reason.
    Close,
    /// It is aborted, so that the client does not take the content for complete.
    Abort,
}

/// Why a streamed body is aborted.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The database cannot be read.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The request is no longer authorized.
    #[error("the credential of this request was revoked")]
    CredentialRevoked,
}

/// What is known of an open request's authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Authorized,
    /// Something changed since the last recheck; the next one will tell.
    Unknown,
    Revoked,
}

/// Why a request gets no stream, or no more of it.
#[derive(Debug, thiserror::Error)]
pub enum StreamRefusal {
    /// There is no such credential, or it was revoked.
    #[error("the request is not signed in")]
    NotSignedIn,
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl StreamGuard {
    /// Authorizes a request and registers it for rechecks until the guard is dropped.
    ///
    /// # Errors
    /// Returns an error if the request is not authorized, as for any request.
    pub async fn open(
        (streams, db): (&OpenStreams, &Db),
        last_used: &LastUsedBuffer,
        admission: Admission,
        address: Option<IpAddr>,
    ) -> Result<Self, StreamRefusal> {
        let (generation, now) = (streams.0.callers.generation(streams.0.clock.instant()), streams.0.clock.now());
        let entry = store::credentials::caller(db, &admission.credential, now).await?;
        let entry = entry.ok_or(StreamRefusal::NotSignedIn)?;
        last_used.record(admission.credential, entry.last_used_at, now);
        admission.authorize(&entry.caller)?;
        let caller = Caller { address, ..entry.caller.clone() };
        let (sender, verdict) = watch::channel(Verdict::Valid(Box::new(entry), generation));
        let streams = streams.clone();
        let stream = Arc::new(OpenStream { admission: admission.clone(), verdict: sender });
        let mut open = streams.open();
        open.last_id += 1;
        let id = open.last_id;
        open.streams.insert(id, stream);
        drop(open);
        Ok(Self { caller, admission, verdict, streams, id })
    }

    /// The caller as of the opening.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller with their current rights.
    ///
    /// # Errors
    /// Returns an error if the request would no longer be authorized.
    pub fn current_caller(&self) -> Result<Caller, StreamRefusal> {
        match &*self.verdict.borrow() {
            Verdict::Valid(entry, _) => {
                self.admission.authorize(&entry.caller)?;
                Ok(Caller { address: self.caller.address, ..entry.caller.clone() })
            }
            Verdict::Revoked => Err(StreamRefusal::NotSignedIn),
        }
    }

    /// Runs a long operation. Returns `None` if the request is no longer authorized, or only with other rights.
    pub async fn run<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let done = tokio::select! {
            biased;
            () = self.revoked() => None,
            done = work => Some(done),
        }?;
        self.is_authorized().await.then_some(done)
    }

    /// A streamed body that ends when the request is no longer authorized, or only with other rights.
    #[expect(clippy::disallowed_methods, reason = "the only place where a body is streamed")]
    pub fn body<E>(
        self,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
        on_revocation: OnRevocation,
    ) -> Body
    where
        StreamError: From<E>,
        E: Send + 'static,
    {
        Body::from_stream(self.guarded(chunks, on_revocation))
    }

    fn guarded<E>(
        self,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
        on_revocation: OnRevocation,
    ) -> impl Stream<Item = Result<Bytes, StreamError>> + Send
    where
        StreamError: From<E>,
        E: Send + 'static,
    {
        stream::unfold(Some((Box::pin(chunks), self)), move |state| async move {
            let (mut chunks, mut guard) = state?;
            match guard.run(chunks.next()).await {
                Some(chunk) => Some((chunk?.map_err(StreamError::from), Some((chunks, guard)))),
                None if on_revocation == OnRevocation::Abort => Some((Err(StreamError::CredentialRevoked), None)),
                None => None,
            }
        })
    }

    /// Whether the request is still authorized with the same rights. Waits for the next recheck only if the last result
    /// is not current.
    async fn is_authorized(&mut self) -> bool {
        loop {
            match self.standing() {
                Standing::Authorized => return true,
                Standing::Revoked => return false,
                Standing::Unknown => {}
            }
            if self.verdict.changed().await.is_err() {
                return false;
            }
        }
    }

    /// Waits until the request is no longer authorized with the same rights.
    async fn revoked(&mut self) {
        while self.standing() != Standing::Revoked {
            if self.verdict.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether the request is still authorized with the same rights, as far as the last recheck tells.
    fn standing(&mut self) -> Standing {
        let verdict = self.verdict.borrow_and_update();
        match &*verdict {
            Verdict::Valid(entry, _)
                if have_same_access(&entry.caller, &self.caller) && self.admission.authorize(&entry.caller).is_ok() =>
            {
                if self.streams.is_current(&verdict) {
                    Standing::Authorized
                } else {
                    Standing::Unknown
                }
            }
            _ => Standing::Revoked,
        }
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.streams.open().streams.remove(&self.id);
    }
}
