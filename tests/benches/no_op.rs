//! The limit: axum with the same routes, which reads the same JSON, does nothing, and answers JSON.

use axum::{Json, Router, extract::Path, http::StatusCode, routing};
use seatkeeper_shared::{ids::SessionId, wire::sessions::NewSession};
use serde::Serialize;
use tokio::net::TcpListener;
use uuid::Uuid;

/// What is answered.
#[derive(Serialize)]
struct Named {
    id: SessionId,
}

/// Serves for ever.
pub async fn serve(port: u16) -> anyhow::Result<()> {
    let routes = Router::new()
        .route("/readyz", routing::get(async || "ok\n"))
        .route("/api/v1/sessions", routing::post(create))
        .route("/api/v1/sessions/{id}/end", routing::post(end));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, routes).await?)
}

async fn create(Json(_): Json<NewSession>) -> (StatusCode, Json<Named>) {
    (StatusCode::CREATED, Json(Named { id: SessionId(Uuid::from_u128(1)) }))
}

async fn end(Path(id): Path<SessionId>) -> Json<Named> {
    Json(Named { id })
}
