//! Previews which users would gain or lose what under other rules, without saving anything.

use super::plan::Plan;
use crate::{
    db::DbError,
    entitlements::Entitlements,
    seats::dry_run::DryRun,
    store::{
        self,
        directory_rules::{DirectoryRule, RuleSubject},
    },
};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, LicenseId, UserId},
    wire::directory::{RefusedLicense, RolePreview, RuleView, RulesPreview, UserPreview},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most users in a preview.
const MAX_PREVIEW_USERS: usize = 500;

/// Previews the effect of these rules on all users that they, or the directory's current rules, concern.
///
/// Seats that other users would lose do not count as free: they may still be in use.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn preview(
    entitlements: &Entitlements,
    directory: DirectoryId,
    wanted: Vec<RuleView>,
) -> Result<RulesPreview, DbError> {
    let groups: Vec<GroupId> = wanted.iter().map(|rule| rule.group_id).collect();
    let users = store::directory_rules::affected_users(&entitlements.db, directory, &groups).await?;
    let mut rules = store::directory_rules::all(&entitlements.db).await?;
    rules.retain(|rule| rule.directory != directory);
    let roles = roles(entitlements, directory, &wanted).await?;
    rules.extend(wanted.into_iter().map(|view| DirectoryRule { directory, view }));
    let (plan, standing) = super::plan(entitlements, &rules, &users).await?;
    let licenses: BTreeSet<LicenseId> = plan.grants.iter().map(|(_, license, _)| *license).collect();
    let mut dry_run = DryRun::read(&entitlements.db, &licenses.into_iter().collect::<Vec<_>>()).await?;
    let pairs = plan.grants.iter().map(|(user, license, _)| (*license, *user)).collect();
    dry_run.load_users(&entitlements.db, &pairs).await?;
    Ok(RulesPreview { roles, ..user_previews(&plan, &standing, &mut dry_run) })
}

/// For each rule with a role, how many memberships come from the directory and count, and how many do not.
async fn roles(
    entitlements: &Entitlements,
    directory: DirectoryId,
    rules: &[RuleView],
) -> Result<Vec<RolePreview>, DbError> {
    let groups: Vec<_> = rules.iter().filter(|rule| rule.role.is_some()).map(|rule| rule.group_id).collect();
    let counted = store::memberships::counts(&entitlements.db, directory, &groups).await?;
    let counted: HashMap<_, _> = counted.into_iter().map(|(group, own, others)| (group, (own, others))).collect();
    let preview = |rule: &RuleView| {
        let (by_directory, others) = counted.get(&rule.group_id).copied().unwrap_or_default();
        let (group_id, group_name) = (rule.group_id, rule.group_name.clone());
        Some(RolePreview { group_id, group_name, role: rule.role?, by_directory, others })
    };
    Ok(rules.iter().filter_map(preview).collect())
}

fn user_previews(plan: &Plan, standing: &[RuleSubject], dry_run: &mut DryRun) -> RulesPreview {
    let mut previews: BTreeMap<UserId, UserPreview> = BTreeMap::new();
    let empty = |user: UserId| UserPreview {
        user_id: user,
        name: plan.names.get(&user).cloned().unwrap_or_default(),
        gets: Vec::new(),
        loses: Vec::new(),
        refused: Vec::new(),
        role: None,
    };
    let of_user: HashMap<UserId, &RuleSubject> = standing.iter().map(|one| (one.id, one)).collect();
    for (user, license, _) in &plan.grants {
        let status = of_user.get(user).map(|one| one.status);
        let one = previews.entry(*user).or_insert_with(|| empty(*user));
        match status.map(|status| dry_run.grant(*license, *user, status)) {
            Some(Err(code)) => one.refused.push(RefusedLicense { license_id: *license, code }),
            _ => one.gets.push(*license),
        }
    }
    for (user, license) in &plan.revokes {
        previews.entry(*user).or_insert_with(|| empty(*user)).loses.push(*license);
    }
    for change in &plan.roles {
        let now = of_user.get(&change.user).map(|one| one.role);
        if now != Some(change.to) {
            previews.entry(change.user).or_insert_with(|| empty(change.user)).role = Some(change.to);
        }
    }
    let total = i64::try_from(previews.len()).unwrap_or(i64::MAX);
    // `standing` is sorted by name.
    let users = standing.iter().filter_map(|one| previews.remove(&one.id)).take(MAX_PREVIEW_USERS).collect();
    RulesPreview { users, total, roles: Vec::new() }
}
