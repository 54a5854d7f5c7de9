//! Seats: who may occupy one. [`pool`] makes the decisions without I/O; [`Seats`] is the only entry point.

pub mod batch;
pub mod command;
mod command_queue;
pub mod dry_run;
mod engine;
mod error;
mod events;
mod heartbeats;
mod load;
mod operation_outcome;
pub mod pool_cache;
pub mod seat_check;
mod stale;
pub mod sweep;
pub mod user_changes;
pub mod wait_estimate;

pub use command::{Actor, DeletionBlockers, Origin, RemovableUsers};
pub use error::SeatsError;
pub use operation_outcome::{CreateOutcome, OperationOutcome};
pub use stale::StaleSeats;

use crate::{
    clock::{Clock, Random},
    commit_hooks::CommitHooks,
    db::{Db, PreparedTx},
    pool::{NewSession, license_terms::LicenseTerms},
    tasks::Tasks,
};
use chrono::{DateTime, TimeDelta, Utc};
use command::{EndOptions, Outcome, OwnerFilter, SeatCommand, SeatOperation, WantedSeat};
use command_queue::{MAX_BATCH_COMMANDS, PendingCommand};
use engine::{Engine, EngineState};
use error::unexpected;
use heartbeats::Heartbeats;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, LicenseRequestId, RuleId, SessionId, TicketId, UserId},
    license::GroupLimit,
    session::Platform,
    wire::{
        licenses::{AssignmentResult, ChangeLicense},
        queue::TicketView,
        sessions::{EndResult, HeartbeatReply, SessionView},
    },
};
use tokio::sync::{mpsc, oneshot};

/// The seats of all licenses. Clones share one command queue.
#[derive(Clone)]
pub struct Seats {
    queue: mpsc::Sender<PendingCommand>,
    stale: StaleSeats,
    /// Writes heartbeats in bulk without locking licenses. Only on a shared database.
    heartbeats: Option<Heartbeats>,
}

impl Seats {
    /// Starts the task that makes all changes to seats. It ends when the last clone is dropped. It calls `commit_hooks`
    /// after each commit that wrote to the event log.
    /// `stale` is one of its subscribers.
    pub fn start(
        db: Db,
        clock: Clock,
        random: Random,
        commit_hooks: CommitHooks,
        stale: StaleSeats,
        tasks: Tasks,
    ) -> Self {
        let (queue, commands) = mpsc::channel(MAX_BATCH_COMMANDS * 16);
        let heartbeats = db.has_other_writers().then(|| Heartbeats::start(db.clone(), clock.clone(), &tasks));
        let state = EngineState::new(db.has_other_writers());
        let prepared_tx = PreparedTx::new(&db, clock.monotonic().clone());
        let engine =
            Engine { db, prepared_tx, clock, random, commit_hooks, stale: stale.clone(), state, tasks: tasks.clone() };
        tasks.spawn_service(engine.run(commands));
        Self { queue, stale, heartbeats }
    }

    /// How many commands wait for the current batch.
    pub fn waiting_commands(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Discards cached licenses. For what is written outside of this module without an event.
    pub fn invalidate_cache(&self) {
        self.stale.mark();
    }

    /// Requests a seat of any license of the product. If none is free and the request has a ticket id, the user joins
    /// the queue.
    ///
    /// # Errors
    /// Returns the refusal, or an error if the idempotency key was used for another request or the commit failed.
    pub async fn create(&self, actor: &Actor, wanted: WantedSeat) -> Result<CreateOutcome, SeatsError> {
        self.send(actor, SeatCommand::Create(wanted)).await?.try_into()
    }

    /// Creates all sessions or none; the results are in the order of the requests. If one is refused, it has the
    /// reason, and all others have `not_attempted`.
    ///
    /// # Errors
    /// Returns an error if the commit failed.
    pub async fn create_all(
        &self,
        actor: &Actor,
        wanted: Vec<WantedSeat>,
    ) -> Result<Vec<OperationOutcome>, SeatsError> {
        self.operations_command(actor, SeatCommand::CreateAll(wanted)).await
    }

    /// Carries out operations one after another, which are saved together; the results are in their order.
    ///
    /// # Errors
    /// Returns an error if the commit failed.
    pub async fn operate(
        &self,
        actor: &Actor,
        operations: Vec<SeatOperation>,
    ) -> Result<Vec<OperationOutcome>, SeatsError> {
        self.operations_command(actor, SeatCommand::Operate(operations)).await
    }

    async fn operations_command(
        &self,
        actor: &Actor,
        command: SeatCommand,
    ) -> Result<Vec<OperationOutcome>, SeatsError> {
        match self.send(actor, command).await? {
            Outcome::Operations(outcomes) => Ok(outcomes.into_iter().map(OperationOutcome::from).collect()),
            other => Err(unexpected(other)),
        }
    }

    /// Records that a customer connected to a session of this user.
    ///
    /// # Errors
    /// Returns an error if the user has no such live session or the commit failed.
    pub async fn connect(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        platform: Platform,
    ) -> Result<SessionView, SeatsError> {
        self.session_command(actor, SeatCommand::Connect { session, user, platform }).await
    }

    /// Renews the lease of a session of this user. `active` says whether the agent did something since the last
    /// heartbeat.
    ///
    /// # Errors
    /// Returns an error if the user has no such live session or the commit failed.
    pub async fn renew(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        active: bool,
    ) -> Result<HeartbeatReply, SeatsError> {
        if let Some(heartbeats) = &self.heartbeats
            && let Some(renewed) = heartbeats.renew(user, session, active).await?
        {
            return Ok(renewed);
        }
        // Expired sessions are ended first here, so that the client learns why the session ended.
        match self.send(actor, SeatCommand::Renew { session, user, active }).await? {
            Outcome::Renewed(renewed) => Ok(renewed),
            other => Err(unexpected(other)),
        }
    }

    /// Borrows the seat of a session of this user for offline work, for `length` from now.
    ///
    /// # Errors
    /// Returns the refusal, or an error if the user has no such live session, it cannot be used offline, or the commit
    /// failed.
    pub async fn borrow(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        length: TimeDelta,
    ) -> Result<SessionView, SeatsError> {
        self.session_command(actor, SeatCommand::Borrow { session, user, length }).await
    }

    /// Ends sessions, now or at a scheduled time. The results are in the order of the request, with `not_found` for
    /// sessions that are not live.
    ///
    /// # Errors
    /// Returns an error if the commit failed.
    pub async fn end(
        &self,
        actor: &Actor,
        sessions: Vec<SessionId>,
        owner: OwnerFilter,
        options: EndOptions,
    ) -> Result<Vec<EndResult>, SeatsError> {
        match self.send(actor, SeatCommand::End { sessions, owner, options }).await? {
            Outcome::Ended(results) => Ok(results),
            other => Err(unexpected(other)),
        }
    }

    /// Cancels the scheduled end of a session.
    ///
    /// # Errors
    /// Returns an error if there is no such live session or the commit failed.
    pub async fn cancel_scheduled_end(&self, actor: &Actor, session: SessionId) -> Result<SessionView, SeatsError> {
        self.session_command(actor, SeatCommand::CancelEnd { session }).await
    }

    /// Sets whether a session is protected.
    ///
    /// # Errors
    /// Returns an error if there is no such live session or the commit failed.
    pub async fn protect(&self, actor: &Actor, session: SessionId, protected: bool) -> Result<SessionView, SeatsError> {
        self.session_command(actor, SeatCommand::Protect { session, protected }).await
    }

    /// Moves a session of this user to another device, together with their other sessions at the same license and
    /// device.
    ///
    /// # Errors
    /// Returns an error if the user has no such live session, one of the sessions is an application's or borrowed, or
    /// the commit failed.
    pub async fn continue_on_device(
        &self,
        actor: &Actor,
        user: UserId,
        session: SessionId,
        device: String,
    ) -> Result<SessionView, SeatsError> {
        self.session_command(actor, SeatCommand::Continue { session, user, device }).await
    }

    async fn session_command(&self, actor: &Actor, command: SeatCommand) -> Result<SessionView, SeatsError> {
        match self.send(actor, command).await? {
            Outcome::Session(session) => Ok(*session),
            other => Err(unexpected(other)),
        }
    }

    /// Renews the lease of a ticket of this user.
    ///
    /// # Errors
    /// Returns an error if the user has no such ticket in the queue or the commit failed.
    pub async fn renew_ticket(&self, actor: &Actor, user: UserId, ticket: TicketId) -> Result<(), SeatsError> {
        if let Some(heartbeats) = &self.heartbeats
            && heartbeats.renew_ticket(user, ticket).await?
        {
            return Ok(());
        }
        self.ticket_command(actor, SeatCommand::RenewTicket { ticket, user }).await.map(drop)
    }

    /// Accepts the seat that is offered to a ticket of this user.
    ///
    /// # Errors
    /// Returns the refusal, or an error if the user has no such ticket in the queue, it has no offer, or the commit
    /// failed.
    pub async fn accept_offer(
        &self,
        actor: &Actor,
        user: UserId,
        ticket: TicketId,
        new: NewSession,
    ) -> Result<SessionView, SeatsError> {
        self.session_command(actor, SeatCommand::AcceptOffer { ticket, user, new }).await
    }

    /// Passes the offer to the next ticket in the queue.
    ///
    /// # Errors
    /// Returns an error if the user has no such ticket in the queue, it has no offer, or the commit failed.
    pub async fn pass_offer(&self, actor: &Actor, user: UserId, ticket: TicketId) -> Result<TicketView, SeatsError> {
        self.ticket_command(actor, SeatCommand::PassOffer { ticket, user }).await
    }

    /// Removes a ticket from the queue.
    ///
    /// # Errors
    /// Returns an error if `owner` has no such ticket in the queue or the commit failed.
    pub async fn leave_queue(&self, actor: &Actor, ticket: TicketId, owner: OwnerFilter) -> Result<(), SeatsError> {
        self.unit_command(actor, SeatCommand::LeaveQueue { ticket, owner }).await
    }

    /// Moves a ticket to a position in the queue, 1 being the head.
    ///
    /// # Errors
    /// Returns an error if there is no such ticket in the queue or the commit failed.
    pub async fn move_ticket(&self, actor: &Actor, ticket: TicketId, position: i64) -> Result<TicketView, SeatsError> {
        self.ticket_command(actor, SeatCommand::MoveTicket { ticket, position }).await
    }

    async fn ticket_command(&self, actor: &Actor, command: SeatCommand) -> Result<TicketView, SeatsError> {
        match self.send(actor, command).await? {
            Outcome::Ticket(ticket) => Ok(*ticket),
            other => Err(unexpected(other)),
        }
    }

    /// Assigns a license to users, until `ends_at` if that is given.
    ///
    /// # Errors
    /// Returns an error if there is no such license or the commit failed.
    pub async fn grant(
        &self,
        actor: &Actor,
        license: LicenseId,
        users: Vec<UserId>,
        ends_at: Option<DateTime<Utc>>,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignment_command(actor, SeatCommand::Grant { license, users, rule: None, ends_at }).await
    }

    /// Assigns the license of an open request to the user who requested it, until `ends_at` if that is given.
    ///
    /// # Errors
    /// Returns an error if the request is no longer open, the license cannot be assigned to the user, or the commit
    /// failed.
    pub async fn approve_request(
        &self,
        actor: &Actor,
        request: LicenseRequestId,
        (license, user): (LicenseId, UserId),
        ends_at: Option<DateTime<Utc>>,
    ) -> Result<(), SeatsError> {
        self.unit_command(actor, SeatCommand::ApproveRequest { request, license, user, ends_at }).await
    }

    /// Changes when the assignments of users to a license end by themselves; `None` means never.
    ///
    /// # Errors
    /// Returns an error if there is no such license or the commit failed.
    pub async fn set_grant_end(
        &self,
        actor: &Actor,
        license: LicenseId,
        users: Vec<UserId>,
        ends_at: Option<DateTime<Utc>>,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignment_command(actor, SeatCommand::SetGrantEnd { license, users, ends_at }).await
    }

    /// Assigns a license to users by a rule of a directory.
    ///
    /// # Errors
    /// Returns an error if there is no such license or the commit failed.
    pub async fn grant_by_rule(
        &self,
        actor: &Actor,
        rule: RuleId,
        license: LicenseId,
        users: Vec<UserId>,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignment_command(actor, SeatCommand::Grant { license, users, rule: Some(rule), ends_at: None }).await
    }

    /// Revokes the assignments of users to a license. `end_now` also ends their sessions, which may otherwise finish.
    ///
    /// # Errors
    /// Returns an error if there is no such license or the commit failed.
    pub async fn revoke(
        &self,
        actor: &Actor,
        license: LicenseId,
        users: Vec<UserId>,
        end_now: bool,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        self.assignment_command(actor, SeatCommand::Revoke { license, users, end_now }).await
    }

    async fn assignment_command(
        &self,
        actor: &Actor,
        command: SeatCommand,
    ) -> Result<Vec<AssignmentResult>, SeatsError> {
        match self.send(actor, command).await? {
            Outcome::Assignments(results) => Ok(results),
            other => Err(unexpected(other)),
        }
    }

    /// Changes a license completely or not at all. If `expected` is given, only if the license still equals it. Texts
    /// must be normalized.
    ///
    /// # Errors
    /// Returns an error if there is no such license, more seats are reserved for groups than would remain, the license
    /// has changed in the meantime, or the commit failed.
    pub async fn change(
        &self,
        actor: &Actor,
        license: LicenseId,
        change: ChangeLicense,
        expected: Option<LicenseTerms>,
    ) -> Result<(), SeatsError> {
        let (change, expected) = (Box::new(change), expected.map(Box::new));
        self.unit_command(actor, SeatCommand::ChangeLicense { license, change, expected }).await
    }

    /// Deletes a group and the seats that licenses reserve for it. Returns its members.
    ///
    /// # Errors
    /// Returns an error if there is no such group, one of `blockers` applies to it, or the commit failed.
    pub async fn delete_group(
        &self,
        actor: &Actor,
        group: GroupId,
        blockers: DeletionBlockers,
    ) -> Result<Vec<UserId>, SeatsError> {
        match self.send(actor, SeatCommand::DeleteGroup { group, blockers }).await? {
            Outcome::Deleted(members) => Ok(members),
            other => Err(unexpected(other)),
        }
    }

    /// Changes the group limits of a license. If `expected` is given, only if the limits still equal it.
    ///
    /// # Errors
    /// Returns an error if there is no such license or group, the limits reserve more seats than there are, they have
    /// changed in the meantime, or the commit failed.
    pub async fn limit_groups(
        &self,
        actor: &Actor,
        license: LicenseId,
        limits: Vec<GroupLimit>,
        expected: Option<Vec<GroupLimit>>,
    ) -> Result<(), SeatsError> {
        self.unit_command(actor, SeatCommand::LimitGroups { license, limits, expected }).await
    }

    /// Suspends a user and ends their sessions.
    ///
    /// # Errors
    /// Returns an error if there is no such user, `removable` excludes them, they are the last admin, or the commit
    /// failed.
    pub async fn suspend(&self, actor: &Actor, user: UserId, removable: RemovableUsers) -> Result<(), SeatsError> {
        self.unit_command(actor, SeatCommand::SuspendUser { user, removable, change: None }).await
    }

    /// Deletes a user: their sessions end, they leave the queues, their assignments are revoked, and they can no longer
    /// sign in.
    ///
    /// # Errors
    /// Returns an error if there is no such user, `removable` excludes them, they are the last admin, or the commit
    /// failed.
    pub async fn delete(&self, actor: &Actor, user: UserId, removable: RemovableUsers) -> Result<(), SeatsError> {
        self.unit_command(actor, SeatCommand::DeleteUser { user, removable }).await
    }

    /// Ends expired sessions, tickets, offers and assignments.
    ///
    /// # Errors
    /// Returns an error if the commit failed.
    pub async fn sweep(&self) -> Result<(), SeatsError> {
        self.unit_command(&Actor::system(), SeatCommand::Sweep).await
    }

    async fn unit_command(&self, actor: &Actor, command: SeatCommand) -> Result<(), SeatsError> {
        match self.send(actor, command).await? {
            Outcome::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    async fn send(&self, actor: &Actor, command: SeatCommand) -> Result<Outcome, SeatsError> {
        let (reply, answer) = oneshot::channel();
        let pending = PendingCommand { actor: actor.clone(), command, reply };
        self.queue.send(pending).await.map_err(|_| SeatsError::Unavailable)?;
        answer.await.ok().flatten().ok_or(SeatsError::Unavailable)
    }
}
