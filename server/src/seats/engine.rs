//! The engine: a task that makes all changes to seats. Commands that arrive while a batch is decided and written form
//! the next batch, which is committed as a whole. Each command is answered after its commit is durable.

use super::{
    StaleSeats,
    batch::Batch,
    command::{Outcome, SeatCommand},
    command_queue::{CommandQueue, PendingCommand},
    load,
    pool_cache::PoolCache,
    sweep,
};
use crate::{
    clock::{Clock, Random},
    commit_hooks::CommitHooks,
    db::{Db, DbError, PendingCommit, PreparedTx},
    events::Event,
    store::{self, heartbeats::UnwrittenHeartbeats},
    tasks::Tasks,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use std::{collections::BTreeSet, panic::AssertUnwindSafe, time::Instant};
use tokio::sync::mpsc;

/// The clock counts as changed if it differs by more than this from the elapsed time; the process counts as suspended
/// if it did nothing for longer.
const MAX_CLOCK_GAP: TimeDelta = TimeDelta::seconds(10);
/// How often a batch that conflicts with other transactions is attempted.
const MAX_COMMIT_ATTEMPTS: usize = 5;

pub(super) struct Engine {
    pub db: Db,
    pub prepared_tx: PreparedTx,
    pub clock: Clock,
    pub random: Random,
    pub commit_hooks: CommitHooks,
    /// Counts changes to licenses, users and groups outside of the engine, each of which makes the cache stale.
    pub stale: StaleSeats,
    pub tasks: Tasks,
    pub state: EngineState,
}

/// The state that the engine keeps between batches.
#[derive(Default)]
pub(super) struct EngineState {
    cache: PoolCache,
    /// The number of external changes when the cache was last valid.
    seen_changes: u64,
    /// The last batch failed. The database may have been unreachable, so that heartbeats were lost too.
    last_commit_failed: bool,
    clock_monitor: ClockMonitor,
}

impl EngineState {
    pub fn new(shared: bool) -> Self {
        Self { cache: PoolCache::new(shared), ..Self::default() }
    }
}

impl Engine {
    /// Runs until all senders of commands are dropped.
    pub async fn run(mut self, commands: mpsc::Receiver<PendingCommand>) {
        let mut queue = CommandQueue::new(commands);
        // Grows as needed: most batches are small.
        let mut batch = Vec::new();
        while queue.wait(&mut batch).await {
            // A panic in one batch must not stop the engine. The transaction is rolled back, and the commands get no
            // answer.
            let decided =
                AssertUnwindSafe(self.commit(&mut batch, &mut queue)).catch_unwind().await.unwrap_or_else(|_| {
                    tracing::error!("seat batch panicked; rolled back");
                    None
                });
            self.state.last_commit_failed = decided.is_none();
            if self.state.last_commit_failed {
                self.state.cache.invalidate();
            }
            let commands = std::mem::take(&mut batch);
            match decided {
                None => answer(commands, None),
                Some(DecidedBatch { outcomes, written: None }) => answer(commands, Some(outcomes)),
                Some(DecidedBatch { outcomes, written: Some(written) }) if written.commit.is_done() => {
                    self.commit_hooks.notify_committed(&written.events);
                    answer(commands, Some(outcomes));
                }
                // The next batch is decided while this one is forced to disk.
                Some(DecidedBatch { outcomes, written: Some(written) }) => {
                    let answering = answer_when_durable(commands, outcomes, written, self.commit_hooks.clone());
                    drop(self.tasks.spawn_to_end(answering));
                }
            }
        }
    }

    /// Decides and commits a batch. `None` if that failed.
    async fn commit(&mut self, commands: &mut Vec<PendingCommand>, queue: &mut CommandQueue) -> Option<DecidedBatch> {
        if let Some(outcomes) = self.answer_from_cache(commands) {
            return Some(DecidedBatch { outcomes, written: None });
        }
        for _ in 0..MAX_COMMIT_ATTEMPTS {
            let error = match self.try_commit(commands, queue).await {
                Ok(decided) => return Some(decided),
                Err(error) => error,
            };
            self.state.cache.invalidate();
            match error {
                DbError::Retry => {}
                DbError::Taken(index) if index == "sessions_support_key" => self.replace_support_keys(commands),
                DbError::Taken(index) => tracing::debug!(index, "seat batch conflicted; retrying"),
                error => {
                    tracing::error!(%error, commands = commands.len(), "seat batch failed; rolled back");
                    return None;
                }
            }
        }
        tracing::error!(commands = commands.len(), "seat batch conflicted too often; rolled back");
        None
    }

    fn replace_support_keys(&self, commands: &mut [PendingCommand]) {
        for pending in commands {
            for support_key in pending.command.support_keys_mut() {
                *support_key = self.random.support_key();
            }
        }
    }

    /// Answers a batch that has nothing but heartbeats from the cache, if the cache has all their licenses and nothing
    /// has expired. The heartbeats are written later. All that a crash can lose is how long leases run, and the next
    /// start extends all leases.
    fn answer_from_cache(&mut self, commands: &[PendingCommand]) -> Option<Vec<Outcome>> {
        let Self { db, clock, stale, state, .. } = self;
        let is_stale = state.seen_changes != stale.count();
        if db.has_other_writers() || state.last_commit_failed || is_stale {
            return None;
        }
        let now = clock.now();
        if state.clock_monitor.gap_until(clock, now) != Gap::None {
            return None;
        }
        let mut batch = Batch::at(now);
        for pending in commands {
            match &pending.command {
                // Activity cancels the warning, which writes an event.
                SeatCommand::Renew { session, active: true, .. } if state.cache.is_warned(*session) => return None,
                SeatCommand::Renew { session, .. } => {
                    batch.license_of.insert(*session, state.cache.license_of(*session)?);
                }
                SeatCommand::RenewTicket { ticket, .. } => {
                    batch.queue_of.insert(*ticket, state.cache.queue_of(*ticket)?);
                }
                _ => return None,
            }
        }
        let licenses: BTreeSet<_> = batch.license_of.values().chain(batch.queue_of.values()).copied().collect();
        if !licenses.iter().all(|license| state.cache.is_settled(*license, now)) {
            return None;
        }
        batch.pools =
            licenses.iter().filter_map(|license| Some((*license, state.cache.check_out(*license)?))).collect();
        let outcomes = commands.iter().map(|pending| batch.decide(&pending.actor, &pending.command)).collect();
        state.cache.update_from(batch);
        Some(outcomes)
    }

    async fn try_commit(
        &mut self,
        commands: &mut Vec<PendingCommand>,
        queue: &mut CommandQueue,
    ) -> Result<DecidedBatch, DbError> {
        if self.state.last_commit_failed {
            sweep::after_outage(&self.db, &self.clock).await?;
            self.state.cache.invalidate();
            self.state.last_commit_failed = false;
        }
        let mut tx = self.prepared_tx.take().await?;
        // On SQLite no other transaction can write from here on. Changes before this point are counted.
        let external_changes = self.stale.count();
        if external_changes != self.state.seen_changes {
            self.state.cache.invalidate();
        }
        self.state.seen_changes = external_changes;
        self.state.cache.expire_hints(self.clock.instant());
        let sweeps = commands.iter().any(|pending| matches!(pending.command, SeatCommand::Sweep));
        let flushes = (self.state.cache.write_first || sweeps) && !self.state.cache.heartbeats.is_empty();
        if flushes {
            store::heartbeats::write(&mut tx, &self.state.cache.heartbeats).await?;
        }
        let cache = &mut self.state.cache;
        let all = commands.iter().map(|pending| &pending.command);
        let mut locked = load::lock(&mut tx, &self.clock, cache, all).await?;
        // Commands may have arrived while another process held the locks.
        let mut operations = commands.iter().map(|pending| pending.command.operation_count()).sum();
        while let Some(pending) = queue.next_if(operations, |command| locked.try_add(cache, command)) {
            operations += pending.command.operation_count();
            commands.push(pending);
        }
        let mut batch = locked.read(&mut tx, &self.clock, cache).await?;
        match self.state.clock_monitor.gap_until(&self.clock, batch.now) {
            Gap::None => {}
            gap => {
                drop(tx);
                self.compensate(gap).await?;
                return Err(DbError::Retry);
            }
        }
        batch.settle();
        let outcomes = commands.iter().map(|pending| batch.decide(&pending.actor, &pending.command)).collect();
        if self.db.has_other_writers() {
            let mut heartbeats = UnwrittenHeartbeats::default();
            heartbeats.collect_from(&batch);
            store::heartbeats::write(&mut tx, &heartbeats).await?;
        }
        batch.user_changes.write(&mut tx, batch.now).await?;
        store::seats::write::write_batch(&mut tx, &batch.writes()).await?;
        self.prepared_tx.prepare();
        let commit = tx.commit_early().await;
        let events = std::mem::take(&mut batch.events);
        if commit.is_err() {
            // The transaction may have been committed nevertheless.
            self.commit_hooks.notify_committed(&events);
        }
        let commit = commit?;
        self.state.cache.write_first = false;
        if flushes {
            self.state.cache.heartbeats = UnwrittenHeartbeats::default();
        }
        let is_outdated = batch.changes_more_than_pools();
        self.state.cache.update_from(batch);
        if is_outdated {
            // Memberships, user statuses and license terms must be read again.
            self.state.cache.invalidate();
        }
        Ok(DecidedBatch { outcomes, written: Some(WrittenBatch { commit, events }) })
    }

    /// Adjusts all leases, so that no user loses or keeps a seat because the clock was changed or because this process
    /// was suspended and received no heartbeats.
    async fn compensate(&mut self, gap: Gap) -> Result<(), DbError> {
        if let Gap::ClockChange(ahead) = gap {
            tracing::warn!(seconds = ahead.num_seconds(), "clock change detected; all leases restart");
            sweep::restart_leases(&self.db, &self.clock, ahead).await?;
            // Unwritten heartbeats have times of the wrong clock.
            self.state.cache = PoolCache::new(self.db.has_other_writers());
        } else {
            sweep::after_outage(&self.db, &self.clock).await?;
        }
        self.state.clock_monitor = ClockMonitor::default();
        Ok(())
    }
}

struct DecidedBatch {
    outcomes: Vec<Outcome>,
    /// `None` if there was nothing to write.
    written: Option<WrittenBatch>,
}

/// A batch that is written but may not be durable yet.
struct WrittenBatch {
    commit: PendingCommit,
    events: Vec<Event>,
}

async fn answer_when_durable(
    commands: Vec<PendingCommand>,
    outcomes: Vec<Outcome>,
    written: WrittenBatch,
    commit_hooks: CommitHooks,
) {
    let committed = written.commit.wait().await;
    // Also after an error: the transaction may have been committed nevertheless.
    commit_hooks.notify_committed(&written.events);
    answer(commands, committed.is_ok().then_some(outcomes));
}

/// Answers a batch. Without outcomes, the callers learn that its result is unknown.
fn answer(commands: Vec<PendingCommand>, outcomes: Option<Vec<Outcome>>) {
    let mut outcomes = outcomes.into_iter().flatten();
    for pending in commands {
        // The caller may have stopped waiting, which does not change the decision.
        let _ = pending.reply.send(outcomes.next());
    }
}

/// An irregularity between two batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    None,
    /// The process did nothing for a while, not even sweep, so that it must have been suspended.
    Suspended,
    /// The clock was set ahead by this much, or back if it is negative.
    ClockChange(TimeDelta),
}

/// Detects clock changes and pauses by comparing the clock with the elapsed time.
#[derive(Default)]
struct ClockMonitor(Option<(DateTime<Utc>, Instant)>);

impl ClockMonitor {
    /// The gap between the last batch without a gap and now.
    fn gap_until(&mut self, clock: &Clock, now: DateTime<Utc>) -> Gap {
        if clock.is_fixed() {
            return Gap::None;
        }
        let instant = clock.instant();
        let (at, since) = self.0.unwrap_or((now, instant));
        let elapsed = TimeDelta::from_std(instant.saturating_duration_since(since)).unwrap_or(TimeDelta::MAX);
        let ahead = (now - at) - elapsed;
        if ahead.abs() > MAX_CLOCK_GAP {
            return Gap::ClockChange(ahead);
        }
        if elapsed > MAX_CLOCK_GAP {
            return Gap::Suspended;
        }
        self.0 = Some((now, instant));
        Gap::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_and_a_clock_change_are_told_apart() {
        let (clock, mut monitor, start) = (Clock::default(), ClockMonitor::default(), DateTime::UNIX_EPOCH);
        let (minute, second) = (TimeDelta::minutes(1), TimeDelta::seconds(1));
        assert_eq!(monitor.gap_until(&clock, start), Gap::None);
        clock.monotonic().advance(std::time::Duration::from_secs(1));
        assert_eq!(monitor.gap_until(&clock, start + second), Gap::None);
        clock.monotonic().advance(std::time::Duration::from_secs(60));
        assert_eq!(monitor.gap_until(&clock, start + second + minute), Gap::Suspended);
        let Gap::ClockChange(back) = monitor.gap_until(&clock, start + second) else { panic!("the clock stood still") };
        assert_eq!(back.num_minutes(), -1);
    }
}
