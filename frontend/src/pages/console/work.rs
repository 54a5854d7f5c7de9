//! One session of one's own: waiting with its key, or connected; and the way to end it.

use super::{
    card::head_of, cards::Card, desk::Desk, elsewhere::Elsewhere, notices::focus, open::OpenButton, waiting::Waiting,
    warning::Warnings,
};
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    span::countdown,
    ui::{face::Wrong, field::fresh_id, seats::ProtectedTag, toast::Toasts},
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::SessionId,
    license::Model,
    session::{EndReason, Mode, SessionState},
    wire::sessions::{EndResult, EndSession, SessionView},
};

/// A session.
#[component]
pub fn Work(
    /// The session as it was when it appeared.
    first: SessionView,
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let desk = Desk::get();
    let id = first.id;
    let session = Memo::new(move |before: Option<&SessionView>| {
        let now = card.with(|card| card.sessions.iter().find(|session| session.id == id).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let waits = Memo::new(move |_| session.with(|session| session.state == SessionState::Waiting));
    let head = StoredValue::new(fresh_id("session"));
    let node = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| {
        // Whoever has just started it hears what it is; once, not whenever this page is opened.
        if let Some(section) = node.get()
            && desk.fresh.get() == Some(id)
        {
            desk.fresh.set(None);
            // Without focus it works as well.
            let _ = section.focus();
        }
    });
    view! {
        <section class="work" tabindex="-1" node_ref=node aria-labelledby=head.get_value()>
            <Now id=head.get_value() session />
            <Warnings session />
            <Show when=move || waits.get()>
                <Waiting session />
            </Show>
            <Trouble id />
            <Elsewhere session />
            <OpenButton session />
            <EndButton session card />
        </section>
    }
}

/// "Verbunden seit 12 min", and with what and where.
#[component]
fn Now(
    /// The id of this line, by which the session is called.
    id: String,
    /// The session.
    session: Memo<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (desk, format) = (Desk::get(), Format::get());
    let waits = Memo::new(move |_| session.with(|session| session.state == SessionState::Waiting));
    let word = move || {
        let since = session.with(|session| session.connected_at.unwrap_or(session.created_at));
        if let Some(until) = session.with(|session| session.borrowed_until) {
            t_string!(i18n, word.offline_until, time = format.date_time(until))
        } else if waits.get() {
            words::state(i18n, SessionState::Waiting).to_owned()
        } else {
            t_string!(i18n, console.connected_since, span = format.since(since))
        }
    };
    let more = move || {
        let session = session.get();
        let mode = (session.mode != Mode::Attended).then(|| words::mode(i18n, session.mode).to_owned());
        let platform = session.platform.map(|platform| words::platform(i18n, platform).to_owned());
        let device = (!desk.keeps(session.id)).then(|| t_string!(i18n, console.on_device, device = session.device));
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

/// The heartbeats of the session get lost.
#[component]
fn Trouble(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let trouble = Memo::new(move |_| {
        desk.clock.now();
        desk.beats.with(|beats| beats.trouble(id))
    });
    let text = move || {
        trouble.get().map(|until| match until.map(|until| desk.clock.until(until)) {
            None => t_string!(i18n, console.trouble_unknown).to_owned(),
            Some(left) if left.num_milliseconds() == 0 => t_string!(i18n, console.trouble_over).to_owned(),
            Some(left) => t_string!(i18n, console.trouble, left = countdown(left)),
        })
    };
    // It counts down each second: not to be read aloud, the line under the title says that the connection is lost.
    move || text().map(|text| view! { <p class="note num">{text}</p> })
}

/// Ends the session.
#[component]
fn EndButton(
    /// The session.
    session: Memo<SessionView>,
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (desk, toasts) = (Desk::get(), Toasts::get());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<Failure>));
    let click = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let id = session.with_untracked(|session| session.id);
        // Now: when the answer comes the feed may have taken the session away already, and this button with it.
        let freed = untrack(|| card.with(|card| session.with(|session| frees_a_seat(card, session))));
        let head = head_of(&card.with_untracked(|card| card.product.to_string()));
        spawn_local(async move {
            match desk.api.post::<EndResult>(&format!("/sessions/{id}/end"), &EndSession::default()).await {
                Ok(result) => {
                    if result.ended.as_ref().is_none_or(|end| end.reason == EndReason::Finished) {
                        toasts.good(if freed {
                            tu_string!(i18n, console.ended)
                        } else {
                            tu_string!(i18n, console.ended_only)
                        });
                    }
                    match result.ended {
                        Some(end) => desk.over(id, end),
                        None => desk.let_go(id),
                    }
                    focus(&head);
                }
                Err(failure) => {
                    let _ = wrong.try_set(Some(failure));
                    let _ = busy.try_set(false);
                }
            }
        });
    };
    let borrowed = Memo::new(move |_| session.with(|session| session.borrowed_until.is_some()));
    let label = move || match (busy.get(), borrowed.get()) {
        (true, _) => t_string!(i18n, sessions.ending),
        (false, true) => t_string!(i18n, console.give_back),
        (false, false) => t_string!(i18n, console.end),
    };
    let text = Signal::derive(move || wrong.get().map(|failure| words::failure(i18n, &failure).to_owned()));
    view! {
        <Wrong text />
        <Show when=move || borrowed.get()>
            <p class="note">{t!(i18n, console.give_back_hint)}</p>
        </Show>
        <button type="button" class="button end" aria-disabled=move || busy.get().to_string() on:click=click>
            {label}
        </button>
    }
}

/// Whether the seat is free when this session ends: not if it is one's own for good or other sessions are on it.
fn frees_a_seat(card: &Card, session: &SessionView) -> bool {
    let on_it = card.sessions.iter().filter(|other| other.license_id == session.license_id).count();
    session.model == Model::Concurrent && on_it <= 1
}
