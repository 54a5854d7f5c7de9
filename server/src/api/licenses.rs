//! Licenses: lists, adding them, what they keep for groups, and to whom they are assigned.

use crate::{
    app::App,
    auth::{Caller, Scope},
    events::Event,
    http::{
        extract::{Asked, Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    reasons,
    seats::SeatsError,
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Datelike as _, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::{GroupLimit, Price, Rules},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, within},
    wire::{
        groups::GroupLimits,
        licenses::{AssignmentResult, AssignmentResults, Contract, Grant, LicenseView, NewLicense, Revoke},
    },
};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// The licenses that the caller may see, archived ones too.
pub(super) async fn visible(app: &App, caller: &Caller) -> Result<Vec<LicenseView>, Fail> {
    let now = app.clock.now();
    let mut licenses = match Scope::of(caller) {
        Scope::All | Scope::Groups(_) => store::licenses::all(&app.db, now).await?,
        Scope::Own(user) => store::licenses::of_user(&app.db, now, user).await?,
    };
    app.feed.complete(&mut licenses, now);
    if caller.may(Action::ManageProducts) {
        store::contracts::complete(&app.db, &mut licenses).await?;
    }
    Ok(licenses)
}

/// Which licenses or products a list shows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Shown {
    /// Archived ones too.
    pub(super) archived: Option<bool>,
}

/// One license as it is now, whoever asks.
pub(super) async fn one(app: &App, id: LicenseId) -> Result<LicenseView, Fail> {
    let now = app.clock.now();
    let mut found = store::licenses::some(&app.db, now, [id]).await?;
    app.feed.complete(&mut found, now);
    store::contracts::complete(&app.db, &mut found).await?;
    found.pop().ok_or_else(|| Fail::code(Code::NotFound))
}

/// Licenses with their live counts; an agent sees those that are assigned to him.
#[utoipa::path(get, path = "/licenses", tag = "licenses", params(Shown), responses((status = 200, body = Vec<LicenseView>)))]
pub async fn licenses(
    State(app): State<App>,
    caller: Caller,
    Asked(shown): Asked<Shown>,
) -> Result<Json<Vec<LicenseView>>, Fail> {
    let mut licenses = visible(&app, &caller).await?;
    licenses.retain(|license| shown.archived == Some(true) || license.archived_at.is_none());
    Ok(Json(licenses))
}

/// What can be changed about a license, as far as this caller sees it: its tag stands for that.
pub(super) fn changeable(license: &LicenseView) -> impl serde::Serialize + use<> {
    json!({
        "seats": license.seats, "rules": license.rules, "starts_at": license.starts_at, "ends_at": license.ends_at,
        "archived_at": license.archived_at, "contract": license.contract, "group_limits": license.group_limits,
    })
}

/// One license with its live counts. The `ETag` stands for what can be changed.
#[utoipa::path(get, path = "/licenses/{id}", tag = "licenses", params(("id" = LicenseId, Path)), responses((status = 200, body = LicenseView)))]
pub async fn license(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
) -> Result<Tagged<LicenseView>, Fail> {
    let seen = visible(&app, &caller).await?.into_iter().find(|license| license.id == id);
    let seen = seen.ok_or_else(|| Fail::code(Code::NotFound))?;
    Ok(tagged(&changeable(&seen), seen))
}

/// Adds a license: a purchase.
#[utoipa::path(post, path = "/licenses", tag = "licenses", request_body = NewLicense, responses((status = 201, body = LicenseView)))]
pub async fn add_license(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<NewLicense>,
) -> Result<(StatusCode, Json<LicenseView>), Fail> {
    caller.must(Action::ChangeSeats)?;
    let now = app.clock.now();
    let added = checked(&app, &wanted, LicenseId(app.dice.id(now))).await?;
    let mut tx = app.db.begin().await?;
    store::licenses::insert_license(&mut tx, &added, now).await?;
    let facts = json!({
        "product": added.product, "model": added.model, "seats": added.seats, "starts_at": added.starts_at,
        "ends_at": added.ends_at, "rules": added.rules, "notes": added.contract.notes,
        "order_number": added.contract.order_number, "price_per_seat": added.contract.price_per_seat,
    });
    app.commit(tx, &[Event::of_license("license_added", caller.actor(), added.id, facts)]).await?;
    Ok((StatusCode::CREATED, Json(one(&app, added.id).await?)))
}

async fn checked(app: &App, wanted: &NewLicense, id: LicenseId) -> Result<store::licenses::Added, Fail> {
    let mut fields = Fields::default();
    let product = store::licenses::product(&app.db, &wanted.product_id.to_string()).await?;
    let product = fields.check("product_id", product.ok_or(FieldError::Unknown));
    let seats = fields.check("seats", validate::seats(wanted.seats));
    let rules = wanted.rules.on(Rules::default());
    rules.wrong().into_iter().for_each(|(field, error)| fields.wrong(field, error));
    check_days(&mut fields, wanted.starts_at, wanted.ends_at);
    let contract = checked_contract(&mut fields, &wanted.contract);
    let (product, seats) = fields.all(product.zip(seats))?;
    Ok(store::licenses::Added {
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

/// Notes what is wrong with a start and an end.
pub(super) fn check_days(fields: &mut Fields, starts_at: Option<DateTime<Utc>>, ends_at: Option<DateTime<Utc>>) {
    for (field, moment) in [("starts_at", starts_at), ("ends_at", ends_at)] {
        // Years beyond these are no moments to PostgreSQL, and break the order of text in SQLite.
        moment.map(|at| fields.check(field, within(at.year().into(), 1, 9_999)));
    }
    if starts_at.zip(ends_at).is_some_and(|(start, end)| end <= start) {
        fields.wrong("ends_at", FieldError::EndBeforeStart);
    }
}

/// What stands in a contract, in the form in which it is kept; notes what is wrong with it.
pub(super) fn checked_contract(fields: &mut Fields, given: &Contract) -> Contract {
    let notes = given.notes.as_deref().map_or(Ok(None), validate::notes);
    let order_number = given.order_number.as_deref().map_or(Ok(None), validate::word);
    let wrong = given.price_per_seat.as_ref().map(Price::wrong).unwrap_or_default();
    wrong.into_iter().for_each(|(field, error)| fields.wrong(field, error));
    Contract {
        notes: fields.check("notes", notes).flatten(),
        order_number: fields.check("order_number", order_number).flatten(),
        price_per_seat: given.price_per_seat.clone(),
    }
}

/// Says what a license keeps for groups, and how much of it they may take. What it keeps for groups that a limited manager does not
/// see stays. With `If-Match` only if nobody else has changed the
/// license meanwhile.
#[utoipa::path(put, path = "/licenses/{id}/groups", tag = "licenses", params(("id" = LicenseId, Path), ("If-Match" = Option<String>, Header)), request_body = GroupLimits, responses((status = 200, body = LicenseView)))]
pub async fn limit_groups(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
    expected: IfMatch,
    Body(wanted): Body<GroupLimits>,
) -> Result<Tagged<LicenseView>, Fail> {
    caller.must(Action::ManageProducts)?;
    let before = one(&app, id).await?;
    expected.must_hold(&changeable(&before))?;
    let mut limits = checked_limits(&app, wanted.limits).await?;
    let hidden = hidden_limits(&app, &caller, &before.group_limits, &mut limits).await?;
    let as_seen = (expected.is_given() || hidden).then_some(before.group_limits);
    match app.seats.limit_groups(&caller.actor(), id, limits, as_seen).await {
        // The license is there; one of the groups was deleted meanwhile.
        Err(SeatsError::Failed(Code::NotFound)) => return Err(Fail::field("group_id", FieldError::Unknown)),
        limited => limited?,
    }
    let after = one(&app, id).await?;
    Ok(tagged(&changeable(&after), after))
}

/// Leaves as it is what is kept for groups that a limited manager does not see; whether there are such.
async fn hidden_limits(
    app: &App,
    caller: &Caller,
    before: &[GroupLimit],
    limits: &mut Vec<GroupLimit>,
) -> Result<bool, Fail> {
    let Some(manager) = Scope::of(caller).manager() else { return Ok(false) };
    let seen: BTreeSet<_> =
        store::groups::all(&app.db, Some(manager)).await?.into_iter().map(|group| group.id).collect();
    let is_hidden = |limit: &GroupLimit| !seen.contains(&limit.group_id);
    if limits.iter().any(|limit| is_hidden(limit) && !before.contains(limit)) {
        return Err(Fail::field("group_id", FieldError::Unknown));
    }
    limits.retain(|limit| !is_hidden(limit));
    limits.extend(before.iter().filter(|limit| is_hidden(limit)).cloned());
    limits.sort();
    Ok(true)
}

async fn checked_limits(app: &App, mut limits: Vec<GroupLimit>) -> Result<Vec<GroupLimit>, Fail> {
    let mut fields = Fields::default();
    limits.sort();
    // A group that is named twice with other numbers is not known what for; `known` counts it once.
    limits.dedup();
    if limits.len() > 100 {
        fields.wrong("limits", FieldError::OutOfRange { min: 0, max: 100 });
    }
    for limit in &limits {
        fields.check("floor", validate::seats(limit.floor));
        // What is said of the cap makes sense also if the floor does not.
        let least = limit.floor.clamp(0, validate::MAX_SEATS);
        fields.check("cap", limit.cap.map(|cap| within(cap, least, validate::MAX_SEATS)).transpose());
    }
    let groups: Vec<_> = limits.iter().map(|limit| limit.group_id).collect();
    if store::groups::known(&app.db, &groups).await? < groups.len() {
        fields.wrong("group_id", FieldError::Unknown);
    }
    fields.all(Some(limits))
}

/// Assigns a license to users.
#[utoipa::path(post, path = "/licenses/{id}/grant", tag = "licenses", params(("id" = LicenseId, Path)), request_body = Grant, responses((status = 200, body = AssignmentResults)))]
pub async fn grant(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
    Body(wanted): Body<Grant>,
) -> Result<Json<AssignmentResults>, Fail> {
    caller.must(Action::Assign)?;
    let users = not_too_many(wanted.user_ids)?;
    let (users, strange) = seen(&app, &caller, users).await?;
    let results = app.seats.grant(&caller.actor(), id, users.clone()).await?;
    reasons::given(&app, id, &users).await?;
    Ok(Json(with_strangers(results, strange)))
}

/// Takes a license from users.
#[utoipa::path(post, path = "/licenses/{id}/revoke", tag = "licenses", params(("id" = LicenseId, Path)), request_body = Revoke, responses((status = 200, body = AssignmentResults)))]
pub async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
    Body(wanted): Body<Revoke>,
) -> Result<Json<AssignmentResults>, Fail> {
    caller.must(Action::Assign)?;
    let users = not_too_many(wanted.user_ids)?;
    let (users, strange) = seen(&app, &caller, users).await?;
    let results = by_hand(&app, &caller, id, users, wanted.end_now).await?;
    Ok(Json(with_strangers(results, strange)))
}

/// Takes a license from users. Who has it through a group or by a rule keeps it, for no longer than that.
pub(super) async fn by_hand(
    app: &App,
    caller: &Caller,
    id: LicenseId,
    users: Vec<UserId>,
    end_now: bool,
) -> Result<Vec<AssignmentResult>, Fail> {
    let kept = reasons::of(app, id, &users).await?;
    reasons::taken_back(app, id, &kept).await?;
    let others: Vec<_> = users.iter().copied().filter(|user| !kept.contains_key(user)).collect();
    let mut told = app.seats.revoke(&caller.actor(), id, others, end_now).await?.into_iter();
    let result = |user_id: UserId| match kept.get(&user_id) {
        Some(reason) => Some(AssignmentResult { user_id, changed: false, refused: Some(reason.code()) }),
        None => told.next(),
    };
    Ok(users.into_iter().filter_map(result).collect())
}

/// Those of the users whom the caller sees, and the others with their places.
async fn seen(app: &App, caller: &Caller, users: Vec<UserId>) -> Result<(Vec<UserId>, Vec<(usize, UserId)>), Fail> {
    let his = Scope::of(caller).people(&app.db, &users).await?;
    let strange = users.iter().copied().enumerate().filter(|(_, user)| !his.contains(user)).collect();
    Ok((users.into_iter().filter(|user| his.contains(user)).collect(), strange))
}

/// To whoever may not know of them, they are not there.
fn with_strangers(mut results: Vec<AssignmentResult>, strange: Vec<(usize, UserId)>) -> AssignmentResults {
    for (place, user_id) in strange {
        results.insert(place, AssignmentResult { user_id, changed: false, refused: Some(Code::NotFound) });
    }
    AssignmentResults { results }
}

fn not_too_many(users: Vec<UserId>) -> Result<Vec<UserId>, Fail> {
    let mut fields = Fields::default();
    let range = FieldError::OutOfRange { min: 1, max: 1_000 };
    let number =
        fields.check("user_ids", (1..=validate::MAX_BULK).contains(&users.len()).then_some(users).ok_or(range));
    fields.all(number)
}
