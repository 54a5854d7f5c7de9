//! The state of an import shows exactly what was written, however it ends and whichever server is asked.

use crate::{
    harness::{
        Answer, Cluster, Database, Engine, Person, ServerProcess, SmallDisk, found, on_both_engines, process, seed,
    },
    imports::{import, user},
};
use nix::sys::signal::Signal;
use reqwest::Method;
use seatkeeper::imports::recovery;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const USERS: usize = 6_000;

/// A file with this many users, each with a license.
fn file(users: usize) -> String {
    let row = |number| format!("a{number}@example.org,Agent Number {number},remote-support-v5:concurrent\n");
    "email,name,licenses\n".to_owned() + (0..users).map(row).collect::<String>().as_str()
}

async fn begin_import(by: &Person, file: &str) -> Answer {
    by.send(by.request(Method::POST, "/import?dry_run=false").body(file.to_owned())).await
}

/// Polls until the import is in the expected state.
async fn wait_for_import(by: &Person, path: &str, is_reached: impl Fn(&Value) -> bool) -> Value {
    found("the import is in the expected state", async || {
        let answer = by.try_send(by.request(Method::GET, path)).await;
        answer.ok().filter(|answer| answer.status == 200 && is_reached(&answer.body)).map(|answer| answer.body)
    })
    .await
}

async fn text(by: &Person, path: &str) -> String {
    by.request(Method::GET, path).send().await.expect("an answer").text().await.expect("text")
}

/// Asserts that the created rows are exactly the imported users, and that each user without a license has a problem.
async fn assert_matches_users(by: &Person, import: &Value) {
    let rows = text(by, &format!("/imports/{}/export?format=json", import["id"].as_str().expect("an id"))).await;
    let rows: Vec<Value> = serde_json::from_str(&rows).expect("rows");
    let users = text(by, "/users/export?format=json&source=import").await;
    let users: Vec<Value> = serde_json::from_str(&users).expect("users");
    let emails = |all: &[Value]| all.iter().map(|one| one["email"].to_string()).collect::<BTreeSet<_>>();
    let created: Vec<_> = rows.iter().filter(|row| row["outcome"] == "created").cloned().collect();
    assert_eq!(emails(&created), emails(&users));
    assert_eq!(
        (import["created"].as_u64(), import["done"].as_u64()),
        (Some(users.len() as u64), Some(rows.len() as u64))
    );
    let without: Vec<_> = users.iter().filter(|user| user["license_ids"] == json!([])).cloned().collect();
    let interrupted = |row: &&Value| row["problems"][0]["code"] == "interrupted";
    assert_eq!(emails(&without), emails(&rows.iter().filter(interrupted).cloned().collect::<Vec<_>>()));
}

fn has_ended(import: &Value) -> bool {
    import["state"] != "running"
}

on_both_engines! {
    async fn rows_are_counted_with_every_line_ending(world: World) {
        for (number, (first, second)) in
            [("\r", "\r"), ("\n", "\r"), ("\r\n", "\r"), ("\r", "\n"), ("\r\n", "\n")].into_iter().enumerate()
        {
            let head = format!("email,name{first}");
            let rows = (0..300).map(|at| format!("r{number}.{at}@example.org,R{second}"));
            let text = format!("{head}{}cut{number}@exa\rmple.org,X\n", rows.collect::<String>());
            let (done, rows) = import(&world.admin, text.as_bytes(), false).await;
            assert_eq!(
                (&done["state"], &done["rows"], &done["done"], &done["created"]),
                (&json!("done"), &json!(302), &json!(302), &json!(300))
            );
            let lines: BTreeSet<_> = rows.iter().map(|row| row["line"].as_i64()).collect();
            assert_eq!(lines.len(), 302, "each row has its own line");
            assert!(rows.iter().any(|row| row["email"] == format!("r{number}.299@example.org") && row["line"] == 301));
            assert_file_matches_users(&world.admin, &rows, number).await;
        }
    }

    async fn cancelling_an_import_reports_what_it_did(world: World) {
        world.pool(1, 1).await;
        let begun = begin_import(&world.admin, &file(USERS)).await.accepted();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        wait_for_import(&world.admin, &path, |import| import["done"].as_u64() > Some(0)).await;
        world.admin.delete(&path).await.no_content();
        let import = wait_for_import(&world.admin, &path, has_ended).await;
        assert_eq!((&import["state"], &import["failure"]), (&json!("cancelled"), &Value::Null));
        assert!(import["done"].as_u64() < Some(USERS as u64), "{import:#}");
        assert_matches_users(&world.admin, &import).await;
        world.admin.delete(&path).await.no_content();
        assert_eq!(world.event_log().await.matches("import_ended").count(), 1);
    }

    async fn pending_rows_are_resolved_when_an_interrupted_import_is_found(world: World) {
        let (pool, people) = world.pool(5, 2).await;
        let product = world.product("Chat").await;
        let chat = world.license(product, Model::Named, 5).await;
        let text = "email,name,licenses\nagent.0@example.org,,chat\n\
            agent.1@example.org,,chat\nn@example.org,N,remote-support-v5\n";
        let (done, _) = import(&world.admin, text.as_bytes(), false).await;
        let id = done["id"].as_str().expect("an id").to_owned();
        world
            .admin
            .post(&format!("/licenses/{chat}/revoke"), &json!({ "user_ids": [people[1].id], "end_now": true }))
            .await
            .ok();
        let new = user(&world, "n@example.org").await["id"].clone();
        // The state after a crash between writing the users and settling their licenses.
        world.execute("UPDATE imports SET state = 'running', ended_at = NULL, created = 0, changed = 0").await;
        for (line, user, outcome, license, entry, suspend) in [
            (2, json!(people[0].id), "unchanged", chat, "chat", false),
            (3, json!(people[1].id), "unchanged", chat, "chat", true),
            (4, new, "created", pool, "remote-support-v5", false),
        ] {
            let pending = json!({ "user": user, "suspend": suspend, "licenses": [[entry, [license]]] });
            world
                .execute(&format!(
                    "UPDATE import_rows SET rank = 0, outcome = '{outcome}', pending = '{pending}' WHERE line = {line}"
                ))
                .await;
        }
        assert_eq!(world.admin.get(&format!("/imports/{id}")).await.ok()["done"], 0);
        match world.engine {
            Engine::Sqlite => recovery::close_all(&world.app.imports).await,
            Engine::Postgres => {
                recovery::close_stale(&world.app.imports).await.expect("the check runs");
                assert_eq!(
                    world.admin.get(&format!("/imports/{id}")).await.ok()["state"],
                    "running",
                    "its server may be alive"
                );
                world.advance_clock(chrono::TimeDelta::seconds(61));
                recovery::close_stale(&world.app.imports).await.expect("the check runs");
            }
        }
        let import = world.admin.get(&format!("/imports/{id}")).await.ok();
        let counts = ["done", "created", "changed", "refused", "with_problems"].map(|field| import[field].as_i64());
        assert_eq!(counts, [3, 1, 1, 1, 1].map(Some), "{import:#}");
        assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("interrupted")));
        let rows = world.admin.get(&format!("/imports/{id}/rows")).await.ok()["items"].clone();
        assert_eq!(
            (&rows[0]["line"], &rows[0]["problems"][0]["column"], &rows[0]["problems"][1]["column"]),
            (&json!(3), &json!("status"), &json!("licenses"))
        );
        assert_eq!((&rows[0]["problems"][1]["code"], &rows[1]["problems"]), (&json!("interrupted"), &Value::Null));
    }
}

/// Asserts that the created rows of one file are its users.
async fn assert_file_matches_users(by: &Person, rows: &[Value], number: usize) {
    let created = rows.iter().filter(|row| row["outcome"] == "created").count();
    let users = by.get(&format!("/users?q=r{number}.&limit=1")).await.ok()["total"].as_u64();
    assert_eq!(Some(created as u64), users);
}

async fn check_interrupted_import(engine: Engine, killed: bool) {
    let database = Database::migrated(engine).await;
    let (admin, people) = seed::people(&database.address, 1).await;
    let mut server = ServerProcess::start(&database.address).await;
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    let begun = begin_import(&by, &file(USERS)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    wait_for_import(&by, &path, |import| import["done"].as_u64() > Some(0)).await;
    if killed {
        server.kill();
    } else {
        server.stop().await;
        let state = database.first_column("SELECT state || ' ' || COALESCE(failure, '') FROM imports").await;
        assert_eq!(state, ["failed interrupted"], "the stopping server recorded the end");
    }
    if killed && engine == Engine::Postgres {
        // As if more than a minute had passed without a sign of life.
        database.execute("UPDATE imports SET heard_at = heard_at - INTERVAL '2 minutes'").await;
    }
    let server = ServerProcess::start(&database.address).await;
    let by = admin.at(&server.url);
    let import = wait_for_import(&by, &path, has_ended).await;
    assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("interrupted")));
    assert_matches_users(&by, &import).await;
    // Importing the same file again completes it.
    let again = begin_import(&by, &file(USERS)).await.accepted();
    let again = wait_for_import(&by, &format!("/imports/{}", again["id"].as_str().expect("an id")), has_ended).await;
    assert_eq!((&again["state"], &again["with_problems"]), (&json!("done"), &json!(0)));
    let written = import["created"].as_u64().unwrap_or_default() + again["created"].as_u64().unwrap_or_default();
    assert_eq!(written, USERS as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_on_sqlite() {
    check_interrupted_import(Engine::Sqlite, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_on_postgres() {
    check_interrupted_import(Engine::Postgres, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_stop_on_sqlite() {
    check_interrupted_import(Engine::Sqlite, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_stop_on_postgres() {
    check_interrupted_import(Engine::Postgres, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_ends_the_import_of_a_killed_one() {
    let database = Database::migrated(Engine::Postgres).await;
    let (admin, people) = seed::people(&database.address, 1).await;
    let (mut dies, lives) =
        (ServerProcess::start(&database.address).await, ServerProcess::start(&database.address).await);
    let (by, there) = (admin.at(&dies.url), admin.at(&lives.url));
    seed::pool(&by, &[people[0].at(&dies.url)], 1, 120).await;
    let begun = begin_import(&by, &file(USERS)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    wait_for_import(&there, &path, |import| import["done"].as_u64() > Some(0)).await;
    begin_import(&there, &file(1)).await.problem(409, "import_running");
    dies.kill();
    assert_eq!(there.get(&path).await.ok()["state"], "running", "it may just be slow");
    database.execute("UPDATE imports SET heard_at = heard_at - INTERVAL '2 minutes'").await;
    // The next import need not wait for the periodic check.
    begin_import(&there, &file(1)).await.accepted();
    let import = there.get(&path).await.ok();
    assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("interrupted")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_full_disk() {
    let disk = SmallDisk::create(24);
    if !disk.is_limited() {
        return;
    }
    let database = format!("sqlite:{}", disk.path().join("seatkeeper.sqlite3").display());
    let (admin, people) = seed::people(&database, 1).await;
    let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
    let server = ServerProcess::start_at(process::free_address(), &database, &quiet).await.expect("the server starts");
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    let begun = begin_import(&by, &file(USERS)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    wait_for_import(&by, &path, |import| import["done"].as_u64() > Some(0)).await;
    disk.fill();
    // Nothing more can be written, not even the end: the state stays as it is.
    let mut before = Value::Null;
    loop {
        // Sleeps: a change that never comes cannot be awaited; the server writes several times a second while it can.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = by.get(&path).await.ok();
        if now == before {
            break;
        }
        before = now;
    }
    disk.clear();
    let import = wait_for_import(&by, &path, has_ended).await;
    assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("database")));
    assert_matches_users(&by, &import).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_database_outage() {
    let mut cluster = Cluster::start(400).await;
    let database = Cluster::database_at(cluster.address);
    let (admin, people) = seed::people(&database, 1).await;
    let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
    let server = ServerProcess::start_at(process::free_address(), &database, &quiet).await.expect("the server starts");
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    let begun = begin_import(&by, &file(USERS)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    wait_for_import(&by, &path, |import| import["done"].as_u64() > Some(0)).await;
    cluster.stop(Signal::SIGQUIT);
    cluster.start_again().await;
    let import = wait_for_import(&by, &path, has_ended).await;
    // An outage between two transactions goes unnoticed.
    assert!(import["failure"] == "database" || import["done"] == json!(USERS), "{import:#}");
    assert_matches_users(&by, &import).await;
}
