//! Reconciles assignments with memberships: members get the licenses of their groups, and lose those that none of their
//! groups gives any more.
//!
//! It compares the actual assignments with the desired ones and applies the difference, so changes missed because of a
//! crash or another server are repaired. It runs in the commit of each change of groups, see `consequences`, and
//! periodically, which also assigns named seats that have become free.

pub use crate::store::group_licenses::ReconcileScope;

use crate::{
    db::DbError,
    entitlements::{Entitlements, rules},
    seats::{Actor, SeatsError},
    store::{self, group_licenses::LicenseUser},
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    validate::MAX_BULK_ITEMS,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often all groups are reconciled.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(20);

/// Why reconciling failed. The periodic run tries again.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// Revokes the assignments that no group gives any more, then assigns the missing ones, as far as there are seats.
///
/// # Errors
/// Returns an error if the changes were not saved, or only a part of them.
pub async fn reconcile(
    entitlements: &Entitlements,
    actor: &Actor,
    scope: &ReconcileScope,
) -> Result<(), ReconcileError> {
    let surplus = store::group_licenses::surplus(&entitlements.db, scope).await?;
    for (license, users) in by_license(hand_to_rules(entitlements, actor, surplus).await?.into_iter()) {
        for some in users.chunks(MAX_BULK_ITEMS) {
            entitlements.seats.revoke(actor, license, some.to_vec(), false).await?;
            unclaim(entitlements, license, some).await?;
        }
    }
    let missing = store::group_licenses::missing(&entitlements.db, scope).await?;
    let free: BTreeMap<_, _> = missing.iter().map(|one| (one.license, one.free)).collect();
    for (license, mut users) in by_license(missing.iter().map(|one| (one.license, one.user))) {
        let free = free.get(&license).copied().unwrap_or_default().max(0);
        users.truncate(usize::try_from(free).unwrap_or(usize::MAX));
        for some in users.chunks(MAX_BULK_ITEMS) {
            assign(entitlements, actor, license, some).await?;
        }
    }
    Ok(())
}

/// Hands the assignments that a rule of a directory grants as well to that rule. Returns the others.
async fn hand_to_rules(
    entitlements: &Entitlements,
    actor: &Actor,
    surplus: Vec<LicenseUser>,
) -> Result<Vec<LicenseUser>, DbError> {
    let rules_of = store::directory_rules::granting_rules(&entitlements.db, &surplus).await?;
    if rules_of.is_empty() {
        return Ok(surplus);
    }
    let (handed, rest): (Vec<_>, Vec<_>) = surplus.into_iter().partition(|pair| rules_of.contains_key(pair));
    let of_rules: Vec<_> = handed.iter().filter_map(|pair| Some((*pair, *rules_of.get(pair)?))).collect();
    let mut tx = entitlements.db.begin().await?;
    store::group_licenses::hand_to_rules(&mut tx, &of_rules).await?;
    tx.commit().await?;
    // The rule may have ended meanwhile.
    let users: BTreeSet<_> = handed.into_iter().map(|(_, user)| user).collect();
    rules::apply(entitlements, actor, &users.into_iter().collect::<Vec<_>>()).await;
    Ok(rest)
}

fn by_license(pairs: impl Iterator<Item = (LicenseId, UserId)>) -> BTreeMap<LicenseId, Vec<UserId>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for (license, user) in pairs {
        all.entry(license).or_default().push(user);
    }
    all
}

/// Claims first and assigns then: a crash in between leaves a stale claim, which is deleted later, but never an
/// assignment that would outlive the membership.
async fn assign(
    entitlements: &Entitlements,
    actor: &Actor,
    license: LicenseId,
    users: &[UserId],
) -> Result<(), ReconcileError> {
    let mut tx = entitlements.db.begin().await?;
    // Users claimed by another server at the same time are left to it.
    let claimed = store::group_licenses::claim(&mut tx, license, users, entitlements.clock.now()).await?;
    tx.commit().await?;
    if claimed.is_empty() {
        return Ok(());
    }
    let results = entitlements.seats.grant(actor, license, claimed, None).await?;
    let not_assigned: Vec<_> =
        results.into_iter().filter(|result| !result.changed).map(|result| result.user_id).collect();
    unclaim(entitlements, license, &not_assigned).await
}

async fn unclaim(entitlements: &Entitlements, license: LicenseId, users: &[UserId]) -> Result<(), ReconcileError> {
    if users.is_empty() {
        return Ok(());
    }
    let mut tx = entitlements.db.begin().await?;
    store::group_licenses::unclaim(&mut tx, license, users).await?;
    Ok(tx.commit().await?)
}

/// Reconciles everything periodically, and when a relevant change was committed.
pub async fn run(entitlements: Entitlements) {
    loop {
        // A notification and the end of the interval are handled alike.
        let _ = tokio::time::timeout(RECONCILE_INTERVAL, entitlements.reconcile_requested.woken()).await;
        if let Err(error) = reconcile_all(&entitlements).await {
            tracing::warn!(%error, "group licenses not reconciled; will retry");
        }
    }
}

async fn reconcile_all(entitlements: &Entitlements) -> Result<(), ReconcileError> {
    let mut tx = entitlements.db.begin().await?;
    store::group_licenses::forget_stale(&mut tx, entitlements.clock.now()).await?;
    tx.commit().await?;
    reconcile(entitlements, &Actor::system(), &ReconcileScope::All).await
}
