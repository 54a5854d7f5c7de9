//! Handlers of the discovery endpoints (RFC 7644 §4).

use super::{ScimClient, ScimResult, error::ScimError, list, request::ResourceId, response::ScimResponse, schema};
use axum::{Extension, http::StatusCode};
use serde_json::Value;

/// `GET /ServiceProviderConfig`
pub async fn service_provider_config(Extension(client): Extension<ScimClient>) -> ScimResult {
    Ok(ScimResponse::new(StatusCode::OK, schema::service_provider_config(&client.base_url)))
}

/// `GET /ResourceTypes`
pub async fn resource_types(Extension(client): Extension<ScimClient>) -> ScimResult {
    list_all(schema::resource_types(&client.base_url))
}

/// `GET /ResourceTypes/{id}`
pub async fn resource_type(Extension(client): Extension<ScimClient>, ResourceId(id): ResourceId) -> ScimResult {
    find_one(schema::resource_types(&client.base_url), &id)
}

/// `GET /Schemas`
pub async fn schemas(Extension(client): Extension<ScimClient>) -> ScimResult {
    list_all(schema::schemas(&client.base_url))
}

/// `GET /Schemas/{id}`
pub async fn schema(Extension(client): Extension<ScimClient>, ResourceId(id): ResourceId) -> ScimResult {
    find_one(schema::schemas(&client.base_url), &id)
}

fn list_all(found: Vec<Value>) -> ScimResult {
    Ok(list::ListQuery::default().list_response(found.len(), found))
}

fn find_one(found: Vec<Value>, id: &str) -> ScimResult {
    let found = found.into_iter().find(|one| one["id"].as_str().is_some_and(|one| one.eq_ignore_ascii_case(id)));
    found.map(|one| ScimResponse::new(StatusCode::OK, one)).ok_or_else(|| ScimError::not_found("resource"))
}
