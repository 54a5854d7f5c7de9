//! Processes one chunk of rows of an import: first the users, then their licenses.

use super::{
    job::{ImportJob, read_names},
    plan::{ImporterRights, PlannedRow, UserWrite, plan, undecided_row},
    table::TableRow,
};
use crate::{
    db::{DbError, Tx},
    entitlements::assignments::{self, AssignmentError},
    entitlements::{Authority, GroupChangeError, groups, memberships},
    events::Event,
    seats::{RemovableUsers, SeatsError},
    store::{
        self,
        imports::{
            ImportedUser,
            progress::{self, Progress},
        },
        users::EditableUser,
    },
    user_changes::{self, UserChangeError},
};
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, LicenseId, UserId},
    people::{Role, UserStatus},
    permissions::{Action, may},
    problem::Code,
    validate::email_key,
    wire::imports::{ImportField, ImportProblem, ImportRow},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

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
        suspend(job, &mut planned).await?;
        let granted = assign(job, &mut planned).await?;
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
                let events = write_users(job, &mut tx, &mut planned).await?;
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

/// Adds and changes users and adds them to groups. Returns the events.
async fn write_users(job: &ImportJob, tx: &mut Tx, planned: &mut [PlannedRow]) -> Result<Vec<Event>, DbError> {
    if !planned.iter().any(|one| !matches!(one.write, UserWrite::Nothing) || !one.groups.is_empty()) {
        return Ok(Vec::new());
    }
    let mut members: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
    for one in planned.iter() {
        one.groups.iter().for_each(|group| members.entry(*group).or_default().push(one.user));
    }
    // Groups are locked before users; see `store::groups::lock`.
    store::seats::lock_admins(tx).await?;
    let mut names: BTreeMap<GroupId, String> = BTreeMap::new();
    let groups_by_id: BTreeSet<_> = planned.iter().flat_map(PlannedRow::named_groups).collect();
    for group in groups_by_id {
        if let Some(name) = store::groups::lock(tx, group).await? {
            names.insert(group, name);
        }
    }
    check_rights_unchanged(job, tx).await?;
    planned.iter_mut().for_each(|one| one.retain_groups(|group| names.contains_key(group)));
    let refused = refused_groups(job, tx, members.keys().filter(|group| names.contains_key(group))).await?;
    members.retain(|group, _| names.contains_key(group) && !refused.contains_key(group));
    for one in planned.iter_mut() {
        for group in std::mem::take(&mut one.groups) {
            match refused.get(&group) {
                Some(code) => one.problem("groups", names.get(&group).map_or("", String::as_str), *code),
                None => one.groups.push(group),
            }
        }
    }
    let new: Vec<&ImportedUser> =
        planned.iter().filter_map(|one| if let UserWrite::New(new) = &one.write { Some(new) } else { None }).collect();
    store::imports::insert_users(tx, &new, job.imports.clock.now()).await?;
    let mut events: Vec<_> = new.iter().map(|new| user_added(job, new)).collect();
    for one in planned.iter_mut() {
        events.extend(change_user(job, tx, one).await?);
    }
    for (group, users) in members {
        let changed = memberships::change(tx, &Authority::User(&job.import.actor), group, (&users, &[])).await;
        events.extend(changed.map_err(groups::into_db_error)?.events());
    }
    Ok(events)
}

/// Checks, under the lock of the user who imports, that their rights are those for which the rows were planned.
async fn check_rights_unchanged(job: &ImportJob, tx: &mut Tx) -> Result<(), DbError> {
    let Some(id) = job.import.actor.id else { return Err(DbError::Retry) };
    let importer = store::users::lock(tx, id).await?.filter(|user| user.status == UserStatus::Active);
    let may_import = importer.is_some_and(|user| {
        may(&user.rights, Action::ManageUsers) && ImporterRights::of(&user.rights, id) == job.rights
    });
    if may_import { Ok(()) } else { Err(DbError::Retry) }
}

/// The groups to which the user who imports may not add members: since the rows were planned, the group gives licenses,
/// or rights were revoked.
async fn refused_groups(
    job: &ImportJob,
    tx: &mut Tx,
    groups: impl Iterator<Item = &GroupId>,
) -> Result<BTreeMap<GroupId, Code>, DbError> {
    let mut refused = BTreeMap::new();
    for group in groups {
        match memberships::may_add(tx, &Authority::User(&job.import.actor), *group).await {
            Ok(()) => {}
            Err(GroupChangeError::Denied(denied)) => drop(refused.insert(*group, denied.code)),
            Err(GroupChangeError::Db(error)) => return Err(error),
        }
    }
    Ok(refused)
}

fn user_added(job: &ImportJob, new: &ImportedUser) -> Event {
    let data = EventData::UserAdded {
        name: new.name.clone(),
        email: new.email.clone(),
        role: new.rights.role,
        permissions: None,
        status: Some(new.status),
        import: Some(job.import.id),
        provider: None,
    };
    Event::new(data, job.import.actor.clone(), Some(new.id)).named(&new.name)
}

/// Changes an existing user. Suspending is left to the seat engine.
async fn change_user(job: &ImportJob, tx: &mut Tx, one: &mut PlannedRow) -> Result<Vec<Event>, DbError> {
    let UserWrite::Change(change) = one.write.clone() else { return Ok(Vec::new()) };
    let Some(user) = user_changes::lock_only(tx, one.user).await? else { return Err(DbError::Retry) };
    let before = &user.before;
    // The user's role may have changed meanwhile.
    let is_admin = before.rights.role == Role::Admin && (change.role.is_some() || change.status.is_some());
    if is_admin || before.rights.role != Role::Agent && !job.rights.can_manage_roles {
        one.write = UserWrite::Nothing;
        one.problem("role", "", Code::Forbidden);
        return Ok(Vec::new());
    }
    let mut after = EditableUser { name: change.name.unwrap_or_else(|| before.name.clone()), ..before.clone() };
    after.rights.role = change.role.unwrap_or(before.rights.role);
    after.rights.permissions.extend(change.permissions);
    after.rights.limited_to_groups = change.limited.unwrap_or(before.rights.limited_to_groups);
    after.manages.extend(change.manages);
    after.manages.sort_unstable();
    after.manages.dedup();
    if change.status == Some(UserStatus::Active) {
        after.status = UserStatus::Active;
    }
    let change = user.changed_to(after, &job.import.actor).by_import(job.import.id);
    match user.make(tx, change, job.imports.clock.now()).await {
        Ok(events) => Ok(events),
        // Neither e-mail addresses nor the role of an admin change here.
        Err(UserChangeError::Refused(_)) => Err(DbError::Retry),
        Err(UserChangeError::Db(error)) => Err(error),
    }
}

/// Suspends users. A failure is a problem of its row.
async fn suspend(job: &ImportJob, planned: &mut [PlannedRow]) -> Result<(), DbError> {
    let whom = if job.rights.can_manage_roles { RemovableUsers::Anybody } else { RemovableUsers::Agents };
    for one in planned.iter_mut().filter(|one| one.suspends()) {
        let suspend = || async {
            job.imports.seats.suspend(&job.import.actor, one.user, whom).await.map_err(AssignmentError::from)
        };
        match with_retries(suspend).await {
            Ok(()) => {}
            Err(AssignmentError::Seats(SeatsError::Failed(code))) => one.problem("status", "suspended", code),
            Err(_) => return Err(DbError::Retry),
        }
    }
    Ok(())
}

/// Retries a command that the seat engine could not save.
async fn with_retries<T, F>(mut send: impl FnMut() -> F) -> Result<T, AssignmentError>
where
    F: Future<Output = Result<T, AssignmentError>>,
{
    let mut attempts = 1;
    loop {
        match send().await {
            Err(AssignmentError::Seats(SeatsError::Unavailable)) if attempts < MAX_ATTEMPTS => attempts += 1,
            answer => return answer,
        }
    }
}

/// Assigns a license to users. Returns for each whether it changed something, or why it was refused.
async fn grant(job: &ImportJob, license: LicenseId, users: &[UserId]) -> Result<Vec<Result<bool, Code>>, DbError> {
    let grant = || assignments::grant(&job.imports.entitlements, &job.import.actor, license, users.to_vec());
    let results = match with_retries(grant).await {
        Ok(results) => results,
        // The license was deleted meanwhile.
        Err(AssignmentError::Seats(SeatsError::Failed(code))) => return Ok(vec![Err(code); users.len()]),
        Err(AssignmentError::Db(error)) => return Err(error),
        Err(_) => return Err(DbError::Retry),
    };
    Ok(results.into_iter().map(|result| result.refused.map_or(Ok(result.changed), Err)).collect())
}

/// Assigns the licenses of all rows, each license with one command. Returns how many each row got.
async fn assign(job: &ImportJob, planned: &mut [PlannedRow]) -> Result<Vec<usize>, DbError> {
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
        for (license, wanted) in of {
            let users: Vec<_> = wanted.iter().map(|(row, _)| planned[*row].user).collect();
            for (at, result) in wanted.into_iter().zip(grant(job, license, &users).await?) {
                match result {
                    Ok(changed) => granted[at.0] += usize::from(changed),
                    Err(code) => {
                        refusals.entry(at).or_insert(code);
                        open.push(at);
                    }
                }
            }
        }
        round += 1;
    }
    Ok(granted)
}
