//! Schemathesis sends thousands of requests generated from the OpenAPI document, on each engine, and finds undocumented
//! answers and server errors. `schema/schemathesis.toml` configures it.

use crate::harness::{Person, World, on_both_engines, seat_request};
use seatkeeper_shared::{license::Model, people::Role};
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;

const BASE_CONFIG: &str = include_str!("schema/schemathesis.toml");

/// An existing id for `{id}` below each path. They are never deleted, because later requests need them.
async fn existing_ids(world: &World, agent: &Person) -> Vec<(&'static str, String)> {
    let id = |body: &Value| body["id"].as_str().expect("an id").to_owned();
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, Model::Concurrent, 2).await;
    let other = world.user("Somebody Else", Role::Agent, &[]).await;
    let waiting = world.agent("Waiting Agent").await;
    world.grant(license, &[agent.id, other, waiting.id]).await;
    let group = world.group("Night", &[other]).await;
    let session = id(&agent.post("/sessions", &seat_request("attended")).await.created());
    waiting.post("/sessions", &seat_request("attended")).await.created();
    let provider = json!({ "name": "P", "issuer": "https://login.example.invalid", "client_id": "c" });
    let provider = id(&world.admin.post("/sign-in-providers", &provider).await.created());
    let directory = world.admin.post("/directories", &json!({ "name": "D" })).await.created();
    vec![
        ("products", product.to_string()),
        ("licenses", license.to_string()),
        ("groups", group.to_string()),
        ("users", other.to_string()),
        ("sessions", session),
        ("sign-in-providers", provider),
        ("directories", id(if directory["id"].is_string() { &directory } else { &directory["directory"] })),
    ]
}

/// The configuration with the existing ids.
fn config(existing_ids: &[(&str, String)]) -> String {
    let known = existing_ids.iter().map(|(path, id)| {
        format!(
            "[[operations]]\ninclude-path-regex = \"^/api/v1/{path}/[{{]id[}}]\"\nexclude-method = \"DELETE\"\n\
             [operations.parameters]\n\"path.id\" = \"{id}\"\n"
        )
    });
    known.fold(BASE_CONFIG.to_owned(), |all, one| format!("{all}\n{one}"))
}

/// Runs Schemathesis as this caller with these arguments; fails with the whole report.
async fn run_schemathesis(who: &str, person: &Person, folder: &Path, arguments: &[&str]) {
    let program = std::env::var_os("SEATKEEPER_TEST_SCHEMATHESIS")
        .expect("SEATKEEPER_TEST_SCHEMATHESIS names no program: run the test with `cargo xtask test --only schema`");
    let mut command = Command::new(program);
    command.arg("--config-file").arg(folder.join("schemathesis.toml")).arg("run");
    command.arg(format!("{}/api/openapi.json", person.url)).args(["--no-color", "--workers", "1"]).args(arguments);
    if who != "anonymous" {
        command.args(["--header", &format!("Authorization: Bearer {}", person.secret())]);
    }
    let done = command.current_dir(folder).kill_on_drop(true).output().await.expect("Schemathesis starts");
    let report = String::from_utf8_lossy(&done.stdout);
    let summary = report.split(" SUMMARY =").nth(1).unwrap_or_default();
    println!("{who}: {summary}");
    assert!(done.status.success(), "as {who}: {report}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(summary.contains("passed"), "no requests as {who}: {report}");
}

on_both_engines! {
    async fn every_generated_request_is_answered_as_documented(world: World) {
        let agent = world.agent("Agent 0").await.with_token().await;
        let admin = world.admin.with_token().await;
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(&existing_ids(&world, &agent).await);
        std::fs::write(folder.path().join("schemathesis.toml"), config).expect("it can be written");
        let anonymous = Person::anonymous(&world.url);
        // Most requests of these two are refused early.
        let few = ["--phases", "fuzzing", "--max-examples", "4"];
        run_schemathesis("anonymous", &anonymous, folder.path(), &few).await;
        run_schemathesis("agent", &agent, folder.path(), &few).await;
        run_schemathesis("admin", &admin, folder.path(), &["--max-examples", "5"]).await;
        admin.get("/me").await.ok();
    }
}
