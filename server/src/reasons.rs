//! Why somebody has a license: because somebody gave it to him, because a rule of a directory says so, or because of a group.
//!
//! One reason is noted with the assignment: a rule in `assignments.rule_id`, groups in `group_assignments`, neither for what
//! somebody gave. Whenever the reason that is noted ends it is looked for another, so it does not matter in which order they came.

use crate::{app::App, db::DbError, store};
use seatkeeper_shared::{
    ids::{LicenseId, RuleId, UserId},
    problem::Code,
};
use std::collections::HashMap;

/// A reason that is not somebody's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This rule says so.
    Rule(RuleId),
    /// A group gives it.
    Group,
}

impl Reason {
    /// Why it cannot be taken from one alone.
    pub fn code(self) -> Code {
        match self {
            Self::Rule(_) => Code::GivenByRule,
            Self::Group => Code::GivenByGroup,
        }
    }
}

/// Why those of these users have the license who would get it again at once if somebody took it from them.
///
/// # Errors
/// The database does not answer.
pub async fn of(app: &App, license: LicenseId, users: &[UserId]) -> Result<HashMap<UserId, Reason>, DbError> {
    let pairs: Vec<_> = users.iter().map(|user| (license, *user)).collect();
    let groups = store::group_licenses::also_given(&app.db, &pairs).await?;
    let rules = store::directory_rules::said(&app.db, &pairs).await?;
    let groups = groups.into_iter().map(|(_, user)| (user, Reason::Group));
    Ok(groups.chain(rules.into_iter().map(|((_, user), rule)| (user, Reason::Rule(rule)))).collect())
}

/// Somebody gave the license to these users: from now on they keep it, whatever becomes of their groups.
///
/// # Errors
/// Not saved.
pub async fn given(app: &App, license: LicenseId, users: &[UserId]) -> Result<(), DbError> {
    let mut tx = app.db.begin().await?;
    store::directory_rules::disown(&mut tx, license, users).await?;
    store::group_licenses::unclaim(&mut tx, license, users).await?;
    tx.commit().await
}

/// Somebody took the license back from these users, who have it for other reasons as well: it lasts as long as those.
///
/// # Errors
/// Not saved.
pub async fn taken_back(app: &App, license: LicenseId, reasons: &HashMap<UserId, Reason>) -> Result<(), DbError> {
    if reasons.is_empty() {
        return Ok(());
    }
    let all = |wanted: fn(Reason) -> bool| {
        let mut users: Vec<_> = reasons.iter().filter(|(_, reason)| wanted(**reason)).map(|(user, _)| *user).collect();
        users.sort_unstable();
        users
    };
    let (ruled, grouped) = (all(|reason| matches!(reason, Reason::Rule(_))), all(|reason| reason == Reason::Group));
    let mut tx = app.db.begin().await?;
    let rule = |user: &UserId| match reasons.get(user)? {
        Reason::Rule(rule) => Some((*user, license, *rule)),
        Reason::Group => None,
    };
    let owned: Vec<_> = ruled.iter().filter_map(rule).collect();
    store::directory_rules::take_over(&mut tx, &owned).await?;
    store::group_licenses::unclaim(&mut tx, license, &ruled).await?;
    store::group_licenses::claim(&mut tx, license, &grouped, app.clock.now()).await?;
    tx.commit().await
}
