//! The one way to a seat. Commands that arrive while a commit runs are committed together by the next one; each is
//! answered after its commit.

use super::{
    command::{Actor, Command, Outcome, Reach},
    load,
    pool::{Ask, Refusal},
};
use crate::{
    bell::Bell,
    clock::{Clock, Dice},
    db::{Db, DbError},
    store,
};
use futures_util::FutureExt as _;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    problem::Code,
    session::Platform,
    wire::{
        licenses::AssignmentResult,
        sessions::{EndResult, Renewed, SessionView},
    },
};
use std::panic::AssertUnwindSafe;
use tokio::sync::{mpsc, oneshot};

/// How many commands are committed together at most.
const BATCH: usize = 256;
/// How often a batch that was in the way of another is tried.
const TRIES: usize = 5;

/// Why the seats gave no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SeatsError {
    /// No seat: the rule that refused.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// Not possible.
    #[error("not possible: {0}")]
    Failed(Code),
    /// Not saved; nothing changed.
    #[error("not saved")]
    Unavailable,
}

struct Job {
    actor: Actor,
    command: Command,
    reply: oneshot::Sender<Option<Outcome>>,
}

/// The seats of all licenses. Clones share one queue.
#[derive(Clone)]
pub struct Seats {
    queue: mpsc::Sender<Job>,
}

/// A session that was asked for.
pub enum Taken {
    /// It is new.
    New(Box<SessionView>),
    /// The same request came before; this session is its own.
    Repeated(SessionId),
}

impl Seats {
    /// Starts the loop that owns all writes to seats. It stops when the last clone is gone. `bell` rings after
    /// each commit that wrote to the event log.
    pub fn start(db: Db, clock: Clock, dice: Dice, bell: Bell) -> Self {
        let (queue, jobs) = mpsc::channel(BATCH * 16);
        tokio::spawn(Engine { db, clock, dice, bell }.run(jobs));
        Self { queue }
    }

    /// Asks for a seat of any license of the product.
    ///
    /// # Errors
    /// The refusal; a repetition that asks for something else; not saved.
    pub async fn create(&self, actor: &Actor, user: UserId, product: ProductId, ask: Ask) -> Result<Taken, SeatsError> {
        match self.ask(actor, Command::Create { user, product, ask }).await? {
            Outcome::Session(session) => Ok(Taken::New(session)),
            Outcome::Repeated(id) => Ok(Taken::Repeated(id)),
            other => Err(unexpected(other)),
        }
    }

    /// A customer connected to a session of this user's.
    ///
    /// # Errors
    /// No such live session of his; not saved.
    pub async fn connect(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        platform: Platform,
    ) -> Result<SessionView, SeatsError> {
        match self.ask(actor, Command::Connect { session, user, platform }).await? {
            Outcome::Session(session) => Ok(*session),
            other => Err(unexpected(other)),
        }
    }

    /// A heartbeat of a session of this user's.
    ///
    /// # Errors
    /// No such live session of his; not saved.
    pub async fn renew(&self, actor: &Actor, user: UserId, session: SessionId) -> Result<Renewed, SeatsError> {
        match self.ask(actor, Command::Renew { session, user }).await? {
            Outcome::Renewed(renewed) => Ok(renewed),
            other => Err(unexpected(other)),
        }
    }

    /// Ends sessions; the results stand in the order of the request, `not_found` for those that do not live.
    ///
    /// # Errors
    /// Not saved.
    pub async fn end(
        &self,
        actor: &Actor,
        sessions: Vec<SessionId>,
        reach: Reach,
        message: Option<String>,
    ) -> Result<Vec<EndResult>, SeatsError> {
        match self.ask(actor, Command::End { sessions, reach, message }).await? {
            Outcome::Ended(results) => Ok(results),
            other => Err(unexpected(other)),
        }
    }

    /// Assigns a license.
    ///
    /// # Errors
    /// No such license; not saved.
    pub async fn grant(
        &self,
        actor: &Actor,
        license: LicenseId,
        users: Vec<UserId>,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignments(actor, Command::Grant { license, users }).await
    }

    /// Takes a license away.
    ///
    /// # Errors
    /// No such license; not saved.
    pub async fn revoke(
        &self,
        actor: &Actor,
        license: LicenseId,
        users: Vec<UserId>,
        end_now: bool,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignments(actor, Command::Revoke { license, users, end_now }).await
    }

    async fn assignments(&self, actor: &Actor, command: Command) -> Result<Vec<AssignmentResult>, SeatsError> {
        match self.ask(actor, command).await? {
            Outcome::Assignments(results) => Ok(results),
            other => Err(unexpected(other)),
        }
    }

    /// Changes the number of seats.
    ///
    /// # Errors
    /// No such license; not saved.
    pub async fn resize(&self, actor: &Actor, license: LicenseId, seats: i64) -> Result<(), SeatsError> {
        self.done(actor, Command::Resize { license, seats }).await
    }

    /// Suspends a user and ends his sessions.
    ///
    /// # Errors
    /// No such user; the last admin; not saved.
    pub async fn suspend(&self, actor: &Actor, user: UserId) -> Result<(), SeatsError> {
        self.done(actor, Command::Suspend { user }).await
    }

    /// Ends what is over.
    ///
    /// # Errors
    /// Not saved.
    pub async fn sweep(&self) -> Result<(), SeatsError> {
        self.done(&Actor::system(), Command::Sweep).await
    }

    async fn done(&self, actor: &Actor, command: Command) -> Result<(), SeatsError> {
        match self.ask(actor, command).await? {
            Outcome::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    async fn ask(&self, actor: &Actor, command: Command) -> Result<Outcome, SeatsError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { actor: actor.clone(), command, reply };
        self.queue.send(job).await.map_err(|_| SeatsError::Unavailable)?;
        answer.await.ok().flatten().ok_or(SeatsError::Unavailable)
    }
}

fn unexpected(outcome: Outcome) -> SeatsError {
    match outcome {
        Outcome::Refused(refusal) => SeatsError::Refused(refusal),
        Outcome::Failed(code) => SeatsError::Failed(code),
        other => {
            tracing::error!(?other, "the seats answered something else than was asked");
            SeatsError::Unavailable
        }
    }
}

struct Engine {
    db: Db,
    clock: Clock,
    dice: Dice,
    bell: Bell,
}

impl Engine {
    async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(BATCH);
        while jobs.recv_many(&mut batch, BATCH).await > 0 {
            // A fault in a decision must not stop all others: the transaction is undone, these commands get no answer.
            let outcomes = AssertUnwindSafe(self.commit(&mut batch)).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("a batch of commands has met a fault; nothing of it was saved");
                None
            });
            for (place, job) in batch.drain(..).enumerate() {
                // Nobody may be waiting any more; what was decided stays decided.
                let _ = job.reply.send(outcomes.as_ref().and_then(|all| all.get(place)).cloned());
            }
        }
    }

    /// Decides and commits; nothing if that cannot be done.
    async fn commit(&self, jobs: &mut [Job]) -> Option<Vec<Outcome>> {
        for _ in 0..TRIES {
            match self.try_commit(jobs).await {
                Ok(outcomes) => return Some(outcomes),
                Err(DbError::Retry) => {}
                Err(DbError::Taken(index)) if index == "sessions_support_key" => self.draw_new_keys(jobs),
                Err(DbError::Taken(index)) => tracing::debug!(index, "a batch is decided again"),
                Err(error) => {
                    tracing::error!(%error, "a batch of {} commands was not saved", jobs.len());
                    return None;
                }
            }
        }
        tracing::error!("a batch of {} commands was in the way of others too often", jobs.len());
        None
    }

    fn draw_new_keys(&self, jobs: &mut [Job]) {
        for job in jobs {
            if let Command::Create { ask, .. } = &mut job.command {
                ask.support_key = self.dice.support_key();
            }
        }
    }

    async fn try_commit(&self, jobs: &[Job]) -> Result<Vec<Outcome>, DbError> {
        let mut tx = self.db.begin().await?;
        let mut batch = load::batch(&mut tx, &self.clock, jobs.iter().map(|job| &job.command)).await?;
        batch.settle();
        let outcomes = jobs.iter().map(|job| batch.decide(&job.actor, &job.command)).collect();
        store::seats::write::decided(&mut tx, &batch).await?;
        store::events::append(&mut tx, batch.now, &batch.events).await?;
        let saved = tx.commit().await;
        self.bell.ring(&batch.events);
        saved.map(|()| outcomes)
    }
}
