//! Table row of a session.

use super::{row_menu::RowMenu, rows::RenderedRow, state::SessionsPageState};
use crate::{
    clock::Clock,
    duration::countdown,
    format::{Format, Texts},
    i18n::*,
    labels,
    live::state::is_contact_lost,
    ui::{
        icon::{Glyph, Icon},
        links::{Named, NamedLink},
        person::Person,
        show::Show,
        time::Time,
    },
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::SessionId,
    problem::SessionEnd,
    session::SessionState,
    wire::{live::Contact, sessions::SessionView},
};

#[component]
pub fn Row(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session to show.
    id: SessionId,
    /// Whether the table is virtualized, so that rows need an explicit index.
    virtualized: Memo<bool>,
) -> impl IntoView {
    let Some(RenderedRow { session, index }) = page.rows.render(id) else { return ().into_any() };
    let text = move |text: fn(&SessionView) -> String| Signal::derive(move || session.with(text));
    let over = Memo::new(move |_| session.with(|session| session.state == SessionState::Ended));
    let selected = Memo::new(move |_| page.selected.with(|selected| selected.contains(&id)));
    // The table draws its rows again when this changes.
    let may_end = page.may_end.get_untracked();
    view! {
        <tr
            data-id=id.to_string()
            tabindex="-1"
            class:selected=move || selected.get()
            class:ended-row=move || over.get()
            aria-rowindex=move || virtualized.get().then(|| index.get() + 2)
            on:focusin=move |_| page.cursor.set(Some((id, index.get_untracked())))
        >
            {may_end
                .then(|| {
                    view! {
                        <td class="pick">
                            <RowCheckbox page session selected />
                        </td>
                    }
                })}
            <th scope="row" class="cell-who">
                <NamedLink to=Named::User(session.with_untracked(|s| s.user_id)) class="who-link">
                    <Person name=text(|s| s.user_name.clone()) email=text(|s| s.user_email.clone()) />
                </NamedLink>
            </th>
            <td class="cell-state">
                <StateCell page session />
            </td>
            <Facts page session />
            {may_end
                .then(|| {
                    view! {
                        <td class="cell-acts">
                            <Show when=move || !over.get()>
                                <RowMenu page session />
                            </Show>
                        </td>
                    }
                })}
        </tr>
    }
    .into_any()
}

/// The cells about product, devices and times.
#[component]
fn Facts(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session shown.
    session: RwSignal<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let last_seen = move || session.with(|s| page.live.contact(s).last_seen_at);
    let platform = move || session.with(|s| s.platform.map(|platform| labels::platform(i18n, platform)));
    view! {
        <td class="cell-license" title=move || session.with(|s| s.product_name.clone())>
            <NamedLink to=Named::License(session.with_untracked(|s| s.license_id))>
                {move || session.with(|s| s.product_name.clone())}
            </NamedLink>
            <small>{move || session.with(|s| labels::model_short(i18n, s.model))}</small>
        </td>
        <td class="cell-platform" title=move || session.with(|s| s.remote_device.clone())>
            {move || platform().unwrap_or_else(|| t_string!(i18n, common.dash))}
            <small>{move || session.with(|s| s.remote_device.clone())}</small>
        </td>
        <td class="cell-device mono" title=move || session.with(|s| s.device.clone())>
            {move || session.with(|s| s.device.clone())}
        </td>
        <td class="cell-since num nowrap">
            <Time at=Signal::derive(move || session.with(|s| s.created_at)) in_row=true>
                {move || session.with(|s| format.since(s.created_at))}
            </Time>
        </td>
        <td class="cell-contact num nowrap muted">
            <Time at=Signal::derive(last_seen) in_row=true>
                {move || format.ago_in_minutes(last_seen())}
            </Time>
        </td>
    }
}

#[component]
fn RowCheckbox(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session shown.
    session: RwSignal<SessionView>,
    /// Whether the row is selected.
    selected: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = session.with_untracked(|session| session.id);
    let label = move || t_string!(i18n, sessions.select_row, name = session.with(|s| s.user_name.clone()));
    // A borrowed session can only be ended by its agent.
    let disabled = move || session.with(|s| s.state == SessionState::Ended || s.borrowed_until.is_some());
    view! {
        <input
            type="checkbox"
            aria-label=label
            disabled=disabled
            prop:checked=move || selected.get()
            on:click=move |event| page.select(id, event.shift_key())
        />
    }
}

/// State of the session, and what happens next without an action.
#[component]
fn StateCell(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session shown.
    session: RwSignal<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (clock, format) = (Clock::get(), Format::get());
    let contact_lost = Memo::new(move |_| {
        // A borrowed session is offline and sends no heartbeats.
        session.with(|s| {
            s.state != SessionState::Ended
                && s.borrowed_until.is_none()
                && is_contact_lost(&page.live.contact(s), clock.now())
        })
    });
    let word = move || {
        if contact_lost.get() { t_string!(i18n, word.lost) } else { session.with(|s| labels::current_state(i18n, s)) }
    };
    let next = move || {
        session.with(|s| match contact_lost.get() && next_event(s).is_none() {
            true => seat_release(i18n, clock, &page.live.contact(s)),
            false => what_follows(i18n, format, clock, s),
        })
    };
    view! {
        <span class=move || session.with(|s| state_class(s, contact_lost.get()))>
            <span>
                <span class="state-word">
                    {word}
                    {move || session.with(|s| s.protected).then(|| view! { <ProtectedMark /> })}
                </span>
                <small class="num">{next}</small>
            </span>
        </span>
    }
}

/// A lock with a text for screen readers.
#[component]
fn ProtectedMark() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <span class="shield" title=move || t_string!(i18n, word.protected)>
            <Icon glyph=Glyph::Lock />
            <span class="vh">{t!(i18n, word.protected)}</span>
        </span>
    }
}

fn state_class(session: &SessionView, contact_lost: bool) -> &'static str {
    match session.state {
        SessionState::Ended => "state ended",
        _ if session.ending.is_some() || session.idle_ends_at.is_some() => "state ending",
        _ if contact_lost => "state lost",
        _ if session.borrowed_until.is_some() => "state offline",
        SessionState::Waiting => "state waiting",
        SessionState::Connected => "state connected",
    }
}

/// What is known to happen to a session next.
enum NextEvent<'a> {
    Ended(&'a SessionEnd),
    ReturnsBy(DateTime<Utc>),
    EndsAt(DateTime<Utc>),
    IdleEndsAt(DateTime<Utc>),
}

fn next_event(session: &SessionView) -> Option<NextEvent<'_>> {
    let ended = session.ended.as_ref().map(NextEvent::Ended);
    ended
        .or_else(|| session.borrowed_until.map(NextEvent::ReturnsBy))
        .or_else(|| session.ending.as_ref().map(|ending| NextEvent::EndsAt(ending.at)))
        .or_else(|| session.idle_ends_at.map(NextEvent::IdleEndsAt))
}

fn what_follows(i18n: Texts, format: Format, clock: Clock, session: &SessionView) -> String {
    let left = |at| countdown(clock.until(at));
    match (next_event(session), session.state, session.key_expires_at) {
        (Some(NextEvent::Ended(end)), ..) => labels::session_end_summary(i18n, session, end),
        (Some(NextEvent::ReturnsBy(until)), ..) => t_string!(i18n, sessions.until, time = format.date_time(until)),
        (Some(NextEvent::EndsAt(at)), ..) => t_string!(i18n, sessions.ends_in, left = left(at)),
        (Some(NextEvent::IdleEndsAt(at)), ..) => t_string!(i18n, sessions.idle_in, left = left(at)),
        (None, SessionState::Waiting, Some(at)) => t_string!(i18n, sessions.key_left, left = left(at)),
        (None, ..) => labels::mode(i18n, session.mode).to_owned(),
    }
}

/// When the seat of a session without contact is freed.
fn seat_release(i18n: Texts, clock: Clock, contact: &Contact) -> String {
    let left = clock.until(contact.lease_until);
    if left.is_zero() {
        return t_string!(i18n, sessions.free_now).to_owned();
    }
    t_string!(i18n, sessions.free_in, left = countdown(left))
}
