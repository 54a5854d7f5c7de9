//! Directory rules: members of a group get licenses and a role.
//!
//! What a user should have follows from their current groups. So the order and repetition of group changes do not
//! matter: each time, the rules are reconciled with what the user has, until nothing differs. Only what a rule granted
//! is ever revoked; manual grants stay.

mod plan;
mod preview;
mod retry;
mod set;

pub use preview::preview;
pub use retry::{repair, retry, run};
pub use set::{RulesNotSet, apply_all, set};

use crate::{
    db::DbError,
    entitlements::Entitlements,
    events::Event,
    scim,
    seats::{Actor, SeatsError},
    store::{
        self,
        directory_failures::{FailedGrant, ResolvedFailure},
        directory_rules::{DirectoryRule, RuleSubject},
        users::EditableUser,
    },
    user_changes::{self, RefusedChange, UserChangeError},
};
use plan::{Plan, RoleChange};
use seatkeeper_shared::{
    audit::EventData,
    ids::{LicenseId, RuleId, UserId},
    people::Role,
    problem::Code,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The most users reconciled in one step.
const MAX_BATCH_USERS: usize = 1_000;
/// The most rounds of reconciling one batch.
const MAX_ROUNDS: usize = 8;

/// Grants these users what the rules demand, and revokes what no rule demands any more. Failures are recorded and never
/// undo the change that caused the reconciling.
///
/// It continues if the caller is cancelled.
pub(super) async fn apply(entitlements: &Entitlements, actor: &Actor, users: &[UserId]) {
    if users.is_empty() {
        return;
    }
    let (entitlements, actor, users) = (entitlements.clone(), actor.clone(), users.to_vec());
    let tasks = entitlements.tasks.clone();
    let applying = tasks.spawn_to_end(async move {
        for batch in users.chunks(MAX_BATCH_USERS) {
            if let Err(error) = apply_batch(&entitlements, &actor, batch).await {
                tracing::error!(%error, users = batch.len(), "cannot apply directory rules");
            }
        }
    });
    if applying.await.is_err() {
        tracing::error!("applying directory rules panicked");
    }
}

/// Why rules were not applied.
#[derive(Debug, thiserror::Error)]
enum NotApplied {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// The refused grants: of a license, or of a role (`None`).
type Refusals = HashMap<(UserId, Option<LicenseId>), Code>;

async fn apply_batch(entitlements: &Entitlements, actor: &Actor, requested: &[UserId]) -> Result<(), NotApplied> {
    let (mut users, mut refusals) = (requested.to_vec(), Refusals::new());
    for _ in 0..MAX_ROUNDS {
        let rules = store::directory_rules::all(&entitlements.db).await?;
        let (plan, states) = plan(entitlements, &rules, &users).await?;
        let mut remaining = plan.without(&refusals);
        if remaining.is_empty() {
            return Ok(record_failures(entitlements, actor, &users, &plan, &states, &refusals).await?);
        }
        if !remaining.grants.is_empty() {
            // Users who wait for such a license already come first.
            let before = users.len();
            users.extend(others_waiting(entitlements, &remaining, &users).await?);
            if users.len() > before {
                continue;
            }
            remaining.longest_waiting_first(&store::directory_failures::since(&entitlements.db, &users).await?);
        }
        carry_out(entitlements, (actor, requested), remaining, &mut refusals).await?;
    }
    tracing::warn!(users = users.len(), "directory rules did not settle: groups kept changing");
    Ok(())
}

/// Plans what these users get and lose under these rules.
async fn plan(
    entitlements: &Entitlements,
    rules: &[DirectoryRule],
    users: &[UserId],
) -> Result<(Plan, Vec<RuleSubject>), DbError> {
    let states = store::directory_rules::subjects(&entitlements.db, users).await?;
    let mut plan = Plan::new(rules, &states);
    let surplus: Vec<_> = plan.revokes.iter().map(|(user, license)| (*license, *user)).collect();
    plan.hand_over(&store::group_licenses::granted_by_groups(&entitlements.db, &surplus).await?);
    Ok((plan, states))
}

/// The other users who wait for one of these licenses and can get it.
async fn others_waiting(
    entitlements: &Entitlements,
    plan: &Plan,
    except: &[UserId],
) -> Result<BTreeSet<UserId>, DbError> {
    let licenses: BTreeSet<_> = plan.grants.iter().map(|(_, license, _)| *license).collect();
    let licenses: Vec<_> = licenses.into_iter().collect();
    let mut waiting: BTreeSet<_> =
        store::directory_failures::waiting_for(&entitlements.db, &licenses).await?.into_iter().collect();
    for user in except {
        waiting.remove(user);
    }
    Ok(waiting)
}

/// Carries out a plan. Grants to users other than the requested ones are attributed to the system.
async fn carry_out(
    entitlements: &Entitlements,
    (actor, requested): (&Actor, &[UserId]),
    plan: Plan,
    refusals: &mut Refusals,
) -> Result<(), NotApplied> {
    let mut revokes: BTreeMap<LicenseId, Vec<UserId>> = BTreeMap::new();
    for (user, license) in plan.revokes {
        revokes.entry(license).or_default().push(user);
    }
    // Revoke first: the freed seats may be the missing ones.
    for (license, users) in revokes {
        entitlements.seats.revoke(actor, license, users, false).await?;
    }
    let (requested, system) = (requested.iter().collect::<HashSet<_>>(), Actor::system());
    let grant_key = |(user, license, rule): &(UserId, LicenseId, RuleId)| (*license, *rule, requested.contains(user));
    for grants in plan.grants.chunk_by(|one, next| grant_key(one) == grant_key(next)) {
        let by = if requested.contains(&grants[0].0) { actor } else { &system };
        grant(entitlements, by, grants, refusals).await?;
    }
    record_sources(entitlements, &plan.reowned, &plan.handed_over).await?;
    for change in plan.roles {
        if let RoleOutcome::Refused(code) = change_role(entitlements, actor, &change).await? {
            refusals.insert((change.user, None), code);
        }
    }
    Ok(())
}

/// Assigns a license to several users by one rule.
async fn grant(
    entitlements: &Entitlements,
    actor: &Actor,
    grants: &[(UserId, LicenseId, RuleId)],
    refusals: &mut Refusals,
) -> Result<(), NotApplied> {
    let Some((_, license, rule)) = grants.first().copied() else { return Ok(()) };
    let users: Vec<_> = grants.iter().map(|(user, ..)| *user).collect();
    match entitlements.seats.grant_by_rule(actor, rule, license, users.clone()).await {
        Ok(results) => refusals
            .extend(results.into_iter().filter_map(|result| Some(((result.user_id, Some(license)), result.refused?)))),
        Err(SeatsError::Failed(code)) => {
            refusals.extend(users.into_iter().map(|user| ((user, Some(license)), code)));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Records that assignments belong to other rules now, or to groups.
async fn record_sources(
    entitlements: &Entitlements,
    reowned: &[(UserId, LicenseId, RuleId)],
    handed_over: &[(UserId, LicenseId)],
) -> Result<(), DbError> {
    if reowned.is_empty() && handed_over.is_empty() {
        return Ok(());
    }
    let mut owned: Vec<_> = reowned.iter().map(|(user, license, rule)| (*user, *license, Some(*rule))).collect();
    owned.extend(handed_over.iter().map(|(user, license)| (*user, *license, None)));
    owned.sort_unstable();
    let mut tx = entitlements.db.begin().await?;
    store::directory_rules::update_rule_sources(&mut tx, &owned).await?;
    for (user, license) in handed_over {
        store::group_licenses::claim(&mut tx, *license, &[*user], entitlements.clock.now()).await?;
    }
    tx.commit().await?;
    // The group may have lost the license meanwhile.
    entitlements.reconcile_requested.now();
    Ok(())
}

/// What became of a change of a role.
enum RoleOutcome {
    /// The user has the role, or the next round plans again.
    Settled,
    Refused(Code),
}

/// Changes a user's role, unless the last admin would lose it.
async fn change_role(entitlements: &Entitlements, actor: &Actor, change: &RoleChange) -> Result<RoleOutcome, DbError> {
    let mut tx = entitlements.db.begin().await?;
    let Some(user) = user_changes::lock(&mut tx, change.user).await? else { return Ok(RoleOutcome::Settled) };
    let before = &user.before;
    // The role was changed meanwhile: the next round plans again.
    if before.rights.role != change.from {
        return Ok(RoleOutcome::Settled);
    }
    let is_promotion = rank(change.to) > rank(change.from);
    // The owner of the e-mail address can take over the account, and the address may have been changed here.
    if is_promotion
        && let Some(seen) = store::directory_users::get_in(&mut tx, change.directory, change.user).await?
        && !scim::user_mapping::reported_email(&seen, &before.email)?
    {
        return Ok(RoleOutcome::Refused(Code::EmailNotFromDirectory));
    }
    let mut after: EditableUser = before.clone();
    after.rights.role = change.to;
    // A rule gives the role alone: an admin sets permissions and limits together.
    after.rights.permissions.clear();
    let now = entitlements.clock.now();
    let mut events = match user.make(&mut tx, user.changed_to(after, actor), now).await {
        Ok(events) => events,
        Err(UserChangeError::Refused(RefusedChange::LastAdmin)) => return Ok(RoleOutcome::Refused(Code::LastAdmin)),
        // The next round plans again.
        Err(UserChangeError::Refused(_)) => return Ok(RoleOutcome::Settled),
        Err(UserChangeError::Db(error)) => return Err(error),
    };
    store::directory_rules::set_given_role(&mut tx, change.user, change.given).await?;
    // A user manager may have created this account before the directory took it over, or may have set its password, and
    // could then sign in with the new role. So a promotion resets all access, and the user must sign in again. Changing
    // the role has voided links already, which is no reset.
    if is_promotion && store::access_reset::reset(&mut tx, change.user, now).await? {
        for event in &mut events {
            if let EventData::UserChanged { access_reset, .. } = &mut event.data {
                *access_reset = Some(true);
            }
        }
    }
    entitlements.journal.commit(tx, &events).await?;
    Ok(RoleOutcome::Settled)
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Agent => 0,
        Role::Manager => 1,
        Role::Admin => 2,
    }
}

/// Stores the failures for these users, and logs which are new and which were resolved.
async fn record_failures(
    entitlements: &Entitlements,
    actor: &Actor,
    users: &[UserId],
    plan: &Plan,
    states: &[RuleSubject],
    refusals: &Refusals,
) -> Result<(), DbError> {
    let failed: Vec<FailedGrant> = plan.failures(refusals);
    if failed.is_empty() && !store::directory_failures::any(&entitlements.db, users).await? {
        return Ok(());
    }
    let mut tx = entitlements.db.begin().await?;
    let (new, resolved) =
        store::directory_failures::set_failures(&mut tx, users, &failed, entitlements.clock.now()).await?;
    let event = |data, user| {
        let name = plan.names.get(&user).cloned().unwrap_or_default();
        Event::new(data, actor.clone(), Some(user)).named(name)
    };
    let new = new.iter().map(|one| {
        let data = EventData::DirectoryRuleFailed { code: one.code, license: one.license, rule: one.rule };
        event(data, one.user)
    });
    let resolved_events =
        resolved.iter().filter(|failure| states.iter().any(|state| has_now(state, failure))).map(|failure| {
            let data = EventData::DirectoryRuleMadeUp { license: failure.license, since: failure.since };
            event(data, failure.user)
        });
    let events: Vec<_> = new.chain(resolved_events).collect();
    entitlements.journal.commit(tx, &events).await
}

/// Whether a rule has now given the user the license that failed before.
fn has_now(state: &RuleSubject, failure: &ResolvedFailure) -> bool {
    let given = failure.license.and_then(|license| state.licenses.get(&license).copied().flatten());
    state.id == failure.user && given.is_some()
}
