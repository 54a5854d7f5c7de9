//! Menu of one session: end it, protect it, cancel its scheduled end.

use super::state::SessionsPageState;
use crate::{
    api::{Api, Failure},
    format::Texts,
    i18n::*,
    labels,
    ui::{
        icon::{Glyph, Icon},
        menu::Menu,
        show::Show,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::SessionId,
    wire::sessions::{Protect, SessionView},
};

#[component]
pub fn RowMenu(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session shown.
    session: RwSignal<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let label = Signal::derive(move || {
        Some(t_string!(i18n, sessions.menu, name = session.with(|session| session.user_name.clone())))
    });
    view! {
        <Menu class="icon-button" label open=page.hold.menu trigger=|| view! { <Icon glyph=Glyph::More /> }>
            <MenuItems page session />
        </Menu>
    }
}

/// The actions, which exist once the menu has been opened.
#[component]
fn MenuItems(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The session shown.
    session: RwSignal<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let actions = SessionActions::new(page);
    let id = session.with_untracked(|session| session.id);
    let protected = Memo::new(move |_| session.with(|session| session.protected));
    let ending = Memo::new(move |_| session.with(|session| session.ending.is_some()));
    let borrowed = Memo::new(move |_| session.with(|session| session.borrowed_until.is_some()));
    let protect = move || match protected.get() {
        true => t_string!(i18n, sessions.unprotect),
        false => t_string!(i18n, sessions.protect),
    };
    view! {
        <Show when=move || ending.get()>
            <button type="button" class="menu-item" on:click=move |_| actions.cancel_end(id)>
                {t!(i18n, sessions.cancel_end)}
            </button>
        </Show>
        <button type="button" class="menu-item" on:click=move |_| actions.protect(id, !protected.get_untracked())>
            {protect}
        </button>
        <Show
            when=move || !borrowed.get()
            fallback=move || view! { <p class="menu-note">{t!(i18n, sessions.only_agent_returns)}</p> }
        >
            <button type="button" class="menu-item bad" on:click=move |_| page.ask_to_end(vec![id])>
                {move || t_string!(i18n, sessions.end_n, count = 1, n = 1)}
            </button>
        </Show>
    }
}

/// Performs the actions and shows their results.
#[derive(Clone, Copy)]
struct SessionActions {
    page: SessionsPageState,
    api: Api,
    toasts: Toasts,
    i18n: Texts,
}

impl SessionActions {
    fn new(page: SessionsPageState) -> Self {
        Self { page, api: Api::get(), toasts: Toasts::get(), i18n: use_i18n() }
    }

    fn protect(self, id: SessionId, protected: bool) {
        spawn_local(async move {
            let answer = self.api.send(endpoints::sessions::protect(id, &Protect { protected })).await;
            let i18n = self.i18n;
            self.show_result(answer, move |name| match protected {
                true => tu_string!(i18n, sessions.protect_done, name = name),
                false => tu_string!(i18n, sessions.unprotect_done, name = name),
            });
        });
    }

    fn cancel_end(self, id: SessionId) {
        spawn_local(async move {
            let answer = self.api.send(endpoints::sessions::cancel_end(id)).await;
            let i18n = self.i18n;
            self.show_result(answer, move |name| tu_string!(i18n, sessions.cancel_end_done, name = name));
        });
    }

    fn show_result(self, answer: Result<SessionView, Failure>, message: impl FnOnce(String) -> String) {
        match answer {
            Ok(session) => {
                self.toasts.success(message(session.user_name.clone()));
                self.page.live.apply_session(session);
            }
            Err(failure) => self.toasts.error(untrack(|| labels::failure(self.i18n, &failure))),
        }
    }
}
