//! A ticket of one's own: the place in the line, or the seat that is kept for a moment.

use super::{call::CallMe, card::head_of, cards::Card, desk::Desk, notices::focus, offer::Offer};
use crate::{
    api::Failure,
    format::{Format, Texts},
    i18n::*,
    ui::{face::Wrong, field::fresh_id},
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{ids::TicketId, problem::Code, ticket::TicketState, wire::queue::TicketView};

/// A ticket.
#[component]
pub fn Ticket(
    /// The ticket as it was when it appeared.
    first: TicketView,
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let desk = Desk::get();
    let id = first.id;
    let ticket = Memo::new(move |before: Option<&TicketView>| {
        let now = card.with(|card| card.tickets.iter().find(|ticket| ticket.id == id).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let offered = Memo::new(move |_| ticket.with(|ticket| ticket.state == TicketState::Offered));
    let head = StoredValue::new(fresh_id("ticket"));
    let node = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| {
        // Whoever has just asked to wait hears where he stands.
        if let Some(section) = node.get()
            && desk.tickets.fresh.get() == Some(id)
        {
            desk.tickets.fresh.set(None);
            // Without focus it works as well.
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
                fallback=move || view! { <Place id=head.get_value() ticket card /> }
            >
                <Offer id=head.get_value() ticket card />
            </Show>
        </section>
    }
}

/// "2", in the line, of so many; and about when.
#[component]
fn Place(
    /// The id of the line by which the ticket is called.
    id: String,
    /// The ticket.
    ticket: Memo<TicketView>,
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let position = Memo::new(move |_| ticket.with(|ticket| ticket.position));
    let of = move || waiting_of(card, ticket).max(position.get());
    let about = move || match ticket.with(|ticket| ticket.expected_at) {
        Some(at) => t_string!(i18n, queue.expected, about = format.about(at)),
        None => t_string!(i18n, queue.no_estimate).to_owned(),
    };
    view! {
        <p class="place">
            <b class="num" aria-hidden="true">{move || format.number(position.get())}</b>
            <span id=id>
                <span class="vh">{move || t_string!(i18n, queue.place, n = format.number(position.get()))}</span>
                <span aria-hidden="true">{t!(i18n, queue.in_line)}</span>
                <small class="num">
                    {move || t_string!(i18n, queue.of, n = format.number(of()))} {t!(i18n, common.dot)} {about}
                </small>
            </span>
        </p>
        <p class="hint">{t!(i18n, queue.keep_open)}</p>
        <CallMe />
        <Leave ticket />
    }
}

/// How many wait at the license of a ticket.
pub fn waiting_of(card: Memo<Card>, ticket: Memo<TicketView>) -> i64 {
    let license = ticket.with(|ticket| ticket.license_id);
    card.with(|card| card.licenses.iter().find(|one| one.id == license).map_or(1, |license| license.usage.waiting))
}

/// Waits no longer.
#[component]
fn Leave(
    /// The ticket.
    ticket: Memo<TicketView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let act = Act::new(ticket);
    view! {
        <Wrong text=act.wrong(i18n) />
        <button type="button" class="button leave" aria-disabled=act.off() on:click=move |_| act.leave()>
            {t!(i18n, queue.leave)}
        </button>
    }
}

/// What the agent does with a ticket, and whether it is under way.
#[derive(Clone, Copy)]
pub struct Act {
    ticket: Memo<TicketView>,
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    desk: Desk,
}

impl Act {
    /// Nothing was done yet.
    pub fn new(ticket: Memo<TicketView>) -> Self {
        Self { ticket, busy: RwSignal::new(false), failure: RwSignal::new(None), desk: Desk::get() }
    }

    /// What went wrong.
    pub fn wrong(self, i18n: Texts) -> Signal<Option<String>> {
        Signal::derive(move || self.failure.get().map(|failure| words::failure(i18n, &failure).to_owned()))
    }

    /// For `aria-disabled`.
    pub fn off(self) -> Signal<String> {
        Signal::derive(move || self.busy.get().to_string())
    }

    /// Takes the seat that is offered.
    pub fn accept(self) {
        let desk = self.desk;
        self.run(async move |id: TicketId| {
            let session = desk.api.post(&format!("/tickets/{id}/accept"), &()).await?;
            desk.started(&session);
            desk.tickets.is_gone(id);
            Ok(())
        });
    }

    /// Lets the next one go first.
    pub fn pass(self) {
        let desk = self.desk;
        self.run(async move |id: TicketId| {
            desk.tickets.is_now(desk.api.post(&format!("/tickets/{id}/pass"), &()).await?);
            Ok(())
        });
    }

    /// Waits no longer.
    pub fn leave(self) {
        let desk = self.desk;
        let head = head_of(&self.ticket.with_untracked(|ticket| ticket.product_id.to_string()));
        self.run(async move |id: TicketId| {
            desk.api.delete(&format!("/tickets/{id}")).await?;
            desk.tickets.is_gone(id);
            focus(&head);
            Ok(())
        });
    }

    fn run(self, act: impl AsyncFnOnce(TicketId) -> Result<(), Failure> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        let id = self.ticket.with_untracked(|ticket| ticket.id);
        spawn_local(async move {
            if let Err(failure) = act(id).await {
                if matches!(failure.code(), Some(Code::TicketOver | Code::NotFound)) {
                    // Why it is over is asked for when it goes.
                    self.desk.tickets.is_gone(id);
                }
                let _ = self.failure.try_set(Some(failure));
            }
            let _ = self.busy.try_set(false);
        });
    }
}
