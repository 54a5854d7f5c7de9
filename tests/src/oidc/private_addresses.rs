//! Requests to addresses from admins or providers: never to private ones, unless the operator allows them.

use super::{
    browser::{OidcBrowser, add_provider, error_in},
    provider::Provider,
};
use crate::harness::{Engine, World};
use axum::{Router, routing::any};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Starts a service that must not be reached; returns its port and its request counter.
async fn private_service() -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = reached.clone();
    let service = Router::new().fallback(any(async move || count.fetch_add(1, Ordering::SeqCst).to_string()));
    tokio::spawn(async move { axum::serve(listener, service).await.expect("the service runs") });
    (port, reached)
}

async fn no_private_address_is_requested(engine: Engine) {
    let world = World::with_public_addresses_only(engine).await;
    let (port, reached) = private_service().await;
    let id = {
        let body = json!({ "name": "Inside", "issuer": format!("http://127.0.0.1:{port}"), "client_id": "x" });
        world.admin.post("/sign-in-providers", &body).await.created()["id"].as_str().expect("an id").to_owned()
    };
    let path = format!("/sign-in-providers/{id}");
    for (host, shown) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("localhost", "localhost ("),
        ("localhost.", "localhost. ("),
    ] {
        world.admin.patch(&path, &json!({ "issuer": format!("http://{host}:{port}") })).await.ok();
        let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
        let finding = &test["findings"][0];
        assert_eq!((&test["good"], &finding["code"]), (&json!(false), &json!("private_address")), "{host}: {test}");
        assert_eq!(finding["setting"], "--allow-private-addresses", "{host}");
        assert!(finding["detail"].as_str().is_some_and(|detail| detail.starts_with(shown)), "{host}: {finding}");
        let left = OidcBrowser::new(&world).follow(&format!("/auth/oidc/{id}/start")).await;
        assert_eq!(error_in(&left), "unreachable", "{host}");
    }
    for address in [
        "https://0.0.0.0",
        "https://10.0.0.1",
        "https://100.64.0.1",
        "https://169.254.169.254",
        "https://192.168.0.1",
        "https://[fd00::1]",
        "https://[fe80::1]",
        "https://[64:ff9b::a00:1]",
        "https://224.0.0.1",
    ] {
        world.admin.patch(&path, &json!({ "issuer": address })).await.ok();
        let test = world.admin.post(&format!("{path}/test"), &Value::Null).await.ok();
        assert_eq!(test["findings"][0]["code"], "private_address", "{address}: {test}");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0, "the private service was not reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_private_address_is_requested_on_sqlite() {
    no_private_address_is_requested(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_private_address_is_requested_on_postgres() {
    no_private_address_is_requested(Engine::Postgres).await;
}

/// An allowed issuer does not make the endpoints in its discovery document allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_endpoints_of_an_allowed_provider_must_be_allowed_too() {
    let world = World::start(Engine::Sqlite).await;
    let provider = Provider::start(&world.clock).await;
    world.agent("Nora Neu").await;
    let id = add_provider(&world, &provider, json!({})).await;
    for field in ["jwks_uri", "token_endpoint", "userinfo_endpoint"] {
        provider.alter_discovery(move |said| said[field] = json!("https://10.0.0.1/x"));
        let test = world.admin.post(&format!("/sign-in-providers/{id}/test"), &Value::Null).await.ok();
        let codes: Vec<_> =
            test["findings"].as_array().expect("findings").iter().map(|one| one["code"].clone()).collect();
        // The user info endpoint is requested in sign-ins only.
        assert!(field == "userinfo_endpoint" || codes.contains(&json!("private_address")), "{field}: {test}");
    }
    provider.set_claims(json!({ "sub": "nora-1" }));
    assert_eq!(OidcBrowser::new(&world).fail_sign_in(id).await, "no_email", "no request was sent to that address");
}
