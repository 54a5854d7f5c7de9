//! The agent's tickets from the live feed, whose stream keeps them alive, with the reasons of those that ended.

use crate::{
    api::{Api, Failure},
    live::Live,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::{TicketId, UserId},
    ticket::TicketEnd,
    wire::queue::TicketView,
};

/// Delays before a failed request for an ended ticket is repeated, in milliseconds.
const RETRY_DELAYS_MS: [u32; 4] = [1_000, 2_000, 5_000, 10_000];

/// The agent's tickets.
#[derive(Clone, Copy)]
pub struct MyTickets {
    /// Live tickets, the oldest first.
    pub own: Memo<Vec<TicketView>>,
    /// Tickets that ended without the agent's action, until dismissed.
    pub ended: RwSignal<Vec<TicketView>>,
    /// The ticket just taken, which receives the focus when it appears.
    pub focus_on_appear: RwSignal<Option<TicketId>>,
    live: Live,
    api: Api,
}

impl MyTickets {
    /// Follows the tickets of this user. They survive a reload, and lapse when the last window is closed.
    pub fn follow(user: Option<UserId>) -> Self {
        let live = Live::get();
        let own =
            Memo::new(move |_| live.state.with(|state| user.map(|user| state.tickets_of(user)).unwrap_or_default()));
        let tickets =
            Self { own, ended: RwSignal::default(), focus_on_appear: RwSignal::default(), live, api: Api::get() };
        Effect::new(move |before: Option<Vec<TicketId>>| {
            let now: Vec<_> = own.with(|own| own.iter().map(|ticket| ticket.id).collect());
            for gone in before.into_iter().flatten().filter(|id| !now.contains(id)) {
                tickets.load_end(gone);
            }
            now
        });
        tickets
    }

    /// Applies a ticket from a response, ahead of the feed.
    pub fn update(self, ticket: TicketView) {
        // The user may have signed out in the meantime.
        let _ = self.live.state.try_update(|state| state.insert_ticket(ticket));
    }

    /// Removes a ticket after a response, ahead of the feed.
    pub fn remove(self, id: TicketId) {
        let _ = self.live.state.try_update(|state| state.remove_ticket(id));
    }

    /// Dismisses the notice about an ended ticket.
    pub fn dismiss(self, id: TicketId) {
        let _ = self.ended.try_update(|all| all.retain(|ticket| ticket.id != id));
    }

    /// Loads why a ticket ended. The feed only says that it left the queue.
    fn load_end(self, id: TicketId) {
        spawn_local(async move {
            for wait in RETRY_DELAYS_MS {
                match self.api.send(endpoints::tickets::one(id)).await {
                    Ok(ticket) => {
                        if needs_notice(&ticket) {
                            let _ = self.ended.try_update(|all| all.push(ticket));
                        }
                        return;
                    }
                    Err(Failure::Problem(_)) => return,
                    Err(Failure::Unreachable) => TimeoutFuture::new(wait).await,
                }
            }
        });
    }
}

/// Whether the agent needs a notice: not if their own action ended the ticket.
fn needs_notice(ticket: &TicketView) -> bool {
    match ticket.over.as_ref().map(|over| over.reason) {
        None | Some(TicketEnd::Seated | TicketEnd::Declined | TicketEnd::Withdrawn) => false,
        Some(
            TicketEnd::Missed
            | TicketEnd::Lapsed
            | TicketEnd::Dropped
            | TicketEnd::UserDeactivated
            | TicketEnd::AssignmentRevoked
            | TicketEnd::LicenseEnded,
        ) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, ticket};
    use seatkeeper_shared::wire::queue::TicketOver;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_an_end_without_the_agents_action_needs_a_notice() {
        let ended = |reason| TicketView { over: Some(TicketOver { reason, at: at(0), session_id: None }), ..ticket(1) };
        assert!(needs_notice(&ended(TicketEnd::Missed)) && needs_notice(&ended(TicketEnd::Dropped)));
        assert!(!needs_notice(&ended(TicketEnd::Withdrawn)) && !needs_notice(&ended(TicketEnd::Seated)));
        assert!(!needs_notice(&ticket(1)), "it is still live");
    }
}
