//! Licenses: list, adding, group limits and assignments.

use crate::{
    app::App,
    auth::{Caller, Scope},
    entitlements::assignments,
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    seats::SeatsError,
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Datelike as _, Utc};
use seatkeeper_shared::{
    audit::EventData,
    ids::{LicenseId, UserId},
    license::{GroupLimit, Price, Rules},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, in_range},
    wire::{
        groups::GroupLimits,
        licenses::{
            AssignmentResult, AssignmentResults, Contract, Grant, LicenseView, NewLicense, Revoke, SetGrantEnd,
        },
    },
};
use serde::Deserialize;
use serde_json::json;

/// The licenses that the caller sees, including archived ones, with the limits of the groups that the caller sees.
pub(super) async fn visible_licenses(app: &App, caller: &Caller) -> Result<Vec<LicenseView>, ApiError> {
    let now = app.clock.now();
    let mut licenses = match Scope::of(caller) {
        Scope::All | Scope::Groups(_) => store::licenses::all(&app.db, now).await?,
        Scope::Own(user) => store::licenses::of_user(&app.db, now, user).await?,
    };
    app.feed.complete(&mut licenses, now);
    Scope::of(caller).hide_group_limits(&app.db, &mut licenses).await?;
    if caller.may(Action::ManageProducts) {
        store::contracts::add_contracts(&app.db, &mut licenses).await?;
    }
    Ok(licenses)
}

/// The filter of licenses and products.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ArchivedQuery {
    /// Include archived ones.
    pub(super) archived: Option<bool>,
}

/// The current state of a license, without a visibility check. Apply [`as_seen_by`] before showing it.
pub(super) async fn get_license(app: &App, id: LicenseId) -> Result<LicenseView, ApiError> {
    let now = app.clock.now();
    let mut found = store::licenses::some(&app.db, now, [id]).await?;
    app.feed.complete(&mut found, now);
    store::contracts::add_contracts(&app.db, &mut found).await?;
    found.pop().ok_or_else(|| ApiError::new(Code::NotFound))
}

/// A license without its contract if the caller does not manage products, and without the limits of groups that the
/// caller does not see.
pub(super) async fn as_seen_by(app: &App, caller: &Caller, mut license: LicenseView) -> Result<LicenseView, ApiError> {
    Scope::of(caller).hide_group_limits(&app.db, std::slice::from_mut(&mut license)).await?;
    if !caller.may(Action::ManageProducts) {
        license.contract = Contract::default();
    }
    Ok(license)
}

/// Lists licenses with live usage. Agents see the licenses assigned to them.
#[utoipa::path(
    get, path = "/licenses", tag = "licenses",
    params(ArchivedQuery),
    responses((status = 200, body = Vec<LicenseView>)),
)]
pub async fn licenses(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(shown): ValidQuery<ArchivedQuery>,
) -> Result<Json<Vec<LicenseView>>, ApiError> {
    let mut licenses = visible_licenses(&app, &caller).await?;
    licenses.retain(|license| shown.archived == Some(true) || license.archived_at.is_none());
    Ok(Json(licenses))
}

/// The editable fields of a license that the caller sees, for the ETag.
pub(super) fn editable_fields(license: &LicenseView) -> impl serde::Serialize + use<> {
    json!({
        "seats": license.seats, "rules": license.rules, "starts_at": license.starts_at, "ends_at": license.ends_at,
        "archived_at": license.archived_at, "contract": license.contract, "group_limits": license.group_limits,
    })
}

/// Returns a license with live usage. The `ETag` covers the editable fields.
#[utoipa::path(
    get, path = "/licenses/{id}", tag = "licenses",
    params(("id" = LicenseId, Path)),
    responses((status = 200, body = LicenseView)),
)]
pub async fn license(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
) -> Result<WithEtag<LicenseView>, ApiError> {
    let found = visible_licenses(&app, &caller).await?.into_iter().find(|license| license.id == id);
    let license = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    Ok(with_etag(&editable_fields(&license), license))
}

/// Adds a license. Requires the billing contact.
#[utoipa::path(
    post, path = "/licenses", tag = "licenses",
    request_body = NewLicense,
    responses((status = 201, body = LicenseView)),
)]
pub async fn add_license(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<NewLicense>,
) -> Result<(StatusCode, Json<LicenseView>), ApiError> {
    caller.require(Action::ChangeSeats)?;
    let now = app.clock.now();
    let added = validate_license(&app, &wanted, LicenseId(app.random.id(now))).await?;
    let mut tx = app.db.begin().await?;
    store::licenses::insert_license(&mut tx, &added, now).await?;
    let id = added.id;
    app.commit(tx, &[Event::of_license(license_added(added), caller.actor(), id)]).await?;
    Ok((StatusCode::CREATED, Json(get_license(&app, id).await?)))
}

/// What the audit log records about a new license.
fn license_added(added: store::licenses::LicenseToAdd) -> EventData {
    let Contract { notes, order_number, price_per_seat } = added.contract;
    EventData::LicenseAdded {
        product: added.product,
        model: added.model,
        seats: added.seats,
        starts_at: added.starts_at,
        ends_at: added.ends_at,
        rules: Box::new(added.rules.into()),
        notes,
        order_number,
        price_per_seat,
    }
}

async fn validate_license(
    app: &App,
    wanted: &NewLicense,
    id: LicenseId,
) -> Result<store::licenses::LicenseToAdd, ApiError> {
    let mut fields = FieldErrors::default();
    let product = store::licenses::product(&app.db, &wanted.product_id.to_string()).await?;
    let product = fields.check("product_id", product.ok_or(FieldError::Unknown));
    let seats = fields.check("seats", validate::seats(wanted.seats));
    let rules = wanted.rules.apply_to(Rules::default());
    rules.invalid_fields().into_iter().for_each(|(field, error)| fields.add(field, error));
    validate_dates(&mut fields, wanted.starts_at, wanted.ends_at);
    let contract = validate_contract(&mut fields, &wanted.contract);
    let (product, seats) = fields.finish(product.zip(seats))?;
    Ok(store::licenses::LicenseToAdd {
        id,
        product,
        model: wanted.model,
        seats,
        starts_at: wanted.starts_at,
        ends_at: wanted.ends_at,
        rules,
        contract,
    })
}

/// Validates start and end dates.
pub(super) fn validate_dates(
    fields: &mut FieldErrors,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
) {
    for (field, time) in [("starts_at", starts_at), ("ends_at", ends_at)] {
        // Later years are out of PostgreSQL's range.
        time.map(|at| fields.check(field, in_range(at.year().into(), 1, 9_999)));
    }
    if starts_at.zip(ends_at).is_some_and(|(start, end)| end <= start) {
        fields.add("ends_at", FieldError::EndBeforeStart);
    }
}

/// Validates and normalizes a contract.
pub(super) fn validate_contract(fields: &mut FieldErrors, given: &Contract) -> Contract {
    let notes = given.notes.as_deref().map_or(Ok(None), validate::notes);
    let order_number = given.order_number.as_deref().map_or(Ok(None), validate::optional_text);
    let wrong = given.price_per_seat.as_ref().map(Price::invalid_fields).unwrap_or_default();
    wrong.into_iter().for_each(|(field, error)| fields.add(field, error));
    Contract {
        notes: fields.check("notes", notes).flatten(),
        order_number: fields.check("order_number", order_number).flatten(),
        price_per_seat: given.price_per_seat.clone(),
    }
}

/// Replaces the reservations and caps of groups on a license.
///
/// Limits of groups that a limited manager does not see stay unchanged, and are not in the response. With `If-Match`,
/// the license must not have changed since it was read.
#[utoipa::path(
    put, path = "/licenses/{id}/groups", tag = "licenses",
    params(("id" = LicenseId, Path), ("If-Match" = Option<String>, Header)),
    request_body = GroupLimits,
    responses((status = 200, body = LicenseView)),
)]
pub async fn limit_groups(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
    expected: IfMatch,
    ValidJson(wanted): ValidJson<GroupLimits>,
) -> Result<WithEtag<LicenseView>, ApiError> {
    caller.require(Action::ManageProducts)?;
    let before = get_license(&app, id).await?;
    expected.check(&editable_fields(&as_seen_by(&app, &caller, before.clone()).await?))?;
    let mut limits = validate_limits(&app, wanted.limits).await?;
    let hidden = keep_hidden_limits(&app, &caller, &before.group_limits, &mut limits).await?;
    let as_seen = (expected.is_given() || hidden).then_some(before.group_limits);
    match app.seats.limit_groups(&caller.actor(), id, limits, as_seen).await {
        // The license exists, so one of the groups was deleted meanwhile.
        Err(SeatsError::Failed(Code::NotFound)) => return Err(ApiError::field("group_id", FieldError::Unknown)),
        limited => limited?,
    }
    let after = as_seen_by(&app, &caller, get_license(&app, id).await?).await?;
    Ok(with_etag(&editable_fields(&after), after))
}

/// Keeps the limits of groups that a limited manager does not see. Returns whether there may be such groups.
async fn keep_hidden_limits(
    app: &App,
    caller: &Caller,
    before: &[GroupLimit],
    limits: &mut Vec<GroupLimit>,
) -> Result<bool, ApiError> {
    let Some(seen) = Scope::of(caller).visible_groups(&app.db).await? else { return Ok(false) };
    let is_hidden = |limit: &GroupLimit| !seen.contains(&limit.group_id);
    // Also if the limit is unchanged: otherwise a manager could find out by trying.
    if limits.iter().any(is_hidden) {
        return Err(ApiError::field("group_id", FieldError::Unknown));
    }
    limits.extend(before.iter().filter(|limit| is_hidden(limit)).cloned());
    limits.sort();
    Ok(true)
}

async fn validate_limits(app: &App, mut limits: Vec<GroupLimit>) -> Result<Vec<GroupLimit>, ApiError> {
    let mut fields = FieldErrors::default();
    limits.sort();
    // A group with two different limits remains twice here, and fails the check below, which counts it once.
    limits.dedup();
    if limits.len() > 100 {
        fields.add("limits", FieldError::OutOfRange { min: 0, max: 100 });
    }
    for limit in &limits {
        fields.check("floor", validate::seats(limit.floor));
        // Clamped, so that the error for the cap makes sense even if the floor is invalid.
        let least = limit.floor.clamp(0, validate::MAX_SEATS);
        fields.check("cap", limit.cap.map(|cap| in_range(cap, least, validate::MAX_SEATS)).transpose());
    }
    let groups: Vec<_> = limits.iter().map(|limit| limit.group_id).collect();
    if store::groups::count_existing(&app.db, &groups).await? < groups.len() {
        fields.add("group_id", FieldError::Unknown);
    }
    fields.finish(Some(limits))
}

/// Assigns a license to users, for ever or until a given time.
#[utoipa::path(
    post, path = "/licenses/{id}/grant", tag = "licenses",
    params(("id" = LicenseId, Path)),
    request_body = Grant,
    responses((status = 200, body = AssignmentResults)),
)]
pub async fn grant(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
    ValidJson(wanted): ValidJson<Grant>,
) -> Result<Json<AssignmentResults>, ApiError> {
    caller.require(Action::Assign)?;
    let users = validate_bulk_users(wanted.user_ids)?;
    validate_grant_end(&app, wanted.ends_at)?;
    let (users, hidden) = partition_visible(&app, &caller, users).await?;
    let results = assignments::grant(&app.entitlements, &caller.actor(), id, users, wanted.ends_at).await?;
    Ok(Json(with_not_found(results, hidden)))
}

/// Checks that the end of an assignment is in the future.
pub(super) fn validate_grant_end(app: &App, ends_at: Option<DateTime<Utc>>) -> Result<(), ApiError> {
    let Some(ends_at) = ends_at else { return Ok(()) };
    // Later years are out of PostgreSQL's range.
    if let Err(error) = in_range(ends_at.year().into(), 1, 9_999) {
        return Err(ApiError::field("ends_at", error));
    }
    if ends_at <= app.clock.now() {
        return Err(ApiError::field("ends_at", FieldError::EndBeforeStart));
    }
    Ok(())
}

/// Changes when assignments of a license end by themselves, or lets them last.
///
/// From its end on, the user has the license no longer, as if it had been revoked; their sessions may finish.
/// Assignments that a group or a directory's rule gives cannot end by themselves.
#[utoipa::path(
    post, path = "/licenses/{id}/grant-end", tag = "licenses",
    params(("id" = LicenseId, Path)),
    request_body = SetGrantEnd,
    responses((status = 200, body = AssignmentResults)),
)]
pub async fn set_grant_end(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
    ValidJson(wanted): ValidJson<SetGrantEnd>,
) -> Result<Json<AssignmentResults>, ApiError> {
    caller.require(Action::Assign)?;
    let users = validate_bulk_users(wanted.user_ids)?;
    validate_grant_end(&app, wanted.ends_at)?;
    let (users, hidden) = partition_visible(&app, &caller, users).await?;
    let results = assignments::set_end(&app.entitlements, &caller.actor(), id, users, wanted.ends_at).await?;
    Ok(Json(with_not_found(results, hidden)))
}

/// Revokes a license from users.
#[utoipa::path(
    post, path = "/licenses/{id}/revoke", tag = "licenses",
    params(("id" = LicenseId, Path)),
    request_body = Revoke,
    responses((status = 200, body = AssignmentResults)),
)]
pub async fn revoke(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<LicenseId>,
    ValidJson(wanted): ValidJson<Revoke>,
) -> Result<Json<AssignmentResults>, ApiError> {
    caller.require(Action::Assign)?;
    let users = validate_bulk_users(wanted.user_ids)?;
    let (users, hidden) = partition_visible(&app, &caller, users).await?;
    let results = assignments::revoke(&app.entitlements, &caller.actor(), id, users, wanted.end_now).await?;
    Ok(Json(with_not_found(results, hidden)))
}

/// Splits the users into those whom the caller sees, and the others with their indexes.
async fn partition_visible(
    app: &App,
    caller: &Caller,
    users: Vec<UserId>,
) -> Result<(Vec<UserId>, Vec<(usize, UserId)>), ApiError> {
    let visible_ids = Scope::of(caller).visible_users(&app.db, &users).await?;
    let hidden = users.iter().copied().enumerate().filter(|(_, user)| !visible_ids.contains(user)).collect();
    Ok((users.into_iter().filter(|user| visible_ids.contains(user)).collect(), hidden))
}

/// Adds `not_found` results for users whom the caller does not see.
fn with_not_found(mut results: Vec<AssignmentResult>, hidden: Vec<(usize, UserId)>) -> AssignmentResults {
    for (index, user_id) in hidden {
        results.insert(index, AssignmentResult { user_id, changed: false, refused: Some(Code::NotFound) });
    }
    AssignmentResults { results }
}

fn validate_bulk_users(users: Vec<UserId>) -> Result<Vec<UserId>, ApiError> {
    let mut fields = FieldErrors::default();
    let range = FieldError::OutOfRange { min: 1, max: 1_000 };
    let number =
        fields.check("user_ids", (1..=validate::MAX_BULK_ITEMS).contains(&users.len()).then_some(users).ok_or(range));
    fields.finish(number)
}
