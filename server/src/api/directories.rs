//! SCIM directories: tokens, recent requests and rules. For admins.

use crate::{
    app::App,
    auth::{Caller, secret},
    directory_log,
    entitlements::rules,
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
        recent_verification::RecentlyVerifiedCaller,
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::EventData,
    ids::{DirectoryId, GroupId, LicenseId, RuleId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::directory::{
        CreatedDirectory, DirectoryRequest, DirectoryView, NewDirectory, RuleFailures, RuleView, RulesPreview, SetRules,
    },
};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

const MAX_RULES_PER_DIRECTORY: usize = 200;

/// Lists all directories.
#[utoipa::path(get, path = "/directories", tag = "directories", responses((status = 200, body = Vec<DirectoryView>)))]
pub async fn directories(State(app): State<App>, caller: Caller) -> Result<Json<Vec<DirectoryView>>, ApiError> {
    caller.require(Action::ManageAccount)?;
    directory_log::write(&app.directory_log, &app.db).await?;
    Ok(Json(store::directories::all(&app.db).await?))
}

/// Adds a directory. The response is the only one that shows the secret of its token.
#[utoipa::path(
    post, path = "/directories", tag = "directories",
    request_body = NewDirectory,
    responses((status = 201, body = CreatedDirectory)),
)]
pub async fn add_directory(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    ValidJson(wanted): ValidJson<NewDirectory>,
) -> Result<(StatusCode, Json<CreatedDirectory>), ApiError> {
    caller.require(Action::ManageAccount)?;
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let name = fields.finish(name)?;
    let (now, secret) = (app.clock.now(), app.random.secret());
    let id = DirectoryId(app.random.id(now));
    let mut tx = app.db.begin().await?;
    store::directories::insert(&mut tx, id, &name, &secret::hash(&secret), now).await?;
    let event = Event::new(EventData::DirectoryAdded {}, caller.actor(), None).about(id.0, name);
    app.commit(tx, &[event]).await?;
    Ok((StatusCode::CREATED, Json(CreatedDirectory { directory: get_directory(&app, id).await?, secret })))
}

async fn get_directory(app: &App, id: DirectoryId) -> Result<DirectoryView, ApiError> {
    store::directories::get(&app.db, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// Replaces a directory's token. The response is the only one that shows the new secret; the old token is invalid
/// immediately.
#[utoipa::path(
    post, path = "/directories/{id}/rotate", tag = "directories",
    params(("id" = DirectoryId, Path)),
    responses((status = 200, body = CreatedDirectory)),
)]
pub async fn rotate(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    PathParam(id): PathParam<DirectoryId>,
) -> Result<Json<CreatedDirectory>, ApiError> {
    caller.require(Action::ManageAccount)?;
    let secret = app.random.secret();
    let mut tx = app.db.begin().await?;
    let name = store::directories::rotate(&mut tx, id, &secret::hash(&secret), app.clock.now()).await?;
    let name = name.ok_or_else(|| ApiError::new(Code::NotFound))?;
    app.commit(tx, &[Event::new(EventData::DirectoryTokenMade {}, caller.actor(), None).about(id.0, name)]).await?;
    Ok(Json(CreatedDirectory { directory: get_directory(&app, id).await?, secret }))
}

/// Deletes a directory. Its users and groups stay, with everything that its rules assigned.
#[utoipa::path(
    delete, path = "/directories/{id}", tag = "directories",
    params(("id" = DirectoryId, Path)),
    responses((status = 204)),
)]
pub async fn delete_directory(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::ManageAccount)?;
    let mut tx = app.db.begin().await?;
    let name = store::directories::lock(&mut tx, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    store::directories::delete(&mut tx, id).await?;
    app.commit(tx, &[Event::new(EventData::DirectoryDeleted {}, caller.actor(), None).about(id.0, name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the last 200 requests of a directory, newest first, without bodies and secrets.
#[utoipa::path(
    get, path = "/directories/{id}/requests", tag = "directories",
    params(("id" = DirectoryId, Path)),
    responses((status = 200, body = Vec<DirectoryRequest>)),
)]
pub async fn requests(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
) -> Result<Json<Vec<DirectoryRequest>>, ApiError> {
    caller.require(Action::ManageAccount)?;
    get_directory(&app, id).await?;
    directory_log::write(&app.directory_log, &app.db).await?;
    Ok(Json(store::directories::requests(&app.db, id).await?))
}

/// Lists the rules of a directory, highest priority first. The `ETag` covers all rules.
#[utoipa::path(
    get, path = "/directories/{id}/rules", tag = "directories",
    params(("id" = DirectoryId, Path)),
    responses((status = 200, body = Vec<RuleView>)),
)]
pub async fn rules(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
) -> Result<WithEtag<Vec<RuleView>>, ApiError> {
    caller.require(Action::ManageAccount)?;
    get_directory(&app, id).await?;
    let rules = rules_of(&app, id).await?;
    Ok(with_etag(&editable_fields(&rules), rules))
}

/// The rules for the ETag, without group names, which change elsewhere.
fn editable_fields(rules: &[RuleView]) -> Value {
    let rule = |rule: &RuleView| json!([rule.id, rule.group_id, rule.license_ids, rule.role]);
    rules.iter().map(rule).collect()
}

async fn rules_of(app: &App, id: DirectoryId) -> Result<Vec<RuleView>, ApiError> {
    let all = store::directory_rules::all(&app.db).await?;
    Ok(all.into_iter().filter(|rule| rule.directory == id).map(|rule| rule.view).collect())
}

/// Replaces the rules of a directory and applies them.
///
/// Manual assignments stay. With `If-Match`, the rules must not have changed since they were read.
#[utoipa::path(
    put, path = "/directories/{id}/rules", tag = "directories",
    params(("id" = DirectoryId, Path), ("If-Match" = Option<String>, Header)),
    request_body = SetRules,
    responses((status = 200, body = Vec<RuleView>)),
)]
pub async fn set_rules(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
    expected: IfMatch,
    ValidJson(wanted): ValidJson<SetRules>,
) -> Result<WithEtag<Vec<RuleView>>, ApiError> {
    caller.require(Action::ManageAccount)?;
    get_directory(&app, id).await?;
    let (before, after) = (rules_of(&app, id).await?, validate_rules(&app, id, wanted).await?);
    expected.check(&editable_fields(&before))?;
    if before != after {
        let is_expected = |now: &[RuleView]| !expected.is_given() || editable_fields(now) == editable_fields(&before);
        rules::set(&app.entitlements, &caller.actor(), id, &after, is_expected).await?;
    }
    let rules = rules_of(&app, id).await?;
    Ok(with_etag(&editable_fields(&rules), rules))
}

/// Previews what users would get and lose with these rules.
#[utoipa::path(
    post, path = "/directories/{id}/rules/preview", tag = "directories",
    params(("id" = DirectoryId, Path)),
    request_body = SetRules,
    responses((status = 200, body = RulesPreview)),
)]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
    ValidJson(wanted): ValidJson<SetRules>,
) -> Result<Json<RulesPreview>, ApiError> {
    caller.require(Action::ManageAccount)?;
    get_directory(&app, id).await?;
    let wanted = validate_rules(&app, id, wanted).await?;
    Ok(Json(rules::preview(&app.entitlements, id, wanted).await?))
}

/// Validates the rules: their groups, licenses and ids must exist.
async fn validate_rules(app: &App, id: DirectoryId, wanted: SetRules) -> Result<Vec<RuleView>, ApiError> {
    let mut fields = FieldErrors::default();
    if wanted.rules.len() > MAX_RULES_PER_DIRECTORY {
        fields.add("rules", FieldError::OutOfRange { min: 0, max: 200 });
    }
    let known: BTreeSet<RuleId> = rules_of(app, id).await?.into_iter().map(|rule| rule.id).collect();
    let groups: HashMap<GroupId, String> =
        store::groups::all(&app.db, None).await?.into_iter().map(|group| (group.id, group.name)).collect();
    let now = app.clock.now();
    let licenses: BTreeSet<LicenseId> =
        store::licenses::all(&app.db, now).await?.into_iter().map(|license| license.id).collect();
    let (mut seen, mut rules) = (BTreeSet::new(), Vec::new());
    for rule in wanted.rules {
        if rule.id.is_some_and(|rule| !known.contains(&rule) || !seen.insert(rule)) {
            fields.add("id", FieldError::Unknown);
        }
        if !groups.contains_key(&rule.group_id) {
            fields.add("group_id", FieldError::Unknown);
        }
        if !rule.license_ids.iter().all(|license| licenses.contains(license)) {
            fields.add("license_ids", FieldError::Unknown);
        }
        let license_ids: BTreeSet<_> = rule.license_ids.into_iter().collect();
        rules.push(RuleView {
            id: rule.id.unwrap_or_else(|| RuleId(app.random.id(now))),
            group_id: rule.group_id,
            group_name: groups.get(&rule.group_id).cloned().unwrap_or_default(),
            license_ids: license_ids.into_iter().collect(),
            role: rule.role,
        });
    }
    fields.finish(Some(rules))
}

/// Lists the rule applications of a directory that failed.
#[utoipa::path(
    get, path = "/directories/{id}/failures", tag = "directories",
    params(("id" = DirectoryId, Path)),
    responses((status = 200, body = RuleFailures)),
)]
pub async fn failures(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
) -> Result<Json<RuleFailures>, ApiError> {
    caller.require(Action::ManageAccount)?;
    get_directory(&app, id).await?;
    remaining_failures(&app, id).await
}

async fn remaining_failures(app: &App, id: DirectoryId) -> Result<Json<RuleFailures>, ApiError> {
    let (failures, total) = store::directory_failures::list(&app.db, id).await?;
    Ok(Json(RuleFailures { failures, total }))
}

/// Applies the rules of a directory again to all affected users, and lists what still fails.
#[utoipa::path(
    post, path = "/directories/{id}/retry", tag = "directories",
    params(("id" = DirectoryId, Path)),
    responses((status = 200, body = RuleFailures)),
)]
pub async fn retry(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<DirectoryId>,
) -> Result<Json<RuleFailures>, ApiError> {
    caller.require(Action::ManageAccount)?;
    get_directory(&app, id).await?;
    rules::apply_all(&app.entitlements, &caller.actor(), id).await?;
    remaining_failures(&app, id).await
}
