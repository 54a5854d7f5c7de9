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
    seats::paper::archived,
    secrets::Place,
    store::{self, contracts::Product},
    text,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::ProductId,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, MAX_PASSWORD, links, within},
    wire::licenses::{ChangeProduct, Doors, LicenseView, NewProduct, ProductView},
};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Products with their licenses; an agent sees those that are assigned to him.
#[utoipa::path(get, path = "/products", tag = "licenses", params(Shown), responses((status = 200, body = Vec<ProductView>)))]
pub async fn products(
    State(app): State<App>,
    caller: Caller,
    Asked(shown): Asked<Shown>,
) -> Result<Json<Vec<ProductView>>, Fail> {
    let archived_too = shown.archived == Some(true);
    let mut of: HashMap<ProductId, Vec<LicenseView>> = HashMap::new();
    for license in visible(&app, &caller).await? {
        if archived_too || license.archived_at.is_none() {
            of.entry(license.product_id).or_default().push(license);
        }
    }
    let mut products = store::licenses::products(&app.db).await?;
    products.retain(|product| archived_too || product.archived_at.is_none());
    let manages = caller.may(Action::ManageProducts);
    for product in &mut products {
        product.licenses = of.remove(&product.id).unwrap_or_default();
        if !manages {
            product.doors = Doors { opens: product.doors.opens, ..Doors::default() };
        }
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
    let product =
        ProductView { id, slug, name, key_seconds, archived_at: None, doors: Doors::default(), licenses: Vec::new() };
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
    Ok(tagged(&changeable_in(&found), found))
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
    let doors = entered(&mut fields, &change);
    let ((name, key_seconds), doors) = fields.all(name.zip(key).zip(doors))?;
    let mut tx = app.db.begin().await?;
    let before = store::contracts::lock_product(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    expected.must_hold(&changeable(&before))?;
    let now = app.clock.now();
    let after = Product {
        name: name.unwrap_or_else(|| before.name.clone()),
        key_seconds: key_seconds.unwrap_or(before.key_seconds),
        archived_at: archived(before.archived_at, change.archived, now),
        gate_origins: doors.gate_origins.unwrap_or_else(|| before.gate_origins.clone()),
        agent_link: doors.agent_link.unwrap_or_else(|| before.agent_link.clone()),
        customer_link: doors.customer_link.unwrap_or_else(|| before.customer_link.clone()),
        link_secret: match doors.link_secret {
            None => before.link_secret.clone(),
            Some(None) => None,
            Some(Some(new)) => Some(app.changed_secret(&Place::LaunchLink(id), before.link_secret.as_ref(), &new)?),
        },
    };
    if after.signs() && after.link_secret.is_none() {
        let mut fields = Fields::default();
        fields.wrong("link_secret", FieldError::Required);
        return Err(fields.all(None::<()>).err().unwrap_or_else(|| Fail::code(Code::Invalid)));
    }
    if before != after {
        store::contracts::change_product(&mut tx, id, &after).await?;
        let facts = events::changes(&facts(&before), &facts(&after));
        app.commit(tx, &[Event::new("product_changed", caller.actor(), None, facts).about(id.0, before.name)]).await?;
    } else {
        drop(tx);
    }
    self::product(State(app), caller, Named(id)).await
}

/// What was entered anew about the ways into a product.
struct Entered {
    gate_origins: Option<Vec<String>>,
    agent_link: Option<Option<String>>,
    customer_link: Option<Option<String>>,
    link_secret: Option<Option<String>>,
}

fn entered(fields: &mut Fields, change: &ChangeProduct) -> Option<Entered> {
    let origins = fields.check("gate_origins", change.gate_origins.as_deref().map(origins).transpose());
    let agent = fields.check("agent_link", change.agent_link.as_deref().map(links::link).transpose());
    let customer = fields.check("customer_link", change.customer_link.as_deref().map(links::link).transpose());
    let secret = fields.check("link_secret", change.link_secret.as_deref().map(secret).transpose());
    let (((gate_origins, agent_link), customer_link), link_secret) = origins.zip(agent).zip(customer).zip(secret)?;
    Some(Entered { gate_origins, agent_link, customer_link, link_secret })
}

fn origins(given: &[String]) -> Result<Vec<String>, FieldError> {
    if given.len() > links::MAX_ORIGINS {
        return Err(FieldError::OutOfRange { min: 0, max: 20 });
    }
    let mut origins = given.iter().map(|text| links::origin(text)).collect::<Result<Vec<_>, _>>()?;
    let mut known = HashSet::new();
    origins.retain(|origin| known.insert(origin.clone()));
    Ok(origins)
}

fn secret(text: &str) -> Result<Option<String>, FieldError> {
    match text.trim() {
        "" => Ok(None),
        text if text.chars().count() < links::MIN_SECRET => Err(FieldError::TooShort { min: links::MIN_SECRET }),
        text if text.chars().count() > MAX_PASSWORD => Err(FieldError::TooLong { max: MAX_PASSWORD }),
        text => Ok(Some(text.to_owned())),
    }
}

/// What can be changed about a product, as those see it who may.
fn changeable_in(view: &ProductView) -> serde_json::Value {
    json!({
        "name": view.name, "key_seconds": view.key_seconds, "archived": view.archived_at.is_some(),
        "gate_origins": view.doors.gate_origins.join(" "), "agent_link": view.doors.agent_link,
        "customer_link": view.doors.customer_link, "has_link_secret": view.doors.has_link_secret,
    })
}

/// The same, as it stands in the database.
fn changeable(product: &Product) -> serde_json::Value {
    json!({
        "name": product.name, "key_seconds": product.key_seconds, "archived": product.archived_at.is_some(),
        "gate_origins": product.gate_origins.join(" "), "agent_link": product.agent_link,
        "customer_link": product.customer_link, "has_link_secret": product.link_secret.is_some(),
    })
}

/// For the log, in which no secret stands: a new one has another digest, which says that it changed. The digest is
/// one of the encrypted secret, so nobody can try out guesses on it.
fn facts(product: &Product) -> serde_json::Value {
    let digest = product.link_secret.as_ref().map(|secret| crate::auth::secret::hash(secret.as_str())[..8].to_owned());
    json!({
        "name": product.name, "key_seconds": product.key_seconds, "archived": product.archived_at.is_some(),
        "gate_origins": product.gate_origins.join(" "), "agent_link": product.agent_link,
        "customer_link": product.customer_link, "link_secret": digest,
    })
}
