//! Tickets: places in the queue for a seat.

use super::Endpoint;
use crate::{
    ids::TicketId,
    wire::{
        queue::{MoveTicket, QueueView, TicketView},
        sessions::SessionView,
    },
};
use std::time::Duration;

/// The longest time that the server holds a request for changes of a ticket.
pub const MAX_WAIT: Duration = Duration::from_secs(30);

/// The queues that have waiters. Agents see their own tickets, with their positions.
pub fn queues() -> Endpoint<Vec<QueueView>> {
    Endpoint::get("/queues")
}

/// A ticket as it is now.
pub fn one(ticket: TicketId) -> Endpoint<TicketView> {
    Endpoint::get(format!("/tickets/{ticket}"))
}

/// A ticket as soon as it differs from the known one, at the latest after `wait`, in whole seconds up to [`MAX_WAIT`].
/// Also a sign of life of its agent.
pub fn watch(known: &TicketView, wait: Duration) -> Endpoint<TicketView> {
    let wait = Duration::from_secs(wait.min(MAX_WAIT).as_secs());
    let (seconds, position) = (wait.as_secs().to_string(), known.position.to_string());
    Endpoint::get(format!("/tickets/{}", known.id)).with("wait", &seconds).with("position", &position).held(wait)
}

/// Accepts the offered seat. The status tells who took it: 201 if it was this request, 200 if it was an earlier one.
pub fn accept(ticket: TicketId) -> Endpoint<SessionView> {
    Endpoint::post(format!("/tickets/{ticket}/accept"), &()).repeatable()
}

/// Lets the next waiter have the offered seat, and waits behind them.
pub fn pass(ticket: TicketId) -> Endpoint<TicketView> {
    Endpoint::post(format!("/tickets/{ticket}/pass"), &())
}

/// Moves a ticket to another place in its queue.
pub fn move_to(ticket: TicketId, body: &MoveTicket) -> Endpoint<TicketView> {
    Endpoint::post(format!("/tickets/{ticket}/move"), body)
}

/// Leaves the queue, which also declines an offer.
pub fn leave(ticket: TicketId) -> Endpoint<()> {
    Endpoint::delete(format!("/tickets/{ticket}"))
}
