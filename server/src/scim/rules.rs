//! The rules of directories: members of a group get licenses and a role.
//!
//! What somebody should have follows from the groups that he is in now. So it does not matter in which order changes of groups
//! are told, or how often: each time it is looked what is missing and what is too much, until nothing is. Only what a rule gave is
//! ever taken away; what somebody gave stays.

mod plan;
mod preview;

pub use preview::preview;

use crate::{
    app::App,
    db::DbError,
    events::{self, Event},
    seats::{Actor, SeatsError},
    store::{self, directory_rules::Failed, users::Changeable},
};
use plan::{Plan, RoleChange};
use seatkeeper_shared::{
    ids::{LicenseId, RuleId, UserId},
    people::Role,
    problem::Code,
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// So many users at once.
const PART: usize = 1_000;
/// How often it is looked again whether something is missing.
const ROUNDS: usize = 5;

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

async fn of_part(app: &App, actor: &Actor, users: &[UserId]) -> Result<(), NotApplied> {
    let mut refused = Refused::new();
    for _ in 0..ROUNDS {
        let rules = store::directory_rules::all(&app.db).await?;
        let plan = Plan::of(&rules, &store::directory_rules::standing(&app.db, users).await?);
        let left = plan.without(&refused);
        if left.is_done() {
            return Ok(note(app, actor, users, &plan, &refused).await?);
        }
        carry_out(app, actor, left, &mut refused).await?;
    }
    tracing::warn!("the groups of {} users changed again and again while rules were applied", users.len());
    Ok(())
}

async fn carry_out(app: &App, actor: &Actor, plan: Plan, refused: &mut Refused) -> Result<(), NotApplied> {
    let mut takes: BTreeMap<LicenseId, Vec<UserId>> = BTreeMap::new();
    for (user, license) in plan.revokes {
        takes.entry(license).or_default().push(user);
    }
    // First what is too much: it may be what is missing elsewhere.
    for (license, users) in takes {
        app.seats.revoke(actor, license, users, false).await?;
    }
    let mut gives: BTreeMap<(LicenseId, RuleId), Vec<UserId>> = BTreeMap::new();
    for (user, license, rule) in plan.grants {
        gives.entry((license, rule)).or_default().push(user);
    }
    for ((license, rule), users) in gives {
        match app.seats.grant_by(actor, rule, license, users.clone()).await {
            Ok(results) => refused.extend(
                results.into_iter().filter_map(|result| Some(((result.user_id, Some(license)), result.refused?))),
            ),
            Err(SeatsError::Failed(code)) => {
                refused.extend(users.into_iter().map(|user| ((user, Some(license)), code)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut tx = app.db.begin().await?;
    for (user, license, rule) in plan.reowned {
        store::directory_rules::own(&mut tx, user, license, rule).await?;
    }
    tx.commit().await?;
    for change in plan.roles {
        if let Err(code) = role(app, actor, &change).await? {
            refused.insert((change.user, None), code);
        }
    }
    Ok(())
}

/// Gives a user another role, unless he would be the last admin who loses it.
async fn role(app: &App, actor: &Actor, change: &RoleChange) -> Result<Result<(), Code>, DbError> {
    let mut tx = app.db.begin().await?;
    store::seats::lock_admins(&mut tx).await?;
    let Some(before) = store::users::lock(&mut tx, change.user).await? else { return Ok(Ok(())) };
    if before.rights.role == Role::Admin && change.to != Role::Admin {
        let standing = store::seats::known_and_admins(&mut tx, &[change.user]).await?;
        if !standing.iter().any(|other| other.admin && other.user != change.user) {
            return Ok(Err(Code::LastAdmin));
        }
    }
    let mut after: Changeable = before.clone();
    after.rights.role = change.to;
    if change.to != Role::Manager {
        after.manage_nothing();
    }
    store::users::change(&mut tx, change.user, &before, &after).await?;
    store::directory_rules::give_role(&mut tx, change.user, change.given).await?;
    let facts =
        events::changes(&store::users::facts(&mut tx, &before).await?, &store::users::facts(&mut tx, &after).await?);
    let event = Event::new("user_changed", actor.clone(), Some(change.user), facts).named(before.name.clone());
    let events = if before == after { Vec::new() } else { vec![event] };
    app.commit(tx, &events).await?;
    Ok(Ok(()))
}

/// Writes down what could not be done for these users, and in the log what could be done before or was not tried.
async fn note(app: &App, actor: &Actor, users: &[UserId], plan: &Plan, refused: &Refused) -> Result<(), DbError> {
    let failed: Vec<Failed> = plan.failed(refused);
    if failed.is_empty() && !store::directory_rules::has_failures(&app.db, users).await? {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    let new = store::directory_rules::set_failures(&mut tx, users, &failed, app.clock.now()).await?;
    let event = |one: &Failed| {
        let facts = json!({ "code": one.code, "license": one.license, "rule": one.rule });
        let name = plan.names.get(&one.user).cloned().unwrap_or_default();
        Event::new("directory_rule_failed", actor.clone(), Some(one.user), facts).named(name)
    };
    app.commit(tx, &new.iter().map(event).collect::<Vec<_>>()).await
}
