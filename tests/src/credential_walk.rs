//! The credential walk: every way in which a credential ends, with streams and a long poll opened with it. They end at
//! once, at every server, and send nothing of later changes.
//!
//! The cases are complete: the query for the caller reads the tables that decide whether a credential is valid. Every
//! statement of the product that writes one of them is listed here, in the cases in which it ends a credential, or
//! with the reason why it ends none. A new statement fails the suite until it is listed.

mod end_cases;
mod victim;

use crate::harness::{Engine, World};
use end_cases::{END_CASES, EndCase, HARMLESS_STATEMENTS};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
};
use victim::{Credential, Victim};

/// Each case runs in an installation of its own.
const MAX_CONCURRENT_CASES: usize = 3;

/// Runs one case in an installation of its own.
async fn run_case(case: &EndCase, engine: Engine, at_another_server: bool) {
    eprintln!("credential walk: {}", case.name);
    let world = World::start(engine).await;
    let streams = match at_another_server {
        true => world.second_server_with_app().await,
        false => (world.url.clone(), world.app.clone()),
    };
    let mut victim = Victim::new(&world, case.credential, streams).await;
    if let Some(prepare) = case.prepare {
        prepare(&world, &mut victim).await;
    }
    let watching = victim.open_streams().await;
    (case.end)(&world, &mut victim).await;
    let head = world.head().await;
    if case.is_found_only_by_recheck {
        watching.end().await.assert_nothing_after(None);
        return;
    }
    victim.free_and_retake_seat().await;
    let ended = watching.end().await;
    ended.assert_nothing_after(Some(head));
    // The ticket may have ended before the credential, and the poll answered with that.
    let shows_the_queue = ended.poll.status == 200 && ended.poll.body["over"].is_null();
    assert_eq!(shows_the_queue, case.reconnects, "{}: the long poll is answered {:?}", case.name, ended.poll);
}

async fn run_all_cases(engine: Engine, at_another_server: bool) {
    let failures = END_CASES.iter().map(async |case| {
        let outcome = AssertUnwindSafe(run_case(case, engine, at_another_server)).catch_unwind().await;
        outcome.is_err().then_some(case.name)
    });
    let failures: Vec<_> = stream::iter(failures).buffer_unordered(MAX_CONCURRENT_CASES).collect().await;
    let failed: Vec<_> = failures.into_iter().flatten().collect();
    assert!(failed.is_empty(), "these cases failed, see above: {failed:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_a_credential_closes_its_streams_sqlite() {
    run_all_cases(Engine::Sqlite, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_a_credential_closes_its_streams_postgres() {
    run_all_cases(Engine::Postgres, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_a_credential_at_one_server_closes_its_streams_at_the_other() {
    run_all_cases(Engine::Postgres, true).await;
}

/// The words of a statement.
fn words(sql: &str) -> Vec<String> {
    sql.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').to_owned())
        .collect()
}

/// The names of tables after any of these word sequences.
fn tables_after(sql: &str, before: &[&[&str]]) -> BTreeSet<String> {
    let words = words(sql);
    let found = before.iter().flat_map(|before| {
        words
            .windows(before.len() + 1)
            .filter(|some| some.iter().zip(*before).all(|(one, other)| one == other))
            .map(|some| some[some.len() - 1].clone())
    });
    found.collect()
}

#[test]
fn every_statement_that_may_end_a_credential_is_covered() {
    let statements: BTreeMap<_, _> =
        seatkeeper::store::statements().into_iter().map(|(name, sql)| (name, sql.source())).collect();
    let caller_queries = ["credentials::CALLER_BY_COOKIE", "credentials::CALLER_BY_TOKEN"];
    let decisive: BTreeSet<String> =
        caller_queries.iter().flat_map(|name| tables_after(&statements[*name], &[&["FROM"], &["JOIN"]])).collect();
    for table in ["account", "api_tokens", "browser_sessions", "passkeys", "second_factors", "users"] {
        assert!(decisive.contains(table), "{table} is not among {decisive:?}: can the test still read the statements?");
    }
    let writes = |sql: &str| {
        let written = tables_after(sql, &[&["INSERT", "INTO"], &["UPDATE"], &["DELETE", "FROM"]]);
        written.iter().any(|table| decisive.contains(table))
    };
    let written: BTreeSet<_> =
        statements.iter().filter(|(_, sql)| writes(sql)).map(|(name, _)| name.as_str()).collect();
    let covered = END_CASES.iter().flat_map(|case| case.statements).copied();
    let listed: BTreeSet<_> = covered.chain(HARMLESS_STATEMENTS.iter().map(|(name, _)| *name)).collect();
    let unlisted: Vec<_> = written.difference(&listed).collect();
    assert!(unlisted.is_empty(), "list in the credential walk what these statements do to credentials: {unlisted:?}");
    let stale: Vec<_> = listed.difference(&written).collect();
    assert!(stale.is_empty(), "these statements no longer exist: {stale:?}");
}

#[test]
fn every_kind_of_credential_is_covered() {
    for credential in [Credential::Cookie, Credential::Token, Credential::Provider, Credential::Directory] {
        assert!(END_CASES.iter().any(|case| case.credential == credential), "{credential:?}");
    }
}
