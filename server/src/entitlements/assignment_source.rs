//! Where an assignment comes from: an admin or manager made it (manual), a rule of a directory grants it, or a group
//! does.
//!
//! One source is stored with each assignment: a rule in `assignments.rule_id`, groups in `group_assignments`, neither
//! for a manual assignment. When the stored source ends, another one is looked up, so the order in which sources were
//! added does not matter.

use crate::{
    db::DbError,
    entitlements::Entitlements,
    store::{self, group_licenses::LicenseUser},
};
use seatkeeper_shared::{
    ids::{LicenseId, RuleId, UserId},
    problem::Code,
};
use std::collections::HashMap;

/// A source other than a manual assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentSource {
    Rule(RuleId),
    Group,
}

impl AssignmentSource {
    /// The refusal when a single user's assignment is to be revoked.
    pub fn code(self) -> Code {
        match self {
            Self::Rule(_) => Code::GivenByRule,
            Self::Group => Code::GivenByGroup,
        }
    }
}

/// The automatic sources of these users' assignments. A user in the result would get the license back at once if it
/// were revoked.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn automatic(
    entitlements: &Entitlements,
    license: LicenseId,
    users: &[UserId],
) -> Result<HashMap<UserId, AssignmentSource>, DbError> {
    let pairs: Vec<_> = users.iter().map(|user| (license, *user)).collect();
    let groups = store::group_licenses::granted_by_groups(&entitlements.db, &pairs).await?;
    let rules = store::directory_rules::granting_rules(&entitlements.db, &pairs).await?;
    let groups = groups.into_iter().map(|(_, user)| (user, AssignmentSource::Group));
    Ok(groups.chain(rules.into_iter().map(|((_, user), rule)| (user, AssignmentSource::Rule(rule)))).collect())
}

/// Marks assignments as manual: from now on they do not depend on groups or rules.
///
/// # Errors
/// Returns an error if the change was not saved.
pub(super) async fn mark_manual(entitlements: &Entitlements, assignments: &[LicenseUser]) -> Result<(), DbError> {
    if assignments.is_empty() {
        return Ok(());
    }
    let mut tx = entitlements.db.begin_by_index().await?;
    store::directory_rules::clear_rule_sources(&mut tx, assignments).await?;
    store::group_licenses::unclaim_each(&mut tx, assignments).await?;
    tx.commit().await
}

/// Ends the manual source of these users' assignments: each assignment lasts as long as its automatic source.
///
/// # Errors
/// Returns an error if the change was not saved.
pub(super) async fn withdraw_manual(
    entitlements: &Entitlements,
    license: LicenseId,
    sources: &HashMap<UserId, AssignmentSource>,
) -> Result<(), DbError> {
    if sources.is_empty() {
        return Ok(());
    }
    let users_with = |wanted: fn(AssignmentSource) -> bool| {
        let mut users: Vec<_> = sources.iter().filter(|(_, source)| wanted(**source)).map(|(user, _)| *user).collect();
        users.sort_unstable();
        users
    };
    let by_rule = users_with(|source| matches!(source, AssignmentSource::Rule(_)));
    let by_group = users_with(|source| source == AssignmentSource::Group);
    let mut tx = entitlements.db.begin().await?;
    let rule = |user: &UserId| match sources.get(user)? {
        AssignmentSource::Rule(rule) => Some((*user, license, *rule)),
        AssignmentSource::Group => None,
    };
    let ruled: Vec<_> = by_rule.iter().filter_map(rule).collect();
    store::directory_rules::set_rule_source(&mut tx, &ruled).await?;
    store::group_licenses::unclaim(&mut tx, license, &by_rule).await?;
    store::group_licenses::claim(&mut tx, license, &by_group, entitlements.clock.now()).await?;
    tx.commit().await
}
