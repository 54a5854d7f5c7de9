//! What the commands of a batch name: users, sessions, licenses and groups that have to be read or locked.

use crate::{seats::command::Command, store::user_changes::UserChange};
use seatkeeper_shared::ids::{GroupId, LicenseId, ProductId, SessionId, TicketId, UserId};
use std::{collections::BTreeSet, sync::Arc};

/// What the commands name.
#[derive(Default)]
pub(super) struct Wanted {
    pub asks: Vec<(UserId, ProductId)>,
    pub keys: Vec<(UserId, String)>,
    pub sessions: Vec<SessionId>,
    pub tickets: Vec<TicketId>,
    pub licenses: BTreeSet<LicenseId>,
    /// Users to whom a license is to be assigned or from whom it is to be taken.
    pub assignees: BTreeSet<(LicenseId, UserId)>,
    /// Sessions that are answered with.
    pub viewed: Vec<SessionId>,
    pub suspended: Vec<UserId>,
    /// What else changes about those who are suspended.
    pub user_changes: Vec<Arc<UserChange>>,
    /// Licenses of which something else than seats may be changed.
    pub papers: BTreeSet<LicenseId>,
    /// Groups that are to be deleted.
    pub groups: BTreeSet<GroupId>,
    /// Groups that licenses are to keep seats for.
    pub limited: BTreeSet<GroupId>,
    /// Those licenses. Who is in which of these groups counts as soon as they do.
    pub limits: BTreeSet<LicenseId>,
    pub granted: BTreeSet<UserId>,
    pub sweep: bool,
}

impl Wanted {
    pub fn of<'a>(commands: impl Iterator<Item = &'a Command>) -> Self {
        let mut wanted = Self::default();
        for command in commands {
            wanted.add(command);
        }
        wanted
    }

    pub fn add(&mut self, command: &Command) {
        match command {
            Command::Create { user, product, ask } => {
                self.asks.push((*user, *product));
                self.keys.extend(ask.idempotency_key.as_ref().map(|key| (*user, key.clone())));
            }
            Command::Connect { session, .. }
            | Command::CallOff { session }
            | Command::Protect { session, .. }
            | Command::Borrow { session, .. }
            | Command::Continue { session, .. } => {
                self.sessions.push(*session);
                self.viewed.push(*session);
            }
            Command::Renew { session, .. } => self.sessions.push(*session),
            Command::End { sessions, .. } => self.sessions.extend(sessions),
            Command::Keep { ticket, .. }
            | Command::Accept { ticket, .. }
            | Command::Pass { ticket, .. }
            | Command::Leave { ticket, .. }
            | Command::Move { ticket, .. } => self.tickets.push(*ticket),
            Command::Grant { license, users, .. } => {
                self.granted.extend(users);
                self.assign(*license, users);
            }
            Command::Revoke { license, users, .. } => self.assign(*license, users),
            Command::Change { license, .. } => {
                self.licenses.insert(*license);
                self.papers.insert(*license);
            }
            Command::LimitGroups { license, limits, .. } => {
                self.licenses.insert(*license);
                self.limits.insert(*license);
                self.limited.extend(limits.iter().map(|limit| limit.group_id));
            }
            Command::DeleteGroup { group, .. } => drop(self.groups.insert(*group)),
            Command::Suspend { user, change, .. } => {
                self.suspended.push(*user);
                self.user_changes.extend(change.clone());
            }
            Command::Delete { user, .. } => self.suspended.push(*user),
            Command::Sweep => self.sweep = true,
        }
    }

    fn assign(&mut self, license: LicenseId, users: &[UserId]) {
        self.licenses.insert(license);
        self.assignees.extend(users.iter().map(|user| (license, *user)));
    }
}
