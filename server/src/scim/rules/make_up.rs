//! What rules could not do before is done when it can be: whoever has waited longest gets a named seat that became free. And what
//! nobody noticed is put right.

use super::apply;
use crate::{app::App, db::DbError, seats::Actor, store};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::MissedTickBehavior;

/// How often it is looked whether something can be done, if nobody says so.
const EVERY: Duration = Duration::from_secs(20);

/// Does now what can be done now.
///
/// # Errors
/// The database does not answer.
pub async fn make_up(app: &App) -> Result<(), DbError> {
    again_and_again(app, Whom::Waiting).await
}

/// Puts right what differs from what rules say.
///
/// # Errors
/// The database does not answer.
pub async fn put_right(app: &App) -> Result<(), DbError> {
    again_and_again(app, Whom::Differing).await
}

/// Whom it is looked for.
enum Whom {
    /// For whom something can be done now that could not before.
    Waiting,
    /// For whom what is differs from what rules say.
    Differing,
}

async fn again_and_again(app: &App, whom: Whom) -> Result<(), DbError> {
    let mut before = BTreeSet::new();
    loop {
        let users: BTreeSet<_> = match whom {
            Whom::Waiting => store::directory_failures::waiting(&app.db).await?,
            Whom::Differing => store::directory_drift::some(&app.db).await?,
        }
        .into_iter()
        .collect();
        // If it is the same ones again, it could not be done after all: somebody is still finishing, for example.
        if users.is_subset(&before) {
            return Ok(());
        }
        apply(app, &Actor::system(), &users.iter().copied().collect::<Vec<_>>()).await;
        before.extend(users);
    }
}

/// Does so again and again, and when something became free.
pub async fn run(app: App) {
    let mut time = tokio::time::interval(EVERY);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let all = tokio::select! {
            _ = time.tick() => true,
            () = app.bell.freed() => false,
        };
        let done = if all { put_right(&app).await } else { Ok(()) };
        if let Err(error) = done.and(make_up(&app).await) {
            tracing::warn!(%error, "what rules of directories could not do was not tried again; it will be");
        }
        // What is free then is for groups.
        app.regroup.notify_one();
    }
}
