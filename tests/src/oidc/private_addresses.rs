//! What an admin, or a provider, can have the server ask: nothing inside its own network, unless the operator allows
//! it.

use super::{
    browser::{Browser, added, trouble},
    provider::Provider,
};
use crate::world::{Engine, World};
use axum::{Router, routing::any};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Something inside that nobody may reach from outside; how often it was reached.
async fn inside() -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = reached.clone();
    let service = Router::new().fallback(any(async move || count.fetch_add(1, Ordering::SeqCst).to_string()));
    tokio::spawn(async move { axum::serve(listener, service).await.expect("it serves") });
    (port, reached)
}

async fn nothing_inside_is_asked(engine: Engine) {
    let world = World::asking_the_internet_only(engine).await;
    let (port, reached) = inside().await;
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
        let left = Browser::new(&world).follow(&format!("/auth/oidc/{id}/start")).await;
        assert_eq!(trouble(&left), "unreachable", "{host}");
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
    assert_eq!(reached.load(Ordering::SeqCst), 0, "nothing inside heard of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_inside_is_asked_on_sqlite() {
    nothing_inside_is_asked(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_inside_is_asked_on_postgres() {
    nothing_inside_is_asked(Engine::Postgres).await;
}

/// Where the issuer may be asked, its endpoints may still not be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_may_be_asked_has_nothing_else_asked() {
    let world = World::start(Engine::Sqlite).await;
    let provider = Provider::start(&world.clock).await;
    world.agent("Nora Neu").await;
    let id = added(&world, &provider, json!({})).await;
    for field in ["jwks_uri", "token_endpoint", "userinfo_endpoint"] {
        provider.twist_discovery(move |said| said[field] = json!("https://10.0.0.1/x"));
        let test = world.admin.post(&format!("/sign-in-providers/{id}/test"), &Value::Null).await.ok();
        let codes: Vec<_> =
            test["findings"].as_array().expect("findings").iter().map(|one| one["code"].clone()).collect();
        // Users' claims are asked for in a sign-in only.
        assert!(field == "userinfo_endpoint" || codes.contains(&json!("private_address")), "{field}: {test}");
    }
    provider.says(json!({ "sub": "nora-1" }));
    assert_eq!(Browser::new(&world).is_turned_away(id).await, "no_email", "nothing was asked at that address");
}
