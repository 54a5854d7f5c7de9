//! The overview: what needs action now, the most urgent first, and the last day of each license.

mod license_days;

pub use license_days::LicenseDays;

use crate::{
    auth::{Caller, Scope},
    db::{Db, DbError},
    store::{
        self,
        overview::{CountWithEnd, EndingGrant, RefusedUsers},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, UserId},
    license::{Model, Price},
    permissions::Action,
    wire::{
        licenses::LicenseView,
        queue::QueueView,
        reports::{Task, UnusedSeat},
    },
};
use std::collections::HashSet;

/// How long a user who was turned away is shown.
const TURNED_AWAY_FOR: TimeDelta = TimeDelta::minutes(15);
/// How long before its end a borrowed seat is shown.
const BORROWED_ENDING_WITHIN: TimeDelta = TimeDelta::hours(1);
/// After how long without a session a named seat is shown.
const UNUSED_AFTER: TimeDelta = TimeDelta::days(45);
/// How long before its end a license is shown.
const EXPIRING_WITHIN: TimeDelta = TimeDelta::days(60);

/// How long before its end an assignment is shown.
const GRANT_ENDING_WITHIN: TimeDelta = TimeDelta::days(14);

/// What is known beside the licenses.
#[derive(Clone, Debug, Default)]
struct Findings {
    queues: Vec<QueueView>,
    /// Those in the queues whose names the caller may see.
    visible_waiters: HashSet<UserId>,
    turned_away: Vec<RefusedUsers>,
    lost_contact: CountWithEnd,
    borrowed_ending: CountWithEnd,
    /// The open requests for licenses, and since when the first waits.
    requests: Option<(i64, DateTime<Utc>)>,
    /// The next first.
    grants_ending: Vec<EndingGrant>,
    provisioning: Vec<(DirectoryId, String, i64)>,
    /// Named seats without an exception.
    unused: Vec<UnusedSeat>,
    not_invited: Vec<UserId>,
}

/// What needs action, as far as the caller may see it. `licenses` are those that the caller sees, with their usage.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn tasks(
    db: &Db,
    caller: &Caller,
    licenses: &[LicenseView],
    now: DateTime<Utc>,
) -> Result<Vec<Task>, DbError> {
    let scope = Scope::of(caller);
    let manager = scope.manager();
    let queues = store::queue::all(db).await?;
    let waiters: Vec<_> = queues.iter().flat_map(|queue| &queue.tickets).map(|ticket| ticket.user_id).collect();
    // Contact counts as lost once half of the lease is over.
    let half_leases = licenses.iter().map(|l| (l.id, now + TimeDelta::seconds(l.rules.lease_seconds) / 2));
    let findings = Findings {
        visible_waiters: scope.visible_users(db, &waiters).await?,
        queues,
        turned_away: store::overview::turned_away(db, now - TURNED_AWAY_FOR, manager).await?,
        lost_contact: store::overview::lost_contact(db, half_leases, manager).await?,
        borrowed_ending: store::overview::borrowed_ending(db, now + BORROWED_ENDING_WITHIN, manager).await?,
        requests: if caller.may(Action::Assign) {
            store::license_requests::count_open(db, manager).await?
        } else {
            None
        },
        grants_ending: if caller.may(Action::Assign) {
            store::overview::grants_ending(db, now + GRANT_ENDING_WITHIN, manager).await?
        } else {
            Vec::new()
        },
        provisioning: if caller.may(Action::ManageAccount) {
            store::overview::provisioning(db).await?
        } else {
            Vec::new()
        },
        unused: if caller.may(Action::ViewReports) { unused_seats(db, caller, now).await? } else { Vec::new() },
        not_invited: if caller.may(Action::ManageUsers) {
            store::overview::not_invited(db, now, manager).await?
        } else {
            Vec::new()
        },
    };
    Ok(findings.into_tasks(licenses, now))
}

/// The named seats that nobody uses, apart from those that are kept on purpose; with prices for those who see them.
async fn unused_seats(db: &Db, caller: &Caller, now: DateTime<Utc>) -> Result<Vec<UnusedSeat>, DbError> {
    let manager = Scope::of(caller).manager();
    let mut seats = store::reports::unused_seats::unused(db, now - UNUSED_AFTER, now, manager, None).await?;
    seats.retain(|seat| seat.exception.is_none());
    if !caller.may(Action::ManageProducts) {
        seats.iter_mut().for_each(|seat| seat.price_per_seat = None);
    }
    Ok(seats)
}

impl Findings {
    fn into_tasks(self, licenses: &[LicenseView], now: DateTime<Utc>) -> Vec<Task> {
        let open: Vec<_> = licenses.iter().filter(|license| license.archived_at.is_none()).collect();
        let mut tasks: Vec<_> = open.iter().filter_map(|license| self.waiting(license)).collect();
        let is_open = |turned: &&RefusedUsers| open.iter().any(|license| license.id == turned.license);
        tasks.extend(self.turned_away.iter().filter(is_open).map(|turned| Task::Refused {
            license_id: turned.license,
            users: turned.users,
            since: turned.since,
        }));
        tasks.extend(
            open.iter()
                .filter(|license| license.over() > 0)
                .map(|license| Task::OverCapacity { license_id: license.id, over: license.over() }),
        );
        tasks.extend(open.iter().filter_map(|license| full(license, now)));
        tasks.extend(self.requests.map(|(requests, since)| Task::LicenseRequests { requests, since }));
        tasks.extend(self.lost_contact.map(|(sessions, next_end)| Task::LostContact { sessions, next_end }));
        tasks.extend(expiring(&open, now));
        tasks.extend(open.iter().filter_map(|license| grants_ending(license, &self.grants_ending)));
        tasks.extend(self.provisioning.into_iter().map(|(directory_id, directory_name, users)| Task::Provisioning {
            directory_id,
            directory_name,
            users,
        }));
        tasks.extend(self.borrowed_ending.map(|(seats, next_end)| Task::BorrowedEnding { seats, next_end }));
        tasks.extend(open.iter().filter_map(|license| unused(license, &self.unused)));
        tasks.extend(self.not_invited.first().map(|user| Task::NotInvited {
            users: i64::try_from(self.not_invited.len()).unwrap_or(i64::MAX),
            user_id: *user,
        }));
        tasks
    }

    /// The queue of a license, if somebody waits.
    fn waiting(&self, license: &LicenseView) -> Option<Task> {
        let queue = self.queues.iter().find(|queue| queue.license_id == license.id)?;
        let first = queue.tickets.iter().min_by_key(|ticket| ticket.created_at)?;
        let is_visible = self.visible_waiters.contains(&first.user_id);
        Some(Task::Waiting {
            license_id: license.id,
            waiting: i64::try_from(queue.tickets.len()).unwrap_or(i64::MAX),
            since: first.created_at,
            user_name: is_visible.then(|| first.user_name.clone()),
        })
    }
}

/// A concurrent license without a free seat for which nobody waits.
fn full(license: &LicenseView, now: DateTime<Utc>) -> Option<Task> {
    let usage = &license.usage;
    let is_full = license.model == Model::Concurrent && license.seats > 0 && usage.occupied == license.seats;
    // The live feed learns of the last seat a moment later.
    let since = usage.full_since.unwrap_or(now);
    (is_full && usage.waiting == 0).then_some(Task::Full { license_id: license.id, since })
}

/// The unused seats of a license, if there are any, and what they cost together if all have a price.
fn unused(license: &LicenseView, seats: &[UnusedSeat]) -> Option<Task> {
    let seats: Vec<_> = seats.iter().filter(|seat| seat.license_id == license.id).collect();
    let price = seats.first()?.price_per_seat.clone();
    let count = i64::try_from(seats.len()).unwrap_or(i64::MAX);
    let cost = price.map(|price| Price { minor: price.minor.saturating_mul(count), ..price });
    Some(Task::UnusedSeats { license_id: license.id, seats: count, cost })
}

/// The assignments of a license that end soon, if there are any.
fn grants_ending(license: &LicenseView, ending: &[EndingGrant]) -> Option<Task> {
    let ending: Vec<_> = ending.iter().filter(|grant| grant.license == license.id).collect();
    let next = *ending.first()?;
    Some(Task::GrantsEnding {
        license_id: license.id,
        grants: i64::try_from(ending.len()).unwrap_or(i64::MAX),
        next_end: next.ends_at,
        user_id: next.user,
        user_name: next.user_name.clone(),
    })
}

/// The licenses that end soon, the next first.
fn expiring(licenses: &[&LicenseView], now: DateTime<Utc>) -> Vec<Task> {
    let ends = licenses.iter().filter_map(|license| Some((license.ends_at?, license.id)));
    let mut soon: Vec<_> = ends.filter(|(end, _)| *end > now && *end <= now + EXPIRING_WITHIN).collect();
    soon.sort();
    soon.into_iter().map(|(ends_at, license_id)| Task::Expiring { license_id, ends_at }).collect()
}
