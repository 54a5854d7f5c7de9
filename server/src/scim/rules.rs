//! The rules of directories: members of a group get licenses and a role.
//!
//! What somebody should have follows from the groups that he is in now. So it does not matter in which order changes of groups
//! are told, or how often: each time it is looked what is missing and what is too much, until nothing is. Only what a rule gave is
//! ever taken away; what somebody gave stays.

mod make_up;
mod plan;
mod preview;

pub use make_up::{make_up, put_right, run};
pub use preview::preview;

use super::person;
use crate::{
    app::App,
    db::DbError,
    events::{self, Event},
    seats::{Actor, SeatsError},
    store::{
        self,
        directory_failures::{Failed, Gone},
        directory_rules::Standing,
        users::Changeable,
    },
};
use plan::{Plan, RoleChange};
use seatkeeper_shared::{
    ids::{LicenseId, RuleId, UserId},
    people::Role,
    problem::Code,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// So many users at once.
const PART: usize = 1_000;
/// How often it is looked again whether something is missing.
const ROUNDS: usize = 8;

/// Gives these users what rules say, and takes what no rule says any more. What cannot be done is written down; that never undoes
/// what was changed before.
///
/// It goes on if whoever asked does not wait for it.
pub async fn apply(app: &App, actor: &Actor, users: &[UserId]) {
    if users.is_empty() {
        return;
    }
    let (app, actor, users) = (app.clone(), actor.clone(), users.to_vec());
    let applying = tokio::spawn(async move {
        for part in users.chunks(PART) {
            if let Err(error) = of_part(&app, &actor, part).await {
                tracing::error!(%error, "the rules of directories were not applied to {} users", part.len());
            }
        }
    });
    if applying.await.is_err() {
        tracing::error!("applying the rules of directories has met a fault");
    }
}

/// Why rules are not applied.
#[derive(Debug, thiserror::Error)]
enum NotApplied {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// What is refused for a license, or for a role.
type Refused = HashMap<(UserId, Option<LicenseId>), Code>;

async fn of_part(app: &App, actor: &Actor, asked: &[UserId]) -> Result<(), NotApplied> {
    let (mut users, mut refused) = (asked.to_vec(), Refused::new());
    for _ in 0..ROUNDS {
        let (plan, standing) = plan(app, &users).await?;
        let mut left = plan.without(&refused);
        if left.is_done() {
            return Ok(note(app, actor, &users, &plan, &standing, &refused).await?);
        }
        if !left.grants.is_empty() {
            // Nobody overtakes those who have waited for such a license.
            let before = users.len();
            users.extend(others_waiting(app, &left, &users).await?);
            if users.len() > before {
                continue;
            }
            left.eldest_first(&store::directory_failures::since(&app.db, &users).await?);
        }
        carry_out(app, (actor, asked), left, &mut refused).await?;
    }
    tracing::warn!("the groups of {} users changed again and again while rules were applied", users.len());
    Ok(())
}

async fn plan(app: &App, users: &[UserId]) -> Result<(Plan, Vec<Standing>), DbError> {
    let rules = store::directory_rules::all(&app.db).await?;
    let standing = store::directory_rules::standing(&app.db, users).await?;
    let mut plan = Plan::of(&rules, &standing);
    let surplus: Vec<_> = plan.revokes.iter().map(|(user, license)| (*license, *user)).collect();
    plan.hand_over(&store::group_licenses::also_given(&app.db, &surplus).await?);
    Ok((plan, standing))
}

/// Who else can have one of these licenses, and has waited for it.
async fn others_waiting(app: &App, plan: &Plan, besides: &[UserId]) -> Result<BTreeSet<UserId>, DbError> {
    let licenses: BTreeSet<_> = plan.grants.iter().map(|(_, license, _)| *license).collect();
    let licenses: Vec<_> = licenses.into_iter().collect();
    let mut waiting: BTreeSet<_> =
        store::directory_failures::waiting_for(&app.db, &licenses).await?.into_iter().collect();
    for user in besides {
        waiting.remove(user);
    }
    Ok(waiting)
}

/// Does what is planned. Whoever was not asked about gets his by itself.
async fn carry_out(
    app: &App,
    (actor, asked): (&Actor, &[UserId]),
    plan: Plan,
    refused: &mut Refused,
) -> Result<(), NotApplied> {
    let mut takes: BTreeMap<LicenseId, Vec<UserId>> = BTreeMap::new();
    for (user, license) in plan.revokes {
        takes.entry(license).or_default().push(user);
    }
    // First what is too much: it may be what is missing elsewhere.
    for (license, users) in takes {
        app.seats.revoke(actor, license, users, false).await?;
    }
    let (asked, system) = (asked.iter().collect::<HashSet<_>>(), Actor::system());
    let together = |(user, license, rule): &(UserId, LicenseId, RuleId)| (*license, *rule, asked.contains(user));
    for some in plan.grants.chunk_by(|one, next| together(one) == together(next)) {
        let by = if asked.contains(&some[0].0) { actor } else { &system };
        give(app, by, some, refused).await?;
    }
    note_reasons(app, &plan.reowned, &plan.handed).await?;
    for change in plan.roles {
        if let Err(code) = role(app, actor, &change).await? {
            refused.insert((change.user, None), code);
        }
    }
    Ok(())
}

/// Assigns one license to some, by one rule.
async fn give(
    app: &App,
    actor: &Actor,
    some: &[(UserId, LicenseId, RuleId)],
    refused: &mut Refused,
) -> Result<(), NotApplied> {
    let Some((_, license, rule)) = some.first().copied() else { return Ok(()) };
    let users: Vec<_> = some.iter().map(|(user, ..)| *user).collect();
    match app.seats.grant_by(actor, rule, license, users.clone()).await {
        Ok(results) => refused
            .extend(results.into_iter().filter_map(|result| Some(((result.user_id, Some(license)), result.refused?)))),
        Err(SeatsError::Failed(code)) => {
            refused.extend(users.into_iter().map(|user| ((user, Some(license)), code)));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Writes down that other rules say now what was given, or that groups do.
async fn note_reasons(
    app: &App,
    reowned: &[(UserId, LicenseId, RuleId)],
    handed: &[(UserId, LicenseId)],
) -> Result<(), DbError> {
    if reowned.is_empty() && handed.is_empty() {
        return Ok(());
    }
    let mut owned: Vec<_> = reowned.iter().map(|(user, license, rule)| (*user, *license, Some(*rule))).collect();
    owned.extend(handed.iter().map(|(user, license)| (*user, *license, None)));
    owned.sort_unstable();
    let mut tx = app.db.begin().await?;
    store::directory_rules::own(&mut tx, &owned).await?;
    for (user, license) in handed {
        store::group_licenses::claim(&mut tx, *license, &[*user], app.clock.now()).await?;
    }
    tx.commit().await?;
    // Meanwhile the group may have ended.
    app.regroup.notify_one();
    Ok(())
}

/// Gives a user another role, unless he would be the last admin who loses it.
async fn role(app: &App, actor: &Actor, change: &RoleChange) -> Result<Result<(), Code>, DbError> {
    let mut tx = app.db.begin().await?;
    store::seats::lock_admins(&mut tx).await?;
    let Some(before) = store::users::lock(&mut tx, change.user).await? else { return Ok(Ok(())) };
    // Somebody gave him another role meanwhile: then it is planned anew.
    if before.rights.role != change.from {
        return Ok(Ok(()));
    }
    if before.rights.role == Role::Admin && change.to != Role::Admin {
        let standing = store::seats::known_and_admins(&mut tx, &[change.user]).await?;
        if !standing.iter().any(|other| other.admin && other.user != change.user) {
            return Ok(Err(Code::LastAdmin));
        }
    }
    let raised = power(change.to) > power(change.from);
    // Whoever receives e-mails at an address can become its user. Somebody here may have written another one.
    if raised
        && let Some(seen) = store::directory_users::get_in(&mut tx, change.directory, change.user).await?
        && !person::has_told(&seen, &before.email)?
    {
        return Ok(Err(Code::EmailNotFromDirectory));
    }
    let mut after: Changeable = before.clone();
    after.rights.role = change.to;
    if change.to != Role::Manager {
        // A rule that makes a manager again gives back neither permissions nor limits: an admin decides on both together.
        after.manage_nothing();
        after.rights.permissions.clear();
    }
    store::users::change(&mut tx, change.user, &before, &after).await?;
    store::directory_rules::give_role(&mut tx, change.user, change.given).await?;
    let mut facts =
        events::changes(&store::users::facts(&mut tx, &before).await?, &store::users::facts(&mut tx, &after).await?);
    // Whoever may manage users can have made this account before the directory took it over, or have set its password: nobody has
    // looked at that who decides on roles. So whoever it really is comes in anew.
    if raised && store::access_reset::reset(&mut tx, change.user, app.clock.now()).await? {
        facts["access_reset"] = json!(true);
    }
    let event = Event::new("user_changed", actor.clone(), Some(change.user), facts).named(before.name.clone());
    let events = if before == after { Vec::new() } else { vec![event] };
    app.commit(tx, &events).await?;
    Ok(Ok(()))
}

fn power(role: Role) -> u8 {
    match role {
        Role::Agent => 0,
        Role::Manager => 1,
        Role::Admin => 2,
    }
}

/// Writes down what could not be done for these users, and in the log what of it is new, and what was made up for.
async fn note(
    app: &App,
    actor: &Actor,
    users: &[UserId],
    plan: &Plan,
    standing: &[Standing],
    refused: &Refused,
) -> Result<(), DbError> {
    let failed: Vec<Failed> = plan.failed(refused);
    if failed.is_empty() && !store::directory_failures::any(&app.db, users).await? {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    let (new, gone) = store::directory_failures::set_failures(&mut tx, users, &failed, app.clock.now()).await?;
    let event = |kind, user, facts| {
        let name = plan.names.get(&user).cloned().unwrap_or_default();
        Event::new(kind, actor.clone(), Some(user), facts).named(name)
    };
    let new = new.iter().map(|one| {
        let facts = json!({ "code": one.code, "license": one.license, "rule": one.rule });
        event("directory_rule_failed", one.user, facts)
    });
    let made_up = gone.iter().filter(|gone| standing.iter().any(|one| has(one, gone))).map(|gone| {
        event("directory_rule_made_up", gone.user, json!({ "license": gone.license, "since": gone.since }))
    });
    let events: Vec<_> = new.chain(made_up).collect();
    app.commit(tx, &events).await
}

/// Whether a user has by a rule what he could not have before.
fn has(standing: &Standing, gone: &Gone) -> bool {
    let given = gone.license.and_then(|license| standing.licenses.get(&license).copied().flatten());
    standing.id == gone.user && given.is_some()
}
