//! Assigns and revokes licenses by hand, together with the source of each assignment: what a user was given by hand
//! does not depend on groups and rules, and what these give cannot be revoked by hand.

use super::{Entitlements, assignment_source};
use crate::{
    db::DbError,
    seats::{Actor, SeatsError},
};
use futures_util::future::join_all;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    wire::licenses::AssignmentResult,
};
use std::collections::BTreeMap;

/// Why assignments were not changed.
#[derive(Debug, thiserror::Error)]
pub enum AssignmentError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// Assigns a license to users by hand. It continues if the caller is cancelled.
///
/// # Errors
/// Returns an error if there is no such license or the change was not saved.
pub async fn grant(
    entitlements: &Entitlements,
    actor: &Actor,
    license: LicenseId,
    users: Vec<UserId>,
) -> Result<Vec<AssignmentResult>, AssignmentError> {
    let granted = grant_each(entitlements, actor, BTreeMap::from([(license, users)])).await?.remove(&license);
    Ok(granted.unwrap_or(Err(SeatsError::Unavailable))?)
}

/// The answer to the assignment of each license.
pub type Granted = BTreeMap<LicenseId, Result<Vec<AssignmentResult>, SeatsError>>;

/// Assigns licenses to users by hand, all at once, so that the seat engine decides them together. It continues if the
/// caller is cancelled.
///
/// # Errors
/// Returns an error if the sources of the assignments were not saved.
pub async fn grant_each(
    entitlements: &Entitlements,
    actor: &Actor,
    users_of: BTreeMap<LicenseId, Vec<UserId>>,
) -> Result<Granted, DbError> {
    let (owned, actor) = (entitlements.clone(), actor.clone());
    let licenses: Vec<_> = users_of.keys().copied().collect();
    let granting = entitlements.tasks.spawn_to_end(async move {
        let grant = |(license, users): (&LicenseId, &Vec<UserId>)| owned.seats.grant(&actor, *license, users.clone());
        let answers = join_all(users_of.iter().map(grant)).await;
        let granted: Vec<_> = users_of
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| answer.is_ok())
            .flat_map(|((license, users), _)| users.iter().map(|user| (*license, *user)))
            .collect();
        assignment_source::mark_manual(&owned, &granted).await?;
        Ok(users_of.into_keys().zip(answers).collect())
    });
    let none_answered = |_| Ok(licenses.into_iter().map(|license| (license, Err(SeatsError::Unavailable))).collect());
    granting.await.unwrap_or_else(none_answered)
}

/// Revokes manual assignments. Users who also have the license through a group or a rule keep it for as long as that
/// applies. It continues if the caller is cancelled.
///
/// # Errors
/// Returns an error if there is no such license or the change was not saved.
pub async fn revoke(
    entitlements: &Entitlements,
    actor: &Actor,
    license: LicenseId,
    users: Vec<UserId>,
    end_now: bool,
) -> Result<Vec<AssignmentResult>, AssignmentError> {
    let (owned, actor) = (entitlements.clone(), actor.clone());
    let revoking = entitlements.tasks.spawn_to_end(async move {
        let other_sources = assignment_source::automatic(&owned, license, &users).await?;
        assignment_source::withdraw_manual(&owned, license, &other_sources).await?;
        let others: Vec<_> = users.iter().copied().filter(|user| !other_sources.contains_key(user)).collect();
        let mut revoked = owned.seats.revoke(&actor, license, others, end_now).await?.into_iter();
        let result = |user_id: UserId| match other_sources.get(&user_id) {
            Some(source) => Some(AssignmentResult { user_id, changed: false, refused: Some(source.code()) }),
            None => revoked.next(),
        };
        Ok(users.into_iter().filter_map(result).collect())
    });
    revoking.await.unwrap_or(Err(SeatsError::Unavailable.into()))
}
