//! What can be done to one session: end it, protect it, call off an end that was announced.

use super::board::Board;
use crate::{
    api::{Api, Failure},
    format::Texts,
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        menu::Menu,
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::SessionId,
    wire::sessions::{Protect, SessionView},
};

/// The menu of a row.
#[component]
pub fn Acts(
    /// The page.
    board: Board,
    /// The session.
    session: Signal<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let does = Does::new(board);
    let id = session.with_untracked(|session| session.id);
    let label = Signal::derive(move || {
        Some(t_string!(i18n, sessions.menu, name = session.with(|session| session.user_name.clone())))
    });
    let protected = Memo::new(move |_| session.with(|session| session.protected));
    let ending = Memo::new(move |_| session.with(|session| session.ending.is_some()));
    let borrowed = Memo::new(move |_| session.with(|session| session.borrowed_until.is_some()));
    let protect = move || match protected.get() {
        true => t_string!(i18n, sessions.unprotect),
        false => t_string!(i18n, sessions.protect),
    };
    view! {
        <Menu class="icon-button" label face=|| view! { <Icon glyph=Glyph::More /> }>
            <Show when=move || ending.get()>
                <button type="button" class="menu-item" on:click=move |_| does.call_off(id)>
                    {t!(i18n, sessions.call_off)}
                </button>
            </Show>
            <button type="button" class="menu-item" on:click=move |_| does.protect(id, !protected.get_untracked())>
                {protect}
            </button>
            <Show
                when=move || !borrowed.get()
                fallback=move || view! { <p class="menu-note">{t!(i18n, sessions.only_agent_returns)}</p> }
            >
                <button type="button" class="menu-item bad" on:click=move |_| board.ask_to_end(vec![id])>
                    {move || t_string!(i18n, sessions.end_n, count = 1, n = 1)}
                </button>
            </Show>
        </Menu>
    }
}

/// Does it, and says what came of it.
#[derive(Clone, Copy)]
struct Does {
    board: Board,
    api: Api,
    toasts: Toasts,
    i18n: Texts,
}

impl Does {
    fn new(board: Board) -> Self {
        Self { board, api: Api::get(), toasts: Toasts::get(), i18n: use_i18n() }
    }

    fn protect(self, id: SessionId, protected: bool) {
        spawn_local(async move {
            let answer = self.api.post(&format!("/sessions/{id}/protect"), &Protect { protected }).await;
            let i18n = self.i18n;
            self.answered(answer, move |name| match protected {
                true => tu_string!(i18n, sessions.protect_done, name = name),
                false => tu_string!(i18n, sessions.unprotect_done, name = name),
            });
        });
    }

    fn call_off(self, id: SessionId) {
        spawn_local(async move {
            let answer = self.api.post(&format!("/sessions/{id}/keep"), &()).await;
            let i18n = self.i18n;
            self.answered(answer, move |name| tu_string!(i18n, sessions.call_off_done, name = name));
        });
    }

    fn answered(self, answer: Result<SessionView, Failure>, said: impl FnOnce(String) -> String) {
        match answer {
            Ok(session) => {
                self.toasts.good(said(session.user_name.clone()));
                self.board.live.is_now(session);
            }
            Err(failure) => self.toasts.bad(untrack(|| words::failure(self.i18n, &failure))),
        }
    }
}
