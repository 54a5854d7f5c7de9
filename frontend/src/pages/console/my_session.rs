//! A session of the agent: waiting with its key, or connected; and the button to end it.

use super::{
    card::heading_id, card_data::CardData, continue_here::ContinueHere, heartbeat_schedule::LeaseRenewal,
    notices::focus_element, open_tool::OpenButton, state::ConsolePageState, waiting_session::WaitingSession,
    warning::Warnings,
};
use crate::{
    duration::countdown,
    format::Format,
    i18n::*,
    labels,
    ui::{
        error_message::{ErrorMessage, failure_text},
        field::unique_id,
        form::Form,
        seats::ProtectedTag,
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::SessionId,
    license::Model,
    session::{EndReason, Mode, SessionState},
    wire::sessions::{EndResult, EndSession, SessionView},
};

#[component]
pub fn MySession(
    /// The session when it appeared.
    first: SessionView,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let page = ConsolePageState::get();
    let id = first.id;
    let session = Memo::new(move |before: Option<&SessionView>| {
        let now = card.with(|card| card.sessions.iter().find(|session| session.id == id).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let waits = Memo::new(move |_| session.with(|session| session.state == SessionState::Waiting));
    let head = StoredValue::new(unique_id("session"));
    let node = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| {
        // After the start the focus moves here once, so that a screen reader announces the session.
        if let Some(section) = node.get()
            && page.sessions.focus_on_appear.get() == Some(id)
        {
            page.sessions.focus_on_appear.set(None);
            // The page also works without focus.
            let _ = section.focus();
        }
    });
    view! {
        <section class="session" tabindex="-1" node_ref=node aria-labelledby=head.get_value()>
            <SessionStatus id=head.get_value() session />
            <Warnings session />
            <Show when=move || waits.get()>
                <WaitingSession session />
            </Show>
            <HeartbeatWarning id />
            <ContinueHere session />
            <OpenButton session />
            <EndButton session card />
        </section>
    }
}

/// "Verbunden seit 12 min", with mode, platform and device.
#[component]
fn SessionStatus(
    /// Element id of the text that labels the session.
    id: String,
    /// The session shown.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, format) = (ConsolePageState::get(), Format::get());
    let waits = Memo::new(move |_| session.with(|session| session.state == SessionState::Waiting));
    let word = move || {
        let since = session.with(|session| session.connected_at.unwrap_or(session.created_at));
        if let Some(until) = session.with(|session| session.borrowed_until) {
            t_string!(i18n, word.offline_until, time = format.date_time(until))
        } else if waits.get() {
            labels::session_state(i18n, SessionState::Waiting).to_owned()
        } else {
            t_string!(i18n, console.connected_since, span = format.since(since))
        }
    };
    let more = move || {
        let session = session.get();
        let mode = (session.mode != Mode::Attended).then(|| labels::mode(i18n, session.mode).to_owned());
        let platform = session.platform.map(|platform| labels::platform(i18n, platform).to_owned());
        let device = (!page.sessions.keeps_alive(session.id))
            .then(|| t_string!(i18n, console.on_device, device = session.device));
        let remote = session.remote_device.map(|device| t_string!(i18n, console.at_remote, device = device));
        let parts: Vec<_> = [mode, remote, platform, device].into_iter().flatten().collect();
        parts.join(t_string!(i18n, common.dot))
    };
    let protected = Memo::new(move |_| session.with(|session| session.protected));
    view! {
        <p id=id class="state" class:waiting=move || waits.get()>
            <span>
                <b class="num">{word}</b>
                <small>{more}</small>
            </span>
            <Show when=move || protected.get()>
                <ProtectedTag />
            </Show>
        </p>
    }
}

/// Warning while the session's heartbeats are being lost.
#[component]
fn HeartbeatWarning(
    /// The session shown.
    id: SessionId,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let renewal = Memo::new(move |_| page.heartbeats.renewal(id));
    let text = move || {
        let LeaseRenewal::Failing { lease_until } = renewal.get() else { return None };
        Some(match lease_until.map(|until| page.clock.until(until)) {
            None => t_string!(i18n, console.trouble_unknown).to_owned(),
            Some(left) if left.num_milliseconds() == 0 => t_string!(i18n, console.trouble_over).to_owned(),
            Some(left) => t_string!(i18n, console.trouble, left = countdown(left)),
        })
    };
    // Not a live region: it changes every second, and the line under the title announces the lost connection.
    move || text().map(|text| view! { <p class="note num">{text}</p> })
}

/// Button to end the session.
#[component]
fn EndButton(
    /// The session shown.
    session: Memo<SessionView>,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, toasts, form) = (ConsolePageState::get(), Toasts::get(), Form::default());
    let click = move |_| {
        let id = session.with_untracked(|session| session.id);
        // Computed now: by the time of the response the feed may have removed the session, and this button with it.
        let freed = untrack(|| card.with(|card| session.with(|session| frees_a_seat(card, session))));
        let head = heading_id(&card.with_untracked(|card| card.product.to_string()));
        let done = move |result: EndResult| {
            if result.ended.as_ref().is_none_or(|end| end.reason == EndReason::Finished) {
                toasts.success(match freed {
                    true => tu_string!(i18n, console.ended),
                    false => tu_string!(i18n, console.ended_only),
                });
            }
            match result.ended {
                Some(end) => page.sessions.on_ended(id, end),
                None => page.sessions.stop_keeping_alive(id),
            }
            focus_element(&head);
        };
        form.submit([], || endpoints::sessions::end(id, &EndSession::default()), done);
    };
    let borrowed = Memo::new(move |_| session.with(|session| session.borrowed_until.is_some()));
    let label = move || match (form.busy(), borrowed.get()) {
        (true, _) => t_string!(i18n, sessions.ending),
        (false, true) => t_string!(i18n, console.give_back),
        (false, false) => t_string!(i18n, console.end),
    };
    view! {
        <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
        <Show when=move || borrowed.get()>
            <p class="note">{t!(i18n, console.give_back_hint)}</p>
        </Show>
        <button type="button" class="button end" aria-disabled=move || form.busy().to_string() on:click=click>
            {label}
        </button>
    }
}

/// Whether ending this session frees its seat: not if it is a named seat, or other sessions share it.
fn frees_a_seat(card: &CardData, session: &SessionView) -> bool {
    let sharing = card.sessions.iter().filter(|other| other.license_id == session.license_id).count();
    session.model == Model::Concurrent && sharing <= 1
}
