//! The load: agents who create and end sessions, one after the other, each over a connection of his own.

use crate::{
    account::Agent,
    connection::{Connection, id_in, post},
    numbers::percentile,
};
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

/// How long agents work before it counts.
const WARM_UP: Duration = Duration::from_millis(200);
/// After so many failures an agent gives up: the round has failed anyway.
const FAILURES: u64 = 100;

/// What came of a round.
pub struct Round {
    /// Answers in the time that counts, refusals among them.
    pub answers: usize,
    /// Answers in all, with those of the warm-up.
    pub all: u64,
    /// How long it counted.
    pub lasted: Duration,
    /// How long each answer took, in microseconds, the shortest first.
    latencies: Vec<u32>,
    /// How often there was no seat.
    pub refused: u64,
    /// How many seats were certainly held at once: from the answer to a create to the request to end it.
    pub most_held: usize,
    /// How often the server failed, and how at first.
    pub failed: u64,
    pub failure: Option<String>,
}

impl Round {
    /// Answers in a second.
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.lasted.as_secs_f64()
    }

    /// How long it took at most for this part of all answers, in milliseconds.
    pub fn within(&self, part: f64) -> f64 {
        f64::from(percentile(&self.latencies, part)) / 1_000.0
    }
}

/// Lets these agents work at these servers in turn, each over one connection.
pub async fn round(servers: &[SocketAddr], agents: &[Agent], lasts: Duration) -> Round {
    let from = Instant::now() + WARM_UP;
    let tally = Rc::new(Tally { from: Some(from), until: Some(from + lasts), ..Tally::default() });
    let work = agents.iter().zip(servers.iter().cycle()).map(|(agent, server)| {
        let worker = Worker::new(agent, *server, tally.clone());
        spawn_local(worker.work())
    });
    for worker in work.collect::<Vec<_>>() {
        if worker.await.is_err() {
            tally.fail("an agent met a fault");
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
    /// Counts an answer if it came in the time that counts, whenever it was asked for: with a slow server, few that begin
    /// in a short round also end in it.
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

    fn let_go(&self) {
        self.held.set(self.held.get() - 1);
    }

    fn refuse(&self) {
        self.refused.set(self.refused.get() + 1);
    }

    fn fail(&self, how: impl ToString) {
        self.failed.set(self.failed.get() + 1);
        self.failure.borrow_mut().get_or_insert_with(|| how.to_string());
    }

    fn round(&self, lasted: Duration) -> Round {
        let mut latencies = self.latencies.take();
        latencies.sort_unstable();
        Round {
            answers: latencies.len(),
            all: self.all.get(),
            lasted,
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
    /// The request to end a session, and where in it the session's id stands.
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
        while failures < FAILURES && !self.tally.is_over() {
            if let Err(problem) = self.over_one_connection().await {
                self.tally.fail(problem);
                failures += 1;
            }
        }
    }

    /// Works until the time is over or something fails; the session of the time's end is ended too.
    async fn over_one_connection(&mut self) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.server).await?;
        while !self.tally.is_over() {
            if self.take_seat(&mut connection).await? {
                self.give_it_back(&mut connection).await?;
            }
        }
        Ok(())
    }

    async fn take_seat(&mut self, connection: &mut Connection) -> anyhow::Result<bool> {
        let began = Instant::now();
        let (status, body) = connection.ask(&self.create).await?;
        self.tally.note(began);
        match (status, id_in(body)) {
            (201, Some(id)) => {
                self.tally.hold();
                let place = self.end.1;
                self.end.0[place..place + id.len()].copy_from_slice(id.as_bytes());
                Ok(true)
            }
            (409, _) => {
                self.tally.refuse();
                Ok(false)
            }
            _ => anyhow::bail!("a create is answered {status}: {}", String::from_utf8_lossy(body)),
        }
    }

    async fn give_it_back(&mut self, connection: &mut Connection) -> anyhow::Result<()> {
        self.tally.let_go();
        let began = Instant::now();
        let (status, body) = connection.ask(&self.end.0).await?;
        self.tally.note(began);
        anyhow::ensure!(status == 200, "an end is answered {status}: {}", String::from_utf8_lossy(body));
        Ok(())
    }
}
