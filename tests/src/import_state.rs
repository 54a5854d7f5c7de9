//! The state of an import says what was written: whatever ends it, and whoever looks.

use crate::{
    imports::{import, user},
    world::{Answer, Cluster, Database, Engine, Ground, Person, Process, on_both_engines, process, seed},
};
use nix::sys::signal::Signal;
use reqwest::Method;
use seatkeeper::imports::recovery;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const MANY: usize = 6_000;

/// A file with so many users, each with a license.
fn file(users: usize) -> String {
    let row = |number| format!("a{number}@example.org,Agent Number {number},remote-support-v5:concurrent\n");
    "email,name,licenses\n".to_owned() + (0..users).map(row).collect::<String>().as_str()
}

async fn begin(by: &Person, file: &str) -> Answer {
    by.send(by.request(Method::POST, "/import?dry_run=false").body(file.to_owned())).await
}

/// Asks until the import is such.
async fn until(by: &Person, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..3_000 {
        let answer = by.try_send(by.request(Method::GET, path)).await;
        if let Some(import) = answer.ok().filter(|answer| answer.status == 200 && is_so(&answer.body)) {
            return import.body;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} does not become what was expected: {:#}", by.get(path).await.body)
}

async fn text(by: &Person, path: &str) -> String {
    by.request(Method::GET, path).send().await.expect("an answer").text().await.expect("text")
}

/// The rows that were created are exactly the users there are, and who has no license is said to have none.
async fn says_what_was_written(by: &Person, import: &Value) {
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

fn ended(import: &Value) -> bool {
    import["state"] != "running"
}

on_both_engines! {
    async fn rows_are_counted_as_they_are_read_whatever_ends_a_line(world: World) {
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
            assert_eq!(lines.len(), 302, "each row has a line of its own");
            assert!(rows.iter().any(|row| row["email"] == format!("r{number}.299@example.org") && row["line"] == 301));
            says_what_was_written_of(&world.admin, &rows, number).await;
        }
    }

    async fn whoever_calls_an_import_off_is_told_what_it_did(world: World) {
        world.pool(1, 1).await;
        let begun = begin(&world.admin, &file(MANY)).await.accepted();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        until(&world.admin, &path, |import| import["done"].as_u64() > Some(0)).await;
        world.admin.delete(&path).await.done();
        let import = until(&world.admin, &path, ended).await;
        assert_eq!((&import["state"], &import["failure"]), (&json!("cancelled"), &Value::Null));
        assert!(import["done"].as_u64() < Some(MANY as u64), "{import:#}");
        says_what_was_written(&world.admin, &import).await;
        world.admin.delete(&path).await.done();
        assert_eq!(world.whole_log().await.matches("import_ended").count(), 1);
    }

    async fn what_a_row_waited_for_is_looked_up_when_its_import_is_found(world: World) {
        let (pool, people) = world.pool(5, 2).await;
        let product = world.product("Chat").await;
        let chat = world.license(product, Model::Named, 5).await;
        let text = "email,name,licenses\nagent.0@example.org,,chat\nagent.1@example.org,,chat\nn@example.org,N,remote-support-v5\n";
        let (done, _) = import(&world.admin, text.as_bytes(), false).await;
        let id = done["id"].as_str().expect("an id").to_owned();
        world
            .admin
            .post(&format!("/licenses/{chat}/revoke"), &json!({ "user_ids": [people[1].id], "end_now": true }))
            .await
            .ok();
        let new = user(&world, "n@example.org").await["id"].clone();
        // As a crash leaves it after the users were written and before their licenses were settled.
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
            Engine::Sqlite => recovery::give_up_all(&world.app).await,
            Engine::Postgres => {
                recovery::give_up_silent(&world.app).await.expect("it looks");
                assert_eq!(
                    world.admin.get(&format!("/imports/{id}")).await.ok()["state"],
                    "running",
                    "its server may live"
                );
                world.pass(chrono::TimeDelta::seconds(61));
                recovery::give_up_silent(&world.app).await.expect("it looks");
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

/// The rows of one file are its users.
async fn says_what_was_written_of(by: &Person, rows: &[Value], number: usize) {
    let created = rows.iter().filter(|row| row["outcome"] == "created").count();
    let users = by.get(&format!("/users?q=r{number}.&limit=1")).await.ok()["total"].as_u64();
    assert_eq!(Some(created as u64), users);
}

async fn the_next_server_says_what_was_written(engine: Engine, killed: bool) {
    let database = Database::create(engine).await;
    let (admin, people) = seed::people(&database.address, 1).await;
    let mut server = Process::start(&database.address).await;
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    let begun = begin(&by, &file(MANY)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    until(&by, &path, |import| import["done"].as_u64() > Some(0)).await;
    if killed {
        server.kill();
    } else {
        server.stop().await;
        let state = database.texts("SELECT state || ' ' || COALESCE(failure, '') FROM imports").await;
        assert_eq!(state, ["failed interrupted"], "it has written its end itself");
    }
    if killed && engine == Engine::Postgres {
        // As if a minute had passed in which nobody was heard.
        database.execute("UPDATE imports SET heard_at = heard_at - INTERVAL '2 minutes'").await;
    }
    let server = Process::start(&database.address).await;
    let by = admin.at(&server.url);
    let import = until(&by, &path, ended).await;
    assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("interrupted")));
    says_what_was_written(&by, &import).await;
    // The same file again does the rest.
    let again = begin(&by, &file(MANY)).await.accepted();
    let again = until(&by, &format!("/imports/{}", again["id"].as_str().expect("an id")), ended).await;
    assert_eq!((&again["state"], &again["with_problems"]), (&json!("done"), &json!(0)));
    let written = import["created"].as_u64().unwrap_or_default() + again["created"].as_u64().unwrap_or_default();
    assert_eq!(written, MANY as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_on_sqlite() {
    the_next_server_says_what_was_written(Engine::Sqlite, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_on_postgres() {
    the_next_server_says_what_was_written(Engine::Postgres, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_stop_on_sqlite() {
    the_next_server_says_what_was_written(Engine::Sqlite, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_stop_on_postgres() {
    the_next_server_says_what_was_written(Engine::Postgres, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_notices_the_import_of_a_dead_one() {
    let database = Database::create(Engine::Postgres).await;
    let (admin, people) = seed::people(&database.address, 1).await;
    let (mut dies, lives) = (Process::start(&database.address).await, Process::start(&database.address).await);
    let (by, there) = (admin.at(&dies.url), admin.at(&lives.url));
    seed::pool(&by, &[people[0].at(&dies.url)], 1, 120).await;
    let begun = begin(&by, &file(MANY)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    until(&there, &path, |import| import["done"].as_u64() > Some(0)).await;
    begin(&there, &file(1)).await.problem(409, "import_running");
    dies.kill();
    assert_eq!(there.get(&path).await.ok()["state"], "running", "it may only be slow");
    database.execute("UPDATE imports SET heard_at = heard_at - INTERVAL '2 minutes'").await;
    // Whoever comes with the next file need not wait until the server looks by itself.
    begin(&there, &file(1)).await.accepted();
    let import = there.get(&path).await.ok();
    assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("interrupted")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_full_disk() {
    let ground = Ground::small(24);
    if !ground.is_small() {
        return;
    }
    let database = format!("sqlite:{}", ground.path().join("seatkeeper.sqlite3").display());
    let (admin, people) = seed::people(&database, 1).await;
    let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
    let server = Process::start_at(process::free_address(), &database, &quiet).await.expect("the server starts");
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    let begun = begin(&by, &file(MANY)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    until(&by, &path, |import| import["done"].as_u64() > Some(0)).await;
    ground.fill();
    // Nothing more can be written, not even that it has stopped: what is shown stands still.
    let mut before = Value::Null;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = by.get(&path).await.ok();
        if now == before {
            break;
        }
        before = now;
    }
    ground.clear();
    let import = until(&by, &path, ended).await;
    assert_eq!((&import["state"], &import["failure"]), (&json!("failed"), &json!("database")));
    says_what_was_written(&by, &import).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_database_was_away() {
    let mut cluster = Cluster::start(400).await;
    let database = Cluster::database_at(cluster.address);
    let (admin, people) = seed::people(&database, 1).await;
    let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
    let server = Process::start_at(process::free_address(), &database, &quiet).await.expect("the server starts");
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    let begun = begin(&by, &file(MANY)).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    until(&by, &path, |import| import["done"].as_u64() > Some(0)).await;
    cluster.stop(Signal::SIGQUIT);
    cluster.start_again().await;
    let import = until(&by, &path, ended).await;
    // Between two of its transactions it does not even notice.
    assert!(import["failure"] == "database" || import["done"] == json!(MANY), "{import:#}");
    says_what_was_written(&by, &import).await;
}
