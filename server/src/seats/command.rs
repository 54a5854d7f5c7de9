//! What can be asked of the seats, and by whom.

use super::{
    facts::{Announced, Live, Ticket},
    paper::Bought,
    pool::{Ask, Pool, Refusal},
};
use crate::store::user_changes::UserChange;
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, RuleId, SessionId, TicketId, UserId},
    license::GroupLimit,
    problem::Code,
    session::Platform,
    ticket::TicketState,
    wire::{
        self,
        licenses::{AssignmentResult, ChangeLicense},
        queue::TicketView,
        sessions::{EndResult, Renewed, SessionView},
    },
};
use std::{net::IpAddr, sync::Arc};

pub use seatkeeper_shared::audit::Door;

/// Who does something, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user; nobody if it happens by itself.
    pub id: Option<UserId>,
    /// The user's name at that time.
    pub name: Option<String>,
    /// Through which door.
    pub door: Door,
    /// From which address.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The same, who has said who he is.
    #[must_use]
    pub fn known_as(self, id: UserId, name: &str) -> Self {
        Self { id: Some(id), name: Some(name.to_owned()), ..self }
    }

    /// What happens by itself.
    pub fn system() -> Self {
        Self { id: None, name: None, door: Door::System, address: None }
    }
}

/// Which sessions an agent or an admin reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only those of this user.
    Own(UserId),
    /// Everybody's.
    All,
}

/// Whom somebody may suspend or delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Agents: managers and admins take an admin.
    Agents,
    /// Everybody.
    Anybody,
}

/// What keeps a group from being deleted by somebody who could not take away the same directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepIf {
    /// It gives its members licenses.
    pub gives_licenses: bool,
    /// A rule of a directory gives its members a role.
    pub gives_roles: bool,
    /// Admins settled something about it: managers are limited to it, or directories have rules for it.
    pub is_settled: bool,
    /// Licenses keep seats for it, or limit what it takes.
    pub is_reserved: bool,
}

impl KeepIf {
    /// Why a group of which this is so is not deleted.
    pub fn refuses(self, group: Self) -> Option<Code> {
        let codes = [
            (self.gives_licenses && group.gives_licenses, Code::GroupGivesLicenses),
            (self.gives_roles && group.gives_roles, Code::GroupGivesRole),
            (self.is_settled && group.is_settled || self.is_reserved && group.is_reserved, Code::GroupInUse),
        ];
        codes.into_iter().find_map(|(refuses, code)| refuses.then_some(code))
    }
}

/// One thing asked of the seats.
#[derive(Clone, Debug)]
pub enum Command {
    /// Asks for a seat of any license of the product, or a place in its line.
    Create {
        /// For whom.
        user: UserId,
        /// Of which product.
        product: ProductId,
        /// The rest of the request.
        ask: Ask,
    },
    /// A customer connected.
    Connect {
        /// Which session.
        session: SessionId,
        /// Whose it must be.
        user: UserId,
        /// What the customer's side runs on.
        platform: Platform,
    },
    /// A heartbeat.
    Renew {
        /// Which session.
        session: SessionId,
        /// Whose it must be.
        user: UserId,
        /// Whether the agent did something.
        active: bool,
    },
    /// Borrows the seat of a live session.
    Borrow {
        /// Which session.
        session: SessionId,
        /// Whose it must be.
        user: UserId,
        /// For how long from now.
        length: TimeDelta,
    },
    /// Ends sessions.
    End {
        /// Which.
        sessions: Vec<SessionId>,
        /// Whose they must be.
        reach: Reach,
        /// How and when.
        how: HowToEnd,
    },
    /// Calls off an end that is announced.
    CallOff {
        /// Of which session.
        session: SessionId,
    },
    /// Marks a session as protected, or no longer.
    Protect {
        /// Which session.
        session: SessionId,
        /// From now on.
        protected: bool,
    },
    /// The agent goes on with a session, and with those beside it, at another device.
    Continue {
        /// Which session.
        session: SessionId,
        /// Whose it must be.
        user: UserId,
        /// At which device.
        device: String,
    },
    /// A sign of life of a client in the line.
    Keep {
        /// Which ticket.
        ticket: TicketId,
        /// Whose it must be.
        user: UserId,
    },
    /// Takes the seat that is offered.
    Accept {
        /// Which ticket.
        ticket: TicketId,
        /// Whose it must be.
        user: UserId,
        /// What the session needs.
        ask: Ask,
    },
    /// Lets the next one in the line go first.
    Pass {
        /// Which ticket.
        ticket: TicketId,
        /// Whose it must be.
        user: UserId,
    },
    /// Takes a ticket out of the line.
    Leave {
        /// Which ticket.
        ticket: TicketId,
        /// Whose it must be.
        reach: Reach,
    },
    /// Gives a ticket another place in the line.
    Move {
        /// Which ticket.
        ticket: TicketId,
        /// 1 is the head.
        position: i64,
    },
    /// Assigns a license.
    Grant {
        /// Which license.
        license: LicenseId,
        /// To whom.
        users: Vec<UserId>,
        /// The rule that does; none if somebody does.
        rule: Option<RuleId>,
    },
    /// Takes a license away.
    Revoke {
        /// Which license.
        license: LicenseId,
        /// From whom.
        users: Vec<UserId>,
        /// End the sessions on it too.
        end_now: bool,
    },
    /// Changes a license: its seats, their rules, and what stands on paper about it.
    Change {
        /// Which license.
        license: LicenseId,
        /// What changes.
        change: Box<ChangeLicense>,
        /// How it must still be, if that is said.
        expected: Option<Box<Bought>>,
    },
    /// Deletes a group, and what licenses keep for it.
    DeleteGroup {
        /// Which group.
        group: GroupId,
        /// What must not go with it.
        keep_if: KeepIf,
    },
    /// Changes what a license keeps for groups.
    LimitGroups {
        /// Which license.
        license: LicenseId,
        /// All limits.
        limits: Vec<GroupLimit>,
        /// What they must still be, if that is said.
        expected: Option<Vec<GroupLimit>>,
    },
    /// Suspends a user and ends his sessions.
    Suspend {
        /// Whom.
        user: UserId,
        /// Who that may be.
        whom: Whom,
        /// What else is changed about the user with it, or nothing is.
        change: Option<Arc<UserChange>>,
    },
    /// Deletes a user: what suspending does, for good, and all that is assigned to him is free.
    Delete {
        /// Whom.
        user: UserId,
        /// Who that may be.
        whom: Whom,
    },
    /// Ends what is over.
    Sweep,
}

/// How sessions are ended.
#[derive(Clone, Debug, Default)]
pub struct HowToEnd {
    /// What the agents are told.
    pub message: Option<String>,
    /// After how long; absent: at once.
    pub after: Option<TimeDelta>,
    /// Those that are protected as well.
    pub protected_too: bool,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A session with a seat.
    Session(Box<SessionView>),
    /// The request is a repetition: this session is its own.
    Repeated(SessionId),
    /// A place in the line.
    Ticket(Box<TicketView>),
    /// The lease runs anew.
    Renewed(Renewed),
    /// What became of each session.
    Ended(Vec<EndResult>),
    /// What became of each assignment.
    Assignments(Vec<AssignmentResult>),
    /// The group is gone; these were in it.
    Deleted(Vec<UserId>),
    /// It is so now.
    Done,
    /// No seat.
    Refused(Refusal),
    /// Not possible.
    Failed(Code),
    /// Not possible: somebody else stands in this unique index.
    Taken(&'static str),
}

/// The view of a live session.
pub(super) fn view(pool: &Pool, live: &Live) -> SessionView {
    let person = pool.person(live.user);
    let terms = &pool.terms;
    SessionView {
        id: live.id,
        license_id: terms.license,
        product_id: terms.product,
        product_name: terms.product_name.clone(),
        model: terms.model,
        user_id: live.user,
        user_name: person.map(|p| p.name.clone()).unwrap_or_default(),
        user_email: person.map(|p| p.email.clone()).unwrap_or_default(),
        device: live.device.clone(),
        state: live.state,
        mode: live.mode,
        platform: live.platform,
        remote_device: live.remote_device.clone(),
        created_at: live.created_at,
        connected_at: live.connected_at,
        last_seen_at: live.last_seen_at,
        lease_until: live.lease_until,
        borrowed_until: live.borrowed_until,
        key_expires_at: live.key_expires_at,
        protected: live.protected,
        idle_ends_at: pool.idle_ends_at(live),
        ending: live.ending.as_ref().map(told),
        support_key: live.support_key.clone(),
        lease: None,
        ended: None,
    }
}

/// The view of a ticket in the line.
pub(super) fn ticket_view(pool: &Pool, ticket: &Ticket) -> TicketView {
    let person = pool.person(ticket.user);
    let terms = &pool.terms;
    TicketView {
        id: ticket.id,
        license_id: terms.license,
        product_id: terms.product,
        product_name: terms.product_name.clone(),
        user_id: ticket.user,
        user_name: person.map(|p| p.name.clone()).unwrap_or_default(),
        user_email: person.map(|p| p.email.clone()).unwrap_or_default(),
        device: ticket.device.clone(),
        mode: ticket.mode,
        platform: ticket.platform,
        remote_device: ticket.remote_device.clone(),
        state: if ticket.offer_until.is_some() { TicketState::Offered } else { TicketState::Waiting },
        position: pool.position(ticket.id),
        created_at: ticket.created_at,
        last_seen_at: ticket.last_seen_at,
        lease_until: ticket.lease_until,
        expected_at: None,
        offer_until: ticket.offer_until,
        over: None,
    }
}

/// An announced end, as its agent is told of it.
pub(super) fn told(ending: &Announced) -> wire::sessions::Ending {
    wire::sessions::Ending { at: ending.at, by: ending.by_name.clone(), message: ending.message.clone() }
}

/// What a heartbeat is answered with: the next should come after a quarter of the lease.
pub(super) fn renewed(pool: &Pool, live: &Live) -> Renewed {
    Renewed {
        lease_until: live.lease_until,
        next_in_seconds: next_in(pool.terms.rules.lease_seconds),
        idle_ends_at: pool.idle_ends_at(live),
        ending: live.ending.as_ref().map(told),
    }
}

/// After how many seconds the next heartbeat should come.
pub(super) fn next_in(lease_seconds: i64) -> i64 {
    (lease_seconds / 4).max(1)
}
