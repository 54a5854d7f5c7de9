//! Who would get and lose what under other rules: decided as it would be, and nothing kept.

use super::plan::Plan;
use crate::{
    app::App,
    db::DbError,
    seats::trial::Trial,
    store::{
        self,
        directory_rules::{Rule, Standing},
    },
};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, UserId},
    wire::directory::{RefusedLicense, RolePreview, RuleView, RulesPreview, UserPreview},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So many users are shown.
const SHOWN: usize = 500;

/// What would become of everybody whom the rules of this directory are about, if they were these.
///
/// Seats that others would lose are not counted as free: they may still be in use.
///
/// # Errors
/// The database does not answer.
pub async fn preview(app: &App, directory: DirectoryId, wanted: Vec<RuleView>) -> Result<RulesPreview, DbError> {
    let groups: Vec<GroupId> = wanted.iter().map(|rule| rule.group_id).collect();
    let users = store::directory_rules::concerned(&app.db, directory, &groups).await?;
    let standing = store::directory_rules::standing(&app.db, &users).await?;
    let mut rules = store::directory_rules::all(&app.db).await?;
    rules.retain(|rule| rule.directory != directory);
    let roles = roles(app, directory, &wanted).await?;
    rules.extend(wanted.into_iter().map(|view| Rule { directory, view }));
    let mut plan = Plan::of(&rules, &standing);
    let surplus: Vec<_> = plan.revokes.iter().map(|(user, license)| (*license, *user)).collect();
    plan.hand_over(&store::group_licenses::also_given(&app.db, &surplus).await?);
    let licenses: BTreeSet<LicenseId> = plan.grants.iter().map(|(_, license, _)| *license).collect();
    let mut trial = Trial::read(&app.db, &licenses.into_iter().collect::<Vec<_>>()).await?;
    let pairs = plan.grants.iter().map(|(user, license, _)| (*license, *user)).collect();
    trial.meet(&app.db, &pairs).await?;
    Ok(RulesPreview { roles, ..told(&plan, &standing, &mut trial) })
}

/// Whose memberships count for the roles.
async fn roles(app: &App, directory: DirectoryId, rules: &[RuleView]) -> Result<Vec<RolePreview>, DbError> {
    let groups: Vec<_> = rules.iter().filter(|rule| rule.role.is_some()).map(|rule| rule.group_id).collect();
    let counted = store::memberships::counted(&app.db, directory, &groups).await?;
    let counted: HashMap<_, _> = counted.into_iter().map(|(group, own, others)| (group, (own, others))).collect();
    let line = |rule: &RuleView| {
        let (by_directory, others) = counted.get(&rule.group_id).copied().unwrap_or_default();
        let (group_id, group_name) = (rule.group_id, rule.group_name.clone());
        Some(RolePreview { group_id, group_name, role: rule.role?, by_directory, others })
    };
    Ok(rules.iter().filter_map(line).collect())
}

fn told(plan: &Plan, standing: &[Standing], trial: &mut Trial) -> RulesPreview {
    let mut of: BTreeMap<UserId, UserPreview> = BTreeMap::new();
    let empty = |user: UserId| UserPreview {
        user_id: user,
        name: plan.names.get(&user).cloned().unwrap_or_default(),
        gets: Vec::new(),
        loses: Vec::new(),
        refused: Vec::new(),
        role: None,
    };
    let of_user: HashMap<UserId, &Standing> = standing.iter().map(|one| (one.id, one)).collect();
    for (user, license, _) in &plan.grants {
        let status = of_user.get(user).map(|one| one.status);
        let one = of.entry(*user).or_insert_with(|| empty(*user));
        match status.map(|status| trial.grant(*license, *user, status)) {
            Some(Err(code)) => one.refused.push(RefusedLicense { license_id: *license, code }),
            _ => one.gets.push(*license),
        }
    }
    for (user, license) in &plan.revokes {
        of.entry(*user).or_insert_with(|| empty(*user)).loses.push(*license);
    }
    for change in &plan.roles {
        let now = of_user.get(&change.user).map(|one| one.role);
        if now != Some(change.to) {
            of.entry(change.user).or_insert_with(|| empty(change.user)).role = Some(change.to);
        }
    }
    let total = i64::try_from(of.len()).unwrap_or(i64::MAX);
    // By name, as they stand.
    let users = standing.iter().filter_map(|one| of.remove(&one.id)).take(SHOWN).collect();
    RulesPreview { users, total, roles: Vec::new() }
}
