//! Whether a user would get a seat now: decided by the same rules on the current state, and never saved.

use crate::{
    clock::Clock,
    db::{Db, DbError, Tx},
    pool::{Pool, SeatRequest},
    store,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    session::Mode,
    wire::seat_check::{LicenseSeatCheck, SeatCheckOutcome, WaitingPlace},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Decides what a request of this user for a seat of each of their licenses would lead to, in the order of the
/// products' names.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn check(db: &Db, clock: &Clock, user: UserId) -> Result<(DateTime<Utc>, Vec<LicenseSeatCheck>), DbError> {
    // The statement takes locks, which the rollback at the end releases.
    let mut tx = db.begin().await?;
    let licenses = store::seats::licenses_of_users(&mut tx, &[user]).await?;
    let (now, pools) = read_pools(&mut tx, clock, &licenses, user).await?;
    drop(tx);
    let mut checks: Vec<_> = pools.into_values().map(|pool| check_license(pool, user, now)).collect();
    checks.sort_by(|a, b| (&a.product_name, a.license_id).cmp(&(&b.product_name, b.license_id)));
    Ok((now, checks))
}

async fn read_pools(
    tx: &mut Tx,
    clock: &Clock,
    licenses: &[LicenseId],
    user: UserId,
) -> Result<(DateTime<Utc>, BTreeMap<LicenseId, Pool>), DbError> {
    if licenses.is_empty() {
        return Ok((clock.now_in(tx).await?, BTreeMap::new()));
    }
    let terms = store::seats::lock(tx, licenses).await?;
    let (now, mut occupancies) = clock.now_with(store::seats::occupancy(tx, licenses, &BTreeSet::new())).await?;
    let mut pools = BTreeMap::new();
    // Seats reserved for groups depend on the groups of all who have or want one.
    let mut users = BTreeSet::new();
    for terms in terms {
        let license = terms.license;
        let occupancy = occupancies.remove(&license).unwrap_or_default();
        users.insert((license, user));
        users.extend(occupancy.sessions.iter().map(|session| (license, session.user)));
        users.extend(occupancy.tickets.iter().map(|ticket| (license, ticket.user)));
        pools.insert(license, Pool::new(terms, occupancy.sessions, occupancy.tickets));
    }
    let groups = pools.values().flat_map(|pool| &pool.terms.groups).map(|limit| limit.group_id).collect();
    for (license, user) in store::seats::pool_users(tx, &users, &groups).await? {
        pools.get_mut(&license).into_iter().for_each(|pool| pool.set_user(user.clone()));
    }
    Ok((now, pools))
}

fn check_license(mut pool: Pool, user: UserId, now: DateTime<Utc>) -> LicenseSeatCheck {
    pool.settle(now);
    let place = pool.ticket_of(user).map(|ticket| (ticket.id, ticket.created_at));
    let place = place.map(|(ticket_id, since)| WaitingPlace { ticket_id, position: pool.position(ticket_id), since });
    let (license, product) = (pool.terms.license, pool.terms.product);
    let (product_name, model) = (pool.terms.product_name.clone(), pool.terms.model);
    let result = |outcome| LicenseSeatCheck {
        license_id: license,
        product_id: product,
        product_name,
        model,
        outcome,
        code: None,
        refusal: None,
        place,
    };
    if pool.has_sessions(user) {
        return result(SeatCheckOutcome::HasSession);
    }
    // A device that nobody has: the user has no session, so that it decides nothing.
    let request = SeatRequest::new(SessionId(Uuid::nil()), String::new(), Mode::Attended, String::new());
    match pool.admit(user, request, now) {
        Ok(_) => result(SeatCheckOutcome::Seat),
        Err(refusal) => {
            LicenseSeatCheck { code: Some(refusal.code), refusal: refusal.facts, ..result(SeatCheckOutcome::Refused) }
        }
    }
}
