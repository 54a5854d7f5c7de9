//! Tickets: their licenses, and the queues for display.

use super::{
    ids,
    seats::row_mapping::{TICKET, TICKET_END, VIEW_COLUMNS, VIEW_JOINS, ticket, ticket_end, view_context},
};
use crate::db::{Db, DbError, Row, Tx, args, statements};
use seatkeeper_shared::{
    ids::{LicenseId, TicketId, UserId},
    wire::queue::{QueueView, TicketView},
};
use std::collections::BTreeMap;

/// Tickets with their positions in the queue; 0 if they are over.
fn view_where(condition: &str) -> String {
    format!(
        "
        SELECT {}, {}, {VIEW_COLUMNS},
               CASE WHEN seat.ended_at IS NULL
                    THEN (SELECT COUNT(*) FROM tickets o
                          WHERE o.license_id = seat.license_id AND o.ended_at IS NULL AND o.place <= seat.place)
                    ELSE 0 END AS position
        FROM tickets seat {VIEW_JOINS}
        WHERE {condition}",
        TICKET.select("seat"),
        TICKET_END.select("seat"),
    )
}

/// The queues of licenses, each in its order.
fn queues_where(condition: &str) -> String {
    view_where(&format!("seat.ended_at IS NULL AND {condition} ORDER BY seat.license_id, seat.place"))
}

statements! {
    LICENSES_OF_TICKETS = "
        SELECT id, license_id
        FROM tickets
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    GET = view_where("seat.id = $1");

    ALL = queues_where("TRUE");

    OF_LICENSES = queues_where("seat.license_id IN (SELECT id FROM ROWS($1: id uuid))");

    VISIBLE_TO = queues_where(&super::manager_scope::visible_work("seat.user_id", 1));

    OF_USER = queues_where("seat.user_id = $1");
}

/// The licenses of these tickets; unknown tickets are skipped.
pub async fn licenses_of_tickets(tx: &mut Tx, tickets: &[TicketId]) -> Result<Vec<(TicketId, LicenseId)>, DbError> {
    let rows = tx.all(&LICENSES_OF_TICKETS, args![ids(tickets)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("license_id")?))).collect()
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
    Ok(ticket(row)?.into_view(view_context(row)?, row.get("position")?, ticket_end(row)?))
}
