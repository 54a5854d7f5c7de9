//! The live sessions of a user, with buttons to end them.

use super::state::UserPageState;
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
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
    let format = Format::get();
    let live = Memo::new(move |_| {
        let id = page.with(|user| user.id);
        page.live.state.with(|state| {
            let mut sessions: Vec<_> =
                state.sessions.values().filter(|session| Some(session.user_id) == id).cloned().collect();
            sessions.sort_by_key(|session| session.created_at);
            sessions
        })
    });
    let line = move |session: &SessionView| {
        let id = session.id;
        let product = labels::license_name(i18n, &session.product_name, session.model);
        let until = session.borrowed_until;
        let state = match until {
            Some(until) => t_string!(i18n, word.offline_until, time = format.date_time(until)),
            None => labels::session_state(i18n, session.state).to_owned(),
        };
        let (device, since) = (session.device.clone(), format.ago(session.created_at));
        let remote = session.remote_device.clone();
        let remote = remote.map(|device| t_string!(i18n, console.at_remote, device = device));
        let facts = [Some(state), Some(device), remote, Some(since)].into_iter().flatten();
        let facts = facts.collect::<Vec<_>>().join(t_string!(i18n, common.dot));
        view! {
            <li>
                <span>
                    {product}
                    <small class="num">{facts}</small>
                </span>
                // A borrowed seat can only be returned by its agent.
                <Show when=move || page.may(Action::EndSessions) && until.is_none()>
                    <button type="button" class="button small" on:click=move |_| page.ending.set(Some(id))>
                        {t!(i18n, person.end)}
                    </button>
                </Show>
            </li>
        }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, person.live)}</h2>
            </div>
            <Show
                when=move || !live.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, person.no_live)}</p> }
            >
                <ul class="lines">{move || live.with(|all| all.iter().map(line).collect_view())}</ul>
            </Show>
        </section>
    }
}

/// The confirmation dialog before a session is ended.
#[component]
pub fn EndDialog(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || page.ending.with(Option::is_some))
            close=move |()| page.ending.set(None)
            title=Signal::derive(move || t_string!(i18n, person.end_title).to_owned())
        >
            {move || page.ending.get().map(|id| view! { <Question page id /> })}
        </TaskDialog>
    }
}

#[component]
fn Question(
    /// The state of the page.
    page: UserPageState,
    /// The session to end.
    id: SessionId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let name = move || page.with(|user| user.name.clone()).unwrap_or_default();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin([]) {
            return;
        }
        // A single session is ended even if it is protected.
        let body = EndSession { protected_too: true, ..EndSession::default() };
        spawn_local(async move {
            match page.api.post::<EndResult>(&format!("/sessions/{id}/end"), &body).await {
                Ok(EndResult { refused: Some(code), .. }) => {
                    let why = untrack(|| labels::problem(i18n, code));
                    toasts.error(tu_string!(i18n, person.not_ended, why = why));
                    page.ending.set(None);
                }
                Ok(_) => {
                    toasts.success(tu_string!(i18n, person.ended));
                    page.ending.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{move || t_string!(i18n, person.end_text, name = name())}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| page.ending.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, person.end_confirm)}
                </button>
            </div>
        </form>
    }
}
