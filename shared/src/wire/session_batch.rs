//! A session batch: several requests for seats and ends of sessions in one request.

use crate::{
    ids::SessionId,
    problem::Problem,
    wire::{
        queue::TicketView,
        sessions::{EndResult, EndSession, NewSession, SessionView},
    },
};
use serde::{Deserialize, Serialize};

/// Requests seats and ends sessions: 1 to 100 operations, which are saved together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionBatch {
    /// Create all sessions or none. All operations must then be `create`, without `wait`, and have an `idempotency_key`
    /// either all or none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_or_nothing: bool,
    /// What to do, in this order, 1 to 100. Each operation is decided on the result of those before it.
    pub operations: Vec<SessionOperation>,
}

impl SessionBatch {
    /// Whether sending it again has no further effect, because each request for a seat has an idempotency key.
    pub fn is_repeatable(&self) -> bool {
        self.operations.iter().all(|operation| match operation {
            SessionOperation::Create(create) => create.idempotency_key.is_some(),
            SessionOperation::End(_) => true,
        })
    }
}

/// One operation of a session batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionOperation {
    /// Requests a seat, as `POST /sessions` does.
    Create(CreateOperation),
    /// Ends a session, as `POST /sessions/{id}/end` does.
    End(EndOperation),
}

/// Requests a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateOperation {
    /// What `POST /sessions` takes.
    #[serde(flatten)]
    pub session: NewSession,
    /// 1 to 100 characters, as in the header `Idempotency-Key` of `POST /sessions`: the same key returns the same
    /// session, whichever of the two it was sent to first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Ends a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndOperation {
    /// The session to end.
    pub id: SessionId,
    /// What `POST /sessions/{id}/end` takes.
    #[serde(flatten)]
    pub options: EndSession,
}

/// What became of each operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionBatchResults {
    /// One result for each operation, in the order of the request.
    pub results: Vec<OperationResult>,
}

/// The result of one operation: what its own route would have answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationResult {
    /// The HTTP status: 201 for a new session, 200 for the session of the same idempotency key or one that has ended,
    /// 202 for a ticket; otherwise that of the problem.
    pub status: u16,
    /// The session that has the seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionView>,
    /// The ticket in the queue, if no seat is free and the operation has `wait`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketView>,
    /// How the session ended, or will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndResult>,
    /// Why it was refused. If all operations were to succeed or none, the one that was refused has the reason, and all
    /// others have `not_attempted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl OperationResult {
    /// A result with a status only.
    pub fn new(status: u16) -> Self {
        Self { status, session: None, ticket: None, end: None, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn batch(operations: serde_json::Value) -> SessionBatch {
        serde_json::from_value(json!({ "operations": operations })).unwrap()
    }

    #[test]
    fn only_a_batch_whose_requests_all_have_keys_is_repeatable() {
        let end = json!({ "end": { "id": "019caf5a-0000-7000-8000-000000000000" } });
        let create = |more: serde_json::Value| {
            let mut create = json!({ "product": "p", "device": "d", "mode": "application" });
            create.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "create": create })
        };
        let keyed = create(json!({ "idempotency_key": "a" }));
        assert!(batch(json!([end, keyed])).is_repeatable());
        assert!(!batch(json!([keyed, create(json!({}))])).is_repeatable());
    }

    #[test]
    fn an_operation_has_the_fields_of_its_own_route() {
        let create = json!({ "product": "p", "device": "d", "mode": "application", "wait": true,
            "borrow_seconds": 60, "idempotency_key": "a" });
        let end = json!({ "id": "019caf5a-0000-7000-8000-000000000000", "message": "Bye", "in_seconds": 5,
            "protected_too": true });
        let operations = json!([{ "create": create }, { "end": end }]);
        let read = batch(operations.clone());
        let SessionOperation::Create(first) = &read.operations[0] else { panic!("{read:?}") };
        assert!(first.session.wait && first.session.borrow_seconds == Some(60));
        assert_eq!(serde_json::to_value(&read).unwrap(), json!({ "operations": operations }));
    }
}
