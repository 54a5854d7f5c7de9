//! A session kept alive by another device of the agent: names that device and lets the agent continue here.

use super::state::ConsolePageState;
use crate::{
    api::Failure,
    i18n::*,
    labels,
    ui::{
        error_message::ErrorMessage,
        icon::{Glyph, Icon},
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
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
    let (busy, failure) = (RwSignal::new(false), RwSignal::new(None::<Failure>));
    // An application's session ends with its process, and a borrowed one is offline: neither can be continued here.
    let elsewhere = Memo::new(move |_| {
        session.with(|session| {
            session.mode != Mode::Application && session.borrowed_until.is_none() && !page.keeps_alive(session.id)
        })
    });
    let text = move || t_string!(i18n, console.elsewhere, device = session.with(|session| session.device.clone()));
    let wrong = Signal::derive(move || failure.get().map(|failure| labels::failure(i18n, &failure).to_owned()));
    let click = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let path = format!("/sessions/{}/continue", session.with_untracked(|session| session.id));
        let here = Continue { device: untrack(|| page.device.name()) };
        spawn_local(async move {
            match page.api.post::<SessionView>(&path, &here).await {
                Ok(session) => page.continue_here(&session),
                Err(wrong) => drop(failure.try_set(Some(wrong))),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <Show when=move || elsewhere.get()>
            <div class="note other-device">
                <Icon glyph=Glyph::Screen />
                <p>{text}</p>
                <button type="button" class="button" aria-disabled=move || busy.get().to_string() on:click=click>
                    {t!(i18n, console.continue_here)}
                </button>
            </div>
            <ErrorMessage text=wrong />
        </Show>
    }
}
