//! State of the console: the user's licenses, sessions and tickets. It begins when it is first needed, and lives as
//! long as the app frame, so that sessions survive a visit to another page.

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

/// Where the state is once it has begun; provided as a context by the app frame.
#[derive(Clone)]
pub struct ConsolePlace {
    frame: Owner,
    state: StoredValue<Option<ConsolePageState>>,
}

impl ConsolePlace {
    /// Provides the place; the state lives as long as the current owner.
    pub fn provide() {
        if let Some(frame) = Owner::current() {
            provide_context(Self { frame, state: StoredValue::new(None) });
        }
    }
}

/// What the console shows, and what keeps its sessions alive.
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
    /// The state; the first call begins it.
    pub fn get() -> Self {
        let place: ConsolePlace = expect_context();
        place.state.get_value().unwrap_or_else(|| {
            let state = place.frame.with(Self::start);
            place.state.set_value(Some(state));
            state
        })
    }

    /// Starts the background tasks.
    fn start() -> Self {
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
        announcements::show_in_title(page.sessions, page.tickets);
        notify::on_offer(page.tickets);
        activity::watch(page.sessions, page.heartbeats);
        page
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
