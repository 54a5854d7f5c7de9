//! The problem document (RFC 9457): an error code with its details.

use super::Code;
use crate::{
    ids::LicenseId,
    session::EndReason,
    validate::{FieldError, FlatFieldError},
    wire::queue::TicketOver,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An `application/problem+json` document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference that identifies the kind of problem: `/problems/` and the code.
    pub r#type: String,
    /// One English sentence that describes the code.
    pub title: String,
    /// The HTTP status of the response.
    pub status: u16,
    /// The error code, for programs.
    pub code: Code,
    /// Details of this occurrence, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields with invalid values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The licenses or the role that the group grants to its members, which changing the group would grant or revoke.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<String>,
    /// For a refusal: the state of the license that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalFacts>,
    /// For a session that has ended: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<SessionEnd>,
    /// For a ticket that is over: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketOver>,
}

impl Problem {
    /// Creates a problem from a code, without details.
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

    /// Adds a sentence about this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// One field with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "FlatFieldError")]
pub struct FieldProblem {
    /// The name of the field in the body or the query.
    pub field: String,
    /// Why the value is invalid.
    #[serde(flatten)]
    pub error: FieldError,
}

impl TryFrom<FlatFieldError> for FieldProblem {
    type Error = String;

    fn try_from(mut flat: FlatFieldError) -> Result<Self, String> {
        let field = flat.field.take().ok_or("missing field `field`")?;
        Ok(Self { field, error: flat.try_into()? })
    }
}

/// The state of the license that refused a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalFacts {
    /// The license's id.
    pub license_id: LicenseId,
    /// The seats of the license.
    pub seats: i64,
    /// The seats occupied at the time of the refusal.
    pub occupied: i64,
    /// The number of tickets in the queue.
    pub waiting: i64,
    /// When a seat is expected for an agent who joins the queue now, estimated from the recent duration of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<DateTime<Utc>>,
    /// When the license starts or ended, or the cool-down ends, if that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The longest time for which a seat can be borrowed, in seconds, if that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borrow_seconds: Option<i64>,
}

/// How a session ended: by whom, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionEnd {
    /// Why the session ended.
    pub reason: EndReason,
    /// The time of the end.
    pub at: DateTime<Utc>,
    /// The name of the user who ended it; absent if it ended automatically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The message of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
