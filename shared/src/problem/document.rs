//! The problem document (RFC 9457) that carries a code, and what it says beside it.

use super::Code;
use crate::{ids::LicenseId, session::EndReason, validate::FieldError, wire::queue::TicketOver};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An `application/problem+json` document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference that names the kind of problem: `/problems/` and the code.
    pub r#type: String,
    /// One English sentence on the kind of problem.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// The code, for programs.
    pub code: Code,
    /// What it was this time, in English, where there is more to say than the title says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields that cannot be accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// What a group gives its members: licenses, or a role. Whoever changes the group would give or take that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<String>,
    /// For a refusal: how things stand at the license that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalFacts>,
    /// For a session that is over: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<End>,
    /// For a ticket that is over: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketOver>,
}

impl Problem {
    /// A problem with nothing more to say than its code.
    pub fn new(code: Code) -> Self {
        Self {
            r#type: format!("/problems/{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            errors: Vec::new(),
            gives: Vec::new(),
            refusal: None,
            ended: None,
            ticket: None,
        }
    }

    /// The same with a sentence on this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// One field that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// The field's name in the body or the query.
    pub field: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub error: FieldError,
}

/// How things stand at the license that refused a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalFacts {
    /// The license.
    pub license_id: LicenseId,
    /// Seats of the license.
    pub seats: i64,
    /// Seats occupied at the moment of the refusal.
    pub occupied: i64,
    /// Tickets in the line.
    pub waiting: i64,
    /// When the next seat is expected for somebody who joins the line now, reckoned from how long sessions lasted lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<DateTime<Utc>>,
    /// When the license starts or ended, or the cool-down is over, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// For how many seconds a seat can be borrowed at most, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seconds: Option<i64>,
}

/// How a session ended: who, when, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: DateTime<Utc>,
    /// The name of who ended it; nobody for what happens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What that person had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
