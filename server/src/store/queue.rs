//! Tickets: as a seat batch reads them, and the queues for display.

use super::ids;
use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    pool::changes::Ticket,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, TicketId, UserId},
    ticket::TicketState,
    wire::queue::{QueueView, TicketOver, TicketView},
};
use std::collections::BTreeMap;

/// A ticket with its position in the queue; 0 if it is over.
const VIEW: &str = "
    SELECT t.id, t.license_id, l.product_id, p.name AS product_name, t.user_id, u.name AS user_name,
           u.email AS user_email, t.device, t.mode, t.platform, t.remote_device, t.created_at, t.last_seen_at,
           t.lease_until, t.offer_until, t.ended_at, t.end_reason, t.session_id,
           CASE WHEN t.ended_at IS NULL
                THEN (SELECT COUNT(*) FROM tickets o
                      WHERE o.license_id = t.license_id AND o.ended_at IS NULL AND o.place <= t.place)
                ELSE 0 END AS position
    FROM tickets t
    JOIN licenses l ON l.id = t.license_id
    JOIN products p ON p.id = l.product_id
    JOIN users u ON u.id = t.user_id";

statements! {
    LICENSES_OF_TICKETS = "
        SELECT id, license_id
        FROM tickets
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    GET = format!("{VIEW} WHERE t.id = $1");

    ALL = format!("{VIEW} WHERE t.ended_at IS NULL ORDER BY t.license_id, t.place");

    OF_LICENSES = format!("
        {VIEW}
        WHERE t.ended_at IS NULL AND t.license_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY t.license_id, t.place");

    VISIBLE_TO = format!("{VIEW} WHERE t.ended_at IS NULL AND {} ORDER BY t.license_id, t.place",
        super::manager_scope::visible_work("t.user_id", 1));

    OF_USER = format!("{VIEW} WHERE t.ended_at IS NULL AND t.user_id = $1 ORDER BY t.license_id, t.place");
}

/// The licenses of these tickets; unknown tickets are skipped.
pub async fn licenses_of_tickets(tx: &mut Tx, tickets: &[TicketId]) -> Result<Vec<(TicketId, LicenseId)>, DbError> {
    let rows = tx.all(&LICENSES_OF_TICKETS, args![ids(tickets)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("license_id")?))).collect()
}

/// A ticket as the seat engine uses it.
pub(super) fn ticket(row: &Row) -> Result<Ticket, DbError> {
    Ok(Ticket {
        id: row.get("id")?,
        user: row.get("user_id")?,
        device: row.get("device")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        remote_device: row.opt("remote_device")?,
        place: row.get("place")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
        offer_until: row.opt("offer_until")?,
    })
}

/// One ticket, in the queue or over.
pub async fn get(db: &Db, id: TicketId) -> Result<Option<TicketView>, DbError> {
    db.one(&GET, args![id]).await?.as_ref().map(view).transpose()
}

/// All queues that are not empty.
pub async fn all(db: &Db) -> Result<Vec<QueueView>, DbError> {
    db.all(&ALL, args![]).await?.iter().map(view).collect::<Result<_, _>>().map(queues)
}

/// The queues of these licenses, including empty ones.
pub async fn of_licenses(db: &Db, which: impl IntoIterator<Item = LicenseId>) -> Result<Vec<QueueView>, DbError> {
    let which: Vec<LicenseId> = which.into_iter().collect();
    let tickets = db.all(&OF_LICENSES, args![ids(&which)]).await?.iter().map(view).collect::<Result<_, _>>()?;
    let mut by_license: BTreeMap<LicenseId, QueueView> =
        which.into_iter().map(|license_id| (license_id, QueueView { license_id, tickets: Vec::new() })).collect();
    by_license.extend(queues(tickets).into_iter().map(|queue| (queue.license_id, queue)));
    Ok(by_license.into_values().collect())
}

/// The tickets of the users visible to a manager and the manager's own, each with its position in the whole queue.
pub async fn visible_to(db: &Db, manager: UserId) -> Result<Vec<QueueView>, DbError> {
    db.all(&VISIBLE_TO, args![manager]).await?.iter().map(view).collect::<Result<_, _>>().map(queues)
}

/// The tickets of a user, each with its position in the whole queue.
pub async fn of_user(db: &Db, user: UserId) -> Result<Vec<QueueView>, DbError> {
    db.all(&OF_USER, args![user]).await?.iter().map(view).collect::<Result<_, _>>().map(queues)
}

fn queues(tickets: Vec<TicketView>) -> Vec<QueueView> {
    let mut by_license: BTreeMap<LicenseId, QueueView> = BTreeMap::new();
    for ticket in tickets {
        let license_id = ticket.license_id;
        let queue = by_license.entry(license_id).or_insert_with(|| QueueView { license_id, tickets: Vec::new() });
        queue.tickets.push(ticket);
    }
    by_license.into_values().collect()
}

fn view(row: &Row) -> Result<TicketView, DbError> {
    let offer_until: Option<DateTime<Utc>> = row.opt("offer_until")?;
    let over = match row.opt("ended_at")? {
        Some(at) => Some(TicketOver { reason: row.get("end_reason")?, at, session_id: row.opt("session_id")? }),
        None => None,
    };
    let state = match (&over, offer_until) {
        (Some(_), _) => TicketState::Over,
        (None, Some(_)) => TicketState::Offered,
        (None, None) => TicketState::Waiting,
    };
    Ok(TicketView {
        id: row.get("id")?,
        license_id: row.get("license_id")?,
        product_id: row.get("product_id")?,
        product_name: row.get("product_name")?,
        user_id: row.get("user_id")?,
        user_name: row.get("user_name")?,
        user_email: row.get("user_email")?,
        device: row.get("device")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        remote_device: row.opt("remote_device")?,
        state,
        position: row.get("position")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
        expected_at: None,
        offer_until: offer_until.filter(|_| over.is_none()),
        over,
    })
}
