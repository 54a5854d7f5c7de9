//! Replaces the rules of a directory, and applies them again on request.

use super::apply;
use crate::{
    db::DbError,
    entitlements::Entitlements,
    events::Event,
    seats::Actor,
    store::{self, directory_rules},
};
use seatkeeper_shared::{
    audit::{EventData, changes::DirectoryRulesChanges},
    ids::DirectoryId,
    wire::directory::RuleView,
};

/// Why the rules of a directory are not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RulesNotSet {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("there is no such directory")]
    NoDirectory,
    #[error("the rules were changed meanwhile")]
    ChangedMeanwhile,
}

/// Replaces the rules of a directory if the current ones are as expected, and applies the new ones to everyone whom
/// they or the former ones concern.
///
/// # Errors
/// Returns an error if there is no such directory, the rules are not as expected, or the change was not saved.
pub async fn set(
    entitlements: &Entitlements,
    actor: &Actor,
    directory: DirectoryId,
    rules: &[RuleView],
    is_expected: impl Fn(&[RuleView]) -> bool + Send,
) -> Result<(), RulesNotSet> {
    let groups: Vec<_> = rules.iter().map(|rule| rule.group_id).collect();
    // Before the change: afterwards, nobody knows whom the former rules concerned.
    let concerned = directory_rules::affected_users(&entitlements.db, directory, &groups).await?;
    let mut tx = entitlements.db.begin().await?;
    let name = store::directories::lock(&mut tx, directory).await?.ok_or(RulesNotSet::NoDirectory)?;
    let before = directory_rules::of(&mut tx, directory).await?;
    if !is_expected(&before) {
        return Err(RulesNotSet::ChangedMeanwhile);
    }
    directory_rules::set_rules(&mut tx, directory, rules).await?;
    let changes = DirectoryRulesChanges { rules: Some((before, rules.to_vec())) };
    let event = Event::new(EventData::DirectoryRulesChanged { changes }, actor.clone(), None).about(directory.0, name);
    let (owned, actor) = (entitlements.clone(), actor.clone());
    // A rule that nobody applied would be found only by the next repair.
    let setting = entitlements.tasks.spawn_to_end(async move {
        let committed = owned.journal.commit(tx.handed_over(), &[event]).await;
        apply(&owned, &actor, &concerned).await;
        committed
    });
    Ok(setting.await.unwrap_or(Err(DbError::Undone))?)
}

/// Applies the rules of a directory again to everyone whom they concern.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn apply_all(entitlements: &Entitlements, actor: &Actor, directory: DirectoryId) -> Result<(), DbError> {
    let users = directory_rules::affected_users(&entitlements.db, directory, &[]).await?;
    apply(entitlements, actor, &users).await;
    Ok(())
}
