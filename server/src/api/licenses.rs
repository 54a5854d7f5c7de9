//! Products, licenses and their assignments.

use crate::{
    app::App,
    auth::{Caller, Scope},
    events::Event,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
    store, text,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::Datelike as _;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::{ChosenRules, GroupLimit, Rules},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, within},
    wire::{
        groups::GroupLimits,
        licenses::{
            AssignmentResult, AssignmentResults, ChangeLicense, Grant, LicenseView, NewLicense, NewProduct,
            ProductView, Revoke,
        },
    },
};
use serde_json::json;
use std::collections::HashMap;

/// The licenses that the caller may see.
async fn visible(app: &App, caller: &Caller) -> Result<Vec<LicenseView>, Fail> {
    let now = app.clock.now();
    let mut licenses = match Scope::of(caller) {
        Scope::All | Scope::Groups(_) => store::licenses::all(&app.db, now).await?,
        Scope::Own(user) => store::licenses::of_user(&app.db, now, user).await?,
    };
    app.feed.complete(&mut licenses, now);
    Ok(licenses)
}

async fn one(app: &App, id: LicenseId) -> Result<LicenseView, Fail> {
    let now = app.clock.now();
    let mut found = store::licenses::some(&app.db, now, [id]).await?;
    app.feed.complete(&mut found, now);
    found.pop().ok_or_else(|| Fail::code(Code::NotFound))
}

/// Products with their licenses; an agent sees those that are assigned to him.
#[utoipa::path(get, path = "/products", tag = "licenses", responses((status = 200, body = Vec<ProductView>)))]
pub async fn products(State(app): State<App>, caller: Caller) -> Result<Json<Vec<ProductView>>, Fail> {
    let mut of: HashMap<ProductId, Vec<LicenseView>> = HashMap::new();
    for license in visible(&app, &caller).await? {
        of.entry(license.product_id).or_default().push(license);
    }
    let mut products = store::licenses::products(&app.db).await?;
    for product in &mut products {
        product.licenses = of.remove(&product.id).unwrap_or_default();
    }
    if let Scope::Own(_) = Scope::of(&caller) {
        products.retain(|product| !product.licenses.is_empty());
    }
    Ok(Json(products))
}

/// Adds a product.
#[utoipa::path(post, path = "/products", tag = "licenses", request_body = NewProduct, responses((status = 201, body = ProductView)))]
pub async fn add_product(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<NewProduct>,
) -> Result<(StatusCode, Json<ProductView>), Fail> {
    caller.must(Action::ManageProducts)?;
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let key = fields.check("key_seconds", within(wanted.key_seconds.unwrap_or(600), 30, 86_400));
    let (name, key_seconds) = fields.all(name.zip(key))?;
    let now = app.clock.now();
    let id = ProductId(app.dice.id(now));
    let slug = text::slug(&name).unwrap_or_else(|| format!("product-{}", &id.0.simple().to_string()[20..]));
    let product = ProductView { id, slug, name, key_seconds, licenses: Vec::new() };
    let mut tx = app.db.begin().await?;
    store::licenses::insert_product(&mut tx, &product, now).await?;
    let facts = json!({ "slug": product.slug, "key_seconds": product.key_seconds });
    app.commit(tx, &[Event::new("product_added", caller.actor(), None, facts).about(id.0, &product.name)]).await?;
    Ok((StatusCode::CREATED, Json(product)))
}

/// Licenses with their live counts; an agent sees those that are assigned to him.
#[utoipa::path(get, path = "/licenses", tag = "licenses", responses((status = 200, body = Vec<LicenseView>)))]
pub async fn licenses(State(app): State<App>, caller: Caller) -> Result<Json<Vec<LicenseView>>, Fail> {
    Ok(Json(visible(&app, &caller).await?))
}

/// One license with its live counts.
#[utoipa::path(get, path = "/licenses/{id}", tag = "licenses", params(("id" = LicenseId, Path)), responses((status = 200, body = LicenseView)))]
pub async fn license(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
) -> Result<Json<LicenseView>, Fail> {
    let seen = visible(&app, &caller).await?.into_iter().find(|license| license.id == id);
    seen.map(Json).ok_or_else(|| Fail::code(Code::NotFound))
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
        "ends_at": added.ends_at, "rules": added.rules,
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
    for (field, moment) in [("starts_at", wanted.starts_at), ("ends_at", wanted.ends_at)] {
        // Years beyond these are no moments to PostgreSQL, and break the order of text in SQLite.
        moment.map(|at| fields.check(field, within(at.year().into(), 1, 9_999)));
    }
    if wanted.starts_at.zip(wanted.ends_at).is_some_and(|(start, end)| end <= start) {
        fields.wrong("ends_at", FieldError::EndBeforeStart);
    }
    let (product, seats) = fields.all(product.zip(seats))?;
    Ok(store::licenses::Added {
        id,
        product,
        model: wanted.model,
        seats,
        starts_at: wanted.starts_at,
        ends_at: wanted.ends_at,
        rules,
    })
}

/// Changes the number of seats, which is a purchase and takes the billing contact, or the rules.
#[utoipa::path(patch, path = "/licenses/{id}", tag = "licenses", params(("id" = LicenseId, Path)), request_body = ChangeLicense, responses((status = 200, body = LicenseView)))]
pub async fn change_license(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
    Body(change): Body<ChangeLicense>,
) -> Result<Json<LicenseView>, Fail> {
    // More seats than were bought are bought too.
    let buys = change.seats.is_some() || change.rules.overdraft.is_some();
    let rules = change.rules != ChosenRules::default();
    if buys || !rules {
        caller.must(Action::ChangeSeats)?;
    }
    if (ChosenRules { overdraft: None, ..change.rules.clone() }) != ChosenRules::default() {
        caller.must(Action::ManageProducts)?;
    }
    let before = one(&app, id).await?;
    let mut fields = Fields::default();
    let seats = fields.check("seats", change.seats.map(validate::seats).transpose());
    let wrong = change.rules.on(before.rules).wrong();
    wrong.into_iter().for_each(|(field, error)| fields.wrong(field, error));
    app.seats.change(&caller.actor(), id, fields.all(seats)?, change.rules).await?;
    Ok(Json(one(&app, id).await?))
}

/// Says what a license keeps for groups, and how much of it they may take.
#[utoipa::path(put, path = "/licenses/{id}/groups", tag = "licenses", params(("id" = LicenseId, Path)), request_body = GroupLimits, responses((status = 200, body = LicenseView)))]
pub async fn limit_groups(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<LicenseId>,
    Body(wanted): Body<GroupLimits>,
) -> Result<Json<LicenseView>, Fail> {
    caller.must(Action::ManageProducts)?;
    let limits = checked_limits(&app, wanted.limits).await?;
    app.seats.limit_groups(&caller.actor(), id, limits).await?;
    Ok(Json(one(&app, id).await?))
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
        fields.check("cap", limit.cap.map(|cap| within(cap, limit.floor, validate::MAX_SEATS)).transpose());
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
    let results = app.seats.grant(&caller.actor(), id, users).await?;
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
    let results = app.seats.revoke(&caller.actor(), id, users, wanted.end_now).await?;
    Ok(Json(with_strangers(results, strange)))
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
