//! Products: lists, adding and changing them.

use super::licenses::{Shown, visible};
use crate::{
    app::App,
    auth::{Caller, Scope},
    events::{self, Event},
    http::{
        extract::{Asked, Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    store::{self, contracts::Product},
    text,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::ProductId,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, within},
    wire::licenses::{ChangeProduct, LicenseView, NewProduct, ProductView},
};
use serde_json::json;
use std::collections::HashMap;

/// Products with their licenses; an agent sees those that are assigned to him.
#[utoipa::path(get, path = "/products", tag = "licenses", params(Shown), responses((status = 200, body = Vec<ProductView>)))]
pub async fn products(
    State(app): State<App>,
    caller: Caller,
    Asked(shown): Asked<Shown>,
) -> Result<Json<Vec<ProductView>>, Fail> {
    let archived = shown.archived == Some(true);
    let mut of: HashMap<ProductId, Vec<LicenseView>> = HashMap::new();
    for license in visible(&app, &caller).await? {
        if archived || license.archived_at.is_none() {
            of.entry(license.product_id).or_default().push(license);
        }
    }
    let mut products = store::licenses::products(&app.db).await?;
    products.retain(|product| archived || product.archived_at.is_none());
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
    let key = fields.check("key_seconds", key_seconds(wanted.key_seconds.unwrap_or(600)));
    let (name, key_seconds) = fields.all(name.zip(key))?;
    let now = app.clock.now();
    let id = ProductId(app.dice.id(now));
    let slug = text::slug(&name).unwrap_or_else(|| format!("product-{}", &id.0.simple().to_string()[20..]));
    let product = ProductView { id, slug, name, key_seconds, archived_at: None, licenses: Vec::new() };
    let mut tx = app.db.begin().await?;
    store::licenses::insert_product(&mut tx, &product, now).await?;
    let facts = json!({ "slug": product.slug, "key_seconds": product.key_seconds });
    app.commit(tx, &[Event::new("product_added", caller.actor(), None, facts).about(id.0, &product.name)]).await?;
    Ok((StatusCode::CREATED, Json(product)))
}

fn key_seconds(seconds: i64) -> Result<i64, FieldError> {
    within(seconds, 30, 86_400)
}

/// One product with its licenses. The `ETag` stands for what can be changed about the product.
#[utoipa::path(get, path = "/products/{id}", tag = "licenses", params(("id" = ProductId, Path)), responses((status = 200, body = ProductView)))]
pub async fn product(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<ProductId>,
) -> Result<Tagged<ProductView>, Fail> {
    let all = products(State(app), caller, Asked(Shown { archived: Some(true) })).await?.0;
    let found = all.into_iter().find(|product| product.id == id).ok_or_else(|| Fail::code(Code::NotFound))?;
    Ok(tagged(&changeable(&found.name, found.key_seconds, found.archived_at.is_some()), found))
}

fn changeable(name: &str, key_seconds: i64, archived: bool) -> serde_json::Value {
    json!({ "name": name, "key_seconds": key_seconds, "archived": archived })
}

/// Changes a product, archives it, or takes it out of the archive. With `If-Match` only if nobody else has changed it meanwhile.
#[utoipa::path(patch, path = "/products/{id}", tag = "licenses", params(("id" = ProductId, Path), ("If-Match" = Option<String>, Header)), request_body = ChangeProduct, responses((status = 200, body = ProductView)))]
pub async fn change_product(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<ProductId>,
    expected: IfMatch,
    Body(change): Body<ChangeProduct>,
) -> Result<Tagged<ProductView>, Fail> {
    caller.must(Action::ManageProducts)?;
    let mut fields = Fields::default();
    let name = fields.check("name", change.name.as_deref().map(validate::name).transpose());
    let key = fields.check("key_seconds", change.key_seconds.map(key_seconds).transpose());
    let (name, key_seconds) = fields.all(name.zip(key))?;
    let mut tx = app.db.begin().await?;
    let before = store::contracts::lock_product(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    expected.must_hold(&facts(&before))?;
    let now = app.clock.now();
    let after = Product {
        name: name.unwrap_or_else(|| before.name.clone()),
        key_seconds: key_seconds.unwrap_or(before.key_seconds),
        archived_at: store::contracts::archived(before.archived_at, change.archived, now),
    };
    if before != after {
        store::contracts::change_product(&mut tx, id, &after).await?;
        let facts = events::changes(&facts(&before), &facts(&after));
        app.commit(tx, &[Event::new("product_changed", caller.actor(), None, facts).about(id.0, before.name)]).await?;
    } else {
        drop(tx);
    }
    self::product(State(app), caller, Named(id)).await
}

fn facts(product: &Product) -> serde_json::Value {
    changeable(&product.name, product.key_seconds, product.archived_at.is_some())
}
