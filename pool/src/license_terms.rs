//! The terms of a license that admins can change: seats, rules, and the contract.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::changes::ContractState,
    license::Rules,
    wire::licenses::{ChangeLicense, Contract, LicenseView},
};

/// Everything about a license that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseTerms {
    pub seats: i64,
    pub rules: Rules,
    pub contract: ContractTerms,
}

impl From<&LicenseView> for LicenseTerms {
    fn from(license: &LicenseView) -> Self {
        let LicenseView { starts_at, ends_at, archived_at, contract, .. } = license.clone();
        let terms = ContractTerms { starts_at, ends_at, archived_at, contract };
        Self { seats: license.seats, rules: license.rules, contract: terms }
    }
}

impl LicenseTerms {
    /// Whether these terms are the ones that a client has seen. `archived` says whether the license or its product is
    /// archived, which views do not distinguish. Since when is not compared, because clients cannot change it.
    pub fn matches(&self, seen: &Self, archived: bool) -> bool {
        let archived_at = seen.contract.archived_at.filter(|_| archived);
        archived == seen.contract.archived_at.is_some()
            && *seen == Self { contract: ContractTerms { archived_at, ..self.contract.clone() }, ..self.clone() }
    }
}

/// The period and contract of a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractTerms {
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// Since when the license gives no new seats.
    pub archived_at: Option<DateTime<Utc>>,
    /// Notes, order number and price.
    pub contract: Contract,
}

impl ContractTerms {
    /// The terms after a change, whose texts must be normalized.
    pub fn changed(&self, change: &ChangeLicense, now: DateTime<Utc>) -> Self {
        let text = |given: &Option<String>, before: &Option<String>| match given {
            None => before.clone(),
            Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        };
        let before = &self.contract;
        Self {
            starts_at: change.starts_at.applied_to(self.starts_at),
            ends_at: change.ends_at.applied_to(self.ends_at),
            archived_at: archived_at(self.archived_at, change.archived, now),
            contract: Contract {
                notes: text(&change.notes, &before.notes),
                order_number: text(&change.order_number, &before.order_number),
                price_per_seat: change.price_per_seat.clone().applied_to(before.price_per_seat.clone()),
            },
        }
    }

    /// Whether the license ends after it starts.
    pub fn has_valid_period(&self) -> bool {
        self.starts_at.zip(self.ends_at).is_none_or(|(start, end)| start < end)
    }

    /// The values that the event log compares.
    pub fn logged(&self) -> ContractState {
        let Contract { notes, order_number, price_per_seat } = self.contract.clone();
        let (starts_at, ends_at, archived) = (self.starts_at, self.ends_at, self.archived_at.is_some());
        ContractState { starts_at, ends_at, archived, notes, order_number, price_per_seat }
    }
}

/// The time of archiving after a request to archive, to restore, or neither.
pub fn archived_at(before: Option<DateTime<Utc>>, wanted: Option<bool>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match wanted {
        None => before,
        Some(true) => before.or(Some(now)),
        Some(false) => None,
    }
}
