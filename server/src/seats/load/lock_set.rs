//! The users, sessions, licenses and groups that the commands of a batch name, which must be read or locked.

use crate::{
    seats::command::{SeatCommand, SeatOperation, WantedSeat},
    user_changes::UserChange,
};
use seatkeeper_shared::ids::{GroupId, LicenseId, LicenseRequestId, ProductId, SessionId, TicketId, UserId};
use std::{collections::BTreeSet, sync::Arc};

#[derive(Default)]
pub(super) struct LockSet {
    pub requests: Vec<(UserId, ProductId)>,
    pub idempotency_keys: Vec<(UserId, String)>,
    pub sessions: Vec<SessionId>,
    pub tickets: Vec<TicketId>,
    pub licenses: BTreeSet<LicenseId>,
    /// Users whose assignments to a license change.
    pub assignees: BTreeSet<(LicenseId, UserId)>,
    /// Sessions whose views the commands return.
    pub viewed: Vec<SessionId>,
    /// Users who are suspended or deleted.
    pub removed_users: Vec<UserId>,
    /// Other changes to users who are suspended.
    pub user_changes: Vec<Arc<UserChange>>,
    /// Licenses whose contract may change.
    pub contracts: BTreeSet<LicenseId>,
    pub deleted_groups: BTreeSet<GroupId>,
    /// Groups that new limits name.
    pub limiting_groups: BTreeSet<GroupId>,
    /// Licenses that get new limits. Decisions then need the memberships of their users in these groups.
    pub limited_licenses: BTreeSet<LicenseId>,
    pub granted_users: BTreeSet<UserId>,
    /// Requests for licenses that are decided.
    pub license_requests: Vec<LicenseRequestId>,
    pub sweep: bool,
}

impl LockSet {
    pub fn of<'a>(commands: impl Iterator<Item = &'a SeatCommand>) -> Self {
        let mut lock_set = Self::default();
        for command in commands {
            lock_set.add(command);
        }
        lock_set
    }

    pub fn add(&mut self, command: &SeatCommand) {
        match command {
            SeatCommand::Create(wanted) => self.add_request(wanted),
            SeatCommand::CreateAll(all) => all.iter().for_each(|wanted| self.add_request(wanted)),
            SeatCommand::Operate(operations) => {
                for operation in operations {
                    match operation {
                        SeatOperation::Create(wanted) => self.add_request(wanted),
                        SeatOperation::End { session, .. } => self.sessions.push(*session),
                    }
                }
            }
            SeatCommand::Connect { session, .. }
            | SeatCommand::CancelEnd { session }
            | SeatCommand::Protect { session, .. }
            | SeatCommand::Borrow { session, .. }
            | SeatCommand::Continue { session, .. } => {
                self.sessions.push(*session);
                self.viewed.push(*session);
            }
            SeatCommand::Renew { session, .. } => self.sessions.push(*session),
            SeatCommand::End { sessions, .. } => self.sessions.extend(sessions),
            SeatCommand::RenewTicket { ticket, .. }
            | SeatCommand::AcceptOffer { ticket, .. }
            | SeatCommand::PassOffer { ticket, .. }
            | SeatCommand::LeaveQueue { ticket, .. }
            | SeatCommand::MoveTicket { ticket, .. } => self.tickets.push(*ticket),
            SeatCommand::Grant { license, users, .. } => {
                self.granted_users.extend(users);
                self.assign(*license, users);
            }
            SeatCommand::ApproveRequest { request, license, user, .. } => {
                self.license_requests.push(*request);
                self.granted_users.insert(*user);
                self.assign(*license, &[*user]);
            }
            SeatCommand::SetGrantEnd { license, users, .. } | SeatCommand::Revoke { license, users, .. } => {
                self.assign(*license, users);
            }
            SeatCommand::ChangeLicense { license, .. } => {
                self.licenses.insert(*license);
                self.contracts.insert(*license);
            }
            SeatCommand::LimitGroups { license, limits, .. } => {
                self.licenses.insert(*license);
                self.limited_licenses.insert(*license);
                self.limiting_groups.extend(limits.iter().map(|limit| limit.group_id));
            }
            SeatCommand::DeleteGroup { group, .. } => drop(self.deleted_groups.insert(*group)),
            SeatCommand::SuspendUser { user, change, .. } => {
                self.removed_users.push(*user);
                self.user_changes.extend(change.clone());
            }
            SeatCommand::DeleteUser { user, .. } => self.removed_users.push(*user),
            SeatCommand::Sweep => self.sweep = true,
        }
    }

    fn add_request(&mut self, wanted: &WantedSeat) {
        self.requests.push((wanted.user, wanted.product));
        self.idempotency_keys.extend(wanted.key());
    }

    fn assign(&mut self, license: LicenseId, users: &[UserId]) {
        self.licenses.insert(license);
        self.assignees.extend(users.iter().map(|user| (license, *user)));
    }
}
