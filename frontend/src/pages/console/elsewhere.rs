//! A session that another device of the agent's keeps: where it is, and the way to go on with it here.

use super::desk::Desk;
use crate::{
    i18n::*,
    ui::icon::{Glyph, Icon},
};
use leptos::prelude::*;
use seatkeeper_shared::{session::Mode, wire::sessions::SessionView};

/// "Your seat is also in use on …", and the button that takes it over.
#[component]
pub fn Elsewhere(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    // What a program keeps ends with the program; nothing can be gone on with here.
    let elsewhere = Memo::new(move |_| {
        session.with(|session| {
            session.mode != Mode::Application && session.borrowed_until.is_none() && !desk.keeps(session.id)
        })
    });
    let text = move || t_string!(i18n, console.elsewhere, device = session.with(|session| session.device.clone()));
    view! {
        <Show when=move || elsewhere.get()>
            <div class="note elsewhere">
                <Icon glyph=Glyph::Screen />
                <p>{text}</p>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| desk.adopt(&session.get_untracked())
                >
                    {t!(i18n, console.continue_here)}
                </button>
            </div>
        </Show>
    }
}
