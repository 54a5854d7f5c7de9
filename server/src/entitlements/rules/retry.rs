//! Retries failed rules: the user who has waited longest gets a named seat that became free. Also repairs users whose
//! assignments have drifted from the rules.

use super::apply;
use crate::{db::DbError, entitlements::Entitlements, seats::Actor, store};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::MissedTickBehavior;

/// How often rules are retried and repaired without a notification.
const RETRY_INTERVAL: Duration = Duration::from_secs(20);

/// Retries all failed rules that can succeed now.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn retry(entitlements: &Entitlements) -> Result<(), DbError> {
    apply_until_stable(entitlements, Selection::Waiting).await
}

/// Applies the rules to all users whose assignments differ from them.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn repair(entitlements: &Entitlements) -> Result<(), DbError> {
    apply_until_stable(entitlements, Selection::Drifted).await
}

/// Selects the users to apply the rules to.
enum Selection {
    /// Users with a failed rule that can succeed now.
    Waiting,
    /// Users whose assignments differ from the rules.
    Drifted,
}

async fn apply_until_stable(entitlements: &Entitlements, selection: Selection) -> Result<(), DbError> {
    let mut before = BTreeSet::new();
    loop {
        let users: BTreeSet<_> = match selection {
            Selection::Waiting => store::directory_failures::waiting(&entitlements.db).await?,
            Selection::Drifted => store::directory_drift::drifted_users(&entitlements.db).await?,
        }
        .into_iter()
        .collect();
        // The same users again means the rules still fail: a seat may still be in use, for example.
        if users.is_subset(&before) {
            return Ok(());
        }
        apply(entitlements, &Actor::system(), &users.iter().copied().collect::<Vec<_>>()).await;
        before.extend(users);
    }
}

/// Retries and repairs forever: periodically, and when a seat becomes free.
pub async fn run(entitlements: Entitlements) {
    let mut time = tokio::time::interval(RETRY_INTERVAL);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let all = tokio::select! {
            _ = time.tick() => true,
            () = entitlements.seat_freed.woken() => false,
        };
        let done = if all { repair(&entitlements).await } else { Ok(()) };
        if let Err(error) = done.and(retry(&entitlements).await) {
            tracing::warn!(%error, "cannot retry directory rules; will retry");
        }
        // Seats that are still free go to group licenses.
        entitlements.reconcile_requested.now();
    }
}
