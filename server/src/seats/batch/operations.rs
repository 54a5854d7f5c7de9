//! Decisions on several operations of one command: one after another, or sessions that are created together.

use super::Batch;
use crate::{
    pool::{Refusal, Savepoint, SeatRequest},
    seats::command::{Actor, Outcome, SeatOperation, WantedSeat},
};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    problem::Code,
};
use std::collections::BTreeSet;

/// An operation that keeps the others from being carried out: its index and its outcome.
type Refused = (usize, Outcome);
/// The pools of a trial as they were before.
type Savepoints = Vec<(LicenseId, Savepoint)>;

impl Batch {
    /// Carries out operations one after another, as if each were a command.
    pub(super) fn operate(&mut self, actor: &Actor, operations: &[SeatOperation]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(operations.len());
        for operation in operations {
            outcomes.push(match operation {
                SeatOperation::Create(wanted) => self.create(actor, wanted),
                SeatOperation::End { session, owner, options } => {
                    Outcome::Ended(vec![self.end(actor, *session, *owner, options)])
                }
            });
            // A seat that became free belongs to the queue first.
            self.collect_changes(actor);
        }
        outcomes
    }

    /// Which of some licenses a session of the user occupies, which they would give up for another one.
    pub(super) fn license_to_exchange(
        &self,
        own: SessionId,
        wanted: &WantedSeat,
        licenses: &[LicenseId],
    ) -> Result<LicenseId, Code> {
        let found = |license: &LicenseId| Some((*license, self.pools.get(license)?.session(own)?));
        match licenses.iter().find_map(found).filter(|(_, live)| live.user == wanted.user) {
            Some((_, live)) if live.borrowed_until.is_some() => Err(Code::Borrowed),
            // The end that was scheduled stays with the seat, and a borrowed seat has none.
            Some((_, live)) if live.ending.is_some() && wanted.request.borrow.is_some() => Err(Code::WrongState),
            Some((license, _)) => Ok(license),
            None => Err(Code::NotFound),
        }
    }

    /// Creates all sessions or none, each as if it were requested after the one before. No ticket joins a queue.
    ///
    /// They are tried in a batch of their own, so that nothing remains of those that were granted before one is
    /// refused.
    pub(super) fn create_all(&mut self, actor: &Actor, wanted: &[WantedSeat]) -> Vec<Outcome> {
        let decided = self.check_keys(wanted).and_then(|is_repetition| {
            let (mut trial, savepoints) = self.begin_trial(wanted);
            let outcomes = trial.try_all(actor, wanted, is_repetition);
            self.adopt(if outcomes.is_ok() { trial } else { trial.undone(savepoints) });
            outcomes
        });
        decided.unwrap_or_else(|(index, outcome)| {
            let outcome = match (outcome, wanted.get(index)) {
                (Outcome::Refused(refusal), Some(wanted)) => self.refuse(actor, wanted, refusal),
                (outcome, _) => outcome,
            };
            let mut outcomes: Vec<_> = wanted.iter().map(|_| Outcome::Failed(Code::NotAttempted)).collect();
            if let Some(refused) = outcomes.get_mut(index) {
                *refused = outcome;
            }
            outcomes
        })
    }

    /// Whether the sessions were created before. All of them were or none, because they were saved together; if only
    /// some of the keys are known, they belong to other requests. Two sessions need two keys.
    fn check_keys(&self, wanted: &[WantedSeat]) -> Result<bool, Refused> {
        let mut keys = BTreeSet::new();
        let is_second = |wanted: &WantedSeat| wanted.key().is_some_and(|key| !keys.insert(key));
        if let Some(index) = wanted.iter().position(is_second) {
            return Err((index, Outcome::Failed(Code::IdempotencyMismatch)));
        }
        let is_known = |wanted: &WantedSeat| wanted.key().is_some_and(|key| self.repeated_requests.contains_key(&key));
        match wanted.iter().position(is_known) {
            None => Ok(false),
            Some(_) if wanted.iter().all(is_known) => Ok(true),
            Some(index) => Err((index, Outcome::Failed(Code::IdempotencyMismatch))),
        }
    }

    /// A batch that has decided nothing yet, which takes the pools that requests may change until it is adopted.
    fn begin_trial(&mut self, wanted: &[WantedSeat]) -> (Self, Savepoints) {
        let users = wanted.iter().map(|wanted| wanted.user).collect();
        let (mut trial, mut savepoints) = (Self::at(self.now), Vec::new());
        for wanted in wanted {
            let asked = (wanted.user, wanted.product);
            let Some(candidates) = self.candidates.get(&asked) else { continue };
            for license in candidates {
                if let Some(pool) = self.pools.remove(license) {
                    savepoints.push((*license, pool.savepoint(&users)));
                    trial.pools.insert(*license, pool);
                }
            }
            trial.candidates.insert(asked, candidates.clone());
        }
        let keys = wanted.iter().filter_map(WantedSeat::key);
        let known = keys.filter_map(|key| Some((key.clone(), *self.repeated_requests.get(&key)?)));
        trial.repeated_requests = known.collect();
        (trial, savepoints)
    }

    /// The pools of a trial as they were before, and nothing else of it.
    fn undone(mut self, savepoints: Savepoints) -> Self {
        for (license, savepoint) in savepoints {
            if let Some(pool) = self.pools.get_mut(&license) {
                pool.roll_back(savepoint);
            }
        }
        Self { pools: self.pools, ..Self::at(self.now) }
    }

    fn try_all(&mut self, actor: &Actor, wanted: &[WantedSeat], is_repetition: bool) -> Result<Vec<Outcome>, Refused> {
        let (mut outcomes, mut created) = (Vec::with_capacity(wanted.len()), Vec::with_capacity(wanted.len()));
        for (index, wanted) in wanted.iter().enumerate() {
            let request = SeatRequest { ticket: None, ..wanted.request.clone() };
            let outcome = self.create(actor, &WantedSeat { request, ..*wanted });
            self.collect_changes(actor);
            match &outcome {
                Outcome::Session(session) => created.push(session.id),
                Outcome::Repeated(_) if is_repetition => {}
                _ => return Err((index, outcome)),
            }
            if let Some(refusal) = self.replacement_refusal(&created) {
                return Err((index, Outcome::Refused(refusal)));
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// A license that permits only one device ends a session for the next one, so that there are never all of them.
    fn replacement_refusal(&self, created: &[SessionId]) -> Option<Refusal> {
        let replaced = created.iter().find(|id| self.session(**id).is_none())?;
        let pool = self.pools.get(self.license_of.get(replaced)?)?;
        Some(pool.refusal(Code::OtherDevice, None))
    }

    /// Records a refusal, with the numbers of the license as it is without the sessions that were tried.
    fn refuse(&mut self, actor: &Actor, wanted: &WantedSeat, mut refusal: Refusal) -> Outcome {
        let license = refusal.facts.as_mut().and_then(|facts| {
            let pool = self.pools.get(&facts.license_id)?;
            (facts.occupied, facts.waiting) = (pool.occupied(), pool.waiting());
            Some(facts.license_id)
        });
        let refusals = license.map(|license| (license, refusal)).into_iter().collect();
        let WantedSeat { user, product, ref request } = *wanted;
        Outcome::Refused(self.record_refusal(actor, user, product, &request.device, refusals))
    }

    /// Makes what a trial has decided a decision of this batch, which gets its pools back. Names all fields, so that
    /// none is forgotten.
    fn adopt(&mut self, trial: Self) {
        let Self {
            pools,
            license_of,
            queue_of,
            repeated_requests,
            changes,
            granting_rules,
            renewed_sessions,
            renewed_tickets,
            newly_suspended,
            deleted_users,
            changed_contracts,
            deleted_groups,
            events,
            touched,
            // What was read and what requests do not change.
            now: _,
            candidates: _,
            existing_users: _,
            suspended_users: _,
            admins: _,
            elevated: _,
            user_changes: _,
            contracts: _,
            groups: _,
            limitable_groups: _,
            open_requests: _,
            approved_requests: _,
        } = trial;
        self.pools.extend(pools);
        self.license_of.extend(license_of);
        self.queue_of.extend(queue_of);
        self.repeated_requests.extend(repeated_requests);
        self.changes.extend(changes);
        self.granting_rules.extend(granting_rules);
        self.renewed_sessions.extend(renewed_sessions);
        self.renewed_tickets.extend(renewed_tickets);
        self.newly_suspended.extend(newly_suspended);
        self.deleted_users.extend(deleted_users);
        self.changed_contracts.extend(changed_contracts);
        self.deleted_groups.extend(deleted_groups);
        self.events.extend(events);
        self.touched.extend(touched);
    }
}

#[cfg(test)]
mod tests;
