//! Requests made up from the description of the API, some thousands on each engine: Schemathesis finds answers that are not as
//! described, and faults of the server. What it asks is in `schema/schemathesis.toml`.

use crate::world::{Person, World, on_both_engines, wanted};
use seatkeeper_shared::{license::Model, people::Role};
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;

const RULES: &str = include_str!("schema/schemathesis.toml");

/// What stands for `{id}` below a path. Nothing is deleted of these: what was, would not be found by all that comes later.
async fn things(world: &World, agent: &Person) -> Vec<(&'static str, String)> {
    let id = |body: &Value| body["id"].as_str().expect("an id").to_owned();
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, Model::Concurrent, 2).await;
    let somebody = world.user("Somebody Else", Role::Agent, &[]).await;
    let waiting = world.agent("Waiting Agent").await;
    world.grant(license, &[agent.id, somebody, waiting.id]).await;
    let group = world.group("Night", &[somebody]).await;
    let session = id(&agent.post("/sessions", &wanted("attended")).await.created());
    waiting.post("/sessions", &wanted("attended")).await.created();
    let provider = json!({ "name": "P", "issuer": "https://login.example.invalid", "client_id": "c" });
    let provider = id(&world.admin.post("/sign-in-providers", &provider).await.created());
    let directory = world.admin.post("/directories", &json!({ "name": "D" })).await.created();
    vec![
        ("products", product.to_string()),
        ("licenses", license.to_string()),
        ("groups", group.to_string()),
        ("users", somebody.to_string()),
        ("sessions", session),
        ("sign-in-providers", provider),
        ("directories", id(if directory["id"].is_string() { &directory } else { &directory["directory"] })),
    ]
}

/// The rules, with ids of what is there.
fn rules(things: &[(&str, String)]) -> String {
    let known = things.iter().map(|(path, id)| {
        format!(
            "[[operations]]\ninclude-path-regex = \"^/api/v1/{path}/[{{]id[}}]\"\nexclude-method = \"DELETE\"\n\
             [operations.parameters]\n\"path.id\" = \"{id}\"\n"
        )
    });
    known.fold(RULES.to_owned(), |all, one| format!("{all}\n{one}"))
}

/// Lets it ask as this person, in these ways; the whole report if something is wrong.
async fn asks(who: &str, person: &Person, folder: &Path, ways: &[&str]) {
    let program = std::env::var_os("SEATKEEPER_TEST_SCHEMATHESIS")
        .expect("SEATKEEPER_TEST_SCHEMATHESIS names no program: run the test with `cargo xtask test --only schema`");
    let mut command = Command::new(program);
    command.arg("--config-file").arg(folder.join("schemathesis.toml")).arg("run");
    command.arg(format!("{}/api/openapi.json", person.url)).args(["--no-color", "--workers", "1"]).args(ways);
    if who != "stranger" {
        command.args(["--header", &format!("Authorization: Bearer {}", person.secret())]);
    }
    let done = command.current_dir(folder).kill_on_drop(true).output().await.expect("Schemathesis starts");
    let said = String::from_utf8_lossy(&done.stdout);
    let summary = said.split(" SUMMARY =").nth(1).unwrap_or_default();
    println!("{who}: {summary}");
    assert!(done.status.success(), "asked as {who}: {said}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(summary.contains("passed"), "{who} asked nothing: {said}");
}

on_both_engines! {
    async fn whatever_is_asked_is_answered_as_described(world: World) {
        let agent = world.agent("Agent 0").await.with_token().await;
        let admin = world.admin.with_token().await;
        let folder = tempfile::tempdir().expect("a folder");
        let rules = rules(&things(&world, &agent).await);
        std::fs::write(folder.path().join("schemathesis.toml"), rules).expect("it can be written");
        let stranger = Person::stranger(&world.url);
        // Much of what these two ask is turned away before it is looked at.
        let few = ["--phases", "fuzzing", "--max-examples", "4"];
        asks("stranger", &stranger, folder.path(), &few).await;
        asks("agent", &agent, folder.path(), &few).await;
        asks("admin", &admin, folder.path(), &["--max-examples", "5"]).await;
        admin.get("/me").await.ok();
    }
}
