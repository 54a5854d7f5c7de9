//! What the seat engine does for a chunk once its users are written: suspensions, and licenses. All commands are sent
//! at once, so that the engine decides them together instead of committing one after another.

use crate::{
    db::DbError,
    entitlements::assignments,
    imports::{job::ImportJob, plan::PlannedRow},
    seats::{RemovableUsers, SeatsError},
};
use futures_util::future::join_all;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    problem::Code,
    wire::licenses::AssignmentResult,
};
use std::collections::BTreeMap;

/// For commands that the seat engine could not save.
const MAX_ATTEMPTS: usize = 5;

/// Suspends users. A failure is a problem of its row.
pub(super) async fn suspend(job: &ImportJob, planned: &mut [PlannedRow]) -> Result<(), DbError> {
    let whom = if job.rights.can_manage_roles { RemovableUsers::Anybody } else { RemovableUsers::Agents };
    let suspending: Vec<_> = planned.iter_mut().filter(|one| one.suspends()).collect();
    let suspend = |user: UserId| async move {
        let mut attempts = 1;
        loop {
            match job.imports.seats.suspend(&job.import.actor, user, whom).await {
                Err(SeatsError::Unavailable) if attempts < MAX_ATTEMPTS => attempts += 1,
                answer => return answer,
            }
        }
    };
    let answers = join_all(suspending.iter().map(|one| suspend(one.user))).await;
    for (one, answer) in suspending.into_iter().zip(answers) {
        match answer {
            Ok(()) => {}
            Err(SeatsError::Failed(code)) => one.problem("status", "suspended", code),
            Err(_) => return Err(DbError::Retry),
        }
    }
    Ok(())
}

/// Assigns the licenses of all rows, each license with one command. Returns how many each row got.
pub(super) async fn assign(job: &ImportJob, planned: &mut [PlannedRow]) -> Result<Vec<usize>, DbError> {
    let mut granted = vec![0; planned.len()];
    // If a license is refused, the next one that matches the entry is tried in the next round.
    let mut open: Vec<_> =
        (0..planned.len()).flat_map(|row| (0..planned[row].grants.len()).map(move |grant| (row, grant))).collect();
    let mut refusals: BTreeMap<(usize, usize), Code> = BTreeMap::new();
    let mut round = 0;
    while !open.is_empty() {
        let mut of: BTreeMap<LicenseId, Vec<(usize, usize)>> = BTreeMap::new();
        for (row, grant) in std::mem::take(&mut open) {
            match planned[row].grants[grant].1.get(round) {
                Some(license) => of.entry(*license).or_default().push((row, grant)),
                None => {
                    let entry = planned[row].grants[grant].0.clone();
                    let code = refusals.get(&(row, grant)).copied().unwrap_or(Code::NotFound);
                    planned[row].problem("licenses", &entry, code);
                }
            }
        }
        let wanted =
            of.iter().map(|(license, at)| (*license, at.iter().map(|(row, _)| planned[*row].user).collect())).collect();
        let results = grant(job, wanted).await?;
        for (license, wanted) in of {
            let of_license = results.get(&license).into_iter().flatten();
            for (at, result) in wanted.into_iter().zip(of_license) {
                match result {
                    Ok(changed) => granted[at.0] += usize::from(*changed),
                    Err(code) => {
                        refusals.entry(at).or_insert(*code);
                        open.push(at);
                    }
                }
            }
        }
        round += 1;
    }
    Ok(granted)
}

/// For each license and each of its users, in order: whether the assignment changed something, or why it was refused.
type Granted = BTreeMap<LicenseId, Vec<Result<bool, Code>>>;

/// Assigns licenses to users. Only what could not be saved is tried again.
async fn grant(job: &ImportJob, mut open: BTreeMap<LicenseId, Vec<UserId>>) -> Result<Granted, DbError> {
    let mut granted = Granted::new();
    for _ in 0..MAX_ATTEMPTS {
        let answers = assignments::grant_each(&job.imports.entitlements, &job.import.actor, open.clone(), None).await?;
        for (license, answer) in answers {
            let results = match (answer, open.get(&license)) {
                (Ok(results), _) => results.into_iter().map(changed).collect(),
                // The license was deleted meanwhile.
                (Err(SeatsError::Failed(code)), Some(users)) => vec![Err(code); users.len()],
                (Err(SeatsError::Unavailable), _) => continue,
                (Err(_), _) => return Err(DbError::Retry),
            };
            open.remove(&license);
            granted.insert(license, results);
        }
        if open.is_empty() {
            return Ok(granted);
        }
    }
    Err(DbError::Retry)
}

fn changed(result: AssignmentResult) -> Result<bool, Code> {
    result.refused.map_or(Ok(result.changed), Err)
}
