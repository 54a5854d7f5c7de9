//! The credential walk: every way in which a credential ends, with streams and a long poll that were opened with it. They are over at
//! once, at whichever server, and tell nothing of what changes afterwards.
//!
//! The ways are complete: what decides whether a credential is good stands in the tables that the question for the caller reads.
//! Every statement of the product that writes one of these is named here, with the ways in which it ends a credential, or with the
//! reason why it ends none. A new statement fails the suite until it is named.

mod victim;
mod ways;

use crate::world::{Engine, World};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
};
use victim::{Credential, Victim};
use ways::{HARMLESS, WAYS, Way};

/// How many worlds are walked at once.
const SIDE_BY_SIDE: usize = 3;

/// One way in a world of its own.
async fn walk(way: &Way, engine: Engine, at_another_server: bool) {
    eprintln!("credential walk: {}", way.name);
    let world = World::start(engine).await;
    let streams = match at_another_server {
        true => world.beside_with_app().await,
        false => (world.url.clone(), world.app.clone()),
    };
    let mut victim = Victim::new(&world, way.credential, streams).await;
    if let Some(prepare) = way.prepare {
        prepare(&world, &mut victim).await;
    }
    let watching = victim.watches().await;
    (way.end)(&world, &mut victim).await;
    let head = world.head().await;
    if way.is_noticed_only_by_asking {
        watching.end().await.tell_nothing_after(None);
        return;
    }
    victim.something_changes().await;
    let ended = watching.end().await;
    ended.tell_nothing_after(Some(head));
    // The ticket may have been over before the credential was, and the poll answered with that.
    let shows_the_line = ended.poll.status == 200 && ended.poll.body["over"].is_null();
    assert_eq!(shows_the_line, way.comes_again, "{}: the long poll is answered {:?}", way.name, ended.poll);
}

async fn walk_all(engine: Engine, at_another_server: bool) {
    let walks = WAYS.iter().map(async |way| {
        let walked = AssertUnwindSafe(walk(way, engine, at_another_server)).catch_unwind().await;
        walked.is_err().then_some(way.name)
    });
    let walks: Vec<_> = stream::iter(walks).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let failed: Vec<_> = walks.into_iter().flatten().collect();
    assert!(failed.is_empty(), "these leave something open, see above: {failed:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_a_credential_closes_its_streams_sqlite() {
    walk_all(Engine::Sqlite, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_a_credential_closes_its_streams_postgres() {
    walk_all(Engine::Postgres, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_a_credential_at_one_server_closes_its_streams_at_the_other() {
    walk_all(Engine::Postgres, true).await;
}

/// The words of a statement.
fn words(sql: &str) -> Vec<String> {
    sql.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').to_owned())
        .collect()
}

/// The tables after these words.
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
fn every_statement_that_may_end_a_credential_is_walked() {
    let statements: BTreeMap<_, _> =
        seatkeeper::store::statements().into_iter().map(|(name, sql)| (name, sql.source())).collect();
    let asks = ["credentials::CALLER_BY_COOKIE", "credentials::CALLER_BY_TOKEN"];
    let decisive: BTreeSet<String> =
        asks.iter().flat_map(|name| tables_after(&statements[*name], &[&["FROM"], &["JOIN"]])).collect();
    for table in ["account", "api_tokens", "browser_sessions", "passkeys", "second_factors", "users"] {
        assert!(decisive.contains(table), "{table} is not among {decisive:?}: can the test still read the statements?");
    }
    let writes = |sql: &str| {
        let written = tables_after(sql, &[&["INSERT", "INTO"], &["UPDATE"], &["DELETE", "FROM"]]);
        written.iter().any(|table| decisive.contains(table))
    };
    let written: BTreeSet<_> =
        statements.iter().filter(|(_, sql)| writes(sql)).map(|(name, _)| name.as_str()).collect();
    let walked = WAYS.iter().flat_map(|way| way.statements).copied();
    let named: BTreeSet<_> = walked.chain(HARMLESS.iter().map(|(name, _)| *name)).collect();
    let unnamed: Vec<_> = written.difference(&named).collect();
    assert!(unnamed.is_empty(), "say in the credential walk what these do to credentials: {unnamed:?}");
    let stale: Vec<_> = named.difference(&written).collect();
    assert!(stale.is_empty(), "there are no such statements any more: {stale:?}");
}

#[test]
fn every_kind_of_credential_is_walked() {
    for credential in [Credential::Cookie, Credential::Token, Credential::Provider, Credential::Directory] {
        assert!(WAYS.iter().any(|way| way.credential == credential), "{credential:?}");
    }
}
