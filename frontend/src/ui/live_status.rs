//! How up to date the page is: the line under the title of a live page, and the notices above every page.

use crate::{
    clock::Clock,
    format::Format,
    i18n::*,
    live::{ConnectionStatus, Live},
    text::Text,
    ui::{
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::prelude::*;

/// The status line under the title of a live page.
#[component]
pub fn LiveStatus(
    /// The text shown while the page is live.
    #[prop(into)]
    text: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, clock, connection) = (Format::get(), Clock::get(), Live::get().connection);
    let is_live = Memo::new(move |_| connection.get() == ConnectionStatus::Live);
    let status = move || match connection.get() {
        ConnectionStatus::Connecting => t_string!(i18n, live.connecting).to_owned(),
        ConnectionStatus::Live => t_string!(i18n, live.on).to_owned(),
        ConnectionStatus::Polling(at) | ConnectionStatus::Lost(at) => {
            t_string!(i18n, live.as_of, time = format.time_of_day(clock.of_local(at)))
        }
    };
    view! {
        <p class="live-line" class:lost=move || connection.get().outdated_since().is_some()>
            <i class="live-dot" class:off=move || !is_live.get() aria-hidden="true"></i>
            <span>{status}</span>
            <Show when=move || is_live.get()>
                <span class="live-text">{move || text.get(i18n)}</span>
            </Show>
            <span class="live-zone">{move || t_string!(i18n, live.zone, zone = format.time_zone())}</span>
        </p>
    }
}

/// Tells on every page that what it shows is not live, and how old it is. Screen readers are told once: the age, which
/// changes every second, is not part of what they read.
#[component]
pub fn ConnectionNotice() -> impl IntoView {
    let i18n = use_i18n();
    let (format, clock, connection) = (Format::get(), Clock::get(), Live::get().connection);
    let time = move |at| format.time_of_day(clock.of_local(at));
    let announced = Memo::new(move |_| match connection.get() {
        ConnectionStatus::Connecting | ConnectionStatus::Live => None,
        ConnectionStatus::Lost(at) => Some(t_string!(i18n, live.lost, time = time(at))),
        // Without the time, which changes with every refresh.
        ConnectionStatus::Polling(_) => Some(t_string!(i18n, live.polling).to_owned()),
    });
    let age = move || match connection.get() {
        ConnectionStatus::Connecting | ConnectionStatus::Live => String::new(),
        ConnectionStatus::Lost(at) => t_string!(i18n, live.lost_for, span = format.span(clock.of_local(at))),
        ConnectionStatus::Polling(at) => t_string!(i18n, live.polled_at, time = time(at)),
    };
    let notice = move |text: String| {
        view! {
            <div class="note connection-notice">
                <Icon glyph=Glyph::Warning />
                <p>
                    {text} " "
                    <span class="num" aria-hidden="true">
                        {age}
                    </span>
                </p>
            </div>
        }
    };
    view! { <div role="status">{move || announced.get().map(notice)}</div> }
}

/// Offers to load the version of the app that the server delivers now. The user chooses when, because what they are
/// entering would be lost.
#[component]
pub fn NewVersionNotice() -> impl IntoView {
    let i18n = use_i18n();
    let is_outdated = Live::get().is_app_outdated;
    let reload = |_| {
        // Fails only in documents that are not shown.
        let _ = window().location().reload();
    };
    view! {
        <div role="status">
            <Show when=move || is_outdated.get()>
                <div class="note calm version-notice">
                    <Icon glyph=Glyph::Refresh />
                    <p>{t!(i18n, live.new_version)}</p>
                    <button type="button" class="button small" on:click=reload>
                        {t!(i18n, live.reload)}
                    </button>
                </div>
            </Show>
        </div>
    }
}
