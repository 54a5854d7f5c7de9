//! What rules could not do before is done when it can be: whoever has waited longest gets a named seat that became free.

use super::apply;
use crate::{app::App, db::DbError, seats::Actor, store};
use std::{collections::BTreeSet, time::Duration};

/// How often it is looked whether something can be done, if nobody says so.
const EVERY: Duration = Duration::from_secs(20);

/// Does now what can be done now.
///
/// # Errors
/// The database does not answer.
pub async fn make_up(app: &App) -> Result<(), DbError> {
    let mut before = BTreeSet::new();
    loop {
        let mut users: BTreeSet<_> = store::directory_failures::waiting(&app.db).await?.into_iter().collect();
        users.extend(store::directory_rules::stuck(&app.db).await?);
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
    loop {
        // Whichever comes first; both are looked at the same way.
        let _ = tokio::time::timeout(EVERY, app.bell.freed()).await;
        if let Err(error) = make_up(&app).await {
            tracing::warn!(%error, "what rules of directories could not do was not tried again; it will be");
        }
        // What is free then is for groups.
        app.regroup.notify_one();
    }
}
