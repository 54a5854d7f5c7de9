//! Some rows of an import, done together: first the users, then their licenses.

use super::{
    Job,
    plan::{Planned, Write, plan},
    sheet::{Cells, Column},
};
use crate::{
    db::{DbError, Tx},
    events::{self, Event, member_events},
    reasons,
    scim::rules,
    seats::SeatsError,
    store::{
        self,
        imports::New,
        users::{self, Changeable},
    },
};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    people::{Role, UserStatus},
    problem::Code,
    validate::email_key,
    wire::imports::ImportRow,
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
    into.retain(|group, _| names.contains_key(group));
    let new: Vec<&New> =
        planned.iter().filter_map(|one| if let Write::New(new) = &one.write { Some(new) } else { None }).collect();
    store::imports::insert_users(&mut tx, &new, job.app.clock.now()).await?;
    let mut events: Vec<_> = new.iter().map(|new| added(job, new)).collect();
    for one in planned.iter_mut() {
        events.extend(change(job, &mut tx, one).await?);
        if one.groups.iter().any(|group| !names.contains_key(group)) {
            one.groups.retain(|group| names.contains_key(group));
            one.problem("groups", "", Code::NotFound);
        }
    }
    for (group, users) in into {
        // Of a large group, only those whom this part is about.
        let before = store::groups::members_among(&mut tx, group, &users).await?;
        store::groups::add_members(&mut tx, group, &users).await?;
        let after = store::groups::members_among(&mut tx, group, &users).await?;
        events.extend(member_events(&job.actor, group, &names[&group], &before, &after));
    }
    job.app.commit(tx, &events).await?;
    let moved: BTreeSet<_> = events.iter().filter_map(|event| event.user).collect();
    rules::apply(&job.app, &job.actor, &moved.into_iter().collect::<Vec<_>>()).await;
    Ok(())
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
    // Somebody may have made him an admin meanwhile.
    if before.rights.role == Role::Admin && (role.is_some() || status.is_some() || !job.powers.roles) {
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
    for one in planned {
        if !matches!(one.write, Write::Change { status: Some(UserStatus::Suspended), .. }) {
            continue;
        }
        match job.app.seats.suspend(&job.actor, one.user).await {
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
