//! A session that waits for its customer: the key to read out, how long it is valid, and the click when the customer is
//! there.

use super::{
    desk::Desk,
    key::{copy, grouped, spelled},
    way::Way,
};
use crate::{
    api::Failure,
    i18n::*,
    span::countdown,
    ui::{
        face::Wrong,
        field::fresh_id,
        icon::{Glyph, Icon},
        toast::Toasts,
    },
    words,
};
use chrono::TimeDelta;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    session::Platform,
    wire::sessions::{Connect, SessionView},
};

/// With less than this left the time is shown as a warning.
const SOON: TimeDelta = TimeDelta::seconds(60);

/// The key, and what to do with it.
#[component]
pub fn Waiting(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let key = Memo::new(move |_| session.with(|session| session.support_key.clone()));
    view! {
        <Show when=move || key.with(Option::is_some) fallback=move || view! { <p class="hint">{t!(i18n, console.key_wait)}</p> }>
            <div class="key-head">
                <span>{t!(i18n, console.key_label)}</span>
                <Validity session />
            </div>
            <p class="key" role="img" aria-label=move || spelled(&key.get().unwrap_or_default())>
                {move || grouped(&key.get().unwrap_or_default())}
            </p>
            <CopyButton key />
            <Way key />
        </Show>
        <Connected session />
    }
}

/// "gültig noch 8:40", and the same as a line that shortens.
#[component]
fn Validity(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = Desk::get().clock;
    let left = Memo::new(move |_| session.with(|session| session.key_expires_at).map(|at| clock.until(at)));
    let text = move || left.get().map(|left| t_string!(i18n, console.key_left, left = countdown(left)));
    let soon = move || left.get().is_some_and(|left| left < SOON);
    let whole = move || {
        session.with(|session| session.key_expires_at.map_or(1, |at| (at - session.created_at).num_seconds().max(1)))
    };
    let seconds = move || left.get().map_or(0, |left| left.num_seconds());
    view! {
        <span class="num key-left" class:soon=soon>
            {text}
        </span>
        <progress class="key-time" class:soon=soon max=whole prop:value=move || seconds().to_string() aria-hidden="true"></progress>
    }
}

#[component]
fn CopyButton(
    /// The key.
    key: Memo<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let click = move |_| {
        let text = key.get_untracked().unwrap_or_default();
        spawn_local(async move {
            if copy(grouped(&text)).await {
                toasts.good(tu_string!(i18n, console.key_copied));
            } else {
                toasts.bad(tu_string!(i18n, console.copy_failed));
            }
        });
    };
    view! {
        <button type="button" class="button primary large copy" on:click=click>
            <Icon glyph=Glyph::Copy />
            {t!(i18n, console.copy_key)}
        </button>
    }
}

/// The customer is there: one click on what he has.
#[component]
fn Connected(
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Failure>));
    let label = StoredValue::new(fresh_id("platforms"));
    let connect = move |platform: Platform| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let id = session.with_untracked(|session| session.id);
        spawn_local(async move {
            match desk.api.post::<SessionView>(&format!("/sessions/{id}/connect"), &Connect { platform }).await {
                Ok(session) => desk.is_now(session),
                Err(failure) => match failure.ended() {
                    Some(end) => desk.over(id, end.clone()),
                    None => {
                        let _ = wrong.try_set(Some(failure));
                    }
                },
            }
            let _ = busy.try_set(false);
        });
    };
    let one = move |platform: Platform| {
        view! {
            <button
                type="button"
                class="button"
                aria-disabled=move || busy.get().to_string()
                on:click=move |_| connect(platform)
            >
                {move || words::platform(i18n, platform)}
            </button>
        }
    };
    view! {
        <div class="connect" role="group" aria-labelledby=label.get_value()>
            <span id=label.get_value() class="label">
                {t!(i18n, console.connected_on)}
            </span>
            <div class="platforms">{Platform::ALL.iter().map(|platform| one(*platform)).collect_view()}</div>
            <Wrong text=Signal::derive(move || wrong.get().map(|failure| words::failure(i18n, &failure).to_owned())) />
        </div>
    }
}
