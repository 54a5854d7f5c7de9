//! Tampering with the audit log is detected: verification names the first event or seal that was changed, deleted,
//! added or swapped.

use crate::harness::{Database, Engine, Person, ServerProcess, World, found, on_both_engines, seed};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper::{
    audit::{
        SealHasher, retention, sealer,
        verify::{ChainError, SealNote, VerifyError, VerifyReport, verify},
    },
    store,
};
use seatkeeper_shared::ids::Position;
use serde_json::json;

async fn tamper(world: &World, sql: &str) {
    assert!(world.execute(sql).await > 0, "the statement changed nothing");
}

async fn seal(world: &World) -> i64 {
    sealer::seal(&world.app.db).await.expect("sealing works")
}

async fn check(world: &World) -> Result<VerifyReport, VerifyError> {
    verify(&world.app.db, &[]).await
}

async fn chain_error(world: &World) -> ChainError {
    match check(world).await {
        Err(VerifyError::Broken(chain_error)) => chain_error,
        other => panic!("the log should be broken: {other:?}"),
    }
}

/// Adds two events this many times.
async fn add_events(world: &World, times: usize) {
    for _ in 0..times {
        let before = world.head().await.0;
        world.admin.patch("/me", &json!({ "locale": if before % 2 == 0 { "de" } else { "en" } })).await.ok();
        world.admin.post("/tokens", &json!({ "name": format!("Token {before}"), "days": 1 })).await.created();
    }
}

/// Makes three seals over four events each, and two more events; returns the last position of each seal.
async fn add_seals(world: &World) -> [i64; 3] {
    let mut ends = [0; 3];
    for end in &mut ends {
        add_events(world, 2).await;
        seal(world).await;
        *end = world.head().await.0;
    }
    add_events(world, 1).await;
    ends
}

fn position(at: i64) -> Position {
    Position(at)
}

/// Recomputes all seals, as an attacker who knows the algorithm would.
async fn recompute_seals(world: &World) {
    let db = &world.app.db;
    let events = store::seals::events(db, Position(0), 10_000).await.expect("they can be read");
    let seals = store::seals::seals(db, Position(0), 1_000).await.expect("they can be read");
    let (mut hash, mut after) = (String::new(), Position(0));
    for seal in seals {
        let mut hasher = SealHasher::after(&hash);
        events
            .iter()
            .filter(|event| event.position > after && event.position <= seal.position)
            .for_each(|e| hasher.add(e));
        (hash, after) = (hasher.finish(), seal.position);
        tamper(world, &format!("UPDATE event_seals SET hash = '{hash}' WHERE position = {after}")).await;
    }
    tamper(world, &format!("UPDATE seal_head SET hash = '{hash}'")).await;
}

on_both_engines! {
    async fn an_untouched_log_verifies(world: World) {
        let nothing = check(&world).await.expect("intact");
        assert_eq!((nothing.sealed, nothing.unsealed, nothing.newest), (0, 1, None));
        let [.., last] = add_seals(&world).await;
        let report = check(&world).await.expect("intact");
        let newest = report.newest.clone().expect("a seal");
        assert_eq!((report.sealed, report.seals, report.unsealed, newest.position), (last, 3, 2, position(last)));
        assert_eq!(seal(&world).await, 2);
        assert_eq!(seal(&world).await, 0, "nothing is sealed twice");
        let report = verify(&world.app.db, &[newest.clone(), newest]).await.expect("the noted seal is still there");
        assert_eq!((report.seals, report.unsealed), (4, 0));
    }

    async fn a_changed_event_is_detected(world: World) {
        let [first, second, _] = add_seals(&world).await;
        let changed = ChainError::EventChanged { first: position(first + 1), last: position(second) };
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
            assert_eq!(chain_error(&world).await, changed, "{column}");
            tamper(&world, &format!("DELETE FROM events WHERE position = {place}")).await;
            tamper(&world, "INSERT INTO events SELECT * FROM kept").await;
            world.execute("DROP TABLE kept").await;
            check(&world).await.expect("whole again");
        }
    }

    async fn a_deleted_event_is_detected(world: World) {
        let [first, ..] = add_seals(&world).await;
        let head = world.head().await.0;
        tamper(&world, &format!("DELETE FROM events WHERE position = {head}")).await;
        assert_eq!(
            chain_error(&world).await,
            ChainError::EventMissing(position(head)),
            "also an event that is not sealed yet"
        );
        tamper(&world, &format!("DELETE FROM events WHERE position = {}", first + 1)).await;
        assert_eq!(chain_error(&world).await, ChainError::EventMissing(position(first + 1)));
        tamper(&world, "DELETE FROM events WHERE position = 1").await;
        assert_eq!(
            chain_error(&world).await,
            ChainError::EventMissing(position(1)),
            "the first broken position is reported"
        );
    }

    async fn an_added_event_is_detected(world: World) {
        add_seals(&world).await;
        let add = |place: i64| {
            format!(
                "INSERT INTO events (position, at, kind, door, facts) \
                     SELECT {place}, at, 'signed_in', door, facts FROM events WHERE position = 1"
            )
        };
        let head = world.head().await.0;
        tamper(&world, &add(head + 1)).await;
        assert_eq!(chain_error(&world).await, ChainError::EventAdded(position(head + 1)));
        tamper(&world, &add(0)).await;
        assert_eq!(chain_error(&world).await, ChainError::EventAdded(position(0)));
    }

    async fn two_swapped_events_are_detected(world: World) {
        let [first, second, third] = add_seals(&world).await;
        let swap = async |a: i64, b: i64| {
            for (from, to) in [(a, 1_000), (b, a), (1_000, b)] {
                tamper(&world, &format!("UPDATE events SET position = {to} WHERE position = {from}")).await;
            }
        };
        swap(first + 1, first + 2).await;
        assert_eq!(
            chain_error(&world).await,
            ChainError::EventChanged { first: position(first + 1), last: position(second) }
        );
        swap(first + 1, first + 2).await;
        check(&world).await.expect("whole again");
        swap(first, third).await;
        assert_eq!(chain_error(&world).await, ChainError::EventChanged { first: position(1), last: position(first) });
    }

    async fn a_missing_or_changed_seal_is_detected(world: World) {
        let [first, second, third] = add_seals(&world).await;
        for change in ["events = 9", "last_at = '2020-01-01T00:00:00.000000Z'"] {
            let create_copy = format!("CREATE TABLE kept AS SELECT * FROM event_seals WHERE position = {second}");
            world.execute(&create_copy).await;
            tamper(&world, &format!("UPDATE event_seals SET {change} WHERE position = {second}")).await;
            assert_eq!(chain_error(&world).await, ChainError::SealChanged(position(second)));
            tamper(&world, &format!("DELETE FROM event_seals WHERE position = {second}")).await;
            tamper(&world, "INSERT INTO event_seals SELECT * FROM kept").await;
            world.execute("DROP TABLE kept").await;
        }
        check(&world).await.expect("whole again");
        tamper(&world, &format!("DELETE FROM event_seals WHERE position = {second}")).await;
        assert_eq!(
            chain_error(&world).await,
            ChainError::SealMissing { after: position(first), next: position(third) }
        );
        tamper(&world, &format!("DELETE FROM event_seals WHERE position = {third}")).await;
        assert_eq!(
            chain_error(&world).await,
            ChainError::EndMissing { after: position(first), sealed: position(third) }
        );
        tamper(&world, &format!("UPDATE event_seals SET hash = '' WHERE position = {first}")).await;
        assert!(matches!(chain_error(&world).await, ChainError::EventChanged { .. }));
    }

    async fn a_truncated_log_is_detected(world: World) {
        let [_, second, third] = add_seals(&world).await;
        let note = check(&world).await.expect("intact").newest.expect("a seal");
        tamper(&world, &format!("DELETE FROM events WHERE position > {second}")).await;
        assert_eq!(chain_error(&world).await, ChainError::EventMissing(position(second + 1)));
        tamper(&world, &format!("DELETE FROM event_seals WHERE position > {second}")).await;
        assert_eq!(
            chain_error(&world).await,
            ChainError::EndMissing { after: position(second), sealed: position(third) }
        );
        // If the heads are set back too, only the noted seal reveals it.
        tamper(
            &world,
            &format!(
                "UPDATE seal_head SET position = {second}, \
            hash = (SELECT hash FROM event_seals WHERE position = {second})"
            ),
        )
        .await;
        tamper(&world, &format!("UPDATE event_head SET position = {second}")).await;
        check(&world).await.expect("the chain looks intact");
        let noted = verify(&world.app.db, std::slice::from_ref(&note)).await;
        assert!(matches!(noted, Err(VerifyError::Broken(ChainError::NoteDiffers(differs))) if differs == note));
    }

    async fn a_fully_rewritten_log_differs_from_the_noted_seal(world: World) {
        add_seals(&world).await;
        let note = check(&world).await.expect("intact").newest.expect("a seal");
        tamper(&world, "UPDATE events SET actor_name = 'Somebody Else' WHERE position = 2").await;
        recompute_seals(&world).await;
        add_events(&world, 1).await;
        seal(&world).await;
        check(&world).await.expect("the chain looks intact");
        let noted = verify(&world.app.db, std::slice::from_ref(&note)).await;
        assert!(matches!(noted, Err(VerifyError::Broken(ChainError::NoteDiffers(differs))) if differs == note));
    }

    async fn concurrent_sealing_seals_each_event_once(world: World) {
        let other = match world.engine {
            Engine::Sqlite => world.app.db.clone(),
            Engine::Postgres => world.another_database_handle().await,
        };
        let mut sealed = 0;
        for _ in 0..10 {
            add_events(&world, 2).await;
            let both = [&world.app.db, &other];
            let all = join_all((0..8).map(|number| sealer::seal(both[number % 2]))).await;
            sealed += all.into_iter().map(|count| count.expect("sealing works")).sum::<i64>();
        }
        sealed += seal(&world).await;
        let report = check(&world).await.expect("intact");
        assert_eq!((report.sealed, report.unsealed), (world.head().await.0, 0));
        assert_eq!(sealed, report.sealed);
    }

    async fn pruning_keeps_the_rest_verifiable_and_is_recorded(world: World) {
        let [first, _, third] = add_seals(&world).await;
        world.advance_clock(TimeDelta::days(40));
        let mut world = world;
        world.admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        add_events(&world, 1).await;
        assert_eq!(retention::prune(&world.app.journal, 50).await.expect("pruning works"), 0, "nothing is too old");
        // A seal that covers both old and recent events is kept entirely.
        seal(&world).await;
        let note = check(&world).await.expect("intact").newest.expect("a seal");
        assert_eq!(retention::prune(&world.app.journal, 31).await.expect("pruning works"), third);
        assert_eq!(
            retention::prune(&world.app.journal, 31).await.expect("pruning works"),
            0,
            "pruning twice deletes nothing more"
        );
        let report = verify(&world.app.db, std::slice::from_ref(&note)).await.expect("the rest verifies");
        assert_eq!((report.pruned, report.sealed), (position(third), note.position.0 - third));
        let log = world.admin.get("/audit").await.ok();
        let events = log["items"].as_array().expect("items");
        assert_eq!(events.last().expect("an event")["position"], third + 1);
        assert_eq!((&events[0]["kind"], &events[0]["facts"]["events"]), (&json!("audit_pruned"), &json!(third)));
        let old = SealNote { hash: note.hash.clone(), position: position(first) };
        let noted = verify(&world.app.db, &[old]).await;
        assert!(matches!(noted, Err(VerifyError::Broken(ChainError::NotePruned(..)))), "{noted:?}");
        seal(&world).await;
        tamper(&world, &format!("DELETE FROM events WHERE position = {}", third + 1)).await;
        assert_eq!(chain_error(&world).await, ChainError::EventMissing(position(third + 1)));
    }

    async fn a_deletion_disguised_as_pruning_is_detected(world: World) {
        let [first, ..] = add_seals(&world).await;
        tamper(&world, &format!("DELETE FROM events WHERE position <= {first}")).await;
        tamper(&world, &format!("UPDATE seal_head SET pruned = {first}")).await;
        assert_eq!(chain_error(&world).await, ChainError::BeginningMissing(position(first)));
    }
}

/// Runs `seatkeeper audit verify`, and returns stdout, or stderr if it fails.
fn audit_verify(database: &Database, more: &[&str]) -> Result<String, String> {
    let command: Vec<_> = ["audit", "verify"].into_iter().chain(more.iter().copied()).collect();
    let output = ServerProcess::run_command(&command, &database.address);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

async fn check_sealing_and_verification(engine: Engine) {
    let database = Database::create(engine).await;
    assert!(audit_verify(&database, &[]).is_err(), "there is nothing to check yet");
    let (admin, agents) = seed::people(&database.address, 3).await;
    let server = ServerProcess::start(&database.address).await;
    let (admin, agents): (_, Vec<_>) = (admin.at(&server.url), agents.iter().map(|a| a.at(&server.url)).collect());
    seed::pool(&admin, &agents, 2, 120).await;
    join_all(agents.iter().map(Person::request_seat)).await;
    let report = found("all events are sealed", async || {
        let report = audit_verify(&database, &[]).expect("intact");
        report.contains("Not sealed yet: 0 events.").then_some(report)
    })
    .await;
    let newest = report.lines().find_map(|line| line.strip_prefix("Newest seal: ")).expect("all was sealed").to_owned();
    server.stop().await;
    let report = audit_verify(&database, &["--expect", &newest]).expect("the noted seal is still there");
    assert!(report.contains("It contains the 1 expected seals."), "{report}");
    let other = newest.replace(&newest[..4], if newest.starts_with("0000") { "1111" } else { "0000" });
    let failed = audit_verify(&database, &["--expect", &other]).expect_err("it differs");
    assert!(failed.contains("the audit log was tampered with") && failed.contains(&other), "{failed}");
    assert!(audit_verify(&database, &["--expect", "abc@1"]).is_err(), "this is not a seal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_verifies_a_file() {
    check_sealing_and_verification(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_verifies_postgres() {
    check_sealing_and_verification(Engine::Postgres).await;
}
