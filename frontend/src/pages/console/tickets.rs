//! The own tickets: out of the live feed, kept alive as long as the app is open here, and how they ended.

use super::alive::Lines;
use crate::{
    api::{Api, Failure},
    clock::Clock,
    live::Live,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{TicketId, UserId},
    ticket::TicketEnd,
    wire::queue::TicketView,
};

/// Waits before it is asked again how a ticket ended, in milliseconds.
const WAITS: [u32; 4] = [1_000, 2_000, 5_000, 10_000];

/// The own tickets.
#[derive(Clone, Copy)]
pub struct Tickets {
    /// Those that are in their lines, the oldest first.
    pub own: Memo<Vec<TicketView>>,
    /// Those that ended without the agent's doing, until it was read.
    pub lost: RwSignal<Vec<TicketView>>,
    /// The ticket that was taken by the last click and takes the focus when it appears.
    pub fresh: RwSignal<Option<TicketId>>,
    live: Live,
    api: Api,
}

impl Tickets {
    /// Keeps the tickets of this user alive from here; a reload goes on with them, a closed window lets them lapse.
    pub fn follow(user: Option<UserId>) -> Self {
        let (live, clock) = (Live::get(), Clock::get());
        let own =
            Memo::new(move |_| live.state.with(|state| user.map(|user| state.tickets_of(user)).unwrap_or_default()));
        let tickets = Self { own, lost: RwSignal::default(), fresh: RwSignal::default(), live, api: Api::get() };
        let lines = StoredValue::new_local(Lines::default());
        Effect::new(move |before: Option<Vec<TicketId>>| {
            let now: Vec<_> = own.with(|own| own.iter().map(|ticket| ticket.id).collect());
            lines.update_value(|lines| lines.keep(&now));
            for gone in before.into_iter().flatten().filter(|id| !now.contains(id)) {
                tickets.learn(gone);
            }
            now
        });
        Effect::new(move |_| {
            let now = clock.now();
            lines.update_value(|lines| lines.mend(now));
        });
        tickets
    }

    /// A ticket as the server has just answered it.
    pub fn is_now(self, ticket: TicketView) {
        // Signed out meanwhile: then nobody waits here.
        let _ = self.live.state.try_update(|state| state.put_ticket(ticket));
    }

    /// A ticket has left its line, as the server has just answered.
    pub fn is_gone(self, id: TicketId) {
        let _ = self.live.state.try_update(|state| state.drop_ticket(id));
    }

    /// It was read how this one ended.
    pub fn read(self, id: TicketId) {
        let _ = self.lost.try_update(|all| all.retain(|ticket| ticket.id != id));
    }

    /// The feed tells that a ticket has left its line, but not why: that is asked for.
    fn learn(self, id: TicketId) {
        spawn_local(async move {
            for wait in WAITS {
                match self.api.read::<TicketView>(&format!("/tickets/{id}")).await {
                    Ok(ticket) => {
                        if is_news(&ticket) {
                            let _ = self.lost.try_update(|all| all.push(ticket));
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

/// Whether the agent does not know already how it ended: what he did himself he knows.
fn is_news(ticket: &TicketView) -> bool {
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
    fn only_what_happened_without_the_agent_is_news_to_him() {
        let ended = |reason| TicketView { over: Some(TicketOver { reason, at: at(0), session_id: None }), ..ticket(1) };
        assert!(is_news(&ended(TicketEnd::Missed)) && is_news(&ended(TicketEnd::Dropped)));
        assert!(!is_news(&ended(TicketEnd::Withdrawn)) && !is_news(&ended(TicketEnd::Seated)));
        assert!(!is_news(&ticket(1)), "it goes on");
    }
}
