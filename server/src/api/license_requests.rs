//! Requests of users for licenses. Who may assign a license to a user decides on the user's requests.

use super::licenses::validate_grant_end;
use crate::{
    app::App,
    auth::{Caller, Scope},
    entitlements::license_requests,
    http::{
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
    mail::templates,
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::LicenseRequestId,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::license_requests::{
        ApproveLicenseRequest, DeclineLicenseRequest, LicenseRequest, MAX_REASON_CHARS, NewLicenseRequest,
    },
};

/// Lists the open requests of users to whom the caller may assign licenses, the oldest first; at most 500.
#[utoipa::path(
    get, path = "/license-requests", tag = "licenses",
    responses((status = 200, body = Vec<LicenseRequest>)),
)]
pub async fn requests(State(app): State<App>, caller: Caller) -> Result<Json<Vec<LicenseRequest>>, ApiError> {
    caller.require(Action::Assign)?;
    Ok(Json(store::license_requests::open(&app.db, Scope::of(&caller).manager()).await?))
}

/// Requests a license for the caller. A user has at most one open request for a license.
#[utoipa::path(
    post, path = "/license-requests", tag = "licenses",
    request_body = NewLicenseRequest,
    responses((status = 201, body = LicenseRequest)),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<NewLicenseRequest>,
) -> Result<(StatusCode, Json<LicenseRequest>), ApiError> {
    let mut fields = FieldErrors::default();
    let reason = fields.check("reason", validate_reason(&wanted.reason));
    let reason = fields.finish(reason)?;
    let id = LicenseRequestId(app.random.id(app.clock.now()));
    let of = (id, caller.id, wanted.license_id);
    license_requests::create(&app.entitlements, &caller.actor(), of, &reason).await?;
    let created =
        store::license_requests::get(&app.db, id).await?.ok_or_else(|| ApiError::new(Code::RequestDecided))?;
    Ok((StatusCode::CREATED, Json(created)))
}

fn validate_reason(reason: &str) -> Result<String, FieldError> {
    let reason = validate::message(Some(reason))?.ok_or(FieldError::Required)?;
    if reason.chars().count() > MAX_REASON_CHARS {
        return Err(FieldError::TooLong { max: MAX_REASON_CHARS });
    }
    Ok(reason)
}

/// Assigns the requested license to the user, for ever or until a given time.
#[utoipa::path(
    post, path = "/license-requests/{id}/approve", tag = "licenses",
    params(("id" = LicenseRequestId, Path)),
    request_body = ApproveLicenseRequest,
    responses((status = 204)),
)]
pub async fn approve(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseRequestId>,
    ValidJson(how): ValidJson<ApproveLicenseRequest>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::Assign)?;
    validate_grant_end(&app, how.ends_at)?;
    let request = decidable(&app, &caller, id).await?;
    license_requests::approve(&app.entitlements, &caller.actor(), &request, how.ends_at).await?;
    send_outcome(&app, &request, &templates::RequestDecision::Approved { ends_at: how.ends_at });
    Ok(StatusCode::NO_CONTENT)
}

/// Declines a request.
#[utoipa::path(
    post, path = "/license-requests/{id}/decline", tag = "licenses",
    params(("id" = LicenseRequestId, Path)),
    request_body = DeclineLicenseRequest,
    responses((status = 204)),
)]
pub async fn decline(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseRequestId>,
    ValidJson(how): ValidJson<DeclineLicenseRequest>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::Assign)?;
    let mut fields = FieldErrors::default();
    let message = fields.check("message", validate::message(how.message.as_deref()));
    let message = fields.finish(message)?;
    let request = decidable(&app, &caller, id).await?;
    license_requests::decline(&app.entitlements, &caller.actor(), &request, message.clone()).await?;
    send_outcome(&app, &request, &templates::RequestDecision::Declined { message });
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraws an open request of the caller.
#[utoipa::path(
    delete, path = "/license-requests/{id}", tag = "licenses",
    params(("id" = LicenseRequestId, Path)),
    responses((status = 204)),
)]
pub async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseRequestId>,
) -> Result<StatusCode, ApiError> {
    let found = store::license_requests::get(&app.db, id).await?.filter(|request| request.user_id == caller.id);
    let request = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    license_requests::withdraw(&app.entitlements, &caller.actor(), &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A request of a user to whom the caller may assign licenses.
async fn decidable(app: &App, caller: &Caller, id: LicenseRequestId) -> Result<LicenseRequest, ApiError> {
    let request = store::license_requests::get(&app.db, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let visible = Scope::of(caller).visible_users(&app.db, &[request.user_id]).await?;
    if visible.contains(&request.user_id) { Ok(request) } else { Err(ApiError::new(Code::NotFound)) }
}

/// Tells the user by e-mail, if a mail server is configured. The decision does not depend on it.
fn send_outcome(app: &App, request: &LicenseRequest, decision: &templates::RequestDecision) {
    let Some(mailer) = app.password_links.mailer.clone() else { return };
    let (db, request, decision) = (app.db.clone(), request.clone(), decision.clone());
    app.journal.tasks.clone().spawn_to_end(async move {
        let to = match store::license_requests::recipient(&db, request.user_id).await {
            Ok(Some(to)) => to,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "outcome of a license request not sent"),
        };
        let text = templates::license_request(&to, &request, &decision);
        if let Err(error) = mailer.send(&to.name, &to.email, text).await {
            tracing::error!(%error, "outcome of a license request not sent");
        }
    });
}
