//! Who may have a seat. [`pool`] decides, without SQL and without a clock; [`Seats`] is the only way in.

pub mod batch;
pub mod command;
mod engine;
mod error;
pub mod facts;
mod heartbeats;
mod inbox;
mod load;
pub mod memory;
pub mod paper;
pub mod pool;
pub mod prospects;
pub mod sweep;
pub mod trial;
pub mod user_changes;

pub use command::{Actor, Door, KeepIf, Whom};
pub use error::SeatsError;

use crate::{
    bell::Bell,
    clock::{Clock, Dice},
    db::{Ahead, Db},
};
use chrono::TimeDelta;
use command::{Command, HowToEnd, Outcome, Reach};
use engine::{Engine, Known};
use error::unexpected;
use heartbeats::Heartbeats;
use inbox::{BATCH, Job};
use paper::Bought;
use pool::Ask;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, RuleId, SessionId, TicketId, UserId},
    license::GroupLimit,
    session::Platform,
    wire::{
        licenses::{AssignmentResult, ChangeLicense},
        queue::TicketView,
        sessions::{EndResult, Renewed, SessionView},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{mpsc, oneshot};

/// The seats of all licenses. Clones share one queue.
#[derive(Clone)]
pub struct Seats {
    queue: mpsc::Sender<Job>,
    changes: Arc<AtomicU64>,
    /// Where other processes write too, signs of life are written together without locking licenses.
    heartbeats: Option<Heartbeats>,
}

/// A session that was asked for.
pub enum Taken {
    /// It is new.
    New(Box<SessionView>),
    /// The same request came before; this session is its own.
    Repeated(SessionId),
    /// There is none yet; this is the place in the line.
    Ticket(Box<TicketView>),
}

impl Seats {
    /// Starts the loop that owns all writes to seats. It stops when the last clone is gone. `bell` rings after each
    /// commit that wrote to the event log.
    pub fn start(db: Db, clock: Clock, dice: Dice, bell: Bell) -> Self {
        let (queue, jobs) = mpsc::channel(BATCH * 16);
        let changes = Arc::new(AtomicU64::new(0));
        let heartbeats = db.is_shared().then(|| Heartbeats::start(db.clone(), clock.clone()));
        let known = Known::new(db.is_shared());
        let ahead = Ahead::new(&db);
        let engine = Engine { db, ahead, clock, dice, bell, changes: changes.clone(), known };
        tokio::spawn(engine.run(jobs));
        Self { queue, changes, heartbeats }
    }

    /// Something else than the seats' own commands has changed licenses, users or groups. Call it after the commit.
    pub fn forget(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Asks for a seat of any license of the product; with a ticket's id, for a place in the line if there is none now.
    ///
    /// # Errors
    /// The refusal; a repetition that asks for something else; not saved.
    pub async fn create(&self, actor: &Actor, user: UserId, product: ProductId, ask: Ask) -> Result<Taken, SeatsError> {
        match self.ask(actor, Command::Create { user, product, ask }).await? {
            Outcome::Session(session) => Ok(Taken::New(session)),
            Outcome::Repeated(id) => Ok(Taken::Repeated(id)),
            Outcome::Ticket(ticket) => Ok(Taken::Ticket(ticket)),
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
        self.session(actor, Command::Connect { session, user, platform }).await
    }

    /// A heartbeat of a session of this user's.
    ///
    /// # Errors
    /// No such live session of his; not saved.
    pub async fn renew(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        active: bool,
    ) -> Result<Renewed, SeatsError> {
        if let Some(heartbeats) = &self.heartbeats
            && let Some(renewed) = heartbeats.renew(user, session, active).await?
        {
            return Ok(renewed);
        }
        // Here what is over is ended first, so that the agent is told.
        match self.ask(actor, Command::Renew { session, user, active }).await? {
            Outcome::Renewed(renewed) => Ok(renewed),
            other => Err(unexpected(other)),
        }
    }

    /// Borrows the seat of a session of this user's for work offline, for so long from now.
    ///
    /// # Errors
    /// The refusal; no such live session of his, or one that cannot go offline; not saved.
    pub async fn borrow(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        length: TimeDelta,
    ) -> Result<SessionView, SeatsError> {
        self.session(actor, Command::Borrow { session, user, length }).await
    }

    /// Ends sessions, or announces it; the results stand in the order of the request, `not_found` for those that do not
    /// live.
    ///
    /// # Errors
    /// Not saved.
    pub async fn end(
        &self,
        actor: &Actor,
        sessions: Vec<SessionId>,
        reach: Reach,
        how: HowToEnd,
    ) -> Result<Vec<EndResult>, SeatsError> {
        match self.ask(actor, Command::End { sessions, reach, how }).await? {
            Outcome::Ended(results) => Ok(results),
            other => Err(unexpected(other)),
        }
    }

    /// Calls off an end that is announced.
    ///
    /// # Errors
    /// No such live session; not saved.
    pub async fn call_off(&self, actor: &Actor, session: SessionId) -> Result<SessionView, SeatsError> {
        self.session(actor, Command::CallOff { session }).await
    }

    /// Marks a session as protected, or no longer.
    ///
    /// # Errors
    /// No such live session; not saved.
    pub async fn protect(&self, actor: &Actor, session: SessionId, protected: bool) -> Result<SessionView, SeatsError> {
        self.session(actor, Command::Protect { session, protected }).await
    }

    /// The agent goes on at another device with this session, and with his others at the same license and device.
    ///
    /// # Errors
    /// No such live session of his; a program works there; not saved.
    pub async fn go_on(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        device: String,
    ) -> Result<SessionView, SeatsError> {
        self.session(actor, Command::Continue { session, user, device }).await
    }

    async fn session(&self, actor: &Actor, command: Command) -> Result<SessionView, SeatsError> {
        match self.ask(actor, command).await? {
            Outcome::Session(session) => Ok(*session),
            other => Err(unexpected(other)),
        }
    }

    /// A sign of life of a client in the line.
    ///
    /// # Errors
    /// No such ticket of his in the line; not saved.
    pub async fn keep(&self, actor: &Actor, user: UserId, ticket: TicketId) -> Result<(), SeatsError> {
        if let Some(heartbeats) = &self.heartbeats
            && heartbeats.keep(user, ticket).await?
        {
            return Ok(());
        }
        self.ticket(actor, Command::Keep { ticket, user }).await.map(drop)
    }

    /// Takes the seat that is offered to a ticket of this user's.
    ///
    /// # Errors
    /// No such ticket of his in the line, no offer, the refusal; not saved.
    pub async fn accept(
        &self,
        actor: &Actor,
        user: UserId,
        ticket: TicketId,
        ask: Ask,
    ) -> Result<SessionView, SeatsError> {
        self.session(actor, Command::Accept { ticket, user, ask }).await
    }

    /// Lets the next one in the line go first.
    ///
    /// # Errors
    /// No such ticket of his in the line, no offer; not saved.
    pub async fn pass(&self, actor: &Actor, user: UserId, ticket: TicketId) -> Result<TicketView, SeatsError> {
        self.ticket(actor, Command::Pass { ticket, user }).await
    }

    /// Takes a ticket out of the line.
    ///
    /// # Errors
    /// No such ticket within reach; not saved.
    pub async fn leave(&self, actor: &Actor, ticket: TicketId, reach: Reach) -> Result<(), SeatsError> {
        self.done(actor, Command::Leave { ticket, reach }).await
    }

    /// Gives a ticket another place in the line; 1 is the head.
    ///
    /// # Errors
    /// No such ticket in the line; not saved.
    pub async fn place(&self, actor: &Actor, ticket: TicketId, position: i64) -> Result<TicketView, SeatsError> {
        self.ticket(actor, Command::Move { ticket, position }).await
    }

    async fn ticket(&self, actor: &Actor, command: Command) -> Result<TicketView, SeatsError> {
        match self.ask(actor, command).await? {
            Outcome::Ticket(ticket) => Ok(*ticket),
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
        self.assignments(actor, Command::Grant { license, users, rule: None }).await
    }

    /// Assigns a license because a rule says so.
    ///
    /// # Errors
    /// No such license; not saved.
    pub async fn grant_by(
        &self,
        actor: &Actor,
        rule: RuleId,
        license: LicenseId,
        users: Vec<UserId>,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignments(actor, Command::Grant { license, users, rule: Some(rule) }).await
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

    /// Changes a license: all that is asked for or nothing; if it is said how it must still be, only then. Texts are in the form
    /// in which they are kept.
    ///
    /// # Errors
    /// No such license; fewer seats than are kept for groups; somebody else has changed it; not saved.
    pub async fn change(
        &self,
        actor: &Actor,
        license: LicenseId,
        change: ChangeLicense,
        expected: Option<Bought>,
    ) -> Result<(), SeatsError> {
        let (change, expected) = (Box::new(change), expected.map(Box::new));
        self.done(actor, Command::Change { license, change, expected }).await
    }

    /// Deletes a group, and what licenses keep for it; who was in it.
    ///
    /// # Errors
    /// No such group; something goes with it that must not; not saved.
    pub async fn delete_group(
        &self,
        actor: &Actor,
        group: GroupId,
        keep_if: KeepIf,
    ) -> Result<Vec<UserId>, SeatsError> {
        match self.ask(actor, Command::DeleteGroup { group, keep_if }).await? {
            Outcome::Deleted(members) => Ok(members),
            other => Err(unexpected(other)),
        }
    }

    /// Changes what a license keeps for groups; if it is said what that must still be, only then.
    ///
    /// # Errors
    /// No such license; more than it has; somebody else has changed it; not saved.
    pub async fn limit_groups(
        &self,
        actor: &Actor,
        license: LicenseId,
        limits: Vec<GroupLimit>,
        expected: Option<Vec<GroupLimit>>,
    ) -> Result<(), SeatsError> {
        self.done(actor, Command::LimitGroups { license, limits, expected }).await
    }

    /// Suspends a user and ends his sessions.
    ///
    /// # Errors
    /// No such user, or not one of these; the last admin; not saved.
    pub async fn suspend(&self, actor: &Actor, user: UserId, whom: Whom) -> Result<(), SeatsError> {
        self.done(actor, Command::Suspend { user, whom, change: None }).await
    }

    /// Deletes a user: his sessions end, he leaves the line, all that is assigned to him is free, he cannot sign in any more.
    ///
    /// # Errors
    /// No such user, or not one of these; the last admin; not saved.
    pub async fn delete(&self, actor: &Actor, user: UserId, whom: Whom) -> Result<(), SeatsError> {
        self.done(actor, Command::Delete { user, whom }).await
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
