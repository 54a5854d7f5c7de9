//! What a batch of decisions writes.

use crate::{
    events::Event,
    pool::{Pool, changes::SeatChange, license_terms::ContractTerms},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{GroupId, LicenseId, RuleId, UserId};
use std::collections::BTreeMap;

/// What a batch of decisions writes.
#[derive(Clone, Copy)]
pub struct BatchWrites<'a> {
    /// The time of all decisions.
    pub now: DateTime<Utc>,
    /// The licenses after the decisions.
    pub pools: &'a BTreeMap<LicenseId, Pool>,
    /// What was decided, in order.
    pub changes: &'a [(LicenseId, SeatChange)],
    /// The rules that made assignments.
    pub granting_rules: &'a BTreeMap<(LicenseId, UserId), RuleId>,
    pub newly_suspended: &'a [UserId],
    pub deleted_users: &'a [UserId],
    pub deleted_groups: &'a [GroupId],
    pub contracts: &'a BTreeMap<LicenseId, ContractTerms>,
    /// The licenses whose contract changed, and whether their end did.
    pub changed_contracts: &'a BTreeMap<LicenseId, bool>,
    /// Whether more than sessions, tickets and assignments changed.
    pub changes_more_than_pools: bool,
    /// The licenses and users whose requests were approved.
    pub approved_requests: &'a [(LicenseId, UserId)],
    pub events: &'a [Event],
}
