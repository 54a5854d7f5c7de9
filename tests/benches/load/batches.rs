//! Agents who create and end sessions in batches.

use super::{MAX_FAILURES, Round, Tally, WARM_UP};
use crate::{
    account::Agent,
    connection::{Connection, post},
};
use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

/// The number of operations in a batch.
pub const OPERATIONS: usize = 16;
const BATCH: &str = "/api/v1/sessions/batch";

/// Runs a round in which each agent creates sessions with one request and ends them with the next. The responses of the
/// result are operations.
pub async fn batch_round(server: SocketAddr, agents: &[Agent], lasts: Duration) -> Round {
    let from = Instant::now() + WARM_UP;
    let tally = Rc::new(Tally { from: Some(from), until: Some(from + lasts), ..Tally::default() });
    let work = agents.iter().map(|agent| spawn_local(work(server, agent.token.clone(), create(agent), tally.clone())));
    for worker in work.collect::<Vec<_>>() {
        if worker.await.is_err() {
            tally.fail("an agent panicked");
        }
    }
    let round = tally.round(lasts);
    Round { responses: round.responses * OPERATIONS, ..round }
}

fn create(agent: &Agent) -> Vec<u8> {
    let one = format!(r#"{{"create":{{"product":"{}","device":"Bench","mode":"unattended"}}}}"#, agent.product);
    post(BATCH, &agent.token, &format!(r#"{{"operations":[{}]}}"#, vec![one; OPERATIONS].join(",")))
}

async fn work(server: SocketAddr, token: String, create: Vec<u8>, tally: Rc<Tally>) {
    let mut failures = 0;
    while failures < MAX_FAILURES && !tally.is_over() {
        if let Err(problem) = work_on_connection(server, &token, &create, &tally).await {
            tally.fail(problem);
            failures += 1;
        }
    }
}

/// Works until the time is over or a request fails; also ends the last sessions.
async fn work_on_connection(server: SocketAddr, token: &str, create: &[u8], tally: &Tally) -> anyhow::Result<()> {
    let mut connection = Connection::open(server).await?;
    while !tally.is_over() {
        let created = send(&mut connection, create, tally).await?;
        let ids = session_ids(&created);
        anyhow::ensure!(ids.len() == OPERATIONS, "a batch created {} sessions: {created}", ids.len());
        let ends: Vec<_> = ids.into_iter().map(|id| format!(r#"{{"end":{{"id":"{id}"}}}}"#)).collect();
        let end = post(BATCH, token, &format!(r#"{{"operations":[{}]}}"#, ends.join(",")));
        let ended = send(&mut connection, &end, tally).await?;
        let count = ended.matches(r#""status":200,"#).count();
        anyhow::ensure!(count == OPERATIONS, "a batch ended {count} sessions: {ended}");
    }
    Ok(())
}

async fn send(connection: &mut Connection, request: &[u8], tally: &Tally) -> anyhow::Result<String> {
    let began = Instant::now();
    let (status, body) = connection.request(request).await?;
    tally.note(began);
    let body = String::from_utf8_lossy(body).into_owned();
    anyhow::ensure!(status == 200, "a batch returned {status}: {body}");
    Ok(body)
}

/// The ids of the sessions in the results of a batch.
fn session_ids(body: &str) -> Vec<&str> {
    body.split(r#""session":{"id":""#).skip(1).filter_map(|rest| rest.get(..36)).collect()
}
