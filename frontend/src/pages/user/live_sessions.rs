//! The live sessions of a user, with buttons to end them.

use super::state::UserPageState;
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs},
        keyed_list::For,
        links::{Named, NamedLink},
        show::Show,
        time::Time,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::SessionId,
    permissions::Action,
    wire::sessions::{EndResult, EndSession, SessionView},
};

#[component]
pub fn LiveSessions(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    page.live.need_sessions_of(page.id);
    let live = Memo::new(move |_| {
        page.live.state.with(|state| {
            let own = state.sessions.values().filter(|session| session.user_id == page.id);
            let mut sessions: Vec<_> = own.map(|session| (session.created_at, session.id)).collect();
            sessions.sort();
            sessions
        })
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.live)}</h2>
            </div>
            <Show
                when=move || !live.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, person.no_live)}</p> }
            >
                <ul class="lines">
                    <For each=move || live.get() key=|(_, id)| *id let:session>
                        <LiveSession page id=session.1 />
                    </For>
                </ul>
            </Show>
        </section>
    }
}

#[component]
fn LiveSession(
    /// The state of the page.
    page: UserPageState,
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let session = Memo::new(move |_| page.live.session(id));
    let ask = Dialogs::get().opens(lazy_dialog!(end_user_session(page: UserPageState, id: SessionId) {
        view! { <EndSessionDialog page id /> }
    }));
    let product = move || product_name(i18n, session.get());
    let license = Memo::new(move |_| session.with(|session| session.as_ref().map(|session| session.license_id)));
    let facts = move || session.with(|session| session.as_ref().map(|session| facts(i18n, format, session)));
    // A borrowed seat can only be returned by its agent.
    let is_here = Memo::new(move |_| session.with(|one| one.as_ref().is_some_and(|one| one.borrowed_until.is_none())));
    view! {
        <li>
            <span>
                {move || {
                    license.get().map(|license| view! { <NamedLink to=Named::License(license)>{product}</NamedLink> })
                }}
                {move || {
                    let at = session.with(|session| session.as_ref().map(|session| session.created_at))?;
                    Some(
                        view! {
                            <small class="num">
                                <Time at=Signal::stored(at)>{facts}</Time>
                            </small>
                        },
                    )
                }}
            </span>
            <Show when=move || page.may(Action::EndSessions) && is_here.get()>
                <button type="button" class="button small" on:click=ask>
                    {t!(i18n, person.end)}
                </button>
            </Show>
        </li>
    }
}

fn product_name(i18n: Texts, session: Option<SessionView>) -> String {
    session.map(|session| labels::license_name(i18n, &session.product_name, session.model)).unwrap_or_default()
}

/// State, devices, and since when.
fn facts(i18n: Texts, format: Format, session: &SessionView) -> String {
    let state = match session.borrowed_until {
        Some(until) => t_string!(i18n, word.offline_until, time = format.date_time(until)),
        None => labels::session_state(i18n, session.state).to_owned(),
    };
    let remote = session.remote_device.clone();
    let remote = remote.map(|device| t_string!(i18n, console.at_remote, device = device));
    let all = [Some(state), Some(session.device.clone()), remote, Some(format.ago(session.created_at))];
    all.into_iter().flatten().collect::<Vec<_>>().join(t_string!(i18n, common.dot))
}

/// Asks before a session is ended.
#[component]
fn EndSessionDialog(
    /// The state of the page.
    page: UserPageState,
    /// The session to end.
    id: SessionId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let name = StoredValue::new(untrack(|| page.name()));
    let action = move |()| {
        // A single session is ended even if it is protected.
        let body = EndSession { protected_too: true, ..EndSession::default() };
        form.submit(
            [],
            || endpoints::sessions::end(id, &body),
            move |result| {
                match result {
                    EndResult { refused: Some(code), .. } => {
                        let why = untrack(|| labels::problem(i18n, code));
                        toasts.error(tu_string!(i18n, person.not_ended, why = why));
                    }
                    _ => toasts.success(tu_string!(i18n, person.ended)),
                }
                dialogs.close_if(form);
            },
        );
    };
    let product = untrack(|| product_name(i18n, page.live.session(id)));
    let title = text!(person.end_title, name = name.get_value(), product = product.clone());
    view! {
        <ConfirmDialog title form action confirm=text!(person.end_confirm)>
            <p>{move || t_string!(i18n, person.end_text, name = name.get_value())}</p>
        </ConfirmDialog>
    }
}
