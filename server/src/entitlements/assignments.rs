//! Assigns and revokes licenses by hand, together with the source of each assignment: what a user was given by hand
//! does not depend on groups and rules, and what these give cannot be revoked by hand.

use super::{
    Entitlements,
    assignment_source::{self, AssignmentSource},
};
use crate::{
    db::DbError,
    seats::{Actor, SeatsError},
};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    wire::licenses::AssignmentResult,
};
use std::collections::{BTreeMap, HashMap};

/// Why assignments were not changed.
#[derive(Debug, thiserror::Error)]
pub enum AssignmentError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// Assigns a license to users by hand, until `ends_at` if that is given. It continues if the caller is cancelled.
///
/// # Errors
/// Returns an error if there is no such license or the change was not saved.
pub async fn grant(
    entitlements: &Entitlements,
    actor: &Actor,
    license: LicenseId,
    users: Vec<UserId>,
    ends_at: Option<DateTime<Utc>>,
) -> Result<Vec<AssignmentResult>, AssignmentError> {
    let users_of = BTreeMap::from([(license, users)]);
    let granted = grant_each(entitlements, actor, users_of, ends_at).await?.remove(&license);
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
    ends_at: Option<DateTime<Utc>>,
) -> Result<Granted, DbError> {
    let (owned, actor) = (entitlements.clone(), actor.clone());
    let licenses: Vec<_> = users_of.keys().copied().collect();
    let granting = entitlements.tasks.spawn_to_end(async move {
        let grant =
            |(license, users): (&LicenseId, &Vec<UserId>)| owned.seats.grant(&actor, *license, users.clone(), ends_at);
        let answers = join_all(users_of.iter().map(grant)).await;
        let granted =
            users_of.keys().zip(&answers).filter_map(|(license, answer)| Some((*license, answer.as_ref().ok()?)));
        // What a group or a rule gives lasts longer than an assignment by hand that ends, so it stays theirs.
        let becomes_manual = |result: &&AssignmentResult| ends_at.is_none() || result.changed;
        let manual: Vec<_> = granted
            .flat_map(|(license, results)| {
                results.iter().filter(becomes_manual).map(move |result| (license, result.user_id))
            })
            .collect();
        assignment_source::mark_manual(&owned, &manual).await?;
        Ok(users_of.into_keys().zip(answers).collect())
    });
    let none_answered = |_| Ok(licenses.into_iter().map(|license| (license, Err(SeatsError::Unavailable))).collect());
    granting.await.unwrap_or_else(none_answered)
}

/// Changes when manual assignments end by themselves; `None` means never. Assignments that a group or a rule gives have
/// no end of their own: they would be given again at once. It continues if the caller is cancelled.
///
/// # Errors
/// Returns an error if there is no such license or the change was not saved.
pub async fn set_end(
    entitlements: &Entitlements,
    actor: &Actor,
    license: LicenseId,
    users: Vec<UserId>,
    ends_at: Option<DateTime<Utc>>,
) -> Result<Vec<AssignmentResult>, AssignmentError> {
    let (owned, actor) = (entitlements.clone(), actor.clone());
    let changing = entitlements.tasks.spawn_to_end(async move {
        let other_sources = assignment_source::automatic(&owned, license, &users).await?;
        let manual: Vec<_> = users.iter().copied().filter(|user| !other_sources.contains_key(user)).collect();
        let changed = owned.seats.set_grant_end(&actor, license, manual, ends_at).await?;
        Ok(with_other_sources(&users, &other_sources, changed))
    });
    changing.await.unwrap_or(Err(SeatsError::Unavailable.into()))
}

/// The results of all users in their order: those with another source are refused.
fn with_other_sources(
    users: &[UserId],
    other_sources: &HashMap<UserId, AssignmentSource>,
    manual: Vec<AssignmentResult>,
) -> Vec<AssignmentResult> {
    let mut manual = manual.into_iter();
    let result = |user_id: &UserId| match other_sources.get(user_id) {
        Some(source) => Some(AssignmentResult { user_id: *user_id, changed: false, refused: Some(source.code()) }),
        None => manual.next(),
    };
    users.iter().filter_map(result).collect()
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
        if !other_sources.is_empty() {
            // The end was that of the manual assignment. It goes first: what only a group or rule gives must never have
            // one, also if this stops in between.
            let lasting = other_sources.keys().copied().collect();
            owned.seats.set_grant_end(&actor, license, lasting, None).await?;
        }
        assignment_source::withdraw_manual(&owned, license, &other_sources).await?;
        let others: Vec<_> = users.iter().copied().filter(|user| !other_sources.contains_key(user)).collect();
        let revoked = owned.seats.revoke(&actor, license, others, end_now).await?;
        Ok(with_other_sources(&users, &other_sources, revoked))
    });
    revoking.await.unwrap_or(Err(SeatsError::Unavailable.into()))
}
