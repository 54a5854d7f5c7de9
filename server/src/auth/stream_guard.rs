//! Streams and long polls end with the credential that they were opened with, within a second, whatever ended it and at whichever
//! server.
//!
//! A stream does not wait for certain events: it holds the credential itself. Once a second, and as soon as something is committed
//! that may concern one of them, one statement asks for all open streams of this process what their credentials are good for, by the
//! same rules by which requests are let in. Before a stream sends anything on, it looks whether what it knows still holds; if not,
//! it waits for the next answer. That takes no read of the database for each stream or message.

use super::{
    Caller,
    caller::Admission,
    callers::{Callers, Known, Ticket},
};
use crate::{
    app::App,
    clock::Clock,
    db::{Db, DbError},
    http::{client, problem::Fail},
    store,
};
use axum::{body::Body, extract::FromRequestParts, http::request::Parts};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use seatkeeper_shared::problem::Code;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// How often the database is asked for all open streams.
const EVERY: Duration = Duration::from_millis(750);
/// How soon it may be asked again.
const GAP: Duration = Duration::from_millis(50);
/// For how long an answer counts: while the database does not answer, nobody is told anything.
const MAX_AGE: Duration = Duration::from_secs(3);

/// The credentials of the open streams of this process. Clones share them.
#[derive(Clone)]
pub struct OpenStreams(Arc<Registry>);

struct Registry {
    callers: Callers,
    clock: Clock,
    open: Mutex<Open>,
    asked: AtomicU64,
}

#[derive(Default)]
struct Open {
    streams: HashMap<u64, Arc<OpenStream>>,
    opened: u64,
}

struct OpenStream {
    admission: Admission,
    verdict: watch::Sender<Verdict>,
}

/// What the database last said of a credential.
enum Verdict {
    /// It is good, for this caller.
    Good(Box<Known>, Ticket),
    /// It is not, and never will be again.
    Over,
}

impl OpenStreams {
    /// Starts to look after streams, of which there are none yet.
    pub fn start(db: Db, clock: Clock, callers: Callers) -> Self {
        let streams = Self(Arc::new(Registry { callers, clock, open: Mutex::default(), asked: AtomicU64::default() }));
        tokio::spawn(streams.clone().run(db));
        streams
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open().streams.len()
    }

    /// How often the database was asked for them.
    pub fn questions(&self) -> u64 {
        self.0.asked.load(Ordering::Relaxed)
    }

    async fn run(self, db: Db) {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let all = tokio::select! {
                _ = every.tick() => true,
                () = self.0.callers.forgot() => false,
            };
            if let Err(error) = self.ask(&db, all).await {
                tracing::warn!(%error, "credentials of open streams could not be read; the streams wait");
            }
            tokio::time::sleep(GAP).await;
        }
    }

    /// Asks for all streams, or for those of which it is in doubt.
    async fn ask(&self, db: &Db, all: bool) -> Result<(), DbError> {
        let asked: Vec<_> =
            self.open().streams.values().filter(|stream| all || self.is_in_doubt(stream)).cloned().collect();
        if asked.is_empty() {
            return Ok(());
        }
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        // Drawn first: what is committed while the database answers makes the answer void.
        let ticket = self.0.callers.ticket(Instant::now());
        let credentials: Vec<_> = asked.iter().map(|stream| stream.admission.credential).collect();
        let mut known = store::credentials::callers(db, &credentials, self.0.clock.now()).await?;
        for stream in asked {
            let verdict = match known.get_mut(&stream.admission.credential) {
                Some(known) => Verdict::Good(Box::new(known.clone()), ticket),
                None => Verdict::Over,
            };
            stream.verdict.send_if_modified(|last| {
                let news = !self.counts(last) || !says_the_same(last, &verdict);
                *last = verdict;
                news
            });
        }
        Ok(())
    }

    fn is_in_doubt(&self, stream: &OpenStream) -> bool {
        !self.counts(&stream.verdict.borrow())
    }

    /// Whether what the database said last still counts.
    fn counts(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Good(known, ticket) => {
                known.expires_at > self.0.clock.now()
                    && ticket.drawn().elapsed() < MAX_AGE
                    && self.0.callers.holds(*ticket, known.caller.id)
            }
            Verdict::Over => true,
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn says_the_same(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (Verdict::Good(one, _), Verdict::Good(other, _)) => are_alike(&one.caller, &other.caller),
        (Verdict::Over, Verdict::Over) => true,
        _ => false,
    }
}

/// Whether a caller may do what they could.
fn are_alike(one: &Caller, other: &Caller) -> bool {
    let rights = |caller: &Caller| (caller.id, caller.scope, caller.needs_second_factor);
    rights(one) == rights(other) && one.rights == other.rights
}

/// The credential that a stream or a long poll was opened with. Nobody hears of changes, and no body is streamed, without one.
pub struct StreamGuard {
    caller: Caller,
    admission: Admission,
    verdict: watch::Receiver<Verdict>,
    streams: OpenStreams,
    number: u64,
}

/// How a stream ends whose credential did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As any stream: the client comes again and is told why not.
    Quiet,
    /// It breaks off, so that nobody takes it for complete.
    Broken,
}

/// Why a body breaks off.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Whoever asked for it is not let in any more.
    #[error("the credential that this was asked for with is over")]
    CredentialOver,
}

impl FromRequestParts<App> for StreamGuard {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        let mut guard = Self::open(app, Admission::from_request_parts(parts, app).await?).await?;
        guard.caller.address = client::address(&app.trusted_proxies, parts);
        Ok(guard)
    }
}

impl StreamGuard {
    /// Lets a request in, for as long as it would be.
    ///
    /// # Errors
    /// As for any request: `not_signed_in`, `out_of_scope`, `second_factor_required`.
    pub async fn open(app: &App, admission: Admission) -> Result<Self, Fail> {
        let (ticket, now) = (app.bell.callers.ticket(Instant::now()), app.clock.now());
        let known = store::credentials::caller(&app.db, &admission.credential, now).await?;
        let known = known.ok_or_else(|| Fail::code(Code::NotSignedIn))?;
        app.uses.note(admission.credential, known.last_used_at, now);
        admission.admit(&known.caller)?;
        let caller = known.caller.clone();
        let (sender, verdict) = watch::channel(Verdict::Good(Box::new(known), ticket));
        let streams = app.streams.clone();
        let stream = Arc::new(OpenStream { admission: admission.clone(), verdict: sender });
        let mut open = streams.open();
        open.opened += 1;
        let number = open.opened;
        open.streams.insert(number, stream);
        drop(open);
        Ok(Self { caller, admission, verdict, streams, number })
    }

    /// Who opened it.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who has the credential now, with the rights that they have now.
    ///
    /// # Errors
    /// The request would not be let in any more.
    pub fn caller_now(&self) -> Result<Caller, Fail> {
        match &*self.verdict.borrow() {
            Verdict::Good(known, _) => {
                self.admission.admit(&known.caller)?;
                Ok(Caller { address: self.caller.address, ..known.caller.clone() })
            }
            Verdict::Over => Err(Fail::code(Code::NotSignedIn)),
        }
    }

    /// Does what takes long; nothing comes of it once the request would not be let in as it was.
    pub async fn run<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let done = tokio::select! {
            biased;
            () = self.is_over() => None,
            done = work => Some(done),
        }?;
        self.is_good().await.then_some(done)
    }

    /// A body that is sent for as long as the request would be let in as it was.
    #[expect(clippy::disallowed_methods, reason = "the only place where a body is streamed")]
    pub fn body<E>(self, parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static, ending: Ending) -> Body
    where
        BrokenOff: From<E>,
        E: Send + 'static,
    {
        Body::from_stream(self.around(parts, ending))
    }

    fn around<E>(
        self,
        parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
        ending: Ending,
    ) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send
    where
        BrokenOff: From<E>,
        E: Send + 'static,
    {
        stream::unfold(Some((Box::pin(parts), self)), move |state| async move {
            let (mut parts, mut guard) = state?;
            match guard.run(parts.next()).await {
                Some(part) => Some((part?.map_err(BrokenOff::from), Some((parts, guard)))),
                None if ending == Ending::Broken => Some((Err(BrokenOff::CredentialOver), None)),
                None => None,
            }
        })
    }

    /// Whether the request would be let in now as it was. Waits for the database only if that is in doubt.
    async fn is_good(&mut self) -> bool {
        loop {
            if let Some(is_good) = self.judge() {
                return is_good;
            }
            if self.verdict.changed().await.is_err() {
                return false;
            }
        }
    }

    /// Waits until it would not.
    async fn is_over(&mut self) {
        while self.judge() != Some(false) {
            if self.verdict.changed().await.is_err() {
                return;
            }
        }
    }

    /// What is known of that; nothing while it is in doubt.
    fn judge(&mut self) -> Option<bool> {
        let verdict = self.verdict.borrow_and_update();
        match &*verdict {
            Verdict::Good(known, _)
                if are_alike(&known.caller, &self.caller) && self.admission.admit(&known.caller).is_ok() =>
            {
                self.streams.counts(&verdict).then_some(true)
            }
            _ => Some(false),
        }
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.streams.open().streams.remove(&self.number);
    }
}
