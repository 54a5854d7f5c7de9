//! Writes the users of a chunk and their memberships, each kind of change with the same statements however many rows
//! have it.

use crate::{
    db::{DbError, Tx},
    entitlements::{Authority, groups, memberships},
    events::Event,
    imports::{
        job::ImportJob,
        plan::{ImportedChange, ImporterRights, PlannedRow, UserWrite},
    },
    store::{self, imports::ImportedUser, users::EditableUser},
    user_changes::{self, LockedUser, UserChange, UserChangeError},
};
use seatkeeper_shared::{
    audit::EventData,
    ids::{GroupId, UserId},
    people::{Role, UserStatus},
    permissions::{Action, may},
    problem::Code,
};
use std::collections::{BTreeMap, BTreeSet};

/// Adds and changes users and adds them to groups. Returns the events.
pub(super) async fn write(job: &ImportJob, tx: &mut Tx, planned: &mut [PlannedRow]) -> Result<Vec<Event>, DbError> {
    if !planned.iter().any(|one| !matches!(one.write, UserWrite::Nothing) || !one.groups.is_empty()) {
        return Ok(Vec::new());
    }
    // Groups are locked before users; see `store::groups::lock`.
    store::seats::lock_admins(tx).await?;
    let named: BTreeSet<_> = planned.iter().flat_map(PlannedRow::named_groups).collect();
    let locked = memberships::lock_each(tx, &named).await?;
    check_rights_unchanged(job, tx).await?;
    planned.iter_mut().for_each(|one| one.retain_groups(|group| locked.name(*group).is_some()));
    let joined: BTreeSet<_> = planned.iter().flat_map(|one| one.groups.iter().copied()).collect();
    let additions = locked.additions(tx, &Authority::User(&job.import.actor), joined).await;
    let additions = additions.map_err(groups::into_db_error)?;
    let mut members: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
    for one in planned.iter_mut() {
        for group in std::mem::take(&mut one.groups) {
            // Since the rows were planned, the group gives licenses, or rights were revoked.
            match additions.denied(group) {
                Some(denied) => one.problem("groups", locked.name(group).unwrap_or_default(), denied.code),
                None => {
                    one.groups.push(group);
                    members.entry(group).or_default().push(one.user);
                }
            }
        }
    }
    let mut events = add(job, tx, planned).await?;
    events.extend(change(job, tx, planned).await?);
    let added = additions.add(tx, &members).await?;
    events.extend(added.iter().flat_map(|change| change.events()));
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

async fn add(job: &ImportJob, tx: &mut Tx, planned: &[PlannedRow]) -> Result<Vec<Event>, DbError> {
    let new: Vec<&ImportedUser> =
        planned.iter().filter_map(|one| if let UserWrite::New(new) = &one.write { Some(new) } else { None }).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    store::imports::insert_users(tx, &new, job.imports.clock.now()).await?;
    Ok(new.into_iter().map(|new| user_added(job, new)).collect())
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

/// Changes existing users. Suspending is left to the seat engine.
async fn change(job: &ImportJob, tx: &mut Tx, planned: &mut [PlannedRow]) -> Result<Vec<Event>, DbError> {
    let existing: Vec<_> =
        planned.iter().filter(|one| matches!(one.write, UserWrite::Change(_))).map(|one| one.user).collect();
    let locked = user_changes::lock_each(tx, &existing).await?;
    let mut changes = Vec::new();
    for one in planned.iter_mut() {
        let UserWrite::Change(wanted) = one.write.clone() else { continue };
        let user = locked.get(one.user).ok_or(DbError::Retry)?;
        // The user's role may have changed meanwhile.
        if is_out_of_reach(job.rights, &user.before, &wanted) {
            one.write = UserWrite::Nothing;
            one.problem("role", "", Code::Forbidden);
        } else {
            changes.push(changed(job, user, wanted));
        }
    }
    match locked.make_each(tx, changes, job.imports.clock.now()).await {
        Ok(events) => Ok(events),
        // Neither e-mail addresses nor the role of an admin change here.
        Err(UserChangeError::Refused(_)) => Err(DbError::Retry),
        Err(UserChangeError::Db(error)) => Err(error),
    }
}

/// Whether the user who imports may not make this change.
fn is_out_of_reach(importer: ImporterRights, user: &EditableUser, wanted: &ImportedChange) -> bool {
    let is_admin = user.rights.role == Role::Admin && (wanted.role.is_some() || wanted.status.is_some());
    is_admin || user.rights.role != Role::Agent && !importer.can_manage_roles
}

fn changed(job: &ImportJob, user: &LockedUser, wanted: ImportedChange) -> UserChange {
    let before = &user.before;
    let mut after = EditableUser { name: wanted.name.unwrap_or_else(|| before.name.clone()), ..before.clone() };
    after.rights.role = wanted.role.unwrap_or(before.rights.role);
    after.rights.permissions.extend(wanted.permissions);
    after.rights.limited_to_groups = wanted.limited.unwrap_or(before.rights.limited_to_groups);
    after.manages.extend(wanted.manages);
    after.manages.sort_unstable();
    after.manages.dedup();
    if wanted.status == Some(UserStatus::Active) {
        after.status = UserStatus::Active;
    }
    user.changed_to(after, &job.import.actor).by_import(job.import.id)
}
