//! Users' requests for licenses. Each is approved, declined or withdrawn once: the first decision counts.

use super::{Entitlements, assignment_source};
use crate::{
    db::DbError,
    events::Event,
    seats::{Actor, SeatsError},
    store,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    audit::EventData,
    ids::{LicenseId, LicenseRequestId, UserId},
    wire::license_requests::LicenseRequest,
};

/// Why a request was not made or decided.
#[derive(Debug, thiserror::Error)]
pub enum LicenseRequestError {
    #[error("there is no such license or request")]
    NotFound,
    #[error("the license is archived")]
    Archived,
    #[error("the user has the license")]
    AlreadyAssigned,
    #[error("the user has an open request for the license")]
    AlreadyRequested,
    #[error("the request is not open any more")]
    Decided,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// Requests a license for a user.
///
/// # Errors
/// Returns an error if there is no such license, it is archived, the user has it or has requested it already, or the
/// request was not saved.
pub async fn create(
    entitlements: &Entitlements,
    actor: &Actor,
    (id, user, license): (LicenseRequestId, UserId, LicenseId),
    reason: &str,
) -> Result<(), LicenseRequestError> {
    let mut tx = entitlements.db.begin().await?;
    let found =
        store::license_requests::lock_license(&mut tx, license, user).await?.ok_or(LicenseRequestError::NotFound)?;
    if found.assigned {
        return Err(LicenseRequestError::AlreadyAssigned);
    }
    if found.archived {
        return Err(LicenseRequestError::Archived);
    }
    // A user who is being deleted must not leave a request behind.
    store::seats::lock_users(&mut tx, [&user]).await?;
    store::users::rights_of(&mut tx, user).await?.ok_or(LicenseRequestError::NotFound)?;
    let now = entitlements.clock.now_in(&mut tx).await?;
    if !store::license_requests::insert(&mut tx, (id, user, license), reason, now).await? {
        return Err(LicenseRequestError::AlreadyRequested);
    }
    let data = EventData::LicenseRequested { reason: reason.to_owned() };
    Ok(entitlements.commit(tx, &[event(data, actor, (license, user))]).await?)
}

/// Assigns the requested license by hand, until `ends_at` if that is given. It continues if the caller is cancelled.
///
/// # Errors
/// Returns an error if the request is not open any more, the license cannot be assigned to the user, or the change was
/// not saved.
pub async fn approve(
    entitlements: &Entitlements,
    actor: &Actor,
    request: &LicenseRequest,
    ends_at: Option<DateTime<Utc>>,
) -> Result<(), LicenseRequestError> {
    let (owned, actor) = (entitlements.clone(), actor.clone());
    let (id, assignment) = (request.id, (request.license_id, request.user_id));
    let approving = entitlements.tasks.spawn_to_end(async move {
        owned.seats.approve_request(&actor, id, assignment, ends_at).await?;
        Ok(assignment_source::mark_manual(&owned, &[assignment]).await?)
    });
    approving.await.unwrap_or(Err(SeatsError::Unavailable.into()))
}

/// Declines a request.
///
/// # Errors
/// Returns an error if the request is not open any more or the change was not saved.
pub async fn decline(
    entitlements: &Entitlements,
    actor: &Actor,
    request: &LicenseRequest,
    message: Option<String>,
) -> Result<(), LicenseRequestError> {
    let mut tx = entitlements.db.begin().await?;
    let now = entitlements.clock.now_in(&mut tx).await?;
    if !store::license_requests::decline(&mut tx, request.id, message.as_deref(), now).await? {
        return Err(LicenseRequestError::Decided);
    }
    let data = EventData::LicenseRequestDeclined { message };
    Ok(entitlements.commit(tx, &[event(data, actor, (request.license_id, request.user_id))]).await?)
}

/// Withdraws a request of the user.
///
/// # Errors
/// Returns an error if the request is not open any more or the change was not saved.
pub async fn withdraw(
    entitlements: &Entitlements,
    actor: &Actor,
    request: &LicenseRequest,
) -> Result<(), LicenseRequestError> {
    let mut tx = entitlements.db.begin().await?;
    if !store::license_requests::withdraw(&mut tx, request.id, request.user_id).await? {
        return Err(LicenseRequestError::Decided);
    }
    let data = EventData::LicenseRequestWithdrawn {};
    Ok(entitlements.commit(tx, &[event(data, actor, (request.license_id, request.user_id))]).await?)
}

fn event(data: EventData, actor: &Actor, (license, user): (LicenseId, UserId)) -> Event {
    Event { user: Some(user), ..Event::of_license(data, actor.clone(), license) }
}
