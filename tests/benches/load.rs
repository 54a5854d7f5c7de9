//! The load: agents who create and end sessions in a loop, each over a connection of their own.

pub mod batches;

use crate::{
    account::Agent,
    connection::{Connection, id_in, post},
    statistics::percentile,
};
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

/// How long agents work before the measurement.
const WARM_UP: Duration = Duration::from_millis(200);
/// The number of failures after which an agent gives up; the round has failed anyway.
const MAX_FAILURES: u64 = 100;

/// The results of a round.
pub struct Round {
    /// Responses in the measured time, including refusals.
    pub responses: usize,
    /// All responses, including those of the warm-up.
    pub all: u64,
    /// The measured time.
    pub duration: Duration,
    /// The latency of each response, in microseconds, sorted.
    latencies: Vec<u32>,
    /// The number of refusals.
    pub refused: u64,
    /// The most seats certainly held at once, counted from the response to a create to the request to end it.
    pub most_held: usize,
    /// The number of failures of the server.
    pub failed: u64,
    /// The first failure.
    pub failure: Option<String>,
}

impl Round {
    /// Responses per second.
    pub fn rate(&self) -> f64 {
        self.responses as f64 / self.duration.as_secs_f64()
    }

    /// A percentile of the latencies, for a fraction from 0 to 1, in milliseconds.
    pub fn latency(&self, fraction: f64) -> f64 {
        f64::from(percentile(&self.latencies, fraction)) / 1_000.0
    }
}

/// Runs a round: these agents work at these servers, distributed round robin, each over one connection.
pub async fn round(servers: &[SocketAddr], agents: &[Agent], lasts: Duration) -> Round {
    let from = Instant::now() + WARM_UP;
    let tally = Rc::new(Tally { from: Some(from), until: Some(from + lasts), ..Tally::default() });
    let work = agents.iter().zip(servers.iter().cycle()).map(|(agent, server)| {
        let worker = Worker::new(agent, *server, tally.clone());
        spawn_local(worker.work())
    });
    for worker in work.collect::<Vec<_>>() {
        if worker.await.is_err() {
            tally.fail("an agent panicked");
        }
    }
    tally.round(lasts)
}

#[derive(Default)]
struct Tally {
    from: Option<Instant>,
    until: Option<Instant>,
    all: Cell<u64>,
    latencies: RefCell<Vec<u32>>,
    refused: Cell<u64>,
    held: Cell<usize>,
    most_held: Cell<usize>,
    failed: Cell<u64>,
    failure: RefCell<Option<String>>,
}

impl Tally {
    /// Counts a response if it arrives in the measured time, whenever its request was sent: with a slow server, few
    /// requests that begin in a short round also end in it.
    fn note(&self, began: Instant) {
        let now = Instant::now();
        self.all.set(self.all.get() + 1);
        if self.from.is_some_and(|from| now >= from) && self.until.is_some_and(|until| now <= until) {
            let micros = u32::try_from((now - began).as_micros()).unwrap_or(u32::MAX);
            self.latencies.borrow_mut().push(micros);
        }
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    fn hold(&self) {
        self.held.set(self.held.get() + 1);
        self.most_held.set(self.most_held.get().max(self.held.get()));
    }

    fn release(&self) {
        self.held.set(self.held.get() - 1);
    }

    fn refuse(&self) {
        self.refused.set(self.refused.get() + 1);
    }

    fn fail(&self, how: impl ToString) {
        self.failed.set(self.failed.get() + 1);
        self.failure.borrow_mut().get_or_insert_with(|| how.to_string());
    }

    fn round(&self, duration: Duration) -> Round {
        let mut latencies = self.latencies.take();
        latencies.sort_unstable();
        Round {
            responses: latencies.len(),
            all: self.all.get(),
            duration,
            latencies,
            refused: self.refused.get(),
            most_held: self.most_held.get(),
            failed: self.failed.get(),
            failure: self.failure.take(),
        }
    }
}

/// One agent at work.
struct Worker {
    server: SocketAddr,
    create: Vec<u8>,
    /// The request to end a session, and the offset of the session's id in it.
    end: (Vec<u8>, usize),
    tally: Rc<Tally>,
}

impl Worker {
    fn new(agent: &Agent, server: SocketAddr, tally: Rc<Tally>) -> Self {
        const SESSIONS: &str = "/api/v1/sessions";
        const ANY: &str = "00000000-0000-0000-0000-000000000000";
        let body = format!(r#"{{"product":"{}","device":"Bench","mode":"unattended"}}"#, agent.product);
        let end = post(&format!("{SESSIONS}/{ANY}/end"), &agent.token, "");
        Self {
            server,
            create: post(SESSIONS, &agent.token, &body),
            end: (end, "POST ".len() + SESSIONS.len() + 1),
            tally,
        }
    }

    async fn work(mut self) {
        let mut failures = 0;
        while failures < MAX_FAILURES && !self.tally.is_over() {
            if let Err(problem) = self.work_on_connection().await {
                self.tally.fail(problem);
                failures += 1;
            }
        }
    }

    /// Works until the time is over or a request fails; also ends the last session.
    async fn work_on_connection(&mut self) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.server).await?;
        while !self.tally.is_over() {
            if self.create_session(&mut connection).await? {
                self.end_session(&mut connection).await?;
            }
        }
        Ok(())
    }

    async fn create_session(&mut self, connection: &mut Connection) -> anyhow::Result<bool> {
        let began = Instant::now();
        let (status, body) = connection.request(&self.create).await?;
        self.tally.note(began);
        match (status, id_in(body)) {
            (201, Some(id)) => {
                self.tally.hold();
                let index = self.end.1;
                self.end.0[index..index + id.len()].copy_from_slice(id.as_bytes());
                Ok(true)
            }
            (409, _) => {
                self.tally.refuse();
                Ok(false)
            }
            _ => anyhow::bail!("a create returned {status}: {}", String::from_utf8_lossy(body)),
        }
    }

    async fn end_session(&mut self, connection: &mut Connection) -> anyhow::Result<()> {
        self.tally.release();
        let began = Instant::now();
        let (status, body) = connection.request(&self.end.0).await?;
        self.tally.note(began);
        anyhow::ensure!(status == 200, "an end returned {status}: {}", String::from_utf8_lossy(body));
        Ok(())
    }
}
