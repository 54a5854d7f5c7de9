//! Turns events of the log into the changes that a replay knows, keeping track of values that the log has only in part:
//! rules, the period, memberships.

use super::{
    beginning::{Beginning, overrides},
    facts::Facts,
};
use crate::{
    pool::{
        Terms, Ticket,
        replay::history::{HistoryEvent, RecordedChange},
    },
    store::reports::history::{LoggedChange, PresentLicense},
};
use seatkeeper_shared::{
    audit::Kind,
    ids::{GroupId, TicketId, UserId},
    people::UserStatus,
    session::Mode,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The values that changes refer to, at one time.
pub struct Changes<'a> {
    terms: Terms,
    archived: bool,
    product_archived: bool,
    groups: &'a BTreeSet<GroupId>,
    groups_of: BTreeMap<UserId, Vec<GroupId>>,
    tickets: HashMap<TicketId, &'a Ticket>,
}

impl<'a> Changes<'a> {
    /// At the beginning. `groups_of` has all users that matter.
    pub fn new(
        beginning: &'a Beginning,
        present: &PresentLicense,
        groups_of: BTreeMap<UserId, Vec<GroupId>>,
        tickets: &'a [Ticket],
    ) -> Self {
        let (archived, product_archived) = beginning.archived(present);
        let tickets = tickets.iter().map(|ticket| (ticket.id, ticket)).collect();
        let (terms, groups) = (beginning.terms(present), &beginning.groups);
        Self { terms, archived, product_archived, groups, groups_of, tickets }
    }

    /// Applies an event; appends what it changed.
    pub fn apply(&mut self, event: &LoggedChange, changes: &mut Vec<HistoryEvent>) {
        let facts = Facts::of(event);
        let change = match event.kind {
            Some(Kind::LicenseTermsChanged) => {
                let changed = self.contract_changes(&facts);
                return changes.extend(changed.map(|change| HistoryEvent { at: event.at, change }));
            }
            Some(kind) if kind.is_about_seats() => {
                self.of_seats(event, kind, &facts).or_else(|| self.of_license(kind, facts))
            }
            Some(kind) => self.of_account(event, kind, &facts),
            None => None,
        };
        changes.extend(change.map(|change| HistoryEvent { at: event.at, change }));
    }

    fn of_seats(&self, event: &LoggedChange, kind: Kind, facts: &Facts) -> Option<RecordedChange> {
        let (user, session, ticket) = (event.user, event.session, facts.ticket);
        Some(match kind {
            Kind::SessionCreated => RecordedChange::Created {
                session: session?,
                user: user?,
                device: facts.device.clone()?,
                mode: facts.mode?,
                platform: facts.platform,
            },
            Kind::SessionConnected => RecordedChange::Connected { session: session? },
            Kind::SessionContinued => {
                RecordedChange::Continued { session: session?, to: facts.changed("device").map(|(_, new)| new)? }
            }
            Kind::SessionBorrowed => RecordedChange::Borrowed { session: session?, until: facts.borrowed_until? },
            Kind::SessionEnded => {
                RecordedChange::Ended { session: session?, user: user?, reason: facts.session_end()? }
            }
            Kind::SessionRefused => {
                RecordedChange::Refused { user: user?, code: facts.code?, device: facts.device.clone() }
            }
            Kind::TicketTaken => {
                let row = self.tickets.get(&ticket?);
                RecordedChange::Queued {
                    ticket: ticket?,
                    user: user?,
                    device: facts.device.clone()?,
                    mode: row.map_or(Mode::Attended, |row| row.mode),
                    platform: row.and_then(|row| row.platform),
                }
            }
            Kind::TicketOffered => RecordedChange::Offered { ticket: ticket? },
            Kind::TicketOfferTakenBack => RecordedChange::OfferWithdrawn { ticket: ticket? },
            Kind::TicketMoved => RecordedChange::Moved { ticket: ticket?, place: facts.place? },
            Kind::TicketOver => RecordedChange::TicketEnded {
                ticket: ticket?,
                user: user?,
                reason: facts.ticket_end()?,
                session: facts.session,
            },
            Kind::LicenseGranted => RecordedChange::Granted(user?),
            Kind::LicenseRevoked => RecordedChange::Revoked(user?),
            _ => return None,
        })
    }

    fn of_license(&mut self, kind: Kind, facts: Facts) -> Option<RecordedChange> {
        match kind {
            Kind::SeatsChanged => Some(RecordedChange::Resized(facts.changed("seats").map(|(_, new): (i64, _)| new)?)),
            Kind::LicenseChanged => {
                let new = facts.changes().map(|(field, _, new)| (field, new)).collect();
                self.terms.rules = overrides(new).apply_to(self.terms.rules);
                Some(RecordedChange::RulesChanged(self.terms.rules))
            }
            Kind::GroupLimitsChanged => {
                Some(RecordedChange::LimitsChanged(facts.changed("limits").map(|(_, new): (Vec<_>, _)| new)?))
            }
            _ => None,
        }
    }

    fn contract_changes(&mut self, facts: &Facts) -> impl Iterator<Item = RecordedChange> + use<> {
        let (starts, ends) = (facts.changed("starts_at"), facts.changed("ends_at"));
        let period = (starts.is_some() || ends.is_some()).then(|| {
            self.terms.starts_at = starts.map_or(self.terms.starts_at, |(_, new)| new);
            self.terms.ends_at = ends.map_or(self.terms.ends_at, |(_, new)| new);
            RecordedChange::PeriodChanged { starts_at: self.terms.starts_at, ends_at: self.terms.ends_at }
        });
        let archived = facts.changed("archived").and_then(|(_, new): (bool, _)| {
            self.archived = new;
            self.archive()
        });
        period.into_iter().chain(archived)
    }

    /// The change of whether the license or its product is archived, if that has changed.
    fn archive(&mut self) -> Option<RecordedChange> {
        let archived = self.archived || self.product_archived;
        let has_changed = archived != self.terms.archived;
        self.terms.archived = archived;
        has_changed.then_some(RecordedChange::Archived(archived))
    }

    fn of_account(&mut self, event: &LoggedChange, kind: Kind, facts: &Facts) -> Option<RecordedChange> {
        if kind == Kind::ProductChanged {
            if event.object == Some(self.terms.product.0)
                && let Some((_, new)) = facts.changed::<bool>("archived")
            {
                self.product_archived = new;
                return self.archive();
            }
            return None;
        }
        let user = event.user.filter(|user| self.groups_of.contains_key(user))?;
        match kind {
            Kind::UserSuspended | Kind::UserDeleted => Some(RecordedChange::Suspended(user)),
            Kind::UserChanged => match facts.changed("status").map(|(_, new): (UserStatus, _)| new)? {
                UserStatus::Suspended => Some(RecordedChange::Suspended(user)),
                _ => Some(RecordedChange::Activated(user)),
            },
            Kind::GroupMemberAdded | Kind::GroupMemberRemoved => {
                let group = event.object.map(GroupId).filter(|group| self.groups.contains(group))?;
                let groups = self.groups_of.entry(user).or_default();
                groups.retain(|other| *other != group);
                if kind == Kind::GroupMemberAdded {
                    groups.push(group);
                    groups.sort_unstable();
                }
                Some(RecordedChange::GroupsChanged { user, groups: groups.clone() })
            }
            _ => None,
        }
    }
}
