//! A session kept alive by another device of the agent: names that device and lets the agent continue here.

use super::state::ConsolePageState;
use crate::{
    i18n::*,
    ui::{
        error_message::{ErrorMessage, failure_text},
        form::Form,
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    session::Mode,
    wire::sessions::{Continue, SessionView},
};

/// "Your seat is in use on …", and the button to continue here. The other device shows a notice.
#[component]
pub fn ContinueHere(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let form = Form::default();
    // An application's session ends with its process, and a borrowed one is offline: neither can be continued here.
    let elsewhere = Memo::new(move |_| {
        session.with(|session| {
            session.mode != Mode::Application
                && session.borrowed_until.is_none()
                && !page.sessions.keeps_alive(session.id)
        })
    });
    let text = move || t_string!(i18n, console.elsewhere, device = session.with(|session| session.device.clone()));
    let click = move |_| {
        let id = session.with_untracked(|session| session.id);
        let here = Continue { device: untrack(|| page.device.name()) };
        form.submit([], || endpoints::sessions::continue_on(id, &here), move |session| page.continue_here(&session));
    };
    view! {
        <Show when=move || elsewhere.get()>
            <div class="note other-device">
                <Icon glyph=Glyph::Screen />
                <p>{text}</p>
                <button type="button" class="button" aria-disabled=move || form.busy().to_string() on:click=click>
                    {t!(i18n, console.continue_here)}
                </button>
            </div>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
        </Show>
    }
}
