//! A session waiting for its customer: the support key, its remaining validity, and buttons to record the connection.

use super::{
    join_link::JoinLink,
    state::ConsolePageState,
    support_key::{copy_to_clipboard, grouped, spelled},
};
use crate::{
    duration::countdown,
    i18n::*,
    labels,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::unique_id,
        form::Form,
        icon::{Glyph, Icon},
        show::Show,
        toast::Toasts,
    },
};
use chrono::TimeDelta;
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    session::Platform,
    wire::sessions::{Connect, SessionView},
};

/// With less than this left, the remaining time is shown as a warning.
const EXPIRY_WARNING: TimeDelta = TimeDelta::seconds(60);

/// The support key with its actions.
#[component]
pub fn WaitingSession(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let key = Memo::new(move |_| session.with(|session| session.support_key.clone()));
    view! {
        <Show
            when=move || key.with(Option::is_some)
            fallback=move || view! { <p class="hint">{t!(i18n, console.key_wait)}</p> }
        >
            <div class="key-head">
                <span>{t!(i18n, console.key_label)}</span>
                <KeyCountdown session />
            </div>
            <p class="key" role="img" aria-label=move || spelled(&key.get().unwrap_or_default())>
                {move || grouped(&key.get().unwrap_or_default())}
            </p>
            <CopyButton key />
            <JoinLink key />
        </Show>
        <ConnectButtons session />
    }
}

/// "gültig noch 8:40", as text and as a progress bar.
#[component]
fn KeyCountdown(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = ConsolePageState::get().clock;
    let left = Memo::new(move |_| session.with(|session| session.key_expires_at).map(|at| clock.until(at)));
    let text = move || left.get().map(|left| t_string!(i18n, console.key_left, left = countdown(left)));
    let soon = move || left.get().is_some_and(|left| left < EXPIRY_WARNING);
    let total_seconds = move || {
        session.with(|session| session.key_expires_at.map_or(1, |at| (at - session.created_at).num_seconds().max(1)))
    };
    let seconds = move || left.get().map_or(0, |left| left.num_seconds());
    view! {
        <span class="num key-left" class:soon=soon>
            {text}
        </span>
        <progress
            class="key-time"
            class:soon=soon
            max=total_seconds
            prop:value=move || seconds().to_string()
            aria-hidden="true"
        ></progress>
    }
}

#[component]
fn CopyButton(
    /// The support key, once there is one.
    key: Memo<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let click = move |_| {
        let text = key.get_untracked().unwrap_or_default();
        spawn_local(async move {
            if copy_to_clipboard(grouped(&text)).await {
                toasts.success(tu_string!(i18n, console.key_copied));
            } else {
                toasts.error(tu_string!(i18n, console.copy_failed));
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

/// One button per platform, to record that the customer has connected.
#[component]
fn ConnectButtons(
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let form = Form::default();
    let label = StoredValue::new(unique_id("platforms"));
    let connect = move |platform: Platform| {
        let id = session.with_untracked(|session| session.id);
        let work = async move {
            match page.api.send(endpoints::sessions::connect(id, &Connect { platform })).await {
                Ok(session) => page.sessions.apply(session),
                Err(failure) => match failure.ended() {
                    Some(end) => page.sessions.on_ended(id, end.clone()),
                    None => return Err(failure),
                },
            }
            Ok(())
        };
        form.run([], work, |()| {});
    };
    let button = move |platform: Platform| {
        view! {
            <button
                type="button"
                class="button"
                aria-disabled=move || form.busy().to_string()
                on:click=move |_| connect(platform)
            >
                {move || labels::platform(i18n, platform)}
            </button>
        }
    };
    view! {
        <div class="connect" role="group" aria-labelledby=label.get_value()>
            <span id=label.get_value() class="label">
                {t!(i18n, console.connected_on)}
            </span>
            <div class="platforms">{Platform::ALL.iter().map(|platform| button(*platform)).collect_view()}</div>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
        </div>
    }
}
