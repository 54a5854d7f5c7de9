//! Lets assignments follow memberships: members get what their groups give, and lose what no group gives them any more.
//!
//! It compares what is with what should be and changes the difference, so it does not matter what was missed: a crash, another
//! server, an import, a directory. It runs after each change of groups before that is answered, and by itself from time to time:
//! a named seat that somebody else gave up is found then.

use crate::{
    app::App,
    db::DbError,
    scim::rules,
    seats::{Actor, SeatsError},
    store::{self, group_licenses::Pair},
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    validate::MAX_BULK,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often it looks by itself.
const EVERY: Duration = Duration::from_secs(20);

/// What a change is about: only that is settled in the name of whoever made it.
#[derive(Clone, Debug)]
pub enum About {
    /// Everything.
    All,
    /// This license.
    License(LicenseId),
    /// These users.
    Users(BTreeSet<UserId>),
}

impl About {
    /// These users.
    pub fn users(users: impl IntoIterator<Item = UserId>) -> Self {
        Self::Users(users.into_iter().collect())
    }

    fn holds(&self, license: LicenseId, user: UserId) -> bool {
        match self {
            Self::All => true,
            Self::License(only) => *only == license,
            Self::Users(only) => only.contains(&user),
        }
    }
}

/// Why it was not settled. It is tried again by itself.
#[derive(Debug, thiserror::Error)]
pub enum NotSettled {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The seats.
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// Takes away what no group gives any more, then gives what is missing: as far as there are seats.
///
/// # Errors
/// Not saved, or only in part.
pub async fn settle(app: &App, actor: &Actor, about: &About) -> Result<(), NotSettled> {
    let surplus = store::group_licenses::surplus(&app.db).await?;
    let surplus = surplus.into_iter().filter(|(license, user)| about.holds(*license, *user)).collect();
    for (license, users) in by_license(hand_to_rules(app, actor, surplus).await?.into_iter()) {
        for some in users.chunks(MAX_BULK) {
            app.seats.revoke(actor, license, some.to_vec(), false).await?;
            unclaim(app, license, some).await?;
        }
    }
    let missing = store::group_licenses::missing(&app.db).await?;
    let free: BTreeMap<_, _> = missing.iter().map(|one| (one.license, one.free)).collect();
    let missing = missing.iter().map(|one| (one.license, one.user)).filter(|(l, u)| about.holds(*l, *u));
    for (license, mut users) in by_license(missing) {
        let free = free.get(&license).copied().unwrap_or_default().max(0);
        users.truncate(usize::try_from(free).unwrap_or(usize::MAX));
        for some in users.chunks(MAX_BULK) {
            give(app, actor, license, some).await?;
        }
    }
    Ok(())
}

/// Leaves to the rules of directories what they give as well; the rest.
async fn hand_to_rules(app: &App, actor: &Actor, surplus: Vec<Pair>) -> Result<Vec<Pair>, DbError> {
    let said = store::directory_rules::said(&app.db, &surplus).await?;
    if said.is_empty() {
        return Ok(surplus);
    }
    let (handed, rest): (Vec<_>, Vec<_>) = surplus.into_iter().partition(|pair| said.contains_key(pair));
    let of_rules: Vec<_> = handed.iter().filter_map(|pair| Some((*pair, *said.get(pair)?))).collect();
    let mut tx = app.db.begin().await?;
    store::group_licenses::hand_to_rules(&mut tx, &of_rules).await?;
    tx.commit().await?;
    // Meanwhile the rule may have ended.
    let users: BTreeSet<_> = handed.into_iter().map(|(_, user)| user).collect();
    rules::apply(app, actor, &users.into_iter().collect::<Vec<_>>()).await;
    Ok(rest)
}

fn by_license(pairs: impl Iterator<Item = (LicenseId, UserId)>) -> BTreeMap<LicenseId, Vec<UserId>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for (license, user) in pairs {
        all.entry(license).or_default().push(user);
    }
    all
}

/// First the claim, then the license: after a crash in between there is a claim too many, which goes by itself, and never an
/// assignment that would outlive the membership.
async fn give(app: &App, actor: &Actor, license: LicenseId, users: &[UserId]) -> Result<(), NotSettled> {
    let mut tx = app.db.begin().await?;
    // Whom another server gives it at this moment is left to that.
    let ours = store::group_licenses::claim(&mut tx, license, users, app.clock.now()).await?;
    tx.commit().await?;
    if ours.is_empty() {
        return Ok(());
    }
    let results = app.seats.grant(actor, license, ours).await?;
    let not: Vec<_> = results.into_iter().filter(|result| !result.changed).map(|result| result.user_id).collect();
    unclaim(app, license, &not).await
}

async fn unclaim(app: &App, license: LicenseId, users: &[UserId]) -> Result<(), NotSettled> {
    if users.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::group_licenses::unclaim(&mut tx, license, users).await?;
    Ok(tx.commit().await?)
}

/// Settles everything again and again, and when something changed that may matter.
pub async fn run(app: App) {
    loop {
        // Whichever comes first; both are looked at the same way.
        let _ = tokio::time::timeout(EVERY, app.regroup.notified()).await;
        if let Err(error) = tidy(&app).await {
            tracing::warn!(%error, "what groups give was not settled; it is tried again");
        }
    }
}

async fn tidy(app: &App) -> Result<(), NotSettled> {
    let mut tx = app.db.begin().await?;
    store::group_licenses::forget_stale(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    settle(app, &Actor::system(), &About::All).await
}
