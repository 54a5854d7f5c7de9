//! A ticket of the agent: its position in the queue, or the offered seat.

use super::{
    card::heading_id, card_data::CardData, notices::focus_element, notify::EnableNotifications, offer::Offer,
    state::ConsolePageState,
};
use crate::{
    api::Failure,
    format::{Format, Texts},
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::unique_id,
        show::Show,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{endpoints, ids::TicketId, problem::Code, ticket::TicketState, wire::queue::TicketView};

#[component]
pub fn Ticket(
    /// The ticket when it appeared.
    first: TicketView,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let page = ConsolePageState::get();
    let id = first.id;
    let ticket = Memo::new(move |before: Option<&TicketView>| {
        let now = card.with(|card| card.tickets.iter().find(|ticket| ticket.id == id).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let offered = Memo::new(move |_| ticket.with(|ticket| ticket.state == TicketState::Offered));
    let head = StoredValue::new(unique_id("ticket"));
    let node = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| {
        // After joining the queue the focus moves here, so that a screen reader announces the position.
        if let Some(section) = node.get()
            && page.tickets.focus_on_appear.get() == Some(id)
        {
            page.tickets.focus_on_appear.set(None);
            // The page also works without focus.
            let _ = section.focus();
        }
    });
    view! {
        <section
            class="ticket"
            class:offered=move || offered.get()
            tabindex="-1"
            node_ref=node
            aria-labelledby=head.get_value()
        >
            <Show
                when=move || offered.get()
                fallback=move || view! { <QueuePlace id=head.get_value() ticket card /> }
            >
                <Offer id=head.get_value() ticket card />
            </Show>
        </section>
    }
}

/// Position in the queue, its length, and the estimated wait.
#[component]
fn QueuePlace(
    /// Element id of the text that labels the ticket.
    id: String,
    /// The ticket shown.
    ticket: Memo<TicketView>,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let position = Memo::new(move |_| ticket.with(|ticket| ticket.position));
    let of = move || waiting_count(card, ticket).max(position.get());
    let about = move || match ticket.with(|ticket| ticket.expected_at) {
        Some(at) => t_string!(i18n, queue.expected, about = format.estimate(at)),
        None => t_string!(i18n, queue.no_estimate).to_owned(),
    };
    view! {
        <p class="queue-place">
            <b class="num" aria-hidden="true">{move || format.number(position.get())}</b>
            <span id=id>
                <span class="vh">{move || t_string!(i18n, queue.place, n = format.number(position.get()))}</span>
                <span aria-hidden="true">{t!(i18n, queue.in_queue)}</span>
                <small class="num">
                    {move || t_string!(i18n, queue.of, n = format.number(of()))} {t!(i18n, common.dot)} {about}
                </small>
            </span>
        </p>
        <p class="hint">{t!(i18n, queue.keep_open)}</p>
        <EnableNotifications />
        <LeaveButton ticket />
    }
}

/// How many agents wait for the ticket's license.
pub fn waiting_count(card: Memo<CardData>, ticket: Memo<TicketView>) -> i64 {
    let license_id = ticket.with(|ticket| ticket.license_id);
    card.with(|card| {
        card.licenses.iter().find(|license| license.id == license_id).map_or(1, |license| license.usage.waiting)
    })
}

/// Button to leave the queue.
#[component]
fn LeaveButton(
    /// The ticket shown.
    ticket: Memo<TicketView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let actions = TicketActions::new(ticket);
    view! {
        <ErrorMessage text=actions.error_text(i18n) />
        <button
            type="button"
            class="button leave"
            aria-disabled=actions.aria_disabled()
            on:click=move |_| actions.leave()
        >
            {t!(i18n, queue.leave)}
        </button>
    }
}

/// Actions on a ticket, and the state of the one under way.
#[derive(Clone, Copy)]
pub struct TicketActions {
    ticket: Memo<TicketView>,
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    page: ConsolePageState,
}

impl TicketActions {
    pub fn new(ticket: Memo<TicketView>) -> Self {
        Self { ticket, busy: RwSignal::new(false), failure: RwSignal::new(None), page: ConsolePageState::get() }
    }

    /// Error of the last action.
    pub fn error_text(self, i18n: Texts) -> Signal<Option<String>> {
        Signal::derive(move || failure_text(i18n, self.failure.get()))
    }

    /// Value of `aria-disabled`.
    pub fn aria_disabled(self) -> Signal<String> {
        Signal::derive(move || self.busy.get().to_string())
    }

    /// Accepts the offered seat.
    pub fn accept(self) {
        let page = self.page;
        self.run(async move |id: TicketId| {
            let session = page.api.send(endpoints::tickets::accept(id)).await?;
            page.sessions.on_started(&session);
            page.tickets.remove(id);
            Ok(())
        });
    }

    /// Lets the next waiter go first.
    pub fn pass(self) {
        let page = self.page;
        self.run(async move |id: TicketId| {
            page.tickets.update(page.api.send(endpoints::tickets::pass(id)).await?);
            Ok(())
        });
    }

    /// Leaves the queue, or declines the offer.
    pub fn leave(self) {
        let page = self.page;
        let head = heading_id(&self.ticket.with_untracked(|ticket| ticket.product_id.to_string()));
        self.run(async move |id: TicketId| {
            page.api.send(endpoints::tickets::leave(id)).await?;
            page.tickets.remove(id);
            focus_element(&head);
            Ok(())
        });
    }

    fn run(self, action: impl AsyncFnOnce(TicketId) -> Result<(), Failure> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        let id = self.ticket.with_untracked(|ticket| ticket.id);
        spawn_local(async move {
            if let Err(failure) = action(id).await {
                if matches!(failure.code(), Some(Code::TicketOver | Code::NotFound)) {
                    // Removing it loads the reason for its end.
                    self.page.tickets.remove(id);
                }
                let _ = self.failure.try_set(Some(failure));
            }
            let _ = self.busy.try_set(false);
        });
    }
}
