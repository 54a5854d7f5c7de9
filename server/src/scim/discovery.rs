//! What a directory asks about us before it begins.

use super::{
    Told,
    answer::Answer,
    fail::Fail,
    list,
    request::{Asker, ResourceId},
    schema,
};
use axum::{Extension, http::StatusCode};
use serde_json::Value;

/// What of the protocol is served.
pub async fn service_provider_config(Extension(by): Extension<Asker>) -> Told {
    Ok(Answer::new(StatusCode::OK, schema::service_provider_config(&by.base)))
}

/// The kinds of resource.
pub async fn resource_types(Extension(by): Extension<Asker>) -> Told {
    all(schema::resource_types(&by.base))
}

/// One kind of resource.
pub async fn resource_type(Extension(by): Extension<Asker>, ResourceId(id): ResourceId) -> Told {
    one(schema::resource_types(&by.base), &id)
}

/// The schemas.
pub async fn schemas(Extension(by): Extension<Asker>) -> Told {
    all(schema::schemas(&by.base))
}

/// One schema.
pub async fn schema(Extension(by): Extension<Asker>, ResourceId(id): ResourceId) -> Told {
    one(schema::schemas(&by.base), &id)
}

fn all(found: Vec<Value>) -> Told {
    Ok(list::Asked::default().answer(found.len(), found))
}

fn one(found: Vec<Value>, id: &str) -> Told {
    let found = found.into_iter().find(|one| one["id"].as_str().is_some_and(|one| one.eq_ignore_ascii_case(id)));
    found.map(|one| Answer::new(StatusCode::OK, one)).ok_or_else(|| Fail::not_found("resource"))
}
