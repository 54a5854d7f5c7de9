//! A session that another device of the agent's keeps: where it is, and the way to go on with it here.

use super::desk::Desk;
use crate::{
    api::Failure,
    i18n::*,
    ui::{
        face::Wrong,
        icon::{Glyph, Icon},
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    session::Mode,
    wire::sessions::{Continue, SessionView},
};

/// "Your seat is in use on …", and the button with which the agent goes on here. The other device is told.
#[component]
pub fn Elsewhere(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let (busy, failure) = (RwSignal::new(false), RwSignal::new(None::<Failure>));
    // What a program keeps ends with the program; nothing can be gone on with here.
    let elsewhere = Memo::new(move |_| {
        session.with(|session| {
            session.mode != Mode::Application && session.borrowed_until.is_none() && !desk.keeps(session.id)
        })
    });
    let text = move || t_string!(i18n, console.elsewhere, device = session.with(|session| session.device.clone()));
    let wrong = Signal::derive(move || failure.get().map(|failure| words::failure(i18n, &failure).to_owned()));
    let click = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let path = format!("/sessions/{}/continue", session.with_untracked(|session| session.id));
        let here = Continue { device: untrack(|| desk.device.name()) };
        spawn_local(async move {
            match desk.api.post::<SessionView>(&path, &here).await {
                Ok(session) => desk.adopt(&session),
                Err(wrong) => drop(failure.try_set(Some(wrong))),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <Show when=move || elsewhere.get()>
            <div class="note elsewhere">
                <Icon glyph=Glyph::Screen />
                <p>{text}</p>
                <button type="button" class="button" aria-disabled=move || busy.get().to_string() on:click=click>
                    {t!(i18n, console.continue_here)}
                </button>
            </div>
            <Wrong text=wrong />
        </Show>
    }
}
