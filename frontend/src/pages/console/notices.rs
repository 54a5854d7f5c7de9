//! Notices about sessions and tickets that ended or moved without the agent's action, shown until dismissed.

use super::{ended_ticket::EndedTicketNotice, messages, notice_list::Notice, state::ConsolePageState};
use crate::{
    format::Format,
    i18n::*,
    lazy_view,
    ui::{
        icon::{Glyph, Icon},
        keyed_list::For,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::queue::TicketView;
use wasm_bindgen::JsCast as _;

/// The list of notices above the page content.
#[component]
pub fn Notices() -> impl IntoView {
    let page = ConsolePageState::get();
    let session = lazy_view!(session_notice(notice: Notice) { view! { <SessionNotice notice /> } });
    let ticket = lazy_view!(ticket_notice(ticket: TicketView) { view! { <EndedTicketNotice ticket /> } });
    view! {
        <div class="notices" role="alert">
            <For each=move || page.notices.all() key=|notice| notice.id let:notice>
                {session(notice)}
            </For>
            <For each=move || page.tickets.ended.get() key=|ticket| ticket.id let:ended>
                {ticket(ended)}
            </For>
        </div>
    }
}

#[component]
fn SessionNotice(
    /// The notice shown.
    notice: Notice,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, format) = (ConsolePageState::get(), Format::get());
    let notice = StoredValue::new(notice);
    let title = move || notice.with_value(|notice| messages::notice_title(i18n, notice));
    let who = move || {
        notice.with_value(|notice| messages::outcome_text(i18n, format, &notice.outcome, page.clock.now_untracked()))
    };
    let message =
        move || notice.with_value(|notice| notice.outcome.end().and_then(|end| messages::end_message(i18n, end)));
    let next = move || notice.with_value(|notice| notice.outcome.end().and_then(|end| messages::next_step(i18n, end)));
    let dismiss = move |_| {
        let id = notice.with_value(|notice| notice.id);
        page.notices.dismiss(id);
        focus_element("main");
    };
    view! {
        <div class="note notice">
            <Icon glyph=Glyph::Warning />
            <div class="notice-text">
                <b>{title}</b>
                <p>{who}</p>
                {move || message().map(|message| view! { <p class="note-message">{message}</p> })}
                {move || next().map(|next| view! { <p>{next}</p> })}
            </div>
            <button type="button" class="button" on:click=dismiss>
                {t!(i18n, console.dismiss)}
            </button>
        </div>
    }
}

/// Focuses an element, so that the focus is not lost when the focused element is removed.
pub fn focus_element(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // The page also works without focus.
        let _ = element.focus();
    }
}
