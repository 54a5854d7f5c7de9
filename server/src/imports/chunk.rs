//! Processes one chunk of rows of an import: first the users, then their licenses.

mod seats;
mod users;

use super::{
    job::{ImportJob, read_names},
    plan::{ImporterRights, PlannedRow, plan, undecided_row},
    table::TableRow,
};
use crate::{
    db::DbError,
    entitlements::groups,
    store::{
        self,
        imports::progress::{self, Progress},
    },
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    permissions::{Action, may},
    problem::Code,
    validate::email_key,
    wire::imports::{ImportField, ImportProblem, ImportRow},
};
use std::collections::{BTreeSet, HashSet};

/// For transactions that conflict with another one.
const MAX_ATTEMPTS: usize = 5;

/// Consecutive rows that are processed together.
pub(super) struct ImportChunk<'a> {
    pub rows: &'a [TableRow],
    /// For each row, whether it is the first with its e-mail address.
    pub first: &'a [bool],
}

impl ImportChunk<'_> {
    /// Processes the rows and saves their results. Returns false without doing anything if the import has ended or was
    /// cancelled.
    ///
    /// # Errors
    /// Returns an error if the database fails; [`super::recovery`] then determines what was done.
    pub async fn run(&self, job: &mut ImportJob) -> Result<bool, DbError> {
        let mut attempts = 1;
        let written = loop {
            match self.write(job).await {
                // Another request has just added one of the users, or the transaction conflicted with another one.
                Err(DbError::Taken(_) | DbError::Retry) if attempts < MAX_ATTEMPTS => attempts += 1,
                written => break written?,
            }
        };
        let Some(mut planned) = written else { return Ok(false) };
        planned.retain(|row| row.pending().is_some());
        if planned.is_empty() || job.dry_run.is_some() {
            return Ok(true);
        }
        seats::suspend(job, &mut planned).await?;
        let granted = seats::assign(job, &mut planned).await?;
        let rows: Vec<_> = planned.into_iter().zip(granted).map(|(planned, granted)| planned.settle(granted)).collect();
        let mut tx = job.imports.db.begin_by_index().await?;
        let now = job.imports.clock.now_in(&mut tx).await?;
        if progress::lock(&mut tx, job.import.id).await? == Progress::Ended {
            // Another server found this import stale and has settled these rows.
            return Ok(false);
        }
        progress::settle(&mut tx, job.import.id, &rows, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes the users and, in the same transaction, the results of their rows and what remains to be done.
    async fn write(&self, job: &mut ImportJob) -> Result<Option<Vec<PlannedRow>>, DbError> {
        if !refresh_rights(job).await? {
            return self.refuse_rows(job).await;
        }
        let mut planned = self.plan_rows(job).await?;
        let dry_results = if job.dry_run.is_some() { Some(simulate(job, planned.clone()).await?) } else { None };
        let mut tx = job.imports.db.begin_by_index().await?;
        let now = job.imports.clock.now_in(&mut tx).await?;
        if progress::lock(&mut tx, job.import.id).await? != Progress::Running {
            return Ok(None);
        }
        let (rows, events) = match dry_results {
            Some(rows) => (rows.into_iter().map(|row| (row, None)).collect(), Vec::new()),
            None => {
                let events = users::write(job, &mut tx, &mut planned).await?;
                (planned.iter().map(PlannedRow::interim_result).collect::<Vec<_>>(), events)
            }
        };
        progress::record(&mut tx, job.import.id, &rows, now).await?;
        job.imports.commit(tx, &events).await?;
        Ok(Some(planned))
    }

    /// Saves the rows as refused because the user who imports has lost the right.
    async fn refuse_rows(&self, job: &ImportJob) -> Result<Option<Vec<PlannedRow>>, DbError> {
        let mut tx = job.imports.db.begin_by_index().await?;
        let now = job.imports.clock.now_in(&mut tx).await?;
        if progress::lock(&mut tx, job.import.id).await? != Progress::Running {
            return Ok(None);
        }
        let rows: Vec<_> = self.rows.iter().map(|row| (refused_row(row), None)).collect();
        progress::record(&mut tx, job.import.id, &rows, now).await?;
        tx.commit().await?;
        Ok(Some(Vec::new()))
    }

    async fn plan_rows(&self, job: &ImportJob) -> Result<Vec<PlannedRow>, DbError> {
        let (db, now) = (&job.imports.db, job.imports.clock.now());
        let emails = self.rows.iter().filter_map(|row| row.get(ImportField::Email));
        let existing = store::imports::existing_users(db, emails).await?;
        let visible: HashSet<UserId> = match job.rights.manager {
            None => existing.values().map(|user| user.id).collect(),
            manager => {
                let ids: Vec<_> = existing.values().map(|user| user.id).collect();
                store::manager_scope::among(db, manager, &ids).await?
            }
        };
        let one = |(row, first): (&TableRow, &bool)| {
            let user = row.get(ImportField::Email).and_then(|email| existing.get(&email_key(email)));
            let user = user.map(|user| (user, visible.contains(&user.id)));
            plan(job.rights, &job.names, row, user, UserId(job.imports.random.id(now)), *first)
        };
        Ok(self.rows.iter().zip(self.first).map(one).collect())
    }
}

/// Reads the current rights of the user who imports. Returns false if they do not suffice to continue.
async fn refresh_rights(job: &mut ImportJob) -> Result<bool, DbError> {
    let rights = groups::current_rights(&job.imports.db, &job.import.actor).await?;
    let Some((rights, user)) = rights.filter(|rights| may(rights, Action::ManageUsers)).zip(job.import.actor.id) else {
        return Ok(false);
    };
    let before = std::mem::replace(&mut job.rights, ImporterRights::of(&rights, user));
    // The groups that a limited manager manages may change at any time.
    if job.rights.manager.is_some() || before.manager.is_some() {
        job.names = read_names(&job.imports, job.rights.manager).await?;
    }
    Ok(true)
}

/// The result of a row that is not processed because the user who imports has lost the right.
fn refused_row(row: &TableRow) -> ImportRow {
    let refused = undecided_row(row);
    let (column, value) = (ImportField::Email.as_str().to_owned(), refused.email.clone());
    let problem = ImportProblem { column, heading: None, value, code: Code::Forbidden, error: None };
    ImportRow { problems: vec![problem], ..refused }
}

/// The results of a dry run: users are as they would be, and licenses are assigned in the simulation.
async fn simulate(job: &mut ImportJob, planned: Vec<PlannedRow>) -> Result<Vec<ImportRow>, DbError> {
    let Some(dry_run) = job.dry_run.as_mut() else { return Ok(Vec::new()) };
    let pairs: BTreeSet<_> = planned
        .iter()
        .flat_map(|p| p.grants.iter().flat_map(|(_, any)| any).map(|license| (*license, p.user)))
        .collect();
    dry_run.load_users(&job.imports.db, &pairs).await?;
    let one = |mut planned: PlannedRow| {
        let mut granted = 0;
        for (entry, any) in planned.grants.clone() {
            match grant_first(&any, |license| dry_run.grant(license, planned.user, planned.status)) {
                Ok(true) => granted += 1,
                Ok(false) => {}
                Err(code) => planned.problem("licenses", &entry, code),
            }
        }
        planned.settle(granted)
    };
    Ok(planned.into_iter().map(one).collect())
}

/// Assigns the first of these licenses that can be assigned. If none can, returns the refusal of the first.
fn grant_first(any: &[LicenseId], mut grant: impl FnMut(LicenseId) -> Result<bool, Code>) -> Result<bool, Code> {
    let mut refused = Code::NotFound;
    for (index, license) in any.iter().enumerate() {
        match grant(*license) {
            Ok(changed) => return Ok(changed),
            Err(code) if index == 0 => refused = code,
            Err(_) => {}
        }
    }
    Err(refused)
}
