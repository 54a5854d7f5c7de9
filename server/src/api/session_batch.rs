//! Session batches: several requests for seats and ends of sessions, decided and saved together. Each is checked,
//! decided and answered by the functions of its own route.

use super::{
    session_end::{end_options, explain_refusals, owner_filter, partition_visible, success},
    sessions::{SeatAnswer, SeatWish, idempotency_key, seat_answer},
};
use crate::{
    app::App,
    auth::Caller,
    http::{
        extract::ValidJson,
        problem::{ApiError, FieldErrors},
    },
    lease_signing::LeaseSigner,
    seats::{OperationOutcome, SeatsError, command::SeatOperation},
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::SessionId,
    problem::Code,
    validate::{self, FieldError},
    wire::{
        session_batch::{
            CreateOperation, EndOperation, OperationResult, SessionBatch, SessionBatchResults, SessionOperation,
        },
        sessions::EndResult,
    },
};
use std::collections::HashSet;

/// Requests several seats and ends several sessions.
///
/// The operations are carried out in their order and saved together. Each result is what the operation's own route
/// would have answered. With `all_or_nothing`, all sessions are created or none: the refused one has the reason, the
/// others have `not_attempted`.
#[utoipa::path(
    post, path = "/sessions/batch", tag = "sessions",
    request_body = SessionBatch,
    responses((status = 200, body = SessionBatchResults)),
)]
pub async fn batch(
    State(app): State<App>,
    caller: Caller,
    ValidJson(batch): ValidJson<SessionBatch>,
) -> Result<Json<SessionBatchResults>, ApiError> {
    check(&batch)?;
    let now = app.clock.now();
    let mut prepared = prepare(&app, &caller, batch.operations).await?;
    if batch.all_or_nothing && prepared.iter().any(Result::is_err) {
        for valid in prepared.iter_mut().filter(|operation| operation.is_ok()) {
            *valid = Err(ApiError::new(Code::NotAttempted));
        }
    }
    let (mut operations, mut pending) = (Vec::new(), Vec::new());
    for operation in prepared {
        pending.push(operation.map(|Prepared { operation, signer }| {
            operations.push(operation);
            signer
        }));
    }
    let mut outcomes = decide(&app, &caller, operations, batch.all_or_nothing).await?.into_iter();
    let mut results = Vec::with_capacity(pending.len());
    for operation in pending {
        results.push(match operation.map(|signer| (signer, outcomes.next())) {
            // When one seat becomes free says nothing about several.
            Ok((_, Some(OperationOutcome::Create(Err(SeatsError::Refused(refusal)))))) if batch.all_or_nothing => {
                refused(refusal.into())
            }
            Ok((signer, Some(OperationOutcome::Create(created)))) => {
                seat_result(seat_answer(&app, &caller, signer.as_ref(), created, now).await)
            }
            Ok((_, Some(OperationOutcome::End(result)))) => end_result(success(result)),
            Ok((_, None)) => refused(ApiError::new(Code::Internal)),
            Err(error) => refused(error),
        });
    }
    Ok(Json(SessionBatchResults { results }))
}

/// Checks the rules for the batch as a whole.
fn check(batch: &SessionBatch) -> Result<(), ApiError> {
    let max = validate::MAX_BATCH_OPERATIONS;
    if !(1..=max).contains(&batch.operations.len()) {
        return Err(ApiError::field("operations", FieldError::OutOfRange { min: 1, max: max as i64 }));
    }
    if !batch.all_or_nothing {
        return Ok(());
    }
    let has_key = |operation: &SessionOperation| {
        matches!(operation, SessionOperation::Create(CreateOperation { idempotency_key: Some(_), .. }))
    };
    let has_keys = batch.operations.iter().any(has_key);
    for (index, operation) in batch.operations.iter().enumerate() {
        let fault =
            |field: &str, error, sentence| Err(rule_broken(&format!("operations[{index}].{field}"), error, sentence));
        match operation {
            SessionOperation::End(_) => {
                return fault("end", FieldError::Unknown, "All or nothing creates sessions only. End others before.");
            }
            SessionOperation::Create(create) if create.session.wait => {
                return fault("create.wait", FieldError::Unknown, "All or nothing does not join a queue.");
            }
            SessionOperation::Create(create) if has_keys && create.idempotency_key.is_none() => {
                let sentence = "With all or nothing, either all operations have an idempotency key or none.";
                return fault("create.idempotency_key", FieldError::Required, sentence);
            }
            SessionOperation::Create(_) => {}
        }
    }
    Ok(())
}

/// A field that a rule of the batch excludes, with a sentence that says which.
fn rule_broken(field: &str, error: FieldError, sentence: &str) -> ApiError {
    let mut problem = ApiError::field(field, error).into_problem();
    problem.detail = Some(format!("{field}: {sentence}"));
    problem.into()
}

/// A valid operation.
struct Prepared {
    operation: SeatOperation,
    /// Signs the lease of the session that is borrowed.
    signer: Option<LeaseSigner>,
}

/// Validates each operation as its own route does.
async fn prepare(
    app: &App,
    caller: &Caller,
    operations: Vec<SessionOperation>,
) -> Result<Vec<Result<Prepared, ApiError>>, ApiError> {
    let ends = operations.iter().filter_map(|operation| match operation {
        SessionOperation::End(end) => Some(end.id),
        SessionOperation::Create(_) => None,
    });
    let (_, hidden) = partition_visible(app, caller, ends.collect()).await?;
    let hidden: HashSet<_> = hidden.into_iter().map(|(_, id)| id).collect();
    let mut prepared = Vec::with_capacity(operations.len());
    for operation in operations {
        let operation = match operation {
            SessionOperation::Create(create) => prepare_create(app, caller, create).await,
            SessionOperation::End(end) => prepare_end(caller, &hidden, end),
        };
        // Nothing is decided yet, so the client can repeat the whole batch.
        prepared.push(match operation {
            Err(error) if error.is_server_error() => return Err(error),
            operation => operation,
        });
    }
    Ok(prepared)
}

async fn prepare_create(app: &App, caller: &Caller, create: CreateOperation) -> Result<Prepared, ApiError> {
    let key = create.idempotency_key.as_deref().map(idempotency_key).transpose();
    let SeatWish { wanted, signer } = SeatWish::validate(app, caller, create.session, ("idempotency_key", key)).await?;
    Ok(Prepared { operation: SeatOperation::Create(wanted), signer })
}

fn prepare_end(caller: &Caller, hidden: &HashSet<SessionId>, end: EndOperation) -> Result<Prepared, ApiError> {
    let mut fields = FieldErrors::default();
    let options = end_options(&mut fields, &end.options);
    let options = fields.finish(options)?;
    if hidden.contains(&end.id) {
        return Err(ApiError::new(Code::NotFound));
    }
    let operation = SeatOperation::End { session: end.id, owner: owner_filter(caller), options };
    Ok(Prepared { operation, signer: None })
}

async fn decide(
    app: &App,
    caller: &Caller,
    operations: Vec<SeatOperation>,
    all_or_nothing: bool,
) -> Result<Vec<OperationOutcome>, ApiError> {
    if operations.is_empty() {
        return Ok(Vec::new());
    }
    if all_or_nothing {
        let wanted = operations.into_iter().filter_map(|operation| match operation {
            SeatOperation::Create(wanted) => Some(wanted),
            SeatOperation::End { .. } => None,
        });
        return Ok(app.seats.create_all(&caller.actor(), wanted.collect()).await?);
    }
    let mut outcomes = app.seats.operate(&caller.actor(), operations).await?;
    let ended = outcomes.iter_mut().filter_map(|outcome| match outcome {
        OperationOutcome::End(result) => Some(result),
        OperationOutcome::Create(_) => None,
    });
    // The operations are saved: without their results, the client would not know which seats it has.
    if let Err(error) = explain_refusals(app, caller, ended.collect()).await {
        tracing::warn!(code = %error.code(), "refused ends in a batch are answered without their reason");
    }
    Ok(outcomes)
}

fn seat_result(answer: Result<SeatAnswer, ApiError>) -> OperationResult {
    match answer {
        Ok(SeatAnswer::Created(session)) => OperationResult { session: Some(session), ..OperationResult::new(201) },
        Ok(SeatAnswer::Repeated(session)) => OperationResult { session: Some(session), ..OperationResult::new(200) },
        Ok(SeatAnswer::Queued(ticket)) => OperationResult { ticket: Some(ticket), ..OperationResult::new(202) },
        Err(error) => refused(error),
    }
}

fn end_result(result: Result<EndResult, ApiError>) -> OperationResult {
    match result {
        Ok(end) => OperationResult { end: Some(end), ..OperationResult::new(200) },
        Err(error) => refused(error),
    }
}

fn refused(error: ApiError) -> OperationResult {
    let problem = error.into_problem();
    let status = problem.status;
    OperationResult { problem: Some(problem), ..OperationResult::new(status) }
}
