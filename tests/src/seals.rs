//! Tampering with the audit log shows: whatever is changed, deleted, added or swapped, the check says where.

use crate::world::{Database, Engine, Person, Process, World, on_both_engines, seed};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper::{
    audit::{
        Chain, retention, sealer,
        verify::{Broken, Note, Report, VerifyError, verify},
    },
    store,
};
use seatkeeper_shared::ids::Position;
use serde_json::json;

async fn tamper(world: &World, sql: &str) {
    assert!(world.execute(sql).await > 0, "nothing was tampered with");
}

async fn seal(world: &World) -> i64 {
    sealer::seal(&world.app.db).await.expect("it seals")
}

async fn check(world: &World) -> Result<Report, VerifyError> {
    verify(&world.app.db, &[]).await
}

async fn broken(world: &World) -> Broken {
    match check(world).await {
        Err(VerifyError::Broken(broken)) => broken,
        other => panic!("it should be broken: {other:?}"),
    }
}

/// Something happens, so many times.
async fn happens(world: &World, times: usize) {
    for _ in 0..times {
        let before = world.head().await.0;
        world.admin.patch("/me", &json!({ "locale": if before % 2 == 0 { "de" } else { "en" } })).await.ok();
        world.admin.post("/tokens", &json!({ "name": format!("Token {before}"), "days": 1 })).await.created();
    }
}

/// Three seals over four events each, and two more events; the last positions of the seals.
async fn sealed(world: &World) -> [i64; 3] {
    let mut ends = [0; 3];
    for end in &mut ends {
        happens(world, 2).await;
        seal(world).await;
        *end = world.head().await.0;
    }
    happens(world, 1).await;
    ends
}

fn position(at: i64) -> Position {
    Position(at)
}

/// All seals made anew, as somebody would who knows how it is done.
async fn rewrite_the_chain(world: &World) {
    let db = &world.app.db;
    let events = store::seals::events(db, Position(0), 10_000).await.expect("they can be read");
    let seals = store::seals::seals(db, Position(0), 1_000).await.expect("they can be read");
    let (mut hash, mut after) = (String::new(), Position(0));
    for seal in seals {
        let mut chain = Chain::after(&hash);
        events
            .iter()
            .filter(|event| event.position > after && event.position <= seal.position)
            .for_each(|e| chain.add(e));
        (hash, after) = (chain.hash(), seal.position);
        tamper(world, &format!("UPDATE event_seals SET hash = '{hash}' WHERE position = {after}")).await;
    }
    tamper(world, &format!("UPDATE seal_head SET hash = '{hash}'")).await;
}

on_both_engines! {
    async fn a_log_that_nobody_touched_is_whole(world: World) {
        let nothing = check(&world).await.expect("whole");
        assert_eq!((nothing.sealed, nothing.unsealed, nothing.newest), (0, 1, None));
        let [.., last] = sealed(&world).await;
        let report = check(&world).await.expect("whole");
        let newest = report.newest.clone().expect("a seal");
        assert_eq!((report.sealed, report.seals, report.unsealed, newest.position), (last, 3, 2, position(last)));
        assert_eq!(seal(&world).await, 2);
        assert_eq!(seal(&world).await, 0, "nothing is sealed twice");
        let report = verify(&world.app.db, &[newest.clone(), newest]).await.expect("what was noted is still there");
        assert_eq!((report.seals, report.unsealed), (4, 0));
    }

    async fn a_changed_event_shows(world: World) {
        let [first, second, _] = sealed(&world).await;
        let changed = Broken::EventChanged { first: position(first + 1), last: position(second) };
        let place = first + 2;
        for (column, evil) in [
            ("actor_name", "'Somebody Else'"),
            ("kind", "'signed_in'"),
            ("facts", "'{}'"),
            ("address", "'10.0.0.1'"),
            ("address", "NULL"),
            ("object_name", "'x'"),
            ("door", "'api'"),
            ("seats", "5"),
            ("occupied", "0"),
            ("user_id", "NULL"),
            ("actor_id", "NULL"),
            ("session_id", "'00000000-0000-4000-8000-000000000000'"),
            ("license_id", "'00000000-0000-4000-8000-000000000000'"),
            ("object_id", "'00000000-0000-4000-8000-000000000000'"),
            ("at", "'2026-03-01T09:00:00.000000Z'"),
        ] {
            world.execute(&format!("CREATE TABLE kept AS SELECT * FROM events WHERE position = {place}")).await;
            tamper(&world, &format!("UPDATE events SET {column} = {evil} WHERE position = {place}")).await;
            assert_eq!(broken(&world).await, changed, "{column}");
            tamper(&world, &format!("DELETE FROM events WHERE position = {place}")).await;
            tamper(&world, "INSERT INTO events SELECT * FROM kept").await;
            world.execute("DROP TABLE kept").await;
            check(&world).await.expect("whole again");
        }
    }

    async fn a_deleted_event_shows(world: World) {
        let [first, ..] = sealed(&world).await;
        let head = world.head().await.0;
        tamper(&world, &format!("DELETE FROM events WHERE position = {head}")).await;
        assert_eq!(broken(&world).await, Broken::EventMissing(position(head)), "also one that is not sealed yet");
        tamper(&world, &format!("DELETE FROM events WHERE position = {}", first + 1)).await;
        assert_eq!(broken(&world).await, Broken::EventMissing(position(first + 1)));
        tamper(&world, "DELETE FROM events WHERE position = 1").await;
        assert_eq!(broken(&world).await, Broken::EventMissing(position(1)), "the first place is said");
    }

    async fn an_added_event_shows(world: World) {
        sealed(&world).await;
        let add = |place: i64| {
            format!(
                "INSERT INTO events (position, at, kind, door, facts) SELECT {place}, at, 'signed_in', door, facts FROM events WHERE position = 1"
            )
        };
        let head = world.head().await.0;
        tamper(&world, &add(head + 1)).await;
        assert_eq!(broken(&world).await, Broken::EventAdded(position(head + 1)));
        tamper(&world, &add(0)).await;
        assert_eq!(broken(&world).await, Broken::EventAdded(position(0)));
    }

    async fn two_swapped_events_show(world: World) {
        let [first, second, third] = sealed(&world).await;
        let swap = async |a: i64, b: i64| {
            for (from, to) in [(a, 1_000), (b, a), (1_000, b)] {
                tamper(&world, &format!("UPDATE events SET position = {to} WHERE position = {from}")).await;
            }
        };
        swap(first + 1, first + 2).await;
        assert_eq!(broken(&world).await, Broken::EventChanged { first: position(first + 1), last: position(second) });
        swap(first + 1, first + 2).await;
        check(&world).await.expect("whole again");
        swap(first, third).await;
        assert_eq!(broken(&world).await, Broken::EventChanged { first: position(1), last: position(first) });
    }

    async fn a_seal_that_is_missing_or_changed_shows(world: World) {
        let [first, second, third] = sealed(&world).await;
        for change in ["events = 9", "last_at = '2020-01-01T00:00:00.000000Z'"] {
            let kept = format!("CREATE TABLE kept AS SELECT * FROM event_seals WHERE position = {second}");
            world.execute(&kept).await;
            tamper(&world, &format!("UPDATE event_seals SET {change} WHERE position = {second}")).await;
            assert_eq!(broken(&world).await, Broken::SealChanged(position(second)));
            tamper(&world, &format!("DELETE FROM event_seals WHERE position = {second}")).await;
            tamper(&world, "INSERT INTO event_seals SELECT * FROM kept").await;
            world.execute("DROP TABLE kept").await;
        }
        check(&world).await.expect("whole again");
        tamper(&world, &format!("DELETE FROM event_seals WHERE position = {second}")).await;
        assert_eq!(broken(&world).await, Broken::SealMissing { after: position(first), next: position(third) });
        tamper(&world, &format!("DELETE FROM event_seals WHERE position = {third}")).await;
        assert_eq!(broken(&world).await, Broken::EndMissing { after: position(first), sealed: position(third) });
        tamper(&world, &format!("UPDATE event_seals SET hash = '' WHERE position = {first}")).await;
        assert!(matches!(broken(&world).await, Broken::EventChanged { .. }));
    }

    async fn a_log_that_was_cut_off_shows(world: World) {
        let [_, second, third] = sealed(&world).await;
        let note = check(&world).await.expect("whole").newest.expect("a seal");
        tamper(&world, &format!("DELETE FROM events WHERE position > {second}")).await;
        assert_eq!(broken(&world).await, Broken::EventMissing(position(second + 1)));
        tamper(&world, &format!("DELETE FROM event_seals WHERE position > {second}")).await;
        assert_eq!(broken(&world).await, Broken::EndMissing { after: position(second), sealed: position(third) });
        // Whoever also sets the heads back is found out by the note, and only by it.
        tamper(&world, &format!("UPDATE seal_head SET position = {second}, hash = (SELECT hash FROM event_seals WHERE position = {second})")).await;
        tamper(&world, &format!("UPDATE event_head SET position = {second}")).await;
        check(&world).await.expect("it looks whole");
        let noted = verify(&world.app.db, std::slice::from_ref(&note)).await;
        assert!(matches!(noted, Err(VerifyError::Broken(Broken::NoteDiffers(differs))) if differs == note));
    }

    async fn a_log_that_was_rewritten_as_a_whole_differs_from_what_was_noted(world: World) {
        sealed(&world).await;
        let note = check(&world).await.expect("whole").newest.expect("a seal");
        tamper(&world, "UPDATE events SET actor_name = 'Somebody Else' WHERE position = 2").await;
        rewrite_the_chain(&world).await;
        happens(&world, 1).await;
        seal(&world).await;
        check(&world).await.expect("it looks whole");
        let noted = verify(&world.app.db, std::slice::from_ref(&note)).await;
        assert!(matches!(noted, Err(VerifyError::Broken(Broken::NoteDiffers(differs))) if differs == note));
    }

    async fn many_who_seal_at_once_seal_each_event_once(world: World) {
        let other = match world.engine {
            Engine::Sqlite => world.app.db.clone(),
            Engine::Postgres => world.another_database_handle().await,
        };
        let mut sealed = 0;
        for _ in 0..10 {
            happens(&world, 2).await;
            let both = [&world.app.db, &other];
            let all = join_all((0..8).map(|number| sealer::seal(both[number % 2]))).await;
            sealed += all.into_iter().map(|sealed| sealed.expect("it seals")).sum::<i64>();
        }
        sealed += seal(&world).await;
        let report = check(&world).await.expect("whole");
        assert_eq!((report.sealed, report.unsealed), (world.head().await.0, 0));
        assert_eq!(sealed, report.sealed);
    }

    async fn pruning_keeps_the_rest_verifiable_and_is_written_down(world: World) {
        let [first, _, third] = sealed(&world).await;
        world.pass(TimeDelta::days(40));
        let mut world = world;
        world.admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        happens(&world, 1).await;
        assert_eq!(retention::prune(&world.app, 50).await.expect("it prunes"), 0, "nothing is too old");
        // The seal over what is young and old alike is kept as a whole.
        seal(&world).await;
        let note = check(&world).await.expect("whole").newest.expect("a seal");
        assert_eq!(retention::prune(&world.app, 31).await.expect("it prunes"), third);
        assert_eq!(retention::prune(&world.app, 31).await.expect("it prunes"), 0, "once is enough");
        let report = verify(&world.app.db, std::slice::from_ref(&note)).await.expect("the rest is whole");
        assert_eq!((report.pruned, report.sealed), (position(third), note.position.0 - third));
        let log = world.admin.get("/audit").await.ok();
        let events = log["items"].as_array().expect("items");
        assert_eq!(events.last().expect("an event")["position"], third + 1);
        assert_eq!((&events[0]["kind"], &events[0]["facts"]["events"]), (&json!("audit_pruned"), &json!(third)));
        let old = Note { hash: note.hash.clone(), position: position(first) };
        let noted = verify(&world.app.db, &[old]).await;
        assert!(matches!(noted, Err(VerifyError::Broken(Broken::NotePruned(..)))), "{noted:?}");
        seal(&world).await;
        tamper(&world, &format!("DELETE FROM events WHERE position = {}", third + 1)).await;
        assert_eq!(broken(&world).await, Broken::EventMissing(position(third + 1)));
    }

    async fn who_deletes_the_beginning_and_calls_it_pruning_is_found_out(world: World) {
        let [first, ..] = sealed(&world).await;
        tamper(&world, &format!("DELETE FROM events WHERE position <= {first}")).await;
        tamper(&world, &format!("UPDATE seal_head SET pruned = {first}")).await;
        assert_eq!(broken(&world).await, Broken::BeginningMissing(position(first)));
    }
}

/// What `seatkeeper audit verify` says; an error if it fails.
fn verified(database: &Database, more: &[&str]) -> Result<String, String> {
    let command: Vec<_> = ["audit", "verify"].into_iter().chain(more.iter().copied()).collect();
    let said = Process::asked(&command, &database.address);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if said.status.success() { Ok(text(&said.stdout)) } else { Err(text(&said.stderr)) }
}

async fn a_server_seals_and_the_command_checks_beside_it(engine: Engine) {
    let database = Database::create(engine).await;
    assert!(verified(&database, &[]).is_err(), "there is nothing to check yet");
    let (admin, agents) = seed::people(&database.address, 3).await;
    let server = Process::start(&database.address).await;
    let (admin, agents): (_, Vec<_>) = (admin.at(&server.url), agents.iter().map(|a| a.at(&server.url)).collect());
    seed::pool(&admin, &agents, 2, 120).await;
    join_all(agents.iter().map(Person::ask)).await;
    let mut said = String::new();
    for _ in 0..100 {
        said = verified(&database, &[]).expect("whole");
        if said.contains("Not sealed yet: 0 events.") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let newest = said.lines().find_map(|line| line.strip_prefix("Newest seal: ")).expect("all was sealed").to_owned();
    server.stop().await;
    let said = verified(&database, &["--expect", &newest]).expect("what was noted is still there");
    assert!(said.contains("It has the 1 seals that were noted."), "{said}");
    let other = newest.replace(&newest[..4], if newest.starts_with("0000") { "1111" } else { "0000" });
    let failed = verified(&database, &["--expect", &other]).expect_err("it differs");
    assert!(failed.contains("the audit log was tampered with") && failed.contains(&other), "{failed}");
    assert!(verified(&database, &["--expect", "abc@1"]).is_err(), "that is no note");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_checks_a_file() {
    a_server_seals_and_the_command_checks_beside_it(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_checks_postgres() {
    a_server_seals_and_the_command_checks_beside_it(Engine::Postgres).await;
}
