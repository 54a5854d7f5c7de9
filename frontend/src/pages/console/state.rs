//! State of the console: the user's licenses, sessions and tickets. It lives as long as the app frame, so that sessions
//! survive a visit to another page.

use super::{
    activity, announcements,
    card_data::{CardData, cards},
    device::Device,
    heartbeat::Heartbeats,
    my_licenses::MyLicenses,
    my_sessions::MySessions,
    my_tickets::MyTickets,
    notice_list::NoticeList,
    notify,
};
use crate::{api::Api, caller::Caller, clock::Clock, live::Live};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::UserId,
    wire::{queue::TicketView, sessions::SessionView},
};

/// State of the console, provided as a context.
#[derive(Clone, Copy)]
pub struct ConsolePageState {
    pub device: Device,
    /// The licenses assigned to the user.
    pub my_licenses: MyLicenses,
    /// The user's sessions.
    pub sessions: MySessions,
    /// The user's tickets.
    pub tickets: MyTickets,
    /// What keeps the sessions alive.
    pub heartbeats: Heartbeats,
    /// What the user has to be told.
    pub notices: NoticeList,
    pub api: Api,
    pub clock: Clock,
    live: Live,
    user: Option<UserId>,
}

impl ConsolePageState {
    /// Provides the state as a context and starts the background tasks.
    pub fn provide() {
        let user = Caller::get().me_untracked().map(|me| me.id);
        let notices = NoticeList::default();
        let sessions = MySessions::follow(user, notices);
        let page = Self {
            device: Device::load(),
            my_licenses: MyLicenses::follow(),
            sessions,
            tickets: MyTickets::follow(user),
            heartbeats: Heartbeats::start(sessions),
            notices,
            api: Api::get(),
            clock: Clock::get(),
            live: Live::get(),
            user,
        };
        provide_context(page);
        announcements::show_in_title(page.sessions, page.tickets);
        notify::on_offer(page.tickets);
        activity::watch(page.sessions, page.heartbeats);
    }

    /// The state from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// One card per product.
    pub fn cards(self) -> Memo<Vec<CardData>> {
        Memo::new(move |_| {
            self.live.state.with(|state| {
                let licenses: Vec<_> =
                    state.licenses.iter().filter(|license| self.my_licenses.has(license.id)).cloned().collect();
                let sessions = self.user.map(|user| state.sessions_of(user)).unwrap_or_default();
                let tickets = self.user.map(|user| state.tickets_of(user)).unwrap_or_default();
                cards(&licenses, &sessions, &tickets)
            })
        })
    }

    /// Position of the last change received from the feed; tracked.
    pub fn feed_position(self) -> i64 {
        self.live.state.with(|state| state.position.0)
    }

    /// The same, without subscribing to it.
    pub fn feed_position_untracked(self) -> i64 {
        self.live.state.try_with_untracked(|state| state.position.0).unwrap_or_default()
    }

    /// Takes over a session from another device.
    pub fn continue_here(self, session: &SessionView) {
        self.sessions.on_continued(session);
        self.heartbeats.send_now();
    }

    /// Adds a ticket that was taken here.
    pub fn on_ticket_taken(self, ticket: TicketView) {
        let _ = self.tickets.focus_on_appear.try_set(Some(ticket.id));
        self.tickets.update(ticket);
    }
}
