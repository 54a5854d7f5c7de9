//! Licenses that groups assign to their members, and the licenses that users have through groups.

use crate::{
    app::App,
    auth::Caller,
    entitlements::consequences,
    events::Event,
    http::{extract::PathParam, problem::ApiError},
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, LicenseId, UserId},
    permissions::Action,
    problem::Code,
    wire::groups::{GroupAssignment, GroupLicense},
};

/// Lists the licenses that a group assigns to its members, with the members who did not get one and why.
#[utoipa::path(
    get, path = "/groups/{id}/licenses", tag = "groups",
    params(("id" = GroupId, Path)),
    responses((status = 200, body = Vec<GroupLicense>)),
)]
pub async fn of_group(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
) -> Result<Json<Vec<GroupLicense>>, ApiError> {
    caller.require(Action::ViewUsers)?;
    super::groups::require_visible(&app, &caller, id).await?;
    Ok(Json(store::group_licenses::of_group(&app.db, id).await?))
}

/// Assigns a license to a group's current and future members, for as long as they are members.
///
/// If a named license has too few seats, the response lists the members without one; they get one when a seat becomes
/// free.
#[utoipa::path(
    put, path = "/groups/{id}/licenses/{license}", tag = "groups",
    params(("id" = GroupId, Path), ("license" = LicenseId, Path)),
    responses((status = 200, body = Vec<GroupLicense>)),
)]
pub async fn give(
    State(app): State<App>,
    caller: Caller,
    PathParam((id, license)): PathParam<(GroupId, LicenseId)>,
) -> Result<Json<Vec<GroupLicense>>, ApiError> {
    caller.require(Action::Assign)?;
    let found = store::licenses::some(&app.db, app.clock.now(), [license]).await?.pop();
    found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let (mut tx, name) = super::groups::begin_locked(&app, &caller, id).await?;
    if store::group_licenses::insert(&mut tx, id, license, app.clock.now()).await? {
        let event = Event::of_license(EventData::GroupLicenseGranted {}, caller.actor(), license).about(id.0, name);
        app.commit(tx, &[event]).await?;
    } else {
        drop(tx);
        // Repeating the request is how a client makes up for what failed the first time.
        consequences::reconcile_license(&app.entitlements, caller.actor(), license).await;
    }
    Ok(Json(store::group_licenses::of_group(&app.db, id).await?))
}

/// Stops assigning a license to a group's members.
///
/// Members who had it only through the group lose it, but may finish their sessions.
#[utoipa::path(
    delete, path = "/groups/{id}/licenses/{license}", tag = "groups",
    params(("id" = GroupId, Path), ("license" = LicenseId, Path)),
    responses((status = 200, body = Vec<GroupLicense>)),
)]
pub async fn take(
    State(app): State<App>,
    caller: Caller,
    PathParam((id, license)): PathParam<(GroupId, LicenseId)>,
) -> Result<Json<Vec<GroupLicense>>, ApiError> {
    caller.require(Action::Assign)?;
    let (mut tx, name) = super::groups::begin_locked(&app, &caller, id).await?;
    if !store::group_licenses::delete(&mut tx, id, license).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    let event = Event::of_license(EventData::GroupLicenseRevoked {}, caller.actor(), license).about(id.0, name);
    app.commit(tx, &[event]).await?;
    Ok(Json(store::group_licenses::of_group(&app.db, id).await?))
}

/// Lists the licenses that a user has through groups, with the groups.
#[utoipa::path(
    get, path = "/users/{id}/group-licenses", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 200, body = Vec<GroupAssignment>)),
)]
pub async fn of_user(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<Json<Vec<GroupAssignment>>, ApiError> {
    caller.require(Action::ViewUsers)?;
    let user = super::users::visible_user(&app, &caller, id).await?;
    let mut through = store::group_licenses::of_user(&app.db, id).await?;
    // Hides memberships in groups that a limited manager does not see.
    through.retain(|one| user.group_ids.contains(&one.group_id));
    Ok(Json(through))
}
