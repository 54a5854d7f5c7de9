//! One session of the table: who, in what state, where, since when.

use super::{acts::Acts, board::Board};
use crate::{
    clock::Clock,
    format::Format,
    i18n::*,
    live::state::lost,
    span::countdown,
    ui::{
        icon::{Glyph, Icon},
        person::Person,
    },
    words,
};
use leptos::{html::Tr, prelude::*};
use seatkeeper_shared::{ids::SessionId, session::SessionState, wire::sessions::SessionView};

/// The row of a session.
#[component]
pub fn Row(
    /// The page.
    board: Board,
    /// The session.
    id: SessionId,
    /// Whether rows have to say which they are, because not all are in the page.
    windowed: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let node = NodeRef::<Tr>::new();
    let known = Memo::new(move |before: Option<&Option<SessionView>>| {
        board.live.session(id).or_else(|| before.cloned().flatten())
    });
    let Some(first) = known.get_untracked() else { return ().into_any() };
    let session = Signal::derive(move || known.get().unwrap_or_else(|| first.clone()));
    let text = move |text: fn(&SessionView) -> String| Signal::derive(move || session.with(text));
    let over = Memo::new(move |_| session.with(|session| session.state == SessionState::Ended));
    let fixed = Memo::new(move |_| over.get() || session.with(|session| session.borrowed_until.is_some()));
    let picked = Memo::new(move |_| board.picked.with(|picked| picked.contains(&id)));
    let index = move || board.rows.with(|rows| rows.iter().position(|row| *row == id));
    let platform = move || session.with(|s| s.platform.map(|platform| words::platform(i18n, platform)));
    view! {
        <tr
            node_ref=node
            data-id=id.to_string()
            tabindex="-1"
            class:picked=move || picked.get()
            class:parting=move || over.get()
            aria-rowindex=move || if windowed.get() { index().map(|index| index + 2) } else { None }
            on:focusin=move |_| board.cursor.set(untrack(index).map(|index| (id, index)))
        >
            <Show when=move || board.may_end.get()>
                <td class="pick">
                    <Pick board id name=text(|s| s.user_name.clone()) picked over=fixed />
                </td>
            </Show>
            <th scope="row" class="cell-who">
                <Person name=text(|s| s.user_name.clone()) email=text(|s| s.user_email.clone()) />
            </th>
            <td class="cell-state">
                <State board session />
            </td>
            <td class="cell-license">
                {text(|s| s.product_name.clone())}
                <small>{move || session.with(|s| words::model_short(i18n, s.model))}</small>
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
                {move || session.with(|s| format.ago(board.live.contact(s).last_seen_at))}
            </td>
            <Show when=move || board.may_end.get()>
                <td class="cell-acts">
                    <Show when=move || !over.get()>
                        <Acts board session />
                    </Show>
                </td>
            </Show>
        </tr>
    }
    .into_any()
}

#[component]
fn Pick(
    /// The page.
    board: Board,
    /// The session.
    id: SessionId,
    /// Whose it is.
    name: Signal<String>,
    /// Whether it is ticked.
    picked: Memo<bool>,
    /// Whether it cannot be ended, because it is over or borrowed.
    over: Memo<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <input
            type="checkbox"
            aria-label=move || t_string!(i18n, sessions.select_row, name = name.get())
            disabled=move || over.get()
            prop:checked=move || picked.get()
            on:click=move |event| board.pick(id, event.shift_key())
        />
    }
}

/// The state in words, and what the next thing is that happens by itself.
#[component]
fn State(
    /// The page.
    board: Board,
    /// The session.
    session: Signal<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (clock, format) = (Clock::get(), Format::get());
    let away = Memo::new(move |_| {
        // Who is offline cannot be heard of.
        session.with(|s| {
            s.state != SessionState::Ended && s.borrowed_until.is_none() && lost(&board.live.contact(s), clock.now())
        })
    });
    let offline = Memo::new(move |_| session.with(|s| s.borrowed_until.is_some()));
    let ends = Memo::new(move |_| session.with(|s| s.ending.is_some() || s.idle_ends_at.is_some()));
    let protected = Memo::new(move |_| session.with(|s| s.protected));
    let class = move || match session.with(|s| s.state) {
        SessionState::Ended => "state ended",
        _ if ends.get() => "state ending",
        _ if away.get() => "state lost",
        _ if offline.get() => "state offline",
        SessionState::Waiting => "state waiting",
        SessionState::Connected => "state connected",
    };
    let word = move || {
        if away.get() { t_string!(i18n, word.lost) } else { session.with(|s| words::state_of(i18n, s)) }
    };
    let more = move || {
        session.with(|s| {
            if let Some(end) = &s.ended {
                return words::how_ended(i18n, s, end);
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
            if away.get() {
                let left = clock.until(board.live.contact(s).lease_until);
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
                _ => words::mode(i18n, s.mode).to_owned(),
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
