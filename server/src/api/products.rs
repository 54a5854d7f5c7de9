//! Products: list, adding and changing.

use super::licenses::{ArchivedQuery, visible_licenses};
use crate::{
    app::App,
    auth::{Caller, Scope},
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    normalize,
    pool::license_terms::archived_at,
    secrets::SecretLocation,
    store::{self, contracts::EditableProduct},
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::{EventData, Seconds, changes::ProductState},
    ids::ProductId,
    patch::Patch,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError, MAX_PASSWORD_CHARS, in_range, urls},
    wire::licenses::{ChangeProduct, LicenseView, NewProduct, ProductIntegration, ProductView},
};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Lists products with their licenses. Agents see the products of licenses assigned to them.
#[utoipa::path(
    get, path = "/products", tag = "licenses",
    params(ArchivedQuery),
    responses((status = 200, body = Vec<ProductView>)),
)]
pub async fn products(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(shown): ValidQuery<ArchivedQuery>,
) -> Result<Json<Vec<ProductView>>, ApiError> {
    let include_archived = shown.archived == Some(true);
    let mut of: HashMap<ProductId, Vec<LicenseView>> = HashMap::new();
    for license in visible_licenses(&app, &caller).await? {
        if include_archived || license.archived_at.is_none() {
            of.entry(license.product_id).or_default().push(license);
        }
    }
    let mut products = store::licenses::products(&app.db).await?;
    products.retain(|product| include_archived || product.archived_at.is_none());
    let manages = caller.may(Action::ManageProducts);
    for product in &mut products {
        product.licenses = of.remove(&product.id).unwrap_or_default();
        if !manages {
            product.integration =
                ProductIntegration { opens: product.integration.opens, ..ProductIntegration::default() };
        }
    }
    if let Scope::Own(_) = Scope::of(&caller) {
        products.retain(|product| !product.licenses.is_empty());
    }
    Ok(Json(products))
}

/// Adds a product.
#[utoipa::path(
    post, path = "/products", tag = "licenses",
    request_body = NewProduct,
    responses((status = 201, body = ProductView)),
)]
pub async fn add_product(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<NewProduct>,
) -> Result<(StatusCode, Json<ProductView>), ApiError> {
    caller.require(Action::ManageProducts)?;
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let key = fields.check("key_seconds", validate_key_seconds(wanted.key_seconds.unwrap_or(600)));
    let (name, key_seconds) = fields.finish(name.zip(key))?;
    let now = app.clock.now();
    let id = ProductId(app.random.id(now));
    let slug = normalize::slug(&name).unwrap_or_else(|| format!("product-{}", &id.0.simple().to_string()[20..]));
    let product = ProductView {
        id,
        slug,
        name,
        key_seconds,
        archived_at: None,
        integration: ProductIntegration::default(),
        licenses: Vec::new(),
    };
    let mut tx = app.db.begin().await?;
    store::licenses::insert_product(&mut tx, &product, now).await?;
    let data = EventData::ProductAdded { slug: product.slug.clone(), key_seconds: Seconds(product.key_seconds) };
    app.commit(tx, &[Event::new(data, caller.actor(), None).about(id.0, &product.name)]).await?;
    Ok((StatusCode::CREATED, Json(product)))
}

fn validate_key_seconds(seconds: i64) -> Result<i64, FieldError> {
    in_range(seconds, 30, 86_400)
}

/// Returns a product with its licenses. The `ETag` covers the editable fields.
#[utoipa::path(
    get, path = "/products/{id}", tag = "licenses",
    params(("id" = ProductId, Path)),
    responses((status = 200, body = ProductView)),
)]
pub async fn product(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ProductId>,
) -> Result<WithEtag<ProductView>, ApiError> {
    let all = products(State(app), caller, ValidQuery(ArchivedQuery { archived: Some(true) })).await?.0;
    let found = all.into_iter().find(|product| product.id == id).ok_or_else(|| ApiError::new(Code::NotFound))?;
    Ok(with_etag(&editable_fields_of_view(&found), found))
}

/// Changes, archives or unarchives a product.
///
/// With `If-Match`, the product must not have changed since it was read.
#[utoipa::path(
    patch, path = "/products/{id}", tag = "licenses",
    params(("id" = ProductId, Path), ("If-Match" = Option<String>, Header)),
    request_body = ChangeProduct,
    responses((status = 200, body = ProductView)),
)]
pub async fn change_product(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<ProductId>,
    expected: IfMatch,
    ValidJson(change): ValidJson<ChangeProduct>,
) -> Result<WithEtag<ProductView>, ApiError> {
    caller.require(Action::ManageProducts)?;
    let mut fields = FieldErrors::default();
    let name = fields.check("name", change.name.as_deref().map(validate::name).transpose());
    let key = fields.check("key_seconds", change.key_seconds.map(validate_key_seconds).transpose());
    let links = validate_links(&mut fields, &change);
    let ((name, key_seconds), links) = fields.finish(name.zip(key).zip(links))?;
    let mut tx = app.db.begin().await?;
    let before = store::contracts::lock_product(&mut tx, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    expected.check(&editable_fields(&before))?;
    let now = app.clock.now();
    let after = EditableProduct {
        name: name.unwrap_or_else(|| before.name.clone()),
        key_seconds: key_seconds.unwrap_or(before.key_seconds),
        archived_at: archived_at(before.archived_at, change.archived, now),
        gate_origins: links.gate_origins.unwrap_or_else(|| before.gate_origins.clone()),
        agent_link: links.agent_link.applied_to(before.agent_link.clone()),
        customer_link: links.customer_link.applied_to(before.customer_link.clone()),
        link_secret: match links.link_secret {
            Patch::Keep => before.link_secret.clone(),
            Patch::Clear => None,
            Patch::Set(new) => {
                Some(app.changed_secret(&SecretLocation::LaunchLink(id), before.link_secret.as_ref(), &new)?)
            }
        },
    };
    if after.has_token_link() && after.link_secret.is_none() {
        return Err(ApiError::field("link_secret", FieldError::Required));
    }
    if before != after {
        store::contracts::change_product(&mut tx, id, &after).await?;
        let data = EventData::ProductChanged { changes: Box::new(logged(&before).changes(logged(&after))) };
        app.commit(tx, &[Event::new(data, caller.actor(), None).about(id.0, before.name)]).await?;
    } else {
        drop(tx);
    }
    self::product(State(app), caller, PathParam(id)).await
}

/// The validated changes of a product's links and gate origins.
struct ProductLinkChanges {
    gate_origins: Option<Vec<String>>,
    agent_link: Patch<String>,
    customer_link: Patch<String>,
    link_secret: Patch<String>,
}

fn validate_links(fields: &mut FieldErrors, change: &ChangeProduct) -> Option<ProductLinkChanges> {
    let origins = fields.check("gate_origins", change.gate_origins.as_deref().map(validate_origins).transpose());
    let agent = fields.check("agent_link", validate_patch(change.agent_link.as_deref(), urls::launch_link));
    let customer = fields.check("customer_link", validate_patch(change.customer_link.as_deref(), urls::launch_link));
    let secret = fields.check("link_secret", validate_patch(change.link_secret.as_deref(), validate_secret));
    let (((gate_origins, agent_link), customer_link), link_secret) = origins.zip(agent).zip(customer).zip(secret)?;
    Some(ProductLinkChanges { gate_origins, agent_link, customer_link, link_secret })
}

/// A text of which an empty one means none.
fn validate_patch(
    given: Option<&str>,
    validate: impl Fn(&str) -> Result<Option<String>, FieldError>,
) -> Result<Patch<String>, FieldError> {
    given.map_or(Ok(Patch::Keep), |text| validate(text).map(Patch::from))
}

fn validate_origins(given: &[String]) -> Result<Vec<String>, FieldError> {
    if given.len() > urls::MAX_ORIGINS {
        return Err(FieldError::OutOfRange { min: 0, max: 20 });
    }
    let mut origins = given.iter().map(|text| urls::origin(text)).collect::<Result<Vec<_>, _>>()?;
    let mut known = HashSet::new();
    origins.retain(|origin| known.insert(origin.clone()));
    Ok(origins)
}

fn validate_secret(text: &str) -> Result<Option<String>, FieldError> {
    match text.trim() {
        "" => Ok(None),
        text if text.chars().count() < urls::MIN_LINK_SECRET_CHARS => {
            Err(FieldError::TooShort { min: urls::MIN_LINK_SECRET_CHARS })
        }
        text if text.chars().count() > MAX_PASSWORD_CHARS => Err(FieldError::TooLong { max: MAX_PASSWORD_CHARS }),
        text => Ok(Some(text.to_owned())),
    }
}

/// The editable fields of a product for the ETag, from the view.
fn editable_fields_of_view(view: &ProductView) -> serde_json::Value {
    json!({
        "name": view.name, "key_seconds": view.key_seconds, "archived": view.archived_at.is_some(),
        "gate_origins": view.integration.gate_origins.join(" "), "agent_link": view.integration.agent_link,
        "customer_link": view.integration.customer_link, "has_link_secret": view.integration.has_link_secret,
    })
}

/// The editable fields of a product for the ETag, from the database row.
fn editable_fields(product: &EditableProduct) -> serde_json::Value {
    json!({
        "name": product.name, "key_seconds": product.key_seconds, "archived": product.archived_at.is_some(),
        "gate_origins": product.gate_origins.join(" "), "agent_link": product.agent_link,
        "customer_link": product.customer_link, "has_link_secret": product.link_secret.is_some(),
    })
}

/// The fields that the audit log compares. Instead of the secret, they contain a digest, which shows that it changed.
/// It is a digest of the encrypted secret, so guesses cannot be tested against it.
fn logged(product: &EditableProduct) -> ProductState {
    let digest = product.link_secret.as_ref().map(|secret| crate::auth::secret::hash(secret.as_str())[..8].to_owned());
    ProductState {
        name: product.name.clone(),
        key_seconds: Seconds(product.key_seconds),
        archived: product.archived_at.is_some(),
        gate_origins: product.gate_origins.join(" "),
        agent_link: product.agent_link.clone(),
        customer_link: product.customer_link.clone(),
        link_secret: digest,
    }
}
