//! The live sessions of a user, and ending one.

use super::desk::Desk;
use crate::{
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        form::Form,
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::SessionId,
    permissions::Action,
    wire::sessions::{EndResult, EndSession, SessionView},
};

/// The live sessions.
#[component]
pub fn Work(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let live = Memo::new(move |_| {
        let id = desk.with(|user| user.id);
        desk.live.state.with(|state| {
            let mut his: Vec<_> =
                state.sessions.values().filter(|session| Some(session.user_id) == id).cloned().collect();
            his.sort_by_key(|session| session.created_at);
            his
        })
    });
    let line = move |session: &SessionView| {
        let id = session.id;
        let product = words::license_of(i18n, &session.product_name, session.model);
        let until = session.borrowed_until;
        let state = match until {
            Some(until) => t_string!(i18n, word.offline_until, time = format.date_time(until)),
            None => words::state(i18n, session.state).to_owned(),
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
                // What is borrowed only its agent gives back.
                <Show when=move || desk.may(Action::EndSessions) && until.is_none()>
                    <button type="button" class="button small" on:click=move |_| desk.ending.set(Some(id))>
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

/// The question before a session is ended.
#[component]
pub fn EndDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || desk.ending.with(Option::is_some))
            close=move |()| desk.ending.set(None)
            title=Signal::derive(move || t_string!(i18n, person.end_title).to_owned())
        >
            {move || desk.ending.get().map(|id| view! { <Question desk id /> })}
        </TaskDialog>
    }
}

#[component]
fn Question(
    /// The page.
    desk: Desk,
    /// Which.
    id: SessionId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let name = move || desk.with(|user| user.name.clone()).unwrap_or_default();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin([]) {
            return;
        }
        // One is meant, so a mark of protection is no obstacle.
        let how = EndSession { protected_too: true, ..EndSession::default() };
        spawn_local(async move {
            match desk.api.post::<EndResult>(&format!("/sessions/{id}/end"), &how).await {
                Ok(EndResult { refused: Some(code), .. }) => {
                    let why = untrack(|| words::problem(i18n, code));
                    toasts.bad(tu_string!(i18n, person.not_ended, why = why));
                    desk.ending.set(None);
                }
                Ok(_) => {
                    toasts.good(tu_string!(i18n, person.ended));
                    desk.ending.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{move || t_string!(i18n, person.end_text, name = name())}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.ending.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, person.end_confirm)}
                </button>
            </div>
        </form>
    }
}
