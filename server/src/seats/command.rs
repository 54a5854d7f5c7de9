//! The commands to the seats, their results, and who gives them.

use crate::pool::{
    NewSession, Pool, Refusal, ScheduledEnd, SeatRequest, Session, Ticket, ViewContext, license_terms::LicenseTerms,
};
use crate::user_changes::UserChange;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, LicenseRequestId, ProductId, RuleId, SessionId, TicketId, UserId},
    license::GroupLimit,
    problem::Code,
    session::Platform,
    wire::{
        licenses::{AssignmentResult, ChangeLicense},
        queue::TicketView,
        sessions::{EndResult, HeartbeatReply, SessionView},
    },
};
use std::sync::Arc;

pub use crate::actor::{Actor, Origin, RemovableUsers};

/// Whose sessions and tickets a command may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerFilter {
    /// Only those of this user.
    Own(UserId),
    All,
}

/// Properties of a group, or the properties that keep a caller from deleting one, because they could not remove the
/// same directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeletionBlockers {
    /// The group gives its members licenses.
    pub gives_licenses: bool,
    /// A rule of a directory gives the members a role.
    pub gives_roles: bool,
    /// Managers are limited to the group, or directories have rules for it.
    pub is_settled: bool,
    /// Licenses reserve seats for the group or limit how many it may occupy.
    pub is_reserved: bool,
}

impl DeletionBlockers {
    /// Why a group with these properties must not be deleted.
    pub fn refusal_for(self, group: Self) -> Option<Code> {
        let codes = [
            (self.gives_licenses && group.gives_licenses, Code::GroupGivesLicenses),
            (self.gives_roles && group.gives_roles, Code::GroupGivesRole),
            (self.is_settled && group.is_settled || self.is_reserved && group.is_reserved, Code::GroupInUse),
        ];
        codes.into_iter().find_map(|(refuses, code)| refuses.then_some(code))
    }
}

/// A command to the seats. `user` is the owner that a session or ticket must have.
#[derive(Clone, Debug)]
pub enum SeatCommand {
    /// Requests a seat of any license of the product, or a ticket in its queue.
    Create(WantedSeat),
    /// Creates all sessions or none.
    CreateAll(Vec<WantedSeat>),
    /// Carries out operations one after another.
    Operate(Vec<SeatOperation>),
    /// A customer connected.
    Connect { session: SessionId, user: UserId, platform: Platform },
    /// A heartbeat. `active` says whether the agent did something since the last one.
    Renew { session: SessionId, user: UserId, active: bool },
    /// Borrows the seat of a live session for `length` from now.
    Borrow { session: SessionId, user: UserId, length: TimeDelta },
    /// Ends sessions, now or at a scheduled time.
    End { sessions: Vec<SessionId>, owner: OwnerFilter, options: EndOptions },
    /// Cancels the scheduled end of a session.
    CancelEnd { session: SessionId },
    /// Sets whether a session is protected.
    Protect { session: SessionId, protected: bool },
    /// Moves a session to another device, together with the agent's other sessions at the same license and device.
    Continue { session: SessionId, user: UserId, device: String },
    /// A heartbeat of a client in the queue.
    RenewTicket { ticket: TicketId, user: UserId },
    /// Accepts the seat that is offered to a ticket.
    AcceptOffer { ticket: TicketId, user: UserId, new: NewSession },
    /// Passes the offer to the next ticket in the queue.
    PassOffer { ticket: TicketId, user: UserId },
    /// Removes a ticket from the queue.
    LeaveQueue { ticket: TicketId, owner: OwnerFilter },
    /// Moves a ticket to a position in the queue, 1 being the head.
    MoveTicket { ticket: TicketId, position: i64 },
    /// Assigns a license to users, by a rule of a directory or by the actor, until `ends_at` if that is given.
    Grant { license: LicenseId, users: Vec<UserId>, rule: Option<RuleId>, ends_at: Option<DateTime<Utc>> },
    /// Assigns the requested license to the user who requested it, if the request is still open.
    ApproveRequest { request: LicenseRequestId, license: LicenseId, user: UserId, ends_at: Option<DateTime<Utc>> },
    /// Changes when the assignments of users end by themselves; `None` means never.
    SetGrantEnd { license: LicenseId, users: Vec<UserId>, ends_at: Option<DateTime<Utc>> },
    /// Revokes assignments. `end_now` also ends the users' sessions.
    Revoke { license: LicenseId, users: Vec<UserId>, end_now: bool },
    /// Changes the seats, rules and contract of a license, if it still equals `expected`.
    ChangeLicense { license: LicenseId, change: Box<ChangeLicense>, expected: Option<Box<LicenseTerms>> },
    /// Deletes a group and the seats that licenses reserve for it.
    DeleteGroup { group: GroupId, blockers: DeletionBlockers },
    /// Replaces the group limits of a license, if they still equal `expected`.
    LimitGroups { license: LicenseId, limits: Vec<GroupLimit>, expected: Option<Vec<GroupLimit>> },
    /// Suspends a user, ends their sessions, and makes another change to them if there is one.
    SuspendUser { user: UserId, removable: RemovableUsers, change: Option<Arc<UserChange>> },
    /// Suspends a user for good and revokes all their assignments.
    DeleteUser { user: UserId, removable: RemovableUsers },
    /// Ends expired sessions, tickets and offers.
    Sweep,
}

impl SeatCommand {
    /// How many operations it consists of.
    pub(super) fn operation_count(&self) -> usize {
        match self {
            Self::CreateAll(all) => all.len(),
            Self::Operate(operations) => operations.len(),
            Self::End { sessions, .. } => sessions.len(),
            _ => 1,
        }
    }

    /// The support keys of the sessions that it may create.
    pub(super) fn support_keys_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Create(wanted) => vec![&mut wanted.request.support_key],
            Self::CreateAll(all) => all.iter_mut().map(|wanted| &mut wanted.request.support_key).collect(),
            Self::Operate(operations) => {
                let keys = operations.iter_mut().filter_map(|operation| match operation {
                    SeatOperation::Create(wanted) => Some(&mut wanted.request.support_key),
                    SeatOperation::End { .. } => None,
                });
                keys.collect()
            }
            Self::AcceptOffer { new, .. } => vec![&mut new.support_key],
            _ => Vec::new(),
        }
    }
}

/// A request of a user for a seat of any license of a product.
#[derive(Clone, Debug)]
pub struct WantedSeat {
    pub user: UserId,
    pub product: ProductId,
    pub request: SeatRequest,
}

impl WantedSeat {
    /// What identifies repetitions of the request.
    pub fn key(&self) -> Option<(UserId, String)> {
        Some((self.user, self.request.idempotency_key.clone()?))
    }
}

/// One of several operations in a command.
#[derive(Clone, Debug)]
pub enum SeatOperation {
    Create(WantedSeat),
    End { session: SessionId, owner: OwnerFilter, options: EndOptions },
}

/// How sessions are ended.
#[derive(Clone, Debug, Default)]
pub struct EndOptions {
    /// Shown to the agents.
    pub message: Option<String>,
    /// How long until the sessions end. If `None`, they end at once.
    pub after: Option<TimeDelta>,
    /// Whether protected sessions end too.
    pub protected_too: bool,
}

/// The result of a command.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A session with a seat.
    Session(Box<SessionView>),
    /// The session that an earlier request with the same idempotency key created.
    Repeated(SessionId),
    /// A ticket in the queue.
    Ticket(Box<TicketView>),
    /// The lease was renewed.
    Renewed(HeartbeatReply),
    /// A result for each session.
    Ended(Vec<EndResult>),
    /// An outcome for each operation.
    Operations(Vec<Outcome>),
    /// A result for each assignment.
    Assignments(Vec<AssignmentResult>),
    /// The group was deleted. These were its members.
    Deleted(Vec<UserId>),
    /// The command succeeded and has no result.
    Done,
    /// No seat, with the rule that refused.
    Refused(Refusal),
    /// The command cannot be carried out.
    Failed(Code),
    /// Another user has the value in this unique index.
    Taken(&'static str),
}

/// The view of a live session.
pub(super) fn session_view(pool: &Pool, live: &Session) -> SessionView {
    live.clone().into_view(context(pool, live.user), pool.idle_ends_at(live), None)
}

/// The view of a ticket in the queue.
pub(super) fn ticket_view(pool: &Pool, ticket: &Ticket) -> TicketView {
    ticket.clone().into_view(context(pool, ticket.user), pool.position(ticket.id), None)
}

fn context(pool: &Pool, user: UserId) -> ViewContext {
    let (terms, person) = (&pool.terms, pool.user(user));
    ViewContext {
        license: terms.license,
        product: terms.product,
        product_name: terms.product_name.clone(),
        model: terms.model,
        user_name: person.map(|p| p.name.clone()).unwrap_or_default(),
        user_email: person.map(|p| p.email.clone()).unwrap_or_default(),
    }
}

/// The answer to a heartbeat.
pub(super) fn renewal_view(pool: &Pool, live: &Session) -> HeartbeatReply {
    HeartbeatReply {
        lease_until: live.lease_until,
        next_in_seconds: heartbeat_interval_seconds(pool.terms.rules.lease_seconds),
        idle_ends_at: pool.idle_ends_at(live),
        ending: live.ending.clone().map(ScheduledEnd::into_view),
    }
}

/// The time until the next heartbeat is due, in seconds: a quarter of the lease.
pub(super) fn heartbeat_interval_seconds(lease_seconds: i64) -> i64 {
    (lease_seconds / 4).max(1)
}
