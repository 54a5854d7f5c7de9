//! Some rows of an import, done together: first the users, then their licenses.

use super::{
    job::Job,
    plan::{Planned, Powers, Write, plan},
    sheet::Cells,
};
use crate::{
    db::{DbError, Tx},
    entitlements::{Authority, NotChanged, groups, memberships},
    events::{self, Event},
    reasons,
    scim::rules,
    seats::{SeatsError, Whom},
    store::{
        self,
        imports::{
            New,
            progress::{self, Progress},
        },
        users::{self, Changeable},
    },
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    people::{Role, UserStatus},
    permissions::{Action, may},
    problem::Code,
    validate::email_key,
    wire::imports::{ImportField, ImportProblem, ImportRow, RowOutcome},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How often it is tried to write what was in the way of others.
const MAX_ATTEMPTS: usize = 5;

/// Some rows.
pub(super) struct Part<'a> {
    /// The rows.
    pub rows: &'a [Cells],
    /// Whether each is the first of its user.
    pub first: &'a [bool],
}

impl Part<'_> {
    /// Does the rows, and writes what became of each; false if the import has ended or shall end, and nothing was done.
    ///
    /// # Errors
    /// The database does not do it. What was done then is found by [`super::recovery`].
    pub async fn run(&self, job: &mut Job) -> Result<bool, DbError> {
        let mut attempts = 1;
        let written = loop {
            match self.write(job).await {
                // Somebody else has just added one of the users, or was in the way.
                Err(DbError::Taken(_) | DbError::Retry) if attempts < MAX_ATTEMPTS => attempts += 1,
                written => break written?,
            }
        };
        let Some(mut planned) = written else { return Ok(false) };
        planned.retain(|one| one.pending().is_some());
        if planned.is_empty() || job.trial.is_some() {
            return Ok(true);
        }
        suspend(job, &mut planned).await?;
        let granted = assign(job, &mut planned).await?;
        let rows: Vec<_> = planned.into_iter().zip(granted).map(|(planned, granted)| planned.settle(granted)).collect();
        let mut tx = job.app.db.begin_by_index().await?;
        let now = job.app.clock.now_in(&mut tx).await?;
        if progress::lock(&mut tx, job.import.id).await? == Progress::Ended {
            // Another server took this one for dead, and has settled these rows.
            return Ok(false);
        }
        progress::settle(&mut tx, job.import.id, &rows, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes the users and, in the same transaction, what became of their rows and what these still wait for.
    async fn write(&self, job: &mut Job) -> Result<Option<Vec<Planned>>, DbError> {
        if !still_may(job).await? {
            return self.refuse(job).await;
        }
        let mut planned = self.planned(job).await?;
        let tried = if job.trial.is_some() { Some(try_out(job, planned.clone()).await?) } else { None };
        let mut tx = job.app.db.begin_by_index().await?;
        let now = job.app.clock.now_in(&mut tx).await?;
        if progress::lock(&mut tx, job.import.id).await? != Progress::Running {
            return Ok(None);
        }
        let (rows, events) = match tried {
            Some(rows) => (rows.into_iter().map(|row| (row, None)).collect(), Vec::new()),
            None => {
                let events = write_users(job, &mut tx, &mut planned).await?;
                (planned.iter().map(Planned::so_far).collect::<Vec<_>>(), events)
            }
        };
        progress::record(&mut tx, job.import.id, &rows, now).await?;
        job.app.commit(tx, &events).await?;
        let moved: BTreeSet<_> = events.iter().filter_map(|event| event.user).collect();
        rules::apply(&job.app, &job.import.actor, &moved.into_iter().collect::<Vec<_>>()).await;
        Ok(Some(planned))
    }

    /// Writes that the rows are not done any more.
    async fn refuse(&self, job: &Job) -> Result<Option<Vec<Planned>>, DbError> {
        let mut tx = job.app.db.begin_by_index().await?;
        let now = job.app.clock.now_in(&mut tx).await?;
        if progress::lock(&mut tx, job.import.id).await? != Progress::Running {
            return Ok(None);
        }
        let rows: Vec<_> = self.rows.iter().map(|cells| (refused(cells), None)).collect();
        progress::record(&mut tx, job.import.id, &rows, now).await?;
        tx.commit().await?;
        Ok(Some(Vec::new()))
    }

    async fn planned(&self, job: &Job) -> Result<Vec<Planned>, DbError> {
        let (db, now) = (&job.app.db, job.app.clock.now());
        let emails = self.rows.iter().filter_map(|cells| cells.get(ImportField::Email));
        let known = store::imports::known(db, emails).await?;
        let shown: HashSet<UserId> = match job.powers.manager {
            None => known.values().map(|known| known.id).collect(),
            manager => {
                let ids: Vec<_> = known.values().map(|known| known.id).collect();
                store::scope::among(db, manager, &ids).await?
            }
        };
        let one = |(cells, first): (&Cells, &bool)| {
            let known = cells.get(ImportField::Email).and_then(|email| known.get(&email_key(email)));
            let known = known.map(|known| (known, shown.contains(&known.id)));
            plan(job.powers, &job.names, cells, known, UserId(job.app.dice.id(now)), *first)
        };
        Ok(self.rows.iter().zip(self.first).map(one).collect())
    }
}

/// Looks what whoever imports may do by now, and whether that is still enough to go on.
async fn still_may(job: &mut Job) -> Result<bool, DbError> {
    let rights = groups::rights_now(&job.app.db, &job.import.actor).await?;
    let Some((rights, user)) = rights.filter(|rights| may(rights, Action::ManageUsers)).zip(job.import.actor.id) else {
        return Ok(false);
    };
    job.powers = Powers::of(&rights, user);
    Ok(true)
}

/// A row that is not done any more.
fn refused(cells: &Cells) -> ImportRow {
    let email: String = cells.get(ImportField::Email).unwrap_or_default().chars().take(254).collect();
    let (column, value) = (ImportField::Email.as_str().to_owned(), email.clone());
    let problem = ImportProblem { column, heading: None, value, code: Code::Forbidden, error: None };
    let (problems, notices) = (vec![problem], Vec::new());
    ImportRow { line: cells.line, outcome: RowOutcome::Refused, email, problems, notices }
}

/// What a dry run says: users are as they would be, licenses are assigned on trial.
async fn try_out(job: &mut Job, planned: Vec<Planned>) -> Result<Vec<ImportRow>, DbError> {
    let Some(trial) = job.trial.as_mut() else { return Ok(Vec::new()) };
    let pairs: BTreeSet<_> = planned
        .iter()
        .flat_map(|p| p.grants.iter().flat_map(|(_, any)| any).map(|license| (*license, p.user)))
        .collect();
    trial.meet(&job.app.db, &pairs).await?;
    let one = |mut planned: Planned| {
        let mut granted = 0;
        for (entry, any) in planned.grants.clone() {
            match first_of(&any, |license| trial.grant(license, planned.user, planned.status)) {
                Ok(true) => granted += 1,
                Ok(false) => {}
                Err(code) => planned.problem("licenses", &entry, code),
            }
        }
        planned.settle(granted)
    };
    Ok(planned.into_iter().map(one).collect())
}

/// The first of several licenses that can be assigned; the refusal of the first if none can.
fn first_of(any: &[LicenseId], mut grant: impl FnMut(LicenseId) -> Result<bool, Code>) -> Result<bool, Code> {
    let mut refused = Code::NotFound;
    for (place, license) in any.iter().enumerate() {
        match grant(*license) {
            Ok(changed) => return Ok(changed),
            Err(code) if place == 0 => refused = code,
            Err(_) => {}
        }
    }
    Err(refused)
}

/// Adds and changes users and puts them into groups; what the log says of it.
async fn write_users(job: &Job, tx: &mut Tx, planned: &mut [Planned]) -> Result<Vec<Event>, DbError> {
    if !planned.iter().any(|one| !matches!(one.write, Write::Nothing) || !one.groups.is_empty()) {
        return Ok(Vec::new());
    }
    let mut into: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
    for one in planned.iter() {
        one.groups.iter().for_each(|group| into.entry(*group).or_default().push(one.user));
    }
    // Groups come before users: see `store::groups::lock`.
    store::seats::lock_admins(tx).await?;
    let mut names: BTreeMap<GroupId, String> = BTreeMap::new();
    let named: BTreeSet<_> = planned.iter().flat_map(Planned::named_groups).collect();
    for group in named {
        if let Some(name) = store::groups::lock(tx, group).await? {
            names.insert(group, name);
        }
    }
    planned.iter_mut().for_each(|one| one.retain_groups(|group| names.contains_key(group)));
    let refused = refused_groups(job, tx, into.keys().filter(|group| names.contains_key(group))).await?;
    into.retain(|group, _| names.contains_key(group) && !refused.contains_key(group));
    for one in planned.iter_mut() {
        for group in std::mem::take(&mut one.groups) {
            match refused.get(&group) {
                Some(code) => one.problem("groups", names.get(&group).map_or("", String::as_str), *code),
                None => one.groups.push(group),
            }
        }
    }
    let new: Vec<&New> =
        planned.iter().filter_map(|one| if let Write::New(new) = &one.write { Some(new) } else { None }).collect();
    store::imports::insert_users(tx, &new, job.app.clock.now()).await?;
    let mut events: Vec<_> = new.iter().map(|new| added(job, new)).collect();
    for one in planned.iter_mut() {
        events.extend(change(job, tx, one).await?);
    }
    for (group, users) in into {
        let moved = memberships::change(tx, &Authority::Person(&job.import.actor), group, (&users, &[])).await;
        events.extend(moved.map_err(groups::only_db)?.events());
    }
    Ok(events)
}

/// The groups into which whoever imports may put nobody: somebody lets them give licenses since the rows were read, or took rights
/// away.
async fn refused_groups(
    job: &Job,
    tx: &mut Tx,
    groups: impl Iterator<Item = &GroupId>,
) -> Result<BTreeMap<GroupId, Code>, DbError> {
    let mut refused = BTreeMap::new();
    for group in groups {
        match memberships::may_add(tx, &Authority::Person(&job.import.actor), *group).await {
            Ok(()) => {}
            Err(NotChanged::Denied(denied)) => drop(refused.insert(*group, denied.code)),
            Err(NotChanged::Db(error)) => return Err(error),
        }
    }
    Ok(refused)
}

fn added(job: &Job, new: &New) -> Event {
    let facts = json!({
        "name": new.name, "email": new.email, "role": new.rights.role, "status": new.status, "import": job.import.id,
    });
    Event::new("user_added", job.import.actor.clone(), Some(new.id), facts).named(&new.name)
}

/// Changes a user who is there. Suspending is done by the seats.
async fn change(job: &Job, tx: &mut Tx, one: &mut Planned) -> Result<Option<Event>, DbError> {
    let Write::Change(change) = one.write.clone() else { return Ok(None) };
    let Some(before) = store::users::lock(tx, one.user).await? else { return Err(DbError::Retry) };
    // Somebody may have given the user another role meanwhile.
    let is_admin = before.rights.role == Role::Admin && (change.role.is_some() || change.status.is_some());
    if is_admin || before.rights.role != Role::Agent && !job.powers.roles {
        one.write = Write::Nothing;
        one.problem("role", "", Code::Forbidden);
        return Ok(None);
    }
    let mut after = Changeable { name: change.name.unwrap_or_else(|| before.name.clone()), ..before.clone() };
    after.rights.role = change.role.unwrap_or(before.rights.role);
    after.rights.permissions.extend(change.permissions);
    after.rights.limited_to_groups = change.limited.unwrap_or(before.rights.limited_to_groups);
    after.manages.extend(change.manages);
    after.manages.sort_unstable();
    after.manages.dedup();
    if after.rights.role != Role::Manager && after.rights.role != before.rights.role {
        after.manage_nothing();
    }
    if change.status == Some(UserStatus::Active) {
        after.status = UserStatus::Active;
    }
    if before == after {
        return Ok(None);
    }
    store::users::change(tx, one.user, &before, &after).await?;
    let mut facts = events::changes(&users::facts(tx, &before).await?, &users::facts(tx, &after).await?);
    facts["import"] = json!(job.import.id);
    Ok(Some(Event::new("user_changed", job.import.actor.clone(), Some(one.user), facts).named(before.name)))
}

/// Suspends users. What cannot be done is a problem of its row.
async fn suspend(job: &Job, planned: &mut [Planned]) -> Result<(), DbError> {
    let whom = if job.powers.roles { Whom::Anybody } else { Whom::Agents };
    for one in planned.iter_mut().filter(|one| one.suspends()) {
        match patiently(|| job.app.seats.suspend(&job.import.actor, one.user, whom)).await {
            Ok(()) => {}
            Err(SeatsError::Failed(code)) => one.problem("status", "suspended", code),
            Err(_) => return Err(DbError::Retry),
        }
    }
    Ok(())
}

/// Asks the seats again if they could not save.
async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T, SeatsError>
where
    F: Future<Output = Result<T, SeatsError>>,
{
    let mut attempts = 1;
    loop {
        match ask().await {
            Err(SeatsError::Unavailable) if attempts < MAX_ATTEMPTS => attempts += 1,
            answer => return answer,
        }
    }
}

/// Assigns a license to users; what each is told.
async fn grant(job: &Job, license: LicenseId, users: &[UserId]) -> Result<Vec<Result<bool, Code>>, DbError> {
    let results = match patiently(|| job.app.seats.grant(&job.import.actor, license, users.to_vec())).await {
        Ok(results) => results,
        // It was deleted meanwhile.
        Err(SeatsError::Failed(code)) => return Ok(vec![Err(code); users.len()]),
        Err(_) => return Err(DbError::Retry),
    };
    reasons::given(&job.app, license, users).await?;
    Ok(results.into_iter().map(|result| result.refused.map_or(Ok(result.changed), Err)).collect())
}

/// Assigns the licenses of all rows, each license with one command; says how many each row got.
async fn assign(job: &Job, planned: &mut [Planned]) -> Result<Vec<usize>, DbError> {
    let mut granted = vec![0; planned.len()];
    // A round for each license that may be meant: what the first does not give, the next may.
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
