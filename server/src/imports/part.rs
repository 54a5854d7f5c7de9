//! Some rows of an import, done together: first the users, then their licenses.

use super::{
    Job,
    plan::{Planned, Powers, Write, plan},
    sheet::{Cells, Column},
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
        imports::New,
        users::{self, Changeable},
    },
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    people::{Role, UserStatus},
    permissions::{Action, may},
    problem::Code,
    validate::email_key,
    wire::imports::{ImportProblem, ImportRow, RowOutcome},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How often a part is tried that was in the way of others.
const TRIES: usize = 5;

/// Some rows.
pub(super) struct Part<'a> {
    /// The rows.
    pub rows: &'a [Cells],
    /// Whether each is the first of its user.
    pub first: &'a [bool],
}

impl Part<'_> {
    /// Does the rows, and says what became of each.
    ///
    /// # Errors
    /// The database does not do it; nothing, or only the users themselves, were written.
    pub async fn done(&self, job: &mut Job) -> Result<Vec<ImportRow>, DbError> {
        let mut tries = 1;
        loop {
            match self.try_it(job).await {
                // Somebody else has just added one of the users, or was in the way.
                Err(DbError::Taken(_) | DbError::Retry) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn try_it(&self, job: &mut Job) -> Result<Vec<ImportRow>, DbError> {
        if !still_may(job).await? {
            return Ok(self.rows.iter().map(refused).collect());
        }
        let mut planned = self.planned(job).await?;
        if job.trial.is_some() {
            return try_out(job, planned).await;
        }
        write_users(job, &mut planned).await?;
        suspend(job, &mut planned).await?;
        let granted = assign(job, &mut planned).await?;
        Ok(planned.into_iter().zip(granted).map(|(planned, granted)| planned.settle(granted)).collect())
    }

    async fn planned(&self, job: &Job) -> Result<Vec<Planned>, DbError> {
        let (db, now) = (&job.app.db, job.app.clock.now());
        let emails = self.rows.iter().filter_map(|cells| cells.get(Column::Email));
        let known = store::imports::known(db, emails).await?;
        let shown: HashSet<UserId> = match job.powers.manager {
            None => known.values().map(|known| known.id).collect(),
            manager => {
                let ids: Vec<_> = known.values().map(|known| known.id).collect();
                store::scope::among(db, manager, &ids).await?
            }
        };
        let one = |(cells, first): (&Cells, &bool)| {
            let known = cells.get(Column::Email).and_then(|email| known.get(&email_key(email)));
            let known = known.map(|known| (known, shown.contains(&known.id)));
            plan(job.powers, &job.names, cells, known, UserId(job.app.dice.id(now)), *first)
        };
        Ok(self.rows.iter().zip(self.first).map(one).collect())
    }
}

/// Looks what whoever imports may do by now, and whether that is still enough to go on.
async fn still_may(job: &mut Job) -> Result<bool, DbError> {
    let rights = groups::rights_now(&job.app.db, &job.actor).await?;
    let Some((rights, user)) = rights.filter(|rights| may(rights, Action::ManageUsers)).zip(job.actor.id) else {
        return Ok(false);
    };
    job.powers = Powers::of(&rights, user);
    Ok(true)
}

/// A row that is not done any more.
fn refused(cells: &Cells) -> ImportRow {
    let email: String = cells.get(Column::Email).unwrap_or_default().chars().take(254).collect();
    let (column, value) = (Column::Email.as_str().to_owned(), email.clone());
    let problem = ImportProblem { column, value, code: Code::Forbidden, error: None };
    ImportRow { line: cells.line, outcome: RowOutcome::Refused, email, problems: vec![problem] }
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

/// Adds and changes users and puts them into groups, in one transaction.
async fn write_users(job: &Job, planned: &mut [Planned]) -> Result<(), DbError> {
    if !planned.iter().any(|one| !matches!(one.write, Write::Nothing) || !one.groups.is_empty()) {
        return Ok(());
    }
    let mut tx = job.app.db.begin_by_index().await?;
    let mut into: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
    for one in planned.iter() {
        one.groups.iter().for_each(|group| into.entry(*group).or_default().push(one.user));
    }
    // Groups come before users: see `store::groups::lock`.
    store::seats::lock_admins(&mut tx).await?;
    let mut names: BTreeMap<GroupId, String> = BTreeMap::new();
    for group in into.keys() {
        if let Some(name) = store::groups::lock(&mut tx, *group).await? {
            names.insert(*group, name);
        }
    }
    let refused = refused_groups(job, &mut tx, into.keys().filter(|group| names.contains_key(group))).await?;
    into.retain(|group, _| names.contains_key(group) && !refused.contains_key(group));
    let new: Vec<&New> =
        planned.iter().filter_map(|one| if let Write::New(new) = &one.write { Some(new) } else { None }).collect();
    store::imports::insert_users(&mut tx, &new, job.app.clock.now()).await?;
    let mut events: Vec<_> = new.iter().map(|new| added(job, new)).collect();
    for one in planned.iter_mut() {
        events.extend(change(job, &mut tx, one).await?);
        for group in std::mem::take(&mut one.groups) {
            match (names.get(&group), refused.get(&group)) {
                (None, _) => one.problem("groups", "", Code::NotFound),
                (Some(name), Some(code)) => one.problem("groups", name, *code),
                (Some(_), None) => one.groups.push(group),
            }
        }
    }
    for (group, users) in into {
        let moved = memberships::change(&mut tx, &Authority::Person(&job.actor), group, (&users, &[])).await;
        events.extend(moved.map_err(groups::only_db)?.events());
    }
    job.app.commit(tx, &events).await?;
    let moved: BTreeSet<_> = events.iter().filter_map(|event| event.user).collect();
    rules::apply(&job.app, &job.actor, &moved.into_iter().collect::<Vec<_>>()).await;
    Ok(())
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
        match memberships::may_add(tx, &Authority::Person(&job.actor), *group).await {
            Ok(()) => {}
            Err(NotChanged::Denied(denied)) => drop(refused.insert(*group, denied.code)),
            Err(NotChanged::Db(error)) => return Err(error),
        }
    }
    Ok(refused)
}

fn added(job: &Job, new: &New) -> Event {
    let facts =
        json!({ "name": new.name, "email": new.email, "role": new.role, "status": new.status, "import": job.import });
    Event::new("user_added", job.actor.clone(), Some(new.id), facts).named(&new.name)
}

/// Changes a user who is there. Suspending is done by the seats.
async fn change(job: &Job, tx: &mut Tx, one: &mut Planned) -> Result<Option<Event>, DbError> {
    let Write::Change { name, role, status } = one.write.clone() else { return Ok(None) };
    let Some(before) = store::users::lock(tx, one.user).await? else { return Err(DbError::Retry) };
    // Somebody may have given him another role meanwhile.
    let admin = before.rights.role == Role::Admin && (role.is_some() || status.is_some());
    if admin || before.rights.role != Role::Agent && !job.powers.roles {
        one.write = Write::Nothing;
        one.problem("role", "", Code::Forbidden);
        return Ok(None);
    }
    let mut after = Changeable { name: name.unwrap_or_else(|| before.name.clone()), ..before.clone() };
    after.rights.role = role.unwrap_or(before.rights.role);
    if role.is_some_and(|role| role != Role::Manager) {
        after.manage_nothing();
    }
    if status == Some(UserStatus::Active) {
        after.status = UserStatus::Active;
    }
    if before == after {
        return Ok(None);
    }
    store::users::change(tx, one.user, &before, &after).await?;
    let mut facts = events::changes(&users::facts(tx, &before).await?, &users::facts(tx, &after).await?);
    facts["import"] = json!(job.import);
    Ok(Some(Event::new("user_changed", job.actor.clone(), Some(one.user), facts).named(before.name)))
}

async fn suspend(job: &Job, planned: &mut [Planned]) -> Result<(), DbError> {
    let whom = if job.powers.roles { Whom::Anybody } else { Whom::Agents };
    for one in planned {
        if !matches!(one.write, Write::Change { status: Some(UserStatus::Suspended), .. }) {
            continue;
        }
        match job.app.seats.suspend(&job.actor, one.user, whom).await {
            Ok(()) => {}
            Err(SeatsError::Failed(code)) => one.problem("status", "suspended", code),
            Err(_) => return Err(DbError::Retry),
        }
    }
    Ok(())
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
            let results = job.app.seats.grant(&job.actor, license, users.clone()).await.map_err(|_| DbError::Retry)?;
            reasons::given(&job.app, license, &users).await?;
            for (at, result) in wanted.into_iter().zip(results) {
                match result.refused {
                    Some(code) => {
                        refusals.entry(at).or_insert(code);
                        open.push(at);
                    }
                    None => granted[at.0] += usize::from(result.changed),
                }
            }
        }
        round += 1;
    }
    Ok(granted)
}
