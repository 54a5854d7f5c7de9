//! The first page: what needs action now, and the last day of each license.

use super::TimelinePoint;
use crate::{
    ids::{DirectoryId, LicenseId, UserId},
    license::Price,
    wire::audit::AuditEvent,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a manager should know at first sight. Parts that the caller may not see are empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// What is set up; for the first steps of a new account.
    pub setup: SetupProgress,
    /// What needs action, the most urgent first.
    pub tasks: Vec<Task>,
    /// The last 24 hours of each license that is not archived; for users who may see reports.
    pub days: Vec<LicenseDay>,
    /// The latest events, at most 10; for users who may see the audit log.
    pub events: Vec<AuditEvent>,
}

/// Which of the first steps are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupProgress {
    /// There is a product.
    pub product: bool,
    /// There is a license.
    pub license: bool,
    /// There is a user besides the one who set up the account.
    pub people: bool,
    /// A license is assigned to a user.
    pub assignment: bool,
    /// There was a session.
    pub session: bool,
}

impl SetupProgress {
    /// Whether all steps are done.
    pub fn is_complete(self) -> bool {
        self.product && self.license && self.people && self.assignment && self.session
    }
}

/// Something that needs action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Agents wait for a seat.
    Waiting {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// How many wait.
        waiting: i64,
        /// Since when the first one waits.
        since: DateTime<Utc>,
        /// The name of the first one, if the caller sees them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_name: Option<String>,
    },
    /// Users were refused in the last 15 minutes and have neither a seat nor a place in the queue since.
    Refused {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// How many users.
        users: i64,
        /// When the first of them was refused.
        since: DateTime<Utc>,
    },
    /// More seats are taken than purchased.
    OverCapacity {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// How many more.
        over: i64,
    },
    /// All seats are occupied, and nobody waits.
    Full {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// A license ends within 60 days.
    Expiring {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// When it ends.
        ends_at: DateTime<Utc>,
    },
    /// Users request licenses.
    LicenseRequests {
        /// How many requests are open, of users whom the caller sees.
        requests: i64,
        /// Since when the first one waits.
        since: DateTime<Utc>,
    },
    /// Assignments of a license that end by themselves within 14 days.
    GrantsEnding {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// How many assignments, of users whom the caller sees.
        grants: i64,
        /// When the first of them ends.
        next_end: DateTime<Utc>,
        /// Whose assignment that is.
        user_id: UserId,
        /// Who has the seat, as shown in lists.
        user_name: String,
    },
    /// Sessions whose client does not report any more.
    LostContact {
        /// How many sessions, of users whom the caller sees.
        sessions: i64,
        /// When the first of them ends by itself.
        next_end: DateTime<Utc>,
    },
    /// Borrowed seats that should be back within an hour.
    BorrowedEnding {
        /// How many seats.
        seats: i64,
        /// When the first of them ends.
        next_end: DateTime<Utc>,
    },
    /// Named seats that were not used for 45 days and have no exception.
    UnusedSeats {
        /// Whose seats it is about.
        license_id: LicenseId,
        /// How many seats.
        seats: i64,
        /// What they cost together in a month, for users who may manage products; absent if unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Price>,
    },
    /// A directory could not carry out a rule for some users.
    Provisioning {
        /// Which directory has the rule.
        directory_id: DirectoryId,
        /// What the directory is called.
        directory_name: String,
        /// How many users.
        users: i64,
    },
    /// Users who were added and have never signed in, and whose invitation has expired or was never made.
    NotInvited {
        /// How many users.
        users: i64,
        /// One of them.
        user_id: UserId,
    },
}

/// The last 24 hours of a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseDay {
    /// Whose seats it is about.
    pub license_id: LicenseId,
    /// The most occupied seats of each quarter of an hour.
    pub points: Vec<TimelinePoint>,
    /// The refused requests, each attempt counted.
    pub refusals: i64,
}
