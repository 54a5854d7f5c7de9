//! Retries failed rules: the user who has waited longest gets a named seat that became free. Also repairs users whose
//! assignments have drifted from the rules.

use super::apply;
use crate::{app::App, db::DbError, seats::Actor, store};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::MissedTickBehavior;

/// How often rules are retried and repaired without a notification.
const RETRY_INTERVAL: Duration = Duration::from_secs(20);

/// Retries all failed rules that can succeed now.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn retry(app: &App) -> Result<(), DbError> {
    apply_until_stable(app, Selection::Waiting).await
}

/// Applies the rules to all users whose assignments differ from them.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn repair(app: &App) -> Result<(), DbError> {
    apply_until_stable(app, Selection::Drifted).await
}

/// Selects the users to apply the rules to.
enum Selection {
    /// Users with a failed rule that can succeed now.
    Waiting,
    /// Users whose assignments differ from the rules.
    Drifted,
}

async fn apply_until_stable(app: &App, selection: Selection) -> Result<(), DbError> {
    let mut before = BTreeSet::new();
    loop {
        let users: BTreeSet<_> = match selection {
            Selection::Waiting => store::directory_failures::waiting(&app.db).await?,
            Selection::Drifted => store::directory_drift::drifted_users(&app.db).await?,
        }
        .into_iter()
        .collect();
        // The same users again means the rules still fail: a seat may still be in use, for example.
        if users.is_subset(&before) {
            return Ok(());
        }
        apply(app, &Actor::system(), &users.iter().copied().collect::<Vec<_>>()).await;
        before.extend(users);
    }
}

/// Retries and repairs forever: periodically, and when a seat becomes free.
pub async fn run(app: App) {
    let mut time = tokio::time::interval(RETRY_INTERVAL);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let all = tokio::select! {
            _ = time.tick() => true,
            () = app.seat_freed.woken() => false,
        };
        let done = if all { repair(&app).await } else { Ok(()) };
        if let Err(error) = done.and(retry(&app).await) {
            tracing::warn!(%error, "cannot retry directory rules; will retry");
        }
        // Seats that are still free go to group licenses.
        app.reconcile_requested.now();
    }
}
