//! Warnings about an end that an admin announced, or one for inactivity.

use super::state::ConsolePageState;
use crate::{
    duration::countdown,
    format::Format,
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::sessions::SessionView;

/// The warnings. Only the live region is announced, not the countdown.
#[component]
pub fn Warnings(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let ending = Memo::new(move |_| session.with(|session| session.ending.clone()));
    let idle = Memo::new(move |_| session.with(|session| session.idle_ends_at));
    let announcement = move || {
        let end = ending.get().map(|ending| t_string!(i18n, console.ends_at, time = format.time(ending.at)));
        end.or_else(|| idle.get().map(|at| t_string!(i18n, console.idle_at, time = format.time(at))))
    };
    view! {
        <p class="vh" role="status">{announcement}</p>
        <Show when=move || ending.with(Option::is_some)>
            <AnnouncedEnd session />
        </Show>
        <Show when=move || idle.with(Option::is_some)>
            <IdleWarning session />
        </Show>
    }
}

/// "Diese Sitzung endet in 4:32", who announced it, and the message.
#[component]
fn AnnouncedEnd(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = ConsolePageState::get().clock;
    let ending = Memo::new(move |_| session.with(|session| session.ending.clone()));
    let left = move || ending.get().map(|ending| countdown(clock.until(ending.at))).unwrap_or_default();
    let by = move || ending.get().and_then(|ending| ending.by).map(|by| t_string!(i18n, console.ends_by, name = by));
    let message = move || ending.get().and_then(|ending| ending.message);
    view! {
        <div class="note warning">
            <Icon glyph=Glyph::Warning />
            <div>
                <b class="num">{move || t_string!(i18n, console.ends_in, left = left())}</b>
                <p>{by} " " {t!(i18n, console.ends_finish)}</p>
                {move || {
                    message().map(|text| view! { <p>{t_string!(i18n, console.notice_message, message = text)}</p> })
                }}
            </div>
        </div>
    }
}

/// "Arbeiten Sie noch?", and the button to confirm it.
#[component]
fn IdleWarning(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let left = move || {
        session.with(|session| session.idle_ends_at).map(|at| countdown(page.clock.until(at))).unwrap_or_default()
    };
    let id = session.with_untracked(|session| session.id);
    view! {
        <div class="note warning">
            <Icon glyph=Glyph::Warning />
            <div>
                <b>{t!(i18n, console.idle_title)}</b>
                <p class="num">{move || t_string!(i18n, console.idle_in, left = left())}</p>
            </div>
            <button type="button" class="button" on:click=move |_| page.heartbeats.report_activity(id)>
                {t!(i18n, console.still_working)}
            </button>
        </div>
    }
}
