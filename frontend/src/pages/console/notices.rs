//! What the agent is told about sessions and places in the line that ended without him. It stays until it was read.

use super::{
    desk::{Desk, Notice},
    lost::LostPlace,
    why,
};
use crate::{
    format::Format,
    i18n::*,
    ui::icon::{Glyph, Icon},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// The notices, above everything else.
#[component]
pub fn Notices() -> impl IntoView {
    let desk = Desk::get();
    view! {
        <div class="notices" role="alert">
            <For each=move || desk.notices.get() key=|notice| notice.id let:notice>
                <Told notice />
            </For>
            <For each=move || desk.tickets.lost.get() key=|ticket| ticket.id let:ticket>
                <LostPlace ticket />
            </For>
        </div>
    }
}

#[component]
fn Told(
    /// What is told.
    notice: Notice,
) -> impl IntoView {
    let i18n = use_i18n();
    let (desk, format) = (Desk::get(), Format::get());
    let notice = StoredValue::new(notice);
    let about = move || notice.with_value(|notice| why::which(i18n, notice));
    let who = move || notice.with_value(|notice| why::fate(i18n, format, &notice.fate, desk.clock.once()));
    let message = move || notice.with_value(|notice| notice.fate.end().and_then(|end| why::message(i18n, end)));
    let next = move || notice.with_value(|notice| notice.fate.end().and_then(|end| why::next(i18n, end)));
    let dismiss = move |_| {
        let id = notice.with_value(|notice| notice.id);
        desk.notices.update(|all| all.retain(|one| one.id != id));
        focus("main");
    };
    view! {
        <div class="note notice">
            <Icon glyph=Glyph::Warning />
            <div class="notice-text">
                <b>{about}</b>
                <p>{who}</p>
                {move || message().map(|message| view! { <p class="notice-message">{message}</p> })}
                {move || next().map(|next| view! { <p>{next}</p> })}
            </div>
            <button type="button" class="button" on:click=dismiss>
                {t!(i18n, console.dismiss)}
            </button>
        </div>
    }
}

/// Gives the focus a place when what had it goes away.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Without focus the page works as well.
        let _ = element.focus();
    }
}
