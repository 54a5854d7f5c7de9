//! Licenses that groups give to their members, as long as they are members; and what users have through their groups.

use crate::{
    app::App,
    auth::Caller,
    events::Event,
    group_licenses::{About, settle},
    http::{extract::Named, problem::Fail},
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    permissions::Action,
    problem::Code,
    wire::groups::{GroupLicense, ThroughGroup},
};
use serde_json::json;

/// The licenses that a group gives to its members, and who of them has not got one, and why.
#[utoipa::path(get, path = "/groups/{id}/licenses", tag = "groups", params(("id" = GroupId, Path)), responses((status = 200, body = Vec<GroupLicense>)))]
pub async fn of_group(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
) -> Result<Json<Vec<GroupLicense>>, Fail> {
    caller.must(Action::ViewUsers)?;
    super::groups::must_see(&app, &caller, id).await?;
    Ok(Json(store::group_licenses::of_group(&app.db, id).await?))
}

/// Lets a group give a license to its members, now and as long as they are members. Of a named license as far as there are seats; who
/// got none is told, and gets one when there is.
#[utoipa::path(put, path = "/groups/{id}/licenses/{license}", tag = "groups", params(("id" = GroupId, Path), ("license" = LicenseId, Path)), responses((status = 200, body = Vec<GroupLicense>)))]
pub async fn give(
    State(app): State<App>,
    caller: Caller,
    Named((id, license)): Named<(GroupId, LicenseId)>,
) -> Result<Json<Vec<GroupLicense>>, Fail> {
    caller.must(Action::Assign)?;
    let found = store::licenses::some(&app.db, app.clock.now(), [license]).await?.pop();
    found.ok_or_else(|| Fail::code(Code::NotFound))?;
    let (mut tx, name) = super::groups::begin(&app, &caller, id).await?;
    if store::group_licenses::insert(&mut tx, id, license, app.clock.now()).await? {
        let event = Event::of_license("group_license_granted", caller.actor(), license, json!({})).about(id.0, name);
        app.commit(tx, &[event]).await?;
    } else {
        drop(tx);
    }
    settle(&app, &caller.actor(), &About::License(license)).await?;
    Ok(Json(store::group_licenses::of_group(&app.db, id).await?))
}

/// Lets a group no longer give a license. Whoever had it through the group loses it, and may finish his sessions; who has it otherwise
/// keeps it.
#[utoipa::path(delete, path = "/groups/{id}/licenses/{license}", tag = "groups", params(("id" = GroupId, Path), ("license" = LicenseId, Path)), responses((status = 200, body = Vec<GroupLicense>)))]
pub async fn take(
    State(app): State<App>,
    caller: Caller,
    Named((id, license)): Named<(GroupId, LicenseId)>,
) -> Result<Json<Vec<GroupLicense>>, Fail> {
    caller.must(Action::Assign)?;
    let (mut tx, name) = super::groups::begin(&app, &caller, id).await?;
    if !store::group_licenses::delete(&mut tx, id, license).await? {
        return Err(Fail::code(Code::NotFound));
    }
    let event = Event::of_license("group_license_revoked", caller.actor(), license, json!({})).about(id.0, name);
    app.commit(tx, &[event]).await?;
    settle(&app, &caller.actor(), &About::License(license)).await?;
    Ok(Json(store::group_licenses::of_group(&app.db, id).await?))
}

/// The licenses that a user has through his groups, and through which.
#[utoipa::path(get, path = "/users/{id}/group-licenses", tag = "users", params(("id" = UserId, Path)), responses((status = 200, body = Vec<ThroughGroup>)))]
pub async fn of_user(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<UserId>,
) -> Result<Json<Vec<ThroughGroup>>, Fail> {
    caller.must(Action::ViewUsers)?;
    let user = super::users::one(&app, &caller, id).await?;
    let mut through = store::group_licenses::of_user(&app.db, id).await?;
    // Which other groups he is in is not told to whoever is limited to some.
    through.retain(|one| user.group_ids.contains(&one.group_id));
    Ok(Json(through))
}
