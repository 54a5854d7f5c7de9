//! What a license and its users were like at the beginning of a period: as they are now, without later changes.
//!
//! The log has each change with the value before. So the first change since then tells the value at that time, and
//! where nothing has changed, the present value is it. The log is silent about three things: the assignments of a
//! deleted user, who are taken to have had the license if they got a seat or a ticket; whether a user was suspended
//! before they were deleted, which is taken as no; and borrowed seats that were borrowed again, which are taken as not
//! borrowed before.

use super::facts::Facts;
use crate::{
    pool::Terms,
    reports::record::is_for_lack_of_seats,
    store::reports::history::{LicenseLog, LoggedChange, PresentLicense},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::Kind,
    ids::{GroupId, UserId},
    license::{GroupLimit, RuleOverrides},
    people::UserStatus,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// When a license starts or ends, if it does.
type LicenseDate = Option<DateTime<Utc>>;

/// What is known of the beginning, from the first change of each value since then.
#[derive(Debug, Default)]
pub struct Beginning {
    seats: Option<i64>,
    rules: Map<String, Value>,
    limits: Option<Vec<GroupLimit>>,
    starts_at: Option<LicenseDate>,
    ends_at: Option<LicenseDate>,
    archived: Option<bool>,
    product_archived: Option<bool>,
    assigned: BTreeMap<UserId, bool>,
    statuses: BTreeMap<UserId, UserStatus>,
    members: BTreeMap<(UserId, GroupId), bool>,
    /// The groups that the license had limits for at any time since.
    pub groups: BTreeSet<GroupId>,
}

impl Beginning {
    /// Reads the changes. `events` are those from the beginning on.
    pub fn of(present: &PresentLicense, events: &[LoggedChange], log: &LicenseLog, from: DateTime<Utc>) -> Self {
        let mut beginning = Self::default();
        beginning.groups.extend(present.terms.groups.iter().map(|limit| limit.group_id));
        for event in events.iter().chain(&log.later) {
            beginning.note_license(event);
        }
        for event in log.account.iter().filter(|event| event.at >= from) {
            beginning.note_account(event, present);
        }
        beginning
    }

    fn note_license(&mut self, event: &LoggedChange) {
        match (event.kind, event.user) {
            (Some(Kind::LicenseGranted), Some(user)) => {
                self.assigned.entry(user).or_insert(false);
            }
            (Some(Kind::LicenseRevoked | Kind::SessionCreated | Kind::TicketTaken), Some(user)) => {
                self.assigned.entry(user).or_insert(true);
            }
            (Some(Kind::SessionRefused), Some(user)) if Facts::of(event).code.is_some_and(is_for_lack_of_seats) => {
                self.assigned.entry(user).or_insert(true);
            }
            (Some(Kind::SeatsChanged), _) => {
                self.seats = self.seats.or(Facts::of(event).changed("seats").map(|(old, _)| old));
            }
            (Some(Kind::LicenseChanged), _) => {
                for (field, old, _) in Facts::of(event).changes() {
                    self.rules.entry(field).or_insert(old);
                }
            }
            (Some(Kind::GroupLimitsChanged), _) => self.note_limits(&Facts::of(event)),
            (Some(Kind::LicenseTermsChanged), _) => {
                let facts = Facts::of(event);
                self.starts_at = self.starts_at.or(facts.changed("starts_at").map(|(old, _)| old));
                self.ends_at = self.ends_at.or(facts.changed("ends_at").map(|(old, _)| old));
                self.archived = self.archived.or(facts.changed("archived").map(|(old, _)| old));
            }
            _ => {}
        }
    }

    fn note_limits(&mut self, facts: &Facts) {
        let Some((old, new)) = facts.changed::<Vec<GroupLimit>>("limits") else { return };
        self.groups.extend(old.iter().chain(&new).map(|limit| limit.group_id));
        self.limits.get_or_insert(old);
    }

    fn note_account(&mut self, event: &LoggedChange, present: &PresentLicense) {
        match (event.kind, event.user, event.object) {
            (Some(Kind::UserSuspended | Kind::UserDeleted), Some(user), _) => {
                self.statuses.entry(user).or_insert(UserStatus::Active);
            }
            (Some(Kind::UserChanged), Some(user), _) => {
                if let Some((old, _)) = Facts::of(event).changed("status") {
                    self.statuses.entry(user).or_insert(old);
                }
            }
            (Some(Kind::GroupMemberAdded), Some(user), Some(group)) => {
                self.members.entry((user, GroupId(group))).or_insert(false);
            }
            (Some(Kind::GroupMemberRemoved), Some(user), Some(group)) => {
                self.members.entry((user, GroupId(group))).or_insert(true);
            }
            (Some(Kind::ProductChanged), _, Some(product)) if product == present.terms.product.0 => {
                let changed = Facts::of(event).changed("archived").map(|(old, _)| old);
                self.product_archived = self.product_archived.or(changed);
            }
            _ => {}
        }
    }

    /// Whether the license was archived itself, and its product.
    pub fn archived(&self, present: &PresentLicense) -> (bool, bool) {
        (self.archived.unwrap_or(present.archived), self.product_archived.unwrap_or(present.product_archived))
    }

    /// The terms at the beginning.
    pub fn terms(&self, present: &PresentLicense) -> Terms {
        let terms = &present.terms;
        let (archived, product_archived) = self.archived(present);
        Terms {
            seats: self.seats.unwrap_or(terms.seats),
            starts_at: self.starts_at.unwrap_or(terms.starts_at),
            ends_at: self.ends_at.unwrap_or(terms.ends_at),
            archived: archived || product_archived,
            rules: overrides(self.rules.clone()).apply_to(terms.rules),
            groups: self.limits.clone().unwrap_or_else(|| terms.groups.clone()),
            ..terms.clone()
        }
    }

    /// Everybody to whom the license was assigned, or who asked for a seat since.
    pub fn users(&self, present: &PresentLicense) -> BTreeSet<UserId> {
        present.assigned.iter().chain(self.assigned.keys()).copied().collect()
    }

    pub fn is_assigned(&self, user: UserId, present: &PresentLicense) -> bool {
        self.assigned.get(&user).copied().unwrap_or_else(|| present.assigned.contains(&user))
    }

    pub fn status(&self, user: UserId, present: &BTreeMap<UserId, UserStatus>) -> UserStatus {
        self.statuses.get(&user).or(present.get(&user)).copied().unwrap_or(UserStatus::Active)
    }

    /// The groups of a user for which the license has limits at any time, in order.
    pub fn groups_of(&self, user: UserId, members: &BTreeSet<(UserId, GroupId)>) -> Vec<GroupId> {
        let is_member = |group: &GroupId| {
            let key = (user, *group);
            self.members.get(&key).copied().unwrap_or_else(|| members.contains(&key))
        };
        self.groups.iter().copied().filter(is_member).collect()
    }
}

/// The rules in these fields.
pub fn overrides(fields: Map<String, Value>) -> RuleOverrides {
    serde_json::from_value(Value::Object(fields)).unwrap_or_default()
}
