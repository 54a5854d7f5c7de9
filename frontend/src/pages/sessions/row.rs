//! Table row of a session.

use super::{row_menu::RowMenu, state::SessionsPageState};
use crate::{
    clock::Clock,
    duration::countdown,
    format::Format,
    i18n::*,
    labels,
    live::state::is_contact_lost,
    ui::{
        icon::{Glyph, Icon},
        person::Person,
    },
};
use leptos::{html::Tr, prelude::*};
use seatkeeper_shared::{ids::SessionId, session::SessionState, wire::sessions::SessionView};

#[component]
pub fn Row(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session to show.
    id: SessionId,
    /// Whether the table is virtualized, so that rows need an explicit index.
    virtualized: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let node = NodeRef::<Tr>::new();
    let known = Memo::new(move |before: Option<&Option<SessionView>>| {
        page.live.session(id).or_else(|| before.cloned().flatten())
    });
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let session = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let text = move |text: fn(&SessionView) -> String| Signal::derive(move || session.with(text));
    let over = Memo::new(move |_| session.with(|session| session.state == SessionState::Ended));
    let not_endable = Memo::new(move |_| over.get() || session.with(|session| session.borrowed_until.is_some()));
    let selected = Memo::new(move |_| page.selected.with(|selected| selected.contains(&id)));
    let index = move || page.rows.with(|rows| rows.iter().position(|row| *row == id));
    let platform = move || session.with(|s| s.platform.map(|platform| labels::platform(i18n, platform)));
    view! {
        <tr
            node_ref=node
            data-id=id.to_string()
            tabindex="-1"
            class:selected=move || selected.get()
            class:ended-row=move || over.get()
            aria-rowindex=move || if virtualized.get() { index().map(|index| index + 2) } else { None }
            on:focusin=move |_| page.cursor.set(untrack(index).map(|index| (id, index)))
        >
            <Show when=move || page.may_end.get()>
                <td class="pick">
                    <RowCheckbox page id name=text(|s| s.user_name.clone()) selected disabled=not_endable />
                </td>
            </Show>
            <th scope="row" class="cell-who">
                <Person name=text(|s| s.user_name.clone()) email=text(|s| s.user_email.clone()) />
            </th>
            <td class="cell-state">
                <StateCell page session />
            </td>
            <td class="cell-license">
                {text(|s| s.product_name.clone())}
                <small>{move || session.with(|s| labels::model_short(i18n, s.model))}</small>
            </td>
            <td class="cell-platform">
                {move || platform().unwrap_or_else(|| t_string!(i18n, common.dash))}
                <small>{move || session.with(|s| s.remote_device.clone())}</small>
            </td>
            <td class="cell-device mono">{text(|s| s.device.clone())}</td>
            <td class="cell-since num nowrap" title=move || session.with(|s| format.exact(s.created_at))>
                {move || session.with(|s| format.since(s.created_at))}
            </td>
            <td class="cell-contact num nowrap muted">
                {move || session.with(|s| format.ago(page.live.contact(s).last_seen_at))}
            </td>
            <Show when=move || page.may_end.get()>
                <td class="cell-acts">
                    <Show when=move || !over.get()>
                        <RowMenu page session />
                    </Show>
                </td>
            </Show>
        </tr>
    }
    .into_any()
}

#[component]
fn RowCheckbox(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session to show.
    id: SessionId,
    /// Name of the agent.
    name: Signal<String>,
    /// Whether the row is selected.
    selected: Memo<bool>,
    /// Whether the session cannot be ended here, because it has ended or is borrowed.
    disabled: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <input
            type="checkbox"
            aria-label=move || t_string!(i18n, sessions.select_row, name = name.get())
            disabled=move || disabled.get()
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
    session: Signal<SessionView>,
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
    let offline = Memo::new(move |_| session.with(|s| s.borrowed_until.is_some()));
    let ends = Memo::new(move |_| session.with(|s| s.ending.is_some() || s.idle_ends_at.is_some()));
    let protected = Memo::new(move |_| session.with(|s| s.protected));
    let class = move || match session.with(|s| s.state) {
        SessionState::Ended => "state ended",
        _ if ends.get() => "state ending",
        _ if contact_lost.get() => "state lost",
        _ if offline.get() => "state offline",
        SessionState::Waiting => "state waiting",
        SessionState::Connected => "state connected",
    };
    let word = move || {
        if contact_lost.get() { t_string!(i18n, word.lost) } else { session.with(|s| labels::current_state(i18n, s)) }
    };
    let more = move || {
        session.with(|s| {
            if let Some(end) = &s.ended {
                return labels::session_end_summary(i18n, s, end);
            }
            if let Some(until) = s.borrowed_until {
                return t_string!(i18n, sessions.until, time = format.date_time(until));
            }
            if let Some(ending) = &s.ending {
                return t_string!(i18n, sessions.ends_in, left = countdown(clock.until(ending.at)));
            }
            if let Some(at) = s.idle_ends_at {
                return t_string!(i18n, sessions.idle_in, left = countdown(clock.until(at)));
            }
            if contact_lost.get() {
                let left = clock.until(page.live.contact(s).lease_until);
                return if left.is_zero() {
                    t_string!(i18n, sessions.free_now).to_owned()
                } else {
                    t_string!(i18n, sessions.free_in, left = countdown(left))
                };
            }
            match (s.state, s.key_expires_at) {
                (SessionState::Waiting, Some(at)) => {
                    t_string!(i18n, sessions.key_left, left = countdown(clock.until(at)))
                }
                _ => labels::mode(i18n, s.mode).to_owned(),
            }
        })
    };
    view! {
        <span class=class>
            <span>
                <span class="state-word">
                    {word}
                    <Show when=move || protected.get()>
                        <span class="shield" title=move || t_string!(i18n, word.protected)>
                            <Icon glyph=Glyph::Lock />
                            <span class="vh">{t!(i18n, word.protected)}</span>
                        </span>
                    </Show>
                </span>
                <small class="num">{more}</small>
            </span>
        </span>
    }
}
