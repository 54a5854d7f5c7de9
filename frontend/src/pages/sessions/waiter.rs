//! A ticket in a queue: position, waiting time or offer, and the buttons to move or remove it.

use super::{remove_ticket::RemoveTicket, state::SessionsPageState};
use crate::{
    api::Api,
    clock::Clock,
    duration::countdown,
    format::{Format, Texts, number_text},
    i18n::*,
    labels, lazy_dialog,
    ui::{
        icon::{Glyph, Icon},
        links::{Named, NamedLink},
        person::Person,
        show::Show,
        time::Time,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::{LicenseId, TicketId},
    wire::queue::{MoveTicket, TicketView},
};
use wasm_bindgen::JsCast as _;

#[component]
pub fn Waiter(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The license shown.
    license: LicenseId,
    /// The ticket shown.
    id: TicketId,
    /// Length of the queue.
    length: Memo<usize>,
) -> impl IntoView {
    let format = Format::get();
    let known = Memo::new(move |before: Option<&Option<TicketView>>| {
        let now = page.live.state.with(|state| state.queue_of(license).iter().find(|ticket| ticket.id == id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let ticket = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let text = move |text: fn(&TicketView) -> String| Signal::derive(move || ticket.with(text));
    let position = Memo::new(move |_| ticket.with(|ticket| ticket.position));
    view! {
        <li class="waiter" data-ticket=id.to_string()>
            <b class="waiter-place num">{move || format.number(position.get())}</b>
            <NamedLink to=Named::User(ticket.with_untracked(|ticket| ticket.user_id)) class="who-link">
                <Person
                    name=text(|ticket| ticket.user_name.clone())
                    email=text(|ticket| ticket.user_email.clone())
                />
            </NamedLink>
            <WaitState ticket />
            <Show when=move || page.may_end.get()>
                <WaiterActions page ticket position length />
            </Show>
        </li>
    }
    .into_any()
}

/// "wartet seit 4 min", or how long the offer is still valid.
#[component]
fn WaitState(
    /// The ticket shown.
    ticket: Signal<TicketView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, clock) = (Format::get(), Clock::get());
    let offer = Memo::new(move |_| ticket.with(|ticket| ticket.offer_until));
    let word = move || match offer.get() {
        Some(_) => t_string!(i18n, queue.offered),
        None => t_string!(i18n, queue.waits),
    };
    let since = move || t_string!(i18n, queue.since, span = format.since(ticket.with(|ticket| ticket.created_at)));
    let more = move || match (offer.get(), ticket.with(|ticket| ticket.expected_at)) {
        (Some(until), _) => Some(t_string!(i18n, queue.held_for_short, left = countdown(clock.until(until)))),
        (None, Some(at)) => Some(format.estimate(at)),
        (None, None) => None,
    };
    let line = move || match more() {
        Some(more) => since() + t_string!(i18n, common.dot) + &more,
        None => since(),
    };
    view! {
        <span class="state" class:kept=move || offer.get().is_some() class:queued=move || offer.get().is_none()>
            <span>
                {word}
                <small class="num">
                    <Time at=Signal::derive(move || ticket.with(|ticket| ticket.created_at))>{line}</Time>
                </small>
            </span>
        </span>
    }
}

/// Buttons to move the ticket to the head, up or down, or to remove it.
#[component]
fn WaiterActions(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The ticket shown.
    ticket: Signal<TicketView>,
    /// Position of the ticket in the queue.
    position: Memo<i64>,
    /// Length of the queue.
    length: Memo<usize>,
) -> impl IntoView {
    let i18n = use_i18n();
    let mover = TicketMover::new(page, ticket, position);
    let name = move || ticket.with(|ticket| ticket.user_name.clone());
    let last = move || usize::try_from(position.get()).is_ok_and(|position| position >= length.get());
    let head = move || position.get() <= 1;
    let button = move |act: &'static str, glyph, label: Signal<String>, off: Signal<bool>, to: fn(i64) -> i64| {
        view! {
            <button
                type="button"
                class="icon-button"
                data-act=act
                aria-label=label
                title=label
                aria-disabled=move || off.get().to_string()
                on:click=move |_| {
                    if !off.get_untracked() {
                        mover.move_to(act, to(position.get_untracked()));
                    }
                }
            >
                <Icon glyph />
            </button>
        }
    };
    let first = Signal::derive(move || t_string!(i18n, queue.to_head, name = name()));
    let up = Signal::derive(move || t_string!(i18n, queue.up, name = name()));
    let down = Signal::derive(move || t_string!(i18n, queue.down, name = name()));
    let out = Signal::derive(move || t_string!(i18n, queue.remove, name = name()));
    let remove = page.dialogs.opens(lazy_dialog!(remove_ticket(ticket: Signal<TicketView>) {
        let ticket = ticket.get_untracked();
        view! { <RemoveTicket ticket /> }
    }));
    view! {
        <span class="waiter-acts">
            {button("head", Glyph::Top, first, Signal::derive(head), |_| 1)}
            {button("up", Glyph::Up, up, Signal::derive(head), |now| now - 1)}
            {button("down", Glyph::Down, down, Signal::derive(last), |now| now + 1)}
            <button
                type="button"
                class="icon-button"
                aria-haspopup="dialog"
                aria-label=out
                title=out
                on:click=remove
            >
                <Icon glyph=Glyph::Cross />
            </button>
        </span>
    }
}

/// Moves a ticket. The new order arrives through the feed.
#[derive(Clone, Copy)]
struct TicketMover {
    page: SessionsPageState,
    ticket: Signal<TicketView>,
    busy: RwSignal<bool>,
    /// The pressed button, which receives the focus again because its row moves.
    pressed: StoredValue<Option<&'static str>>,
    api: Api,
    toasts: Toasts,
    i18n: Texts,
}

impl TicketMover {
    fn new(page: SessionsPageState, ticket: Signal<TicketView>, position: Memo<i64>) -> Self {
        let (busy, pressed) = (RwSignal::new(false), StoredValue::new(None));
        let mover = Self { page, ticket, busy, pressed, api: Api::get(), toasts: Toasts::get(), i18n: use_i18n() };
        Effect::new(move |_| {
            position.track();
            if let Some(act) = pressed.try_update_value(Option::take).flatten() {
                let id = ticket.with_untracked(|ticket| ticket.id);
                request_animation_frame(move || focus_button(id, act));
            }
        });
        mover
    }

    fn move_to(self, act: &'static str, position: i64) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.pressed.set_value(Some(act));
        let id = self.ticket.with_untracked(|ticket| ticket.id);
        let i18n = self.i18n;
        spawn_local(async move {
            let moved = self.api.send(endpoints::tickets::move_to(id, &MoveTicket { position })).await;
            match moved {
                Ok(ticket) => {
                    let n = untrack(|| number_text(i18n, ticket.position));
                    let announcement = tu_string!(i18n, queue.moved, name = ticket.user_name, n = n);
                    let _ = self.page.announcement.try_set(announcement);
                }
                Err(failure) => {
                    // A later move is not caused by this button.
                    self.pressed.try_set_value(None);
                    self.toasts.error(untrack(|| labels::failure(i18n, &failure)));
                }
            }
            let _ = self.busy.try_set(false);
        });
    }
}

fn focus_button(id: TicketId, act: &str) {
    let button = document().query_selector(&format!("[data-ticket=\"{id}\"] [data-act={act}]")).ok().flatten();
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        // The row may have just been removed.
        let _ = button.focus();
    }
}
