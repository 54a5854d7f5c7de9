//! The loop that owns all writes to seats. Commands that arrive while a batch is decided and written are committed together
//! by the next one; each is answered after its commit is on disk.

use super::{
    batch::Batch,
    command::{Command, Outcome},
    inbox::{Inbox, Job},
    load,
    memory::{Beats, Memory},
    sweep,
};
use crate::{
    bell::Bell,
    clock::{Clock, Dice},
    db::{Ahead, Db, DbError, Saved},
    events::Event,
    store,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::sync::mpsc;

/// A clock that is further from the time that really passed was set; and a process that did nothing for longer stood still.
const JUMP: TimeDelta = TimeDelta::seconds(10);
/// How often a batch that was in the way of another is tried.
const TRIES: usize = 5;

/// What the loop works with.
pub(super) struct Engine {
    pub db: Db,
    pub ahead: Ahead,
    pub clock: Clock,
    pub dice: Dice,
    /// Rings after each commit that wrote to the event log.
    pub bell: Bell,
    /// Counts what else changed licenses or users; what was read before the last change is stale.
    pub changes: Arc<AtomicU64>,
    pub known: Known,
}

/// What the loop remembers from one batch to the next.
#[derive(Default)]
pub(super) struct Known {
    memory: Memory,
    /// How many changes the memory has seen.
    changes: u64,
    /// The last batch was not saved: the database may have been away, and with it everybody's heartbeats.
    troubled: bool,
    steady: Steady,
}

impl Known {
    /// Nothing yet.
    pub fn new(shared: bool) -> Self {
        Self { memory: Memory::new(shared), ..Self::default() }
    }
}

impl Engine {
    pub async fn run(mut self, jobs: mpsc::Receiver<Job>) {
        let mut inbox = Inbox::new(jobs);
        // Grows with what comes: most batches are small.
        let mut batch = Vec::new();
        while inbox.wait(&mut batch).await {
            // A fault in a decision must not stop all others: the transaction is undone, these commands get no answer.
            let decided =
                AssertUnwindSafe(self.commit(&mut batch, &mut inbox)).catch_unwind().await.unwrap_or_else(|_| {
                    tracing::error!("a batch of commands has met a fault; nothing of it was saved");
                    None
                });
            self.known.troubled = decided.is_none();
            if self.known.troubled {
                self.known.memory.forget();
            }
            let jobs = std::mem::take(&mut batch);
            match decided {
                None => answer(jobs, None),
                Some(Decided { outcomes, saved: None }) => answer(jobs, Some(outcomes)),
                // While the disk works on this one, the next one is decided.
                Some(Decided { outcomes, saved: Some(saving) }) if saving.saved.is_done() => {
                    self.bell.ring(&saving.events);
                    answer(jobs, Some(outcomes));
                }
                Some(Decided { outcomes, saved: Some(saving) }) => {
                    drop(tokio::spawn(answer_when_saved(jobs, outcomes, saving, self.bell.clone())));
                }
            }
        }
    }

    /// Decides and commits; nothing if that cannot be done.
    async fn commit(&mut self, jobs: &mut Vec<Job>, inbox: &mut Inbox) -> Option<Decided> {
        if let Some(outcomes) = self.answer_from_memory(jobs) {
            return Some(Decided { outcomes, saved: None });
        }
        for _ in 0..TRIES {
            let error = match self.try_commit(jobs, inbox).await {
                Ok(decided) => return Some(decided),
                Err(error) => error,
            };
            self.known.memory.forget();
            match error {
                DbError::Retry => {}
                DbError::Taken(index) if index == "sessions_support_key" => self.draw_new_keys(jobs),
                DbError::Taken(index) => tracing::debug!(index, "a batch is decided again"),
                error => {
                    tracing::error!(%error, "a batch of {} commands was not saved", jobs.len());
                    return None;
                }
            }
        }
        tracing::error!("a batch of {} commands was in the way of others too often", jobs.len());
        None
    }

    fn draw_new_keys(&self, jobs: &mut [Job]) {
        for job in jobs {
            if let Command::Create { ask, .. } | Command::Accept { ask, .. } = &mut job.command {
                ask.support_key = self.dice.support_key();
            }
        }
    }

    /// Answers a batch of nothing but signs of life, if all they concern is known and nothing is over: they are written
    /// later. What a crash can lose of them is how long leases run, and the start after it extends all leases.
    fn answer_from_memory(&mut self, jobs: &[Job]) -> Option<Vec<Outcome>> {
        if self.db.is_shared() || self.known.troubled || self.known.changes != self.changes.load(Ordering::Acquire) {
            return None;
        }
        let now = self.clock.now();
        if self.known.steady.since_last(&self.clock, now) != Gap::None {
            return None;
        }
        let mut batch = Batch::at(now);
        for job in jobs {
            match &job.command {
                // That a warning is called off is written into the log.
                Command::Renew { session, active: true, .. } if self.known.memory.is_warned(*session) => return None,
                Command::Renew { session, .. } => {
                    batch.license_of.insert(*session, self.known.memory.license_of(*session)?);
                }
                Command::Keep { ticket, .. } => {
                    batch.line_of.insert(*ticket, self.known.memory.line_of(*ticket)?);
                }
                _ => return None,
            }
        }
        let licenses: BTreeSet<_> = batch.license_of.values().chain(batch.line_of.values()).copied().collect();
        if !licenses.iter().all(|license| self.known.memory.is_settled(*license, now)) {
            return None;
        }
        batch.pools =
            licenses.iter().filter_map(|license| Some((*license, self.known.memory.take(*license)?))).collect();
        let outcomes = jobs.iter().map(|job| batch.decide(&job.actor, &job.command)).collect();
        self.known.memory.give_back(batch);
        Some(outcomes)
    }

    async fn try_commit(&mut self, jobs: &mut Vec<Job>, inbox: &mut Inbox) -> Result<Decided, DbError> {
        if self.known.troubled {
            sweep::after_outage(&self.db, &self.clock).await?;
            self.known.memory.forget();
            self.known.troubled = false;
        }
        let mut tx = self.ahead.take().await?;
        // On SQLite nobody else can change anything from here on; what was changed before is counted.
        let changes = self.changes.load(Ordering::Acquire);
        let stale = changes != self.known.changes;
        if stale {
            self.known.memory.forget();
        }
        self.known.changes = changes;
        self.known.memory.refresh();
        let sweeps = jobs.iter().any(|job| matches!(job.command, Command::Sweep));
        let flushes = (self.known.memory.write_first || sweeps) && !self.known.memory.beats.is_empty();
        if flushes {
            store::beats::write(&mut tx, &self.known.memory.beats).await?;
        }
        let memory = &mut self.known.memory;
        let mut locked = load::lock(&mut tx, &self.clock, memory, jobs.iter().map(|job| &job.command)).await?;
        // Another process may have had the locks for long.
        while let Some(job) = inbox.next_if(jobs.len(), |command| locked.takes(memory, command)) {
            jobs.push(job);
        }
        let mut batch = locked.read(&mut tx, &self.clock, memory).await?;
        match self.known.steady.since_last(&self.clock, batch.now) {
            Gap::None => {}
            gap => {
                drop(tx);
                self.make_up_for(gap).await?;
                return Err(DbError::Retry);
            }
        }
        batch.settle();
        let outcomes = jobs.iter().map(|job| batch.decide(&job.actor, &job.command)).collect();
        if self.db.is_shared() {
            let mut beats = Beats::default();
            beats.gather(&batch);
            store::beats::write(&mut tx, &beats).await?;
        }
        store::seats::write::decided(&mut tx, &batch).await?;
        self.ahead.prepare();
        let written = tx.commit_ahead().await;
        let events = std::mem::take(&mut batch.events);
        if written.is_err() {
            // It may have been saved nevertheless.
            self.bell.ring(&events);
        }
        let saved = written?;
        self.known.memory.write_first = false;
        if flushes {
            self.known.memory.beats = Beats::default();
        }
        let beyond = batch.is_beyond_the_pools();
        self.known.memory.give_back(batch);
        if beyond {
            // Memberships, who is suspended, and whether a license gives seats are then to be read anew.
            self.known.memory.forget();
        }
        Ok(Decided { outcomes, saved: Some(Saving { saved, events }) })
    }

    /// Nobody loses or keeps a seat because the clock was set to another time, or because this process stood still and
    /// heard no heartbeats.
    async fn make_up_for(&mut self, gap: Gap) -> Result<(), DbError> {
        if let Gap::Jump(ahead) = gap {
            tracing::warn!(seconds = ahead.num_seconds(), "the clock has jumped: all leases start anew");
            sweep::start_leases_anew(&self.db, &self.clock, ahead).await?;
            // What was heard before it was counted by the wrong clock.
            self.known.memory = Memory::new(self.db.is_shared());
        } else {
            sweep::after_outage(&self.db, &self.clock).await?;
        }
        self.known.steady = Steady::default();
        Ok(())
    }
}

/// A batch that is decided.
struct Decided {
    outcomes: Vec<Outcome>,
    /// Nothing if there was nothing to write.
    saved: Option<Saving>,
}

/// What was written and is not saved yet.
struct Saving {
    saved: Saved,
    events: Vec<Event>,
}

async fn answer_when_saved(jobs: Vec<Job>, outcomes: Vec<Outcome>, saving: Saving, bell: Bell) {
    let saved = saving.saved.wait().await;
    // Also if that failed: it may have been saved nevertheless.
    bell.ring(&saving.events);
    answer(jobs, saved.is_ok().then_some(outcomes));
}

/// Answers a batch; without outcomes nobody knows what became of it.
fn answer(jobs: Vec<Job>, outcomes: Option<Vec<Outcome>>) {
    let mut outcomes = outcomes.into_iter().flatten();
    for job in jobs {
        // Nobody may be waiting any more; what was decided stays decided.
        let _ = job.reply.send(outcomes.next());
    }
}

/// What lies between two batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    None,
    /// This process did nothing for a while, not even sweep: it stood still.
    Pause,
    /// The clock was set ahead by so much, or back.
    Jump(TimeDelta),
}

/// Notices when a clock and the time that really passes part, and when nothing was done for long.
#[derive(Default)]
struct Steady(Option<(DateTime<Utc>, Instant)>);

impl Steady {
    /// What lies between the last batch without a gap and now.
    fn since_last(&mut self, clock: &Clock, now: DateTime<Utc>) -> Gap {
        if clock.is_fixed() {
            return Gap::None;
        }
        let (at, instant) = self.0.unwrap_or((now, Instant::now()));
        let passed = TimeDelta::from_std(instant.elapsed()).unwrap_or(TimeDelta::MAX);
        let ahead = (now - at) - passed;
        if ahead.abs() > JUMP {
            return Gap::Jump(ahead);
        }
        if passed > JUMP {
            return Gap::Pause;
        }
        self.0 = Some((now, Instant::now()));
        Gap::None
    }
}
