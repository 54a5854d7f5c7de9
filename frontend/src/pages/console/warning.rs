//! What is about to happen to a session: an end that was announced, or one for lack of activity.

use super::{desk::Desk, heart};
use crate::{
    format::Format,
    i18n::*,
    span::countdown,
    ui::icon::{Glyph, Icon},
};
use leptos::prelude::*;
use seatkeeper_shared::wire::sessions::SessionView;

/// The warnings, said aloud once and not each second.
#[component]
pub fn Warnings(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let ending = Memo::new(move |_| session.with(|session| session.ending.clone()));
    let idle = Memo::new(move |_| session.with(|session| session.idle_ends_at));
    let spoken = move || {
        let announced = ending.get().map(|ending| t_string!(i18n, console.ends_at, time = format.time(ending.at)));
        announced.or_else(|| idle.get().map(|at| t_string!(i18n, console.idle_at, time = format.time(at))))
    };
    view! {
        <p class="vh" role="status">{spoken}</p>
        <Show when=move || ending.with(Option::is_some)>
            <Announced session />
        </Show>
        <Show when=move || idle.with(Option::is_some)>
            <Idle session />
        </Show>
    }
}

/// "Diese Sitzung endet in 4:32", who says so, and why.
#[component]
fn Announced(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = Desk::get().clock;
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

/// "Arbeiten Sie noch?", and the button that says so.
#[component]
fn Idle(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let left = move || {
        session.with(|session| session.idle_ends_at).map(|at| countdown(desk.clock.until(at))).unwrap_or_default()
    };
    let id = session.with_untracked(|session| session.id);
    view! {
        <div class="note warning">
            <Icon glyph=Glyph::Warning />
            <div>
                <b>{t!(i18n, console.idle_title)}</b>
                <p class="num">{move || t_string!(i18n, console.idle_in, left = left())}</p>
            </div>
            <button type="button" class="button" on:click=move |_| heart::still_working(desk, id)>
                {t!(i18n, console.still_working)}
            </button>
        </div>
    }
}
